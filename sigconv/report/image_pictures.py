"""The pictures of a report on images: examples, mistakes, guesses, pictures side by side; nothing is written."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_COLUMNS = 8

Array = np.ndarray[Any, Any]


def examples(x: Array, labels: Array, classes: Sequence[str], each: int = 8) -> Figure:
    """The first images of every class, a class a row, up to 12 classes.

    x : (N, 1 or 3 channels, y, x) from -1 black to 1 white;  labels : (N) int
    """
    shown = list(classes)[:12]
    rows = [np.flatnonzero(labels == number)[:each] for number in range(len(shown))]
    figure = _sheet(len(shown), each)
    for row, (chosen, name) in enumerate(zip(rows, shown, strict=True)):
        for column in range(each):
            ax = _place(figure, len(shown), each, row, column)
            if column < len(chosen):
                _show(ax, x[chosen[column]])
            if column == 0:
                ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8, parse_math=False)
    return figure


def mistakes(x: Array, truth: Array, probabilities: Array, classes: Sequence[str]) -> Figure:
    """Images that a model was wrong about: what it said and how surely, and what each shows.

    x : (N, channels, y, x);  truth : (N) int;  probabilities : (N, class)
    """
    if not len(x):
        return _nothing("no mistake")
    said, sure = probabilities.argmax(1), probabilities.max(1)
    titles = [
        f"said {classes[one]}, {100 * p:.0f} %\nis {classes[is_]}"
        for one, p, is_ in zip(said, sure, truth, strict=True)
    ]
    return _titled(x, titles)


def guesses(
    images: Sequence[Array], names: Sequence[str], probabilities: Array, classes: Sequence[str], top: int = 3
) -> Figure:
    """Images, up to 12, each with bars of its most probable classes.

    images : (1 or 3 channels, y, x) from -1 to 1, of any size;  names : of the files;  probabilities : (N, class)
    """
    count, top = min(len(images), 12), min(top, len(classes))
    figure = Figure(figsize=(5.2, 1.25 * count + 0.3), layout="constrained")
    for row in range(count):
        ax = figure.add_subplot(count, 2, 2 * row + 1)
        _show(ax, images[row])
        ax.set_axis_off()
        ax.set_title(names[row], fontsize=7, parse_math=False)
        best = np.argsort(-probabilities[row], kind="stable")[:top]
        bars = figure.add_subplot(count, 2, 2 * row + 2)
        bars.barh(range(top), 100 * probabilities[row, best], color="#2a6f97")
        bars.set_yticks(range(top), [classes[i] for i in best], fontsize=8)
        bars.set(xlim=(0, 100), ylim=(top - 0.5, -0.5))
        bars.tick_params(axis="x", labelsize=7)
        bars.spines[["top", "right"]].set_visible(False)
    bars.set_xlabel("probability (%)", fontsize=8)
    return figure


def side_by_side(pictures: Sequence[tuple[str, Array]]) -> Figure:
    """Grey pictures in a row with their titles.

    pictures : (title, (y, x) uint8) pairs of the same size
    """
    height, width = pictures[0][1].shape
    wide = min(3.2, max(1.6, 3.2 * width / height))
    figure = Figure(figsize=(wide * len(pictures), wide * height / width + 0.4), layout="constrained")
    for place, (title, picture) in enumerate(pictures, 1):
        ax = figure.add_subplot(1, len(pictures), place)
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set_title(title, fontsize=9, parse_math=False)
        ax.set_axis_off()
    return figure


def _show(ax: Any, image: Array) -> None:
    """Draw a (channel, y, x) image from -1 to 1: three channels are red, green and blue, else the first is grey."""
    bright = np.clip((np.asarray(image, np.float64) + 1) / 2, 0, 1)
    ax.imshow(
        bright.transpose(1, 2, 0) if len(bright) == 3 else bright[0], cmap="gray", vmin=0, vmax=1,
        interpolation="nearest",
    )  # fmt: skip


def _titled(x: Array, titles: Sequence[str]) -> Figure:
    columns = min(len(x), _COLUMNS)
    rows = -(-len(x) // columns)
    figure = _sheet(rows, columns, inch=1.15)
    for number, (image, title) in enumerate(zip(x, titles, strict=True)):
        ax = _place(figure, rows, columns, *divmod(number, columns))
        _show(ax, image)
        ax.set_title(title, fontsize=7, parse_math=False)
    return figure


def _sheet(rows: int, columns: int, inch: float = 0.8) -> Figure:
    return Figure(figsize=(inch * columns + 1.2, inch * rows + 0.2), layout="constrained")


def _place(figure: Figure, rows: int, columns: int, row: int, column: int) -> Any:
    ax = figure.add_subplot(rows, columns, row * columns + column + 1)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def _nothing(told: str) -> Figure:
    figure = Figure(figsize=(3, 0.6))
    figure.text(0.5, 0.5, told, ha="center", va="center")
    return figure
