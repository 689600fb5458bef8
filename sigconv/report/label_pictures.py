"""Pictures of label maps: image, truth and what was said of it side by side, errors coloured; bars of Dice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sigconv.report.pictures import BASELINE, GREY, NET

Array = np.ndarray[Any, Any]

COLOURS = ("#4c9ed9", "#f2c14e", "#6abf69", "#9b72cf", "#48c0b4", "#c98f5f", "#8fa3ad", "#b8c94a")
MISSED, ADDED, EXCHANGED = "#e0218a", "#ff7f0e", "#d62728"


@dataclass(frozen=True, eq=False)
class Row:
    """One recording, or one section of it.

    name : what stands beside it
    image, truth : (y, x) numbers, and classes; the first class is the background
    said : name of the column -> (y, x) classes
    told : name of the column -> a line below it
    aspect : height of a sample over its width
    """

    name: str
    image: Array
    truth: Array
    said: Mapping[str, Array]
    told: Mapping[str, str]
    aspect: float = 1.0


def side_by_side(rows: Sequence[Row], classes: Sequence[str]) -> Figure:
    """A row for each recording: the image, its truth, and every method's label map with its errors coloured.

    rows : one or more, all with the same columns
    classes : names; the first is the background, which is not coloured
    """
    columns = ["image", "truth", *rows[0].said]
    height, width = rows[0].truth.shape
    tall = 2.7 * min(2.0, max(0.5, rows[0].aspect * height / width))
    figure = Figure(figsize=(2.7 * len(columns), tall * len(rows) + 0.9), layout="constrained")
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        grey = _grey(row.image)
        shown = [grey, _coloured(grey, row.truth), *(_judged(grey, row.truth, said) for said in row.said.values())]
        for ax, name, picture in zip(line, columns, shown, strict=True):
            ax.imshow(picture, aspect=row.aspect, interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(row.told.get(name, ""), fontsize="small")
            if row is rows[0]:
                ax.set_title(name)
        line[0].set_ylabel(row.name, fontsize="small")
    parts = [Patch(color=_colour(number), label=name) for number, name in enumerate(classes) if number]
    names = {MISSED: f"missed: said {classes[0]}", ADDED: f"added: is {classes[0]}", EXCHANGED: "another class"}
    parts += [
        Patch(color=colour, label=told) for colour, told in names.items() if colour != EXCHANGED or len(classes) > 2
    ]
    figure.legend(handles=parts, ncols=min(len(parts), 5), loc="outside lower center", frameon=False, fontsize="small")
    return figure


def dice_bars(
    named: Mapping[str, Mapping[str, float]], intervals: Mapping[str, Mapping[str, tuple[float, float]]]
) -> Figure:
    """Dice (0 … 1) of every class for the network and the baseline, with its interval over groups.

    named : method -> class -> mean Dice;  intervals : method -> class -> (low, high), NaN where there is none
    """
    classes = list(next(iter(named.values())))
    figure = Figure(figsize=(max(4.5, 0.9 * len(classes) + 2.5), 3.4), layout="constrained")
    ax = figure.subplots()
    ax.spines[["top", "right"]].set_visible(False)
    colours, wide = (NET, BASELINE, GREY, "#bbbbbb"), 0.8 / len(named)
    for number, (name, values) in enumerate(named.items()):
        at = np.arange(len(classes)) + (number - (len(named) - 1) / 2) * wide
        ax.bar(at, [values[c] for c in classes], 0.95 * wide, color=colours[number % len(colours)], label=name)
        for place, one in zip(at, classes, strict=True):
            ax.plot([place, place], intervals[name][one], color="#333333", linewidth=1.2)
    ax.set_xticks(range(len(classes)), classes, rotation=0 if len(classes) <= 6 else 60)
    ax.set(ylim=(0, 1.02), ylabel="Dice")
    ax.legend(frameon=False, ncols=len(named), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def section_of(truth: Array) -> tuple[int, ...]:
    """Which section of a label map shows most: its place along every axis before the last two.

    >>> section_of(np.array([[[0, 0]], [[0, 1]], [[0, 0]]]))
    (1,)
    """
    spare = truth.shape[:-2]
    shown = (truth != 0).reshape(*spare, -1).sum(-1)
    # where all sections show as much, the middle one
    tied = np.argwhere(shown == shown.max())
    return tuple(int(i) for i in tied[len(tied) // 2]) if spare else ()


def _grey(image: Array) -> Array:
    """(y, x, 3) from 0 to 1 between the first and the last percent of the numbers."""
    low, high = np.percentile(image, (1, 99))
    scaled = np.clip((image - low) / max(high - low, 1e-30), 0, 1)
    return np.repeat(scaled[..., None], 3, -1).astype(np.float32)


def _colour(number: int) -> str:
    return COLOURS[(number - 1) % len(COLOURS)]


def _coloured(grey: Array, labels: Array) -> Array:
    shown = grey.copy()
    for number in np.unique(labels[labels > 0]):
        inside = labels == number
        shown[inside] = 0.55 * shown[inside] + 0.45 * np.array(to_rgb(_colour(int(number))), np.float32)
    return shown


def _judged(grey: Array, truth: Array, said: Array) -> Array:
    shown = _coloured(grey, np.where(truth == said, said, 0))
    wrong = truth != said
    kinds = (
        (MISSED, wrong & (said == 0)),
        (ADDED, wrong & (truth == 0)),
        (EXCHANGED, wrong & (said > 0) & (truth > 0)),
    )
    for colour, where in kinds:
        shown[where] = to_rgb(colour)
    return shown
