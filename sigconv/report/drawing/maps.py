"""The picture of one feature map: bars in one dimension, sheets, slabs or plates in two, cuboids in three."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, sqrt

from sigconv.report.drawing.steps import shape
from sigconv.report.drawing.svg import Mark, Point, polygon, text, width_of

LEAST = 12.0
INPUT, MAP, TOP, SIDE = "#f2f2f2", "#cfe5f5", "#e4f1fb", "#a9cfe9"
COPY, VECTOR = "#ffffff", "#fbe3b4"
SMALL = 8.5
LETTERS = 9.5


@dataclass(frozen=True)
class Scale:
    """How large feature maps are drawn.

    style : bars (1-D) · sheets, slabs, plates (2-D) · cuboids (3-D)
    tallest : the height of the largest grid
    grid, channels, units : the largest of the whole net
    """

    style: str
    tallest: float
    grid: int
    channels: int
    units: int

    def height(self, size: int) -> float:
        """Of a grid's axis: by its square root, so that small maps remain visible."""
        return LEAST + (self.tallest - LEAST) * sqrt(size / self.grid)

    def width(self, channels: int) -> float:
        """Of so many channels in a slab or a plate."""
        return 5 + 36 * sqrt(channels / self.channels)

    def vector(self, units: int) -> float:
        """The height of so many units."""
        return 26 + 84 * log2(1 + units) / log2(1 + self.units)


@dataclass(frozen=True)
class Drawn:
    """A feature map with its left edge at x = 0 and its middle at y = 0.

    marks : its own;  label : which of them says its channels
    width : without labels;  over : what labels need on either side beyond that
    centre : x of the middle of its front;  top, bottom : of the map itself;  front : the heights (upper, lower) of
    its front face;  faces : from where to where the front reaches
    """

    marks: tuple[Mark, ...]
    label: int
    width: float
    over: float
    centre: float
    top: float
    bottom: float
    front: tuple[float, float]
    faces: tuple[float, float]


def copies(channels: int, most: int) -> int:
    """How many sheets, bars or cuboids stand for so many channels.

    >>> [copies(n, 9) for n in (1, 2, 3, 12, 64, 2048)]
    [1, 2, 3, 6, 9, 9]
    """
    return max(1, min(most, channels, 1 + round(1.35 * log2(channels))))


def feature_map(
    channels: int,
    grid: tuple[int, ...],
    scale: Scale,
    title: str,
    *,
    before: tuple[int, ...] | None = None,
    fill: str = MAP,
    copied: int = 0,
) -> Drawn:
    """A feature map, its channels above it and its grid below.

    Parameters
    ----------
    channels, grid : its size; an empty grid is a vector of units
    scale : of the whole drawing
    title : what shows under the pointer
    before : the grid of the map before it; the same grid is not written again
    fill : of its front;  copied : how many of its channels, the first ones, are a copy and drawn white
    """
    if not grid:
        marks, box, face = _slab(10, scale.vector(channels), 0, VECTOR, title)
    elif scale.style == "bars":
        marks, box, face = _bars(copies(channels, 8), scale.height(grid[0]), fill, title)
    elif scale.style == "sheets":
        marks, box, face = _sheets(copies(channels, 9), scale.height(grid[1]), scale.height(grid[0]), fill, title)
    elif scale.style == "cuboids":
        depth, tall, wide = (scale.height(n) for n in grid)
        marks, box, face = _cuboids(copies(channels, 4), (wide, tall, 0.4 * depth), fill, title)
    else:
        depth = 0 if scale.style == "plates" else 0.3 * scale.height(grid[1])
        marks, box, face = _slab(scale.width(channels), scale.height(grid[0]), depth, fill, title)
    left, top, right, bottom = box
    if copied:
        share = left + (face[2] - face[0]) * copied / channels
        marks = [*marks, polygon(_rectangle(left, face[1], share, face[3]), COPY, title)]
    centre = (face[0] + face[2]) / 2
    labels = _labels(channels, grid, scale, box, face, new=grid != before)
    written = max([0.0, *(max(left - mark.box[0], mark.box[2] - right) for mark in labels)])
    return Drawn(
        (*marks, *labels),
        len(marks),
        right - left,
        written,
        centre,
        top,
        bottom,
        (face[1], face[3]),
        (face[0], face[2]),
    )


def _labels(
    channels: int,
    grid: tuple[int, ...],
    scale: Scale,
    box: tuple[float, float, float, float],
    face: tuple[float, float, float, float],
    *,
    new: bool,
) -> list[Mark]:
    left, top, right, bottom = box
    middle = (left + right) / 2
    if scale.style == "sheets" or not grid:
        return [text((middle, top - 5), shape(channels, grid), LETTERS)]
    made = [text((middle, top - 5), str(channels), LETTERS)]
    size = "×".join(map(str, grid))
    if new and scale.style == "plates":
        low = max(bottom, 9 + width_of(size, SMALL))  # below the arrow that arrives
        made.append(text((left - 3, low), size, SMALL, "start", turned=True, fill="#555555"))
    elif new:
        made.append(text(((face[0] + face[2]) / 2, bottom + 11), size, SMALL, fill="#555555"))
    return made


Parts = tuple[list[Mark], tuple[float, float, float, float], tuple[float, float, float, float]]


def _rectangle(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _slab(wide: float, tall: float, depth: float, fill: str, title: str, *, first: bool = True) -> Parts:
    """A box seen from the front, a little from the right and above; the first of several counts as the map."""
    up, low = -(tall - 0.6 * depth) / 2, (tall + 0.6 * depth) / 2
    marks = []
    if depth:
        dx, dy = depth, -0.6 * depth
        upper: Sequence[Point] = [(0, up), (wide, up), (wide + dx, up + dy), (dx, up + dy)]
        side: Sequence[Point] = [(wide, up), (wide, low), (wide + dx, low + dy), (wide + dx, up + dy)]
        light, dark = (TOP, SIDE) if fill == MAP else ("#fafafa", "#dddddd")
        marks = [polygon(upper, light), polygon(side, dark)]
    marks.append(polygon(_rectangle(0, up, wide, low), fill, title, **_counts(first)))
    return marks, (0, up - 0.6 * depth, wide + depth, low), (0, up, wide, low)


def _counts(first: bool) -> dict[str, str]:
    """The class by which the one front of a map can be found."""
    return {"class_": "map"} if first else {}


def _sheets(count: int, wide: float, tall: float, fill: str, title: str) -> Parts:
    """Sheets one behind the other."""
    step = 4.0
    back = step * (count - 1)
    up, low = (back - tall) / 2, (back + tall) / 2
    marks = []
    for i in reversed(range(count)):
        place = _rectangle(step * i, up - step * i, wide + step * i, low - step * i)
        marks.append(polygon(place, fill, title, **_counts(i == 0)))
    return marks, (0, up - back, wide + back, low), (0, up, wide, low)


def _bars(count: int, tall: float, fill: str, title: str) -> Parts:
    """One upright bar per channel, or for several."""
    wide, step = 5.0, 6.5
    marks = []
    for i in range(count):
        place = _rectangle(step * i, -tall / 2, step * i + wide, tall / 2)
        marks.append(polygon(place, fill, title, **_counts(i == 0)))
    right = step * (count - 1) + wide
    return marks, (0, -tall / 2, right, tall / 2), (0, -tall / 2, right, tall / 2)


def _cuboids(count: int, size: tuple[float, float, float], fill: str, title: str) -> Parts:
    """Cuboids one behind the other."""
    wide, tall, depth = size
    step = 6.0
    marks: list[Mark] = []
    far = step * (count - 1)
    for i in reversed(range(count)):
        parts, _, _ = _slab(wide, tall, depth, fill, title, first=i == 0)
        marks.extend(part.moved(step * i, 0.3 * far - 0.6 * step * i) for part in parts)
    up, low = 0.3 * far - (tall - 0.6 * depth) / 2, 0.3 * far + (tall + 0.6 * depth) / 2
    return marks, (0, up - 0.6 * depth - 0.6 * far, wide + depth + far, low), (0, up, wide, low)
