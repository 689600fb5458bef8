"""A moving body, each joint as large and as red as it speaks for the class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.explain.blocks import marker_names
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import scale, titled, top_of
from sigconv.report.preview import bones
from sigconv.signal import Signal

_TIMES = 6


def draw_skeleton(found: Explanation) -> Figure:
    """Six moments from the side on which the body spreads most; below, the sum of each joint.

    found : an attribution on (3 · markers, time), channels NAME.x, NAME.y, NAME.z; a skeleton in the notes is drawn,
        and where the notes name the markers, what is none of them stands among the sums alone
    """
    signal = found.question.signal
    time, names = signal.axes[1], marker_names(signal)
    known = signal.notes.get("markers") or names
    body = [i for i, name in enumerate(names) if name in known]
    shape = (len(names), 3, time.size)
    where = np.asarray(signal.data, np.float64).reshape(shape)
    values = np.broadcast_to(found.attribution.data, signal.shape).reshape(shape).sum(1)
    up = max(0, "xyz".find(str(signal.notes.get("up", "z")).strip("+-") or "z"))
    across = max((i for i in range(3) if i != up), key=lambda i: float(np.ptp(where[body, i])))
    chosen = np.unique(np.linspace(0, time.size, _TIMES, endpoint=False).astype(int)).tolist()
    half = 0.55 * (float(np.ptp(where[body, up])) or 1.0)
    floor = float(where[body, up].min()) - 0.1 * half
    figure = Figure(figsize=(1.9 * len(chosen) + 1, 5.6), layout="constrained")
    grid = figure.add_gridspec(2, len(chosen), height_ratios=(3, 1.6))
    panels = [figure.add_subplot(grid[0, i]) for i in range(len(chosen))]
    smooth = np.add.reduceat(values, chosen, axis=1)  # what is said from one shown moment to the next
    top = top_of(smooth[body])
    for number, (ax, moment) in enumerate(zip(panels, chosen, strict=True)):
        x, y, strength = where[body, across, moment], where[body, up, moment], smooth[body, number]
        for ends in _joined(signal, [names[i] for i in body]):
            ax.plot(x[list(ends)], y[list(ends)], color="#bbbbbb", linewidth=1)
        size = 12 + 120 * np.minimum(np.abs(strength) / top, 1)
        drawn = ax.scatter(x, y, size, strength, cmap="RdBu_r", vmin=-top, vmax=top, zorder=3)
        middle = float(np.median(x))
        ax.set(xlim=(middle - half, middle + half), ylim=(floor, floor + 2 * half), aspect="equal")
        ax.set(xlabel=f"{'xyz'[across]} ({signal.unit or '1'})")
        ax.set_title(f"from {time.at(moment):.2f} {time.unit}", fontsize=8)
        ax.tick_params(labelsize=6)
    panels[0].set_ylabel(f"{'xyz'[up]} ({signal.unit or '1'})")
    below = figure.add_subplot(grid[1, :])
    sums = values.sum(1)
    below.bar(range(len(names)), sums, color=["#c2191f" if v > 0 else "#215ca8" for v in sums])
    below.set_xticks(range(len(names)), names, rotation=90, fontsize=6, parse_math=False)
    below.set(ylabel="sum of the joint")
    below.spines[["top", "right"]].set_visible(False)
    scale(figure, drawn, panels)
    titled(figure, found)
    return figure


def _joined(signal: Signal, names: Sequence[str]) -> list[tuple[int, int]]:
    """The bones of the skeleton in the notes, as places in `names`."""
    known = signal.notes.get("markers", ())
    ends = [(known[first], known[second]) for first, second in (bones(signal) if known else [])]
    return [(names.index(a), names.index(b)) for a, b in ends if a in names and b in names]
