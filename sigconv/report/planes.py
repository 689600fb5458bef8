"""Three planes: a volume cut along each axis, with the outlines of what was drawn on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_VIEWS = (("axial", 0), ("coronal", 1), ("sagittal", 2))
_COLOURS = 10  # of matplotlib's cycle
_LEVELS = (1.0, 99.0)  # percentiles shown as black and white


@dataclass(frozen=True, eq=False)
class Cut:
    """One volume to show.

    title : beside it
    data : (z, y, x) levels, towards Superior, Anterior and Right
    spacing : mm along z, y, x
    truth, said : (z, y, x) labels, drawn as full and as dashed lines; or None
    """

    title: str
    data: Array
    spacing: Sequence[float] = (1.0, 1.0, 1.0)
    truth: Array | None = None
    said: Array | None = None

    def middle(self) -> tuple[int, int, int]:
        """The slice of each axis to show: where most is labelled, else the middle one."""
        marked = next((each for each in (self.truth, self.said) if each is not None and each.any()), None)
        if marked is None:
            z, y, x = (n // 2 for n in self.data.shape)
            return z, y, x
        counts = [(marked > 0).sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]
        z, y, x = (int(count.argmax()) for count in counts)
        return z, y, x


def three_planes(cuts: Sequence[Cut], names: Sequence[str] = (), levels: tuple[float, float] | None = None) -> Figure:
    """Axial, coronal and sagittal slices of some volumes, a row each, as radiologists look at them.

    The patient's right is on the left of axial and coronal slices, anterior on top of axial ones and on the left of
    sagittal ones. A full line is the truth, a dashed one what the network says.

    cuts : one or more;  names : of labels 1, 2, …, for the legend
    levels : shown as black and white; by default the 1st and 99th percentile of each volume

    >>> three_planes([Cut("a", np.zeros((3, 4, 5)))]).axes[0].get_title()
    'axial'
    """
    figure = Figure(figsize=(7.5, sum(map(_height, cuts)) + 0.8), layout="constrained")
    grid = figure.subplots(len(cuts), 3, squeeze=False)
    for number, (row, cut) in enumerate(zip(grid, cuts, strict=True)):
        black, white = levels or tuple(np.percentile(cut.data, _LEVELS))
        for ax, (view, axis) in zip(row, _VIEWS, strict=True):
            _slice(ax, cut, axis, black, white)
            if number == 0:
                ax.set_title(view, fontsize="medium")
        row[0].set_ylabel(cut.title, fontsize="small")
    _legend(figure, cuts, names)
    return figure


def _height(cut: Cut) -> float:
    """Inches of a row: that of its tallest slice, about 2.4 wide."""
    z, y, x = (n * step for n, step in zip(cut.data.shape, cut.spacing, strict=True))
    return 0.15 + 2.4 * float(min(2.0, max(y / x, z / x, z / y)))


def _slice(ax: Any, cut: Cut, axis: int, black: float, white: float) -> None:
    at, (down, along) = cut.middle()[axis], [other for other in range(3) if other != axis]
    ax.imshow(
        _seen(cut.data, axis, at),
        cmap="gray",
        vmin=black,
        vmax=white if white > black else black + 1,
        aspect=cut.spacing[down] / cut.spacing[along],
        origin="lower",
        interpolation="nearest",
    )
    for labels, style in ((cut.truth, "solid"), (cut.said, "dashed")):
        if labels is None:
            continue
        shown = _seen(labels, axis, at)
        for number in np.unique(shown[shown > 0]).tolist():
            colour = f"C{(number - 1) % _COLOURS}"
            inside = np.pad(shown == number, 1).astype(np.float32)
            places = np.arange(-1, shown.shape[1] + 1), np.arange(-1, shown.shape[0] + 1)
            ax.contour(*places, inside, [0.5], colors=[colour], linestyles=[style], linewidths=1.1)
    ax.set(xticks=[], yticks=[], xlim=(-0.5, cut.data.shape[along] - 0.5), ylim=(-0.5, cut.data.shape[down] - 0.5))


def _seen(data: Array, axis: int, at: int) -> Array:
    """A slice with rows upwards and the patient's right, or front, on the left."""
    return np.asarray(data.take(at, axis)[:, ::-1])


def _legend(figure: Figure, cuts: Sequence[Cut], names: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=f"C{number % _COLOURS}", label=name) for number, name in enumerate(names)]
    if any(cut.truth is not None for cut in cuts) and any(cut.said is not None for cut in cuts):
        lines.append(Line2D([], [], color="black", label="truth"))
        lines.append(Line2D([], [], color="black", linestyle="dashed", label="network"))
    if lines:
        figure.legend(
            handles=lines, loc="outside lower center", ncols=min(len(lines), 6), frameon=False, fontsize="small"
        )
