"""Heat over a spectrogram or an image."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import labelled, mesh, scale, titled, top_of
from sigconv.report.preview import places
from sigconv.signal import Signal


def draw_overlay(found: Explanation) -> Figure:
    """What the network saw, and beside it the same in grey with the attribution over it; channels are summed.

    found : an attribution on (channel, freq, time) or (channel, y, x)
    """
    signal, heat = found.question.signal, found.attribution
    up, across = signal.axes[1:]
    is_image = up.name == "y"
    figure = Figure(figsize=(9.5, 4.6 if is_image else 3.8), layout="constrained")
    panels = figure.subplots(1, 2)
    values = heat.data.sum(0)
    for ax, colours in zip(panels, (True, False), strict=True):
        background(ax, signal, colours=colours and is_image)
        labelled(ax, across, up)
        if is_image:
            ax.set_aspect("equal")
            ax.invert_yaxis()
    drawn = mesh(panels[1], across, up, values, top_of(values))
    scale(figure, drawn, panels[1])
    titled(figure, found)
    return figure


def background(ax: Any, signal: Signal, *, colours: bool) -> None:
    """(channel, up, across) in grey, or in colours where there are three channels."""
    up, across = signal.axes[1:]
    data = np.asarray(signal.data, np.float64)
    low, high = float(data.min()), float(data.max())
    at = places(across), places(up)
    if colours and len(data) == 3:
        rgb = np.moveaxis((data - low) / ((high - low) or 1.0), 0, -1)
        ax.pcolormesh(*at, rgb, shading="nearest", rasterized=True)
    else:
        cmap = "gray" if up.name in ("y", "z") else "gray_r"
        ax.pcolormesh(*at, data.mean(0), cmap=cmap, shading="nearest", rasterized=True)
