"""A strip of video frames with heat over them, above the strength of every frame in time."""

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import HEAT, scale, titled, told, top_of
from sigconv.report.preview import places

_FRAMES = 8


def draw_frames(found: Explanation) -> Figure:
    """Eight frames in grey with their attribution; below, what each frame adds.

    found : an attribution on (channel, time, y, x)
    """
    signal = found.question.signal
    time = signal.axes[1]
    values, given = found.attribution.data.sum(0), np.asarray(signal.data, np.float64).mean(0)
    chosen = np.unique(np.linspace(0, time.size - 1, _FRAMES).round().astype(int)).tolist()
    figure = Figure(figsize=(1.7 * len(chosen) + 1, 4.4), layout="constrained")
    grid = figure.add_gridspec(2, len(chosen), height_ratios=(2, 1.3))
    panels = [figure.add_subplot(grid[0, i]) for i in range(len(chosen))]
    top, limits = top_of(values), (float(given.min()), float(given.max()))
    for ax, frame in zip(panels, chosen, strict=True):
        ax.imshow(given[frame], cmap="gray", vmin=limits[0], vmax=limits[1])
        drawn = ax.imshow(values[frame], cmap=HEAT, vmin=-top, vmax=top)
        ax.set_title(f"{time.at(frame):.2f} {time.unit}", fontsize=8)
        ax.set_axis_off()
    below = figure.add_subplot(grid[1, :])
    sums = values.sum((1, 2))
    below.bar(places(time), sums, time.step * 0.9, color=["#c2191f" if v > 0 else "#215ca8" for v in sums])
    below.axhline(0, color="#888888", linewidth=0.6)
    below.set(xlabel=told(time), ylabel="sum of the frame")
    below.spines[["top", "right"]].set_visible(False)
    scale(figure, drawn, panels)
    titled(figure, found)
    return figure
