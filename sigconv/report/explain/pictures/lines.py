"""Heat over a waveform, and beside it the scalp where electrodes have places."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import HEAT, scale, titled, told, top_of
from sigconv.report.explain.pictures.scalp import placed, scalp
from sigconv.report.preview import places

_SHOWN = 12


def draw_lines(found: Explanation) -> Figure:
    """The channels that say most as traces over their attribution in time; the sum of each electrode on the scalp.

    found : an attribution on (channel, time), or on (1, time) for all channels together
    """
    signal, heat = found.question.signal, found.attribution
    given = np.asarray(signal.data, np.float64)
    values = np.broadcast_to(heat.data, given.shape) if len(heat.data) == 1 else heat.data
    loud = np.argsort(-np.abs(values).sum(1), kind="stable")[:_SHOWN]
    rows = np.sort(loud)
    electrodes = placed(signal, len(heat.data))
    figure = Figure(figsize=(9 + 2.6 * bool(electrodes), 2.4 + 0.42 * len(rows)), layout="constrained")
    if electrodes:
        ax, side = figure.subplots(1, 2, width_ratios=(9, 2.4))
        scalp(side, signal, values.sum(1), electrodes)
        side.set_title("sum over time", fontsize=8)
    else:
        ax = figure.subplots()
    time = signal.axes[1]
    _traces(ax, given[rows], values[rows], time)
    labels = signal.axes[0].labels or tuple(str(i) for i in range(len(given)))
    ax.set_yticks(-np.arange(len(rows)), [labels[i] for i in rows], parse_math=False)
    some = f"{len(rows)} of {len(given)} channels" + ", those that say most" * (len(heat.data) > 1)
    ax.set_title(some if len(rows) < len(given) else "", fontsize=8, loc="left")
    drawn = ax.collections[0]
    scale(figure, drawn, ax)
    titled(figure, found)
    return figure


def _traces(ax: Any, given: Any, values: Any, time: Any) -> None:
    at, top = places(time), top_of(values)
    middle = given - np.median(given, axis=1, keepdims=True)
    apart = 2.05 * float(np.abs(middle).max()) or 1.0
    rows = -np.arange(len(given), dtype=float)
    up = rows if len(rows) > 1 else np.array([0.0])
    extent = (at[0] - time.step / 2, at[-1] + time.step / 2, up[-1] - 0.5, 0.5)
    ax.pcolormesh(
        np.linspace(*extent[:2], len(at) + 1), np.append(up + 0.5, up[-1] - 0.5), values, cmap=HEAT, vmin=-top,
        vmax=top, rasterized=True,
    )  # fmt: skip
    for row, line in zip(rows, middle, strict=True):
        ax.plot(at, row + line / apart, color="#222222", linewidth=0.7)
    ax.set(xlabel=told(time), xlim=extent[:2], ylim=extent[2:])
    ax.spines[["top", "right"]].set_visible(False)
