"""Where everything stands: maps in a row, residual arcs above it, branches side by side, the floors of a U below."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from sigconv.nets.tree import Join
from sigconv.report.drawing.maps import INPUT, SMALL, Drawn, Scale, feature_map
from sigconv.report.drawing.steps import Branching, Item, Step, Times, dips, operation, shape, title, trunk_of
from sigconv.report.drawing.svg import Mark, Point, arrow, box_of, circle, line, rounded, text, width_of

COLOURS = {  # Okabe & Ito (2008): told apart by colour-blind readers
    "convolution": "#0072B2",
    "pooling": "#D55E00",
    "transposed convolution": "#009E73",
    "global pooling": "#CC79A7",
    "fully connected": "#E69F00",
    "crop": "#777777",
    "pointwise": "#56B4E9",
    "fixed kernels": "#0072B2",
    "S-cells": "#009E73",
    "C-cells": "#D55E00",
    "skip": "#777777",
}
PLAIN = "#333333"
GAP = 26.0
RING = 7.0


@dataclass(frozen=True)
class Sheet:
    """What holds for the whole drawing: the scale, and the window of each kind of arrow where none is written."""

    scale: Scale
    usual: dict[str, str]

    def label(self, step: Step) -> str:
        """What is written beside the arrow of a step."""
        said = operation(step)
        return "" if said == self.usual.get(step.kind) else said


@dataclass
class Chain:
    """Marks in a row on the line y = 0; it grows to the right.

    port : from where the next arrow starts;  over : how far a label hangs over beyond it
    last : the last map, and where its left edge stands; None behind a join's ring
    label : which of the marks says the channels of the last map
    grid : of the last map or ring
    starts : for each item of the outermost row the x of its beginning and how many marks stood before it
    floor_end : how far to the right something hangs below the row; above 0 it cannot go on in a next line
    dips_next : whether the next item hangs below the row, so that its beginning must be clear of `floor_end`
    """

    sheet: Sheet
    marks: list[Mark] = field(default_factory=list)
    port: float = 0.0
    over: float = 0.0
    last: tuple[Drawn, float] | None = None
    label: int = 0
    grid: tuple[int, ...] | None = None
    starts: list[tuple[float, int]] = field(default_factory=list)
    floor_end: float = 0.0
    dips_next: bool = False

    def show(self, drawn: Drawn, left: float, grid: tuple[int, ...]) -> None:
        """Put a map there and go on from it."""
        self.label = len(self.marks) + drawn.label
        self.marks += [mark.moved(left, 0) for mark in drawn.marks]
        self.port, self.over, self.last, self.grid = left + drawn.width, drawn.over, (drawn, left), grid

    def begin(self, channels: int, grid: tuple[int, ...]) -> None:
        """The input of the net."""
        said = f"input → {shape(channels, grid)}"
        self.show(feature_map(channels, grid, self.sheet.scale, said, fill=INPUT), 0, grid)

    def items(self, items: Sequence[Item]) -> None:
        """Everything in its order."""
        for item, after in zip_longest(items, items[1:]):
            self.dips_next = isinstance(after, Branching) and dips(after)
            self.starts.append((self.port, len(self.marks)))
            match item:
                case Step():
                    self.step(item)
                case Branching():
                    self.fork(item)
                case Times():
                    self.times(item)

    @property
    def clear(self) -> float:
        """How far to the left the next map may stand."""
        return self.floor_end + 14 if self.dips_next and self.floor_end else 0.0

    def aside(self) -> None:
        """Make room above the last map for an arrow: its channels go to the right of its middle."""
        if self.last is not None:
            mark, (drawn, left) = self.marks[self.label], self.last
            at = (left + drawn.centre + 5, mark.points[0][1])
            self.marks[self.label] = text(at, mark.said, mark.size, "start")

    def drawn(self, step: Step) -> Drawn:
        """The map behind a step."""
        return feature_map(*step.output, self.sheet.scale, title(step.rows), before=self.grid)

    def step(self, step: Step) -> None:
        """An arrow and the map that it leads to."""
        drawn, label = self.drawn(step), self.sheet.label(step)
        room = self.over + drawn.over + 3
        left = max(self.port + max(GAP, room, width_of(label, SMALL) + 9 if label else 0), self.clear)
        dashes = {"stroke_dasharray": "4 3"} if step.kind == "crop" else {}
        points = [(self.port + 2, 0.0), (left - 1, 0.0)]
        self.marks += arrow(points, COLOURS[step.kind], title(step.rows), **dashes)
        if label:
            self.marks.append(text(((self.port + left) / 2, -6), label, SMALL, fill=COLOURS[step.kind]))
        self.show(drawn, left, step.output[1])

    def times(self, group: Times) -> None:
        """Items in a frame that says how often they stand there."""
        before, left = len(self.marks), self.port + self.over + 4
        self.over += 6
        self.items_inside(group.items)
        _, top, right, bottom = box_of(self.marks[before:])
        right, top, bottom = right + 6, top - 6, bottom + 6
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        frame = line(corners, "#999999", 1, stroke_dasharray="2 3")
        said = text((right - 2, top - 4), f"× {group.times}", 12, "end", font_weight="bold")
        self.marks[before:before] = [frame, said]
        stub = self.port + 2
        self.port, self.over, self.last = right, 0.0, None
        self.marks.append(line([(stub, 0), (right, 0)], PLAIN))

    def items_inside(self, items: Sequence[Item]) -> None:
        """Items that are one item of the row around them."""
        kept = self.starts, self.dips_next
        self.starts = []
        self.items(items)
        self.starts, self.dips_next = kept

    def fork(self, fork: Branching) -> None:
        """A join with its branches, in the form that suits it."""
        found = trunk_of(fork)
        if found is None:
            self.abreast(fork)
        elif dips(fork) and self.last is not None and self.grid:
            self.floor(fork, *found)
        else:
            self.arc(fork, *found)

    def split(self) -> float:
        """A short line to the point where branches part."""
        here = self.port + max(9.0, self.over + 4)
        self.marks += [line([(self.port + 2, 0), (here, 0)], PLAIN), circle((here, 0), 1.8, PLAIN)]
        self.port, self.over, self.last = here, 0.0, None
        return here

    def ring(self, fork: Branching, at: float) -> None:
        """The sign of a join around (at, 0), and for channels side by side the map that they make."""
        said = title((fork.row, *fork.after))
        self.marks += sign(how_of(fork), at, said)
        self.port, self.over, self.last = at + RING, 0.0, None
        if how_of(fork) != "sum":
            self.behind_ring(feature_map(*fork.output, self.sheet.scale, said, before=self.grid), fork)
        self.grid = fork.output[1]

    def behind_ring(self, drawn: Drawn, fork: Branching) -> None:
        """The map that a join makes, behind its sign."""
        left = max(self.port + max(8.0, drawn.over + 2), self.clear)
        self.marks.append(line([(self.port, 0), (left, 0)], PLAIN))
        self.show(drawn, left, fork.output[1])

    def arc(self, fork: Branching, trunk: tuple[Item, ...], bypass: tuple[Item, ...], _number: int) -> None:
        """The long branch in the row, the short one above it."""
        grid, here, before = self.grid, self.split(), len(self.marks)
        self.items_inside(trunk)
        top = box_of(self.marks[before:])[1] - 7
        at = self.port + max(18.0, self.over + 4) + RING
        self.marks += arrow([(self.port + 2, 0), (at - RING, 0)], PLAIN)
        self.bypass(bypass, [(here, 0), (here, top), (at, top), (at, -RING)])
        self.grid = grid if grid == fork.output[1] else self.grid
        self.ring(fork, at)

    def bypass(self, steps: tuple[Item, ...], points: list[Point]) -> None:
        """The arrow of a short branch, through three or more points, with its one step beside its longest piece."""
        step = next((item for item in steps if isinstance(item, Step)), None)
        colour = COLOURS["skip" if step is None else step.kind]
        self.marks += arrow(rounded(points), colour, "" if step is None else title(step.rows))
        if step is not None:
            said = f"{operation(step)} → {step.output[0]}".removeprefix(" → ")
            middle = (points[1][0] + points[-2][0]) / 2 if len(points) > 2 else (points[0][0] + points[1][0]) / 2
            self.marks.append(text((middle, points[-2][1] - 4), said, SMALL, fill=colour))

    def abreast(self, fork: Branching) -> None:
        """Branches one above the other between a point and a ring."""
        grid, here = self.grid, self.split()
        rows = []
        for branch in fork.branches:
            row = Chain(self.sheet, grid=grid)
            row.items(branch)
            rows.append(row)
        heights = [box_of(row.marks) for row in rows]
        levels, y = [], 0.0
        for i, (_, top, _, bottom) in enumerate(heights):
            y += max(-top, 4) if i else 0.0
            levels.append(y)
            y += max(bottom, 4) + 12
        middle = levels[len(levels) // 2] if len(levels) % 2 else (levels[0] + levels[-1]) / 2
        start = here + 8
        at = start + max([box[2] for box in heights] + [row.port for row in rows]) + 16 + RING
        for row, level in zip(rows, (level - middle for level in levels), strict=True):
            self.marks.append(line(rounded([(here, 0), (here, level), (start + 2, level)], 5), PLAIN))
            self.marks += [mark.moved(start, level) for mark in row.marks]
            end = (start + row.port + (2 if row.marks else 0), level)
            way = [end, (at, level), (at, -RING if level < 0 else RING)]
            self.marks += arrow(rounded(way) if level else [end, (at - RING, 0)], PLAIN)
        self.grid = None
        self.ring(fork, at)

    def floor(self, fork: Branching, trunk: tuple[Item, ...], bypass: tuple[Item, ...], number: int) -> None:
        """The short branch in the row, the long one below it: down on the left, up on the right."""
        assert self.last is not None
        source, left = self.last
        first, last = trunk[0], trunk[-1]
        assert isinstance(first, Step)
        assert isinstance(last, Step)
        below = Chain(self.sheet, grid=self.grid)
        below.show(below.drawn(first), 0, first.output[1])
        below.aside()
        entered = below.last
        below.items_inside(trunk[1:-1])
        below.aside()
        assert entered is not None
        joined = self.joined(fork, last, number)
        label = 2 if self.sheet.scale.style == "plates" else 14
        centre, dx = left + source.centre, left + source.centre - entered[0].centre
        lowest = max(source.bottom, joined.bottom) + 14
        dy = lowest + 30 - box_of(below.marks)[1]
        self.marks += [mark.moved(dx, dy) for mark in below.marks]
        down = [(centre, source.bottom + label), (centre, dy + entered[0].top - 2)]
        self.marks += arrow(down, COLOURS[first.kind], title(first.rows))
        self.beside(first, (centre + 5, (down[0][1] + down[1][1]) / 2 + 3), "start")
        self.crop(fork, source, left, number)

        into = RING if how_of(fork) == "sum" else self.share(joined, number)
        from_side = below.last is None or below.last is entered
        if below.last is None or from_side:
            start, least = (dx + below.port + 2, dy), dx + below.port + 18
        else:
            start = (dx + below.last[1] + below.last[0].centre, dy + below.last[0].top - 2)
            least = start[0]
        self.floor_end = dx + box_of(below.marks)[2]
        place = max(least - into, self.port + max(GAP, self.over + joined.over + 3), self.clear)
        end = (place + into, RING + 1 if how_of(fork) == "sum" else joined.bottom + label)
        self.rise(last, start, end, lowest + 10, from_side=from_side)
        self.bypass(bypass, [(self.port + 2, 0), (place - 1, 0)])
        if how_of(fork) == "sum":
            self.marks += sign("sum", place + RING, title((fork.row, *fork.after)))
            self.port = place + 2 * RING
            self.behind_ring(joined, fork)
        else:
            self.show(joined, place, fork.output[1])

    def rise(self, step: Step, start: Point, end: Point, turn: float, *, from_side: bool) -> None:
        """The arrow from a floor up to the one above, from the top of a map or from its side."""
        if abs(start[0] - end[0]) < 1:
            way = [start, end]
        elif from_side:
            way = rounded([start, (end[0], start[1]), end], 5)
        else:
            way = rounded([start, (start[0], turn), (end[0], turn), end], 5)
        self.marks += arrow(way, COLOURS[step.kind], title(step.rows))
        self.beside(step, (end[0] - 5, turn + 6), "end")

    @staticmethod
    def share(joined: Drawn, number: int) -> float:
        """Where, in a map whose channels come side by side, those that came up stand: the second half, or the first."""
        left, right = joined.faces
        return right - (right - left) / 4 if number == 0 else left + (right - left) / 4

    def joined(self, fork: Branching, last: Step, number: int) -> Drawn:
        """The map at the end of a floor; what came over the skip is white in it, when it stands beside the rest."""
        copied = fork.output[0] - last.output[0] if how_of(fork) == "channels" and number == 0 else 0
        said = title((*last.rows, fork.row, *fork.after))
        return feature_map(*fork.output, self.sheet.scale, said, before=self.grid, copied=copied)

    def beside(self, step: Step, at: Point, anchor: str) -> None:
        """The label of an upright arrow."""
        label = self.sheet.label(step)
        if label:
            self.marks.append(text(at, label, SMALL, anchor, fill=COLOURS[step.kind]))

    def crop(self, fork: Branching, source: Drawn, left: float, number: int) -> None:
        """Dashed lines in the map of which a skip takes a part."""
        if not fork.row.cuts or not any(fork.row.cuts[number]):
            return
        whole, kept = self.grid, fork.output[1]
        assert whole
        axis = 1 if len(whole) == 3 else 0
        high, low = source.front
        half, middle = (low - high) / 2 * min(1.0, kept[axis] / whole[axis]), (high + low) / 2
        for y in (middle - half, middle + half):
            ends = [(left + source.faces[0], y), (left + source.faces[1], y)]
            self.marks.append(line(ends, PLAIN, 0.9, stroke_dasharray="3 2"))


def how_of(fork: Branching) -> str:
    """Whether a join adds its branches or puts their channels side by side."""
    assert isinstance(fork.row.layer, Join)
    return fork.row.layer.how


def sign(how: str, at: float, said: str = "") -> list[Mark]:
    """The ring of a join around (at, 0): a cross where branches are added, two bars where they stand side by side."""
    cross = [((at - 4, 0.0), (at + 4, 0.0)), ((at, -4.0), (at, 4.0))]
    bars = [((at - 2, -4.0), (at - 2, 4.0)), ((at + 2, -4.0), (at + 2, 4.0))]
    strokes = [line(ends, PLAIN, 1.2) for ends in (cross if how == "sum" else bars)]
    return [circle((at, 0), RING, "#ffffff", said), *strokes]
