"""Attributions on the scalp: one map, or one for each frequency band."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import scale, titled, top_of
from sigconv.report.head import LEAST, on_head
from sigconv.signal import Signal


def placed(signal: Signal, rows: int) -> list[int]:
    """The channels with an electrode position in the notes; none where they are too few, or all go together."""
    positions = signal.notes.get("positions", {})
    found = [i for i, name in enumerate(signal.channels) if name in positions]
    return found if len(found) >= LEAST and rows == signal.shape[0] else []


def scalp(ax: Any, signal: Signal, values: Any, electrodes: list[int], top: float | None = None) -> Any:
    """(channel,) values as a map of the head; see `on_head`."""
    names = [signal.channels[i] for i in electrodes]
    return on_head(ax, np.asarray(values)[electrodes], names, signal.notes["positions"], top)


def draw_bands(found: Explanation) -> Figure:
    """Channels times frequency bands: a scalp for each band, or a table of colours without electrode positions.

    found : an attribution on (channel, freq), as the players of `bands` give it
    """
    signal, heat = found.question.signal, found.attribution
    bands, top = heat.axes[1].labels, top_of(heat.data)
    electrodes = placed(signal, len(heat.data))
    if electrodes:
        figure = Figure(figsize=(2.3 * len(bands) + 1, 3.2), layout="constrained")
        panels = figure.subplots(1, len(bands), squeeze=False)[0]
        for number, (ax, band) in enumerate(zip(panels, bands, strict=True)):
            drawn = scalp(ax, signal, heat.data[:, number], electrodes, top)
            ax.set_title(f"{band}\nsum {heat.data[:, number].sum():.3g}", fontsize=8)
        scale(figure, drawn, panels)
    else:
        figure = Figure(figsize=(1.1 * len(bands) + 2.5, 1.8 + 0.25 * len(heat.data)), layout="constrained")
        ax = figure.subplots()
        drawn = ax.imshow(heat.data, cmap="RdBu_r", vmin=-top, vmax=top, aspect="auto")
        ax.set_yticks(range(len(heat.data)), heat.channels or None, parse_math=False)
        ax.set_xticks(range(len(bands)), bands, fontsize=8)
        scale(figure, drawn, ax)
    titled(figure, found)
    return figure
