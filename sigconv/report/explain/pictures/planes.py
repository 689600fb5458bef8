"""Three planes of a volume through the place that says most, with heat over them."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.core.gaussian import gaussian
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import labelled, mesh, scale, titled, top_of
from sigconv.report.preview import SOFT_TISSUE, places


def draw_planes(found: Explanation) -> Figure:
    """The planes z, y and x through the strongest place of the (smoothed) attribution, the patient's right on the left.

    found : an attribution on (channel, z, y, x)
    """
    signal = found.question.signal
    values = np.asarray(found.attribution.data.sum(0))
    given = np.asarray(signal.data, np.float64).mean(0)
    middle = strongest_place(values)
    top = top_of(values)
    figure = Figure(figsize=(11.5, 4.4), layout="constrained")
    panels = figure.subplots(1, 3)
    limits = SOFT_TISSUE if signal.unit == "HU" else (None, None)
    for cut, ax in enumerate(panels):
        up, across = (axis for i, axis in enumerate(signal.axes[1:]) if i != cut)
        plane = np.take(given, middle[cut], axis=cut)
        ax.pcolormesh(
            places(across), places(up), plane, cmap="gray", shading="nearest", rasterized=True, vmin=limits[0],
            vmax=limits[1],
        )  # fmt: skip
        drawn = mesh(ax, across, up, np.take(values, middle[cut], axis=cut), top)
        labelled(ax, across, up)
        ax.set_aspect("equal")
        axis = signal.axes[1 + cut]
        ax.set_title(f"{axis.name} = {axis.at(middle[cut]):.4g} {axis.unit}", fontsize=8)
        if across.name == "x":
            ax.invert_xaxis()
    scale(figure, drawn, panels)
    titled(figure, found)
    return figure


def strongest_place(values: Any) -> tuple[int, ...]:
    """Where a (*grid) map is strongest once single peaks are smoothed away.

    >>> strongest_place(np.pad(np.ones((2, 2, 2)), 3))
    (3, 3, 3)
    """
    smooth = gaussian(np.abs(values), 1.0)
    return tuple(int(i) for i in np.unravel_index(int(np.round(smooth, 12).argmax()), values.shape))
