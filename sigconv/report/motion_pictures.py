"""Pictures of motion: a body at several moments, and where its joints go."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_LEFT, _RIGHT, _MIDDLE = "#2a6f97", "#d98032", "#555555"

Array = np.ndarray[Any, Any]


def skeleton_strips(
    takes: Sequence[Array], titles: Sequence[str], times: Array, bones: Sequence[tuple[int, int]], sides: Sequence[int]
) -> Figure:
    """Bodies from the side they face, one row a take, from left to right as time goes on.

    Parameters
    ----------
    takes : each (joint, 3, frame) m, x where the body faces at first, y to its left, z up
    titles : of the rows;  times : (frame) s
    bones : (joint, joint) numbers that are joined by a line
    sides : for each joint 1 on the left, -1 on the right, 0 in the middle
    """
    figure = Figure(figsize=(11, 1.9 * len(takes) + 0.6), layout="constrained")
    axes = figure.subplots(len(takes), 1, squeeze=False)[:, 0]
    shown = np.linspace(0, len(times) - 1, 12).round().astype(int)
    for ax, take, title in zip(axes, takes, titles, strict=True):
        apart = 1.1
        for column, frame in enumerate(shown):
            # seen from a little to the left of straight ahead, so that both arms and steps show
            across = -take[:, 1, frame] * 0.8 + take[:, 0, frame] * 0.6 + column * apart
            for a, b in bones:
                ax.plot(across[[a, b]], take[[a, b], 2, frame], color=_colour(sides[a] or sides[b]), linewidth=1.4)
            if not bones:
                ax.scatter(across, take[:, 2, frame], s=6, c=[_colour(side) for side in sides])
        ax.set_aspect("equal")
        ax.set_xticks(np.arange(len(shown)) * apart, [f"{times[i]:.1f}" for i in shown])
        ax.set_title(title, fontsize="small", loc="left")
        ax.set_ylabel("height (m)", fontsize="small")
        ax.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("time (s); the body's left is blue, its right orange")
    return figure


def trajectories(takes: Sequence[Array], titles: Sequence[str], times: Array, names: Sequence[str]) -> Figure:
    """Forward, left and up of the four joints that move most, one column a take.

    takes : each (joint, 3, frame) m;  times : (frame) s;  names : of the joints
    """
    figure = Figure(figsize=(2.8 * len(takes) + 1, 6), layout="constrained")
    axes = figure.subplots(3, len(takes), squeeze=False, sharex=True, sharey="row")
    moved = np.mean([take.std(-1).sum(-1) for take in takes], axis=0)
    chosen = sorted(np.argsort(-moved, kind="stable")[:4])
    for column, (take, title) in enumerate(zip(takes, titles, strict=True)):
        for row, label in enumerate(("forward (m)", "left (m)", "up (m)")):
            ax = axes[row, column]
            for joint in chosen:
                ax.plot(times, take[joint, row], linewidth=1.1, label=names[joint])
            ax.spines[["top", "right"]].set_visible(False)
            if column == 0:
                ax.set_ylabel(label)
        axes[0, column].set_title(title, fontsize="small")
        axes[2, column].set_xlabel("time (s)")
    lines, shown = axes[0, 0].get_legend_handles_labels()
    figure.legend(lines, shown, loc="outside upper center", ncols=len(lines), frameon=False, fontsize="small")
    return figure


def _colour(side: int) -> str:
    return {1: _LEFT, -1: _RIGHT}.get(side, _MIDDLE)
