"""Marks on a plane, which can be moved and measured, written as SVG text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from math import cos, pi, sin
from typing import Literal

Point = tuple[float, float]
Box = tuple[float, float, float, float]

FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
LETTER = 0.62
MARGIN = 14.0
HEAD = 6.0
XML_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "�")


@dataclass(frozen=True)
class Mark:
    """One element of a drawing.

    shape : polygon, polyline, circle (one point) or text (one point, at its base line)
    points : x to the right, y down
    style : SVG presentation attributes
    said : of a text what it says, of others the title that shows under the pointer
    size : of a circle its radius, of a text its height
    turned : whether a text runs upwards
    """

    shape: Literal["polygon", "polyline", "circle", "text"]
    points: tuple[Point, ...]
    style: dict[str, str] = field(default_factory=dict)
    said: str = ""
    size: float = 0
    turned: bool = False

    def moved(self, dx: float, dy: float) -> "Mark":
        """The same somewhere else."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))

    @property
    def box(self) -> Box:
        """What it covers at most: left, top, right, bottom."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        if self.shape != "text":
            rest = self.size if self.shape == "circle" else float(self.style.get("stroke-width", "1")) / 2
            return min(xs) - rest, min(ys) - rest, max(xs) + rest, max(ys) + rest
        long = width_of(self.said, self.size)
        before = {"middle": long / 2, "end": long}.get(self.style.get("text-anchor", ""), 0)
        along, across = (-before, long - before), (-0.8 * self.size, 0.25 * self.size)
        if self.turned:
            return xs[0] + across[0], ys[0] - along[1], xs[0] + across[1], ys[0] - along[0]
        return xs[0] + along[0], ys[0] + across[0], xs[0] + along[1], ys[0] + across[1]

    @property
    def element(self) -> str:
        """The SVG element."""
        style = "".join(f' {name}="{escape(value)}"' for name, value in self.style.items())
        said = escape(self.said.translate(XML_CONTROLS))
        x, y = (_number(value) for value in self.points[0])
        if self.shape == "text":
            turn = f' transform="rotate(-90 {x} {y})"' * self.turned
            return f'<text x="{x}" y="{y}" font-size="{_number(self.size)}"{turn}{style}>{said}</text>'
        if self.shape == "circle":
            place = f'cx="{x}" cy="{y}" r="{_number(self.size)}"'
        else:
            place = f'points="{" ".join(f"{_number(px)},{_number(py)}" for px, py in self.points)}"'
        title = f"<title>{said}</title>" if said else ""
        return f"<{self.shape} {place}{style}" + (f">{title}</{self.shape}>" if title else "/>")


def _number(value: float) -> str:
    return f"{round(value, 1):g}" if abs(value) < 1e5 else str(round(value))


def width_of(text: str, size: float) -> float:
    """About how wide a text of that height is, in a wide sans-serif.

    >>> width_of("12@8×8", 10)
    37.2
    """
    return round(len(text) * size * LETTER, 6)


def box_of(marks: Iterable[Mark]) -> Box:
    """What the marks cover together; nothing covers the origin alone."""
    boxes = [mark.box for mark in marks]
    if not boxes:
        return 0.0, 0.0, 0.0, 0.0
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def polygon(points: Sequence[Point], fill: str, title: str = "", stroke: str = "#333333", **style: str) -> Mark:
    """A closed shape with a thin edge."""
    look = {"fill": fill, "stroke": stroke, "stroke-width": "0.8", "stroke-linejoin": "round"}
    return Mark("polygon", tuple(points), look | _names(style), title)


def line(points: Sequence[Point], colour: str, width: float = 1.6, title: str = "", **style: str) -> Mark:
    """An open line."""
    look = {"fill": "none", "stroke": colour, "stroke-width": f"{width:g}", "stroke-linejoin": "round"}
    return Mark("polyline", tuple(points), look | _names(style), title)


def arrow(points: Sequence[Point], colour: str, title: str = "", **style: str) -> list[Mark]:
    """A line whose last piece, along an axis, ends in a head."""
    (ax, ay), (bx, by) = points[-2:]
    ux, uy = ((bx > ax) - (bx < ax), 0) if abs(bx - ax) >= abs(by - ay) else (0, (by > ay) - (by < ay))
    neck = (bx - HEAD * ux, by - HEAD * uy)
    side = HEAD * 0.55
    head = [(bx, by), (neck[0] - side * uy, neck[1] + side * ux), (neck[0] + side * uy, neck[1] - side * ux)]
    shaft = [*points[:-1], (bx - HEAD * 0.8 * ux, by - HEAD * 0.8 * uy)]
    return [line(shaft, colour, 1.6, title, **style), polygon(head, colour, stroke=colour)]


def text(at: Point, said: str, size: float = 9, anchor: str = "middle", *, turned: bool = False, **style: str) -> Mark:
    """A line of text."""
    return Mark("text", (at,), {"text-anchor": anchor, "fill": "#222222"} | _names(style), said, size, turned)


def circle(at: Point, radius: float, fill: str, title: str = "") -> Mark:
    """A circle with a thin edge."""
    return Mark("circle", (at,), {"fill": fill, "stroke": "#333333", "stroke-width": "1"}, title, radius)


def rounded(points: Sequence[Point], radius: float = 8) -> list[Point]:
    """The corners of a line of horizontal and vertical pieces made round.

    >>> len(rounded([(0, 0), (0, -20), (40, -20)]))
    8
    """
    made = [points[0]]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        room = [abs(p[0] - x) + abs(p[1] - y) for p in (before, after)]
        r = min(radius, room[0] / 2, room[1] / 2)
        ins, outs = [((p[0] > x) - (p[0] < x), (p[1] > y) - (p[1] < y)) for p in (before, after)]
        for step in range(6):
            a, b = 1 - sin(step * pi / 10), 1 - cos(step * pi / 10)
            made.append((x + r * (ins[0] * a + outs[0] * b), y + r * (ins[1] * a + outs[1] * b)))
    return [*made, points[-1]]


def _names(style: dict[str, str]) -> dict[str, str]:
    """Attributes with the hyphens that a name in Python cannot have."""
    return {name.rstrip("_").replace("_", "-"): value for name, value in style.items()}


def document(marks: Sequence[Mark], title: str) -> str:
    """The marks as a whole SVG file on white, with a margin around them.

    >>> document([circle((0, 0), 6, "#ffffff")], "a & b").splitlines()[1]
    '<title>a &amp; b</title>'
    """
    left, top, right, bottom = box_of(marks)
    x, y = left - MARGIN, top - MARGIN
    width, height = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}">',
            f"<title>{escape(title.translate(XML_CONTROLS))}</title>",
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="#ffffff"/>',
            *(mark.element for mark in marks),
            "</svg>\n",
        ]
    )
