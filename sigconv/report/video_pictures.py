"""Pictures of video: the frames of clips in rows, and what each network makes of them side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.pictures import BASELINE, GREY, NET


def frame_strips(clips: Sequence[Any], titles: Sequence[str], times: Sequence[float]) -> Figure:
    """One row a clip, at most eight of its frames from left to right.

    clips : each (channel 1 or 3, time, y, x), on any scale;  titles : of the rows;  times : (time) s
    """
    shown = np.unique(np.linspace(0, len(times) - 1, 8).round().astype(int))
    figure = Figure(figsize=(1.25 * len(shown) + 1.2, 1.3 * len(clips) + 0.4), layout="constrained")
    axes = figure.subplots(len(clips), len(shown), squeeze=False)
    for row, (clip, title) in enumerate(zip(clips, titles, strict=True)):
        low, high = np.percentile(clip, (1, 99))
        for column, frame in enumerate(shown):
            ax = axes[row, column]
            seen = np.clip((clip[:, frame] - low) / ((high - low) or 1.0), 0, 1)
            ax.imshow(seen[0] if len(seen) == 1 else np.moveaxis(seen, 0, -1), cmap="gray", vmin=0, vmax=1)
            ax.set_xticks([])
            ax.set_yticks([])
            if row == 0:
                ax.set_title(f"{times[frame]:.2f} s", fontsize="small")
        axes[row, 0].set_ylabel(title, fontsize="small")
    return figure


def side_by_side(accuracy: Mapping[str, Mapping[str, float]], chance: float) -> Figure:
    """Mean accuracy (0 … 1) of several networks as bars, a point for each held-out group, and the line of chance.

    accuracy : network -> group -> accuracy; the first is the one that the recipe is about
    """
    figure = Figure(figsize=(7.5, 0.7 * len(accuracy) + 1.3), layout="constrained")
    ax = figure.subplots()
    for row, groups in enumerate(accuracy.values()):
        values = 100 * np.array(list(groups.values()))
        ax.barh(row, values.mean(), 0.6, color=NET if row == 0 else BASELINE)
        ax.plot(values, np.full(len(values), row), "|", color="black", markersize=10)
        ax.text(2, row, f"{values.mean():.1f} %", va="center", color="white", fontsize="small")
    ax.axvline(100 * chance, color=GREY, linestyle="--", linewidth=1, label="largest class")
    ax.set_yticks(range(len(accuracy)), list(accuracy))
    ax.invert_yaxis()
    ax.set(xlim=(0, 100), xlabel="right clips (%); a stroke for each held-out group")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small")
    return figure
