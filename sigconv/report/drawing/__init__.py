"""A network drawn as papers draw them: feature maps as bars, sheets, slabs or cuboids, and arrows of many colours."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from sigconv.nets.measure import Row
from sigconv.nets.tree import Pool
from sigconv.report.drawing.layout import COLOURS, PLAIN, Chain, Sheet, how_of, sign
from sigconv.report.drawing.maps import COPY, LETTERS, Scale
from sigconv.report.drawing.steps import (
    Branching,
    Item,
    Step,
    dips,
    every_fork,
    every_step,
    grouped,
    operation,
    pointwise,
    steps_of,
    trunk_of,
)
from sigconv.report.drawing.svg import Mark, arrow, box_of, document, line, polygon, text, width_of
from sigconv.report.nested import nested

__all__ = ["draw"]

WIDEST = 1180.0
FEW_MAPS = 8
MOST = 0.8


def draw(rows: Sequence[Row], title: str = "") -> str:
    """A network as the text of an SVG file.

    Heights follow the grid, widths the channels, both by their square roots. Repeated blocks of a long net stand there
    once, with the number of times; what goes down to coarser grids and comes back is drawn as a U; long rows go on
    in the next line. Every map says its layers under the pointer.

    Parameters
    ----------
    rows : of `measure.shapes`, not empty
    title : what the picture is called; "" for "network"

    Returns
    -------
    str, XML

    Source: the forms of LeCun et al. (1989), figure 3, and of Ronneberger et al. (2015), figure 1; colours by
    Okabe & Ito (2008).

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> "12@8×8" in draw(measure.shapes(parse("C12k5s2RF10"), InputSpec(1, (16, 16))))
    True
    """
    items = grouped(steps_of(nested(rows)))
    sheet = Sheet(_scale(rows, items), _usual(items))
    chain = Chain(sheet)
    chain.begin(*rows[0].got)
    chain.items(items)
    marks = _lines(chain)
    left, _, right, bottom = box_of(marks)
    marks += [mark.moved(left, bottom + 30) for mark in _legend(items, sheet, max(right - left, 420))]
    return document(marks, title or "network")


def _scale(rows: Sequence[Row], items: Sequence[Item]) -> Scale:
    channels, grid = rows[0].got
    shapes = [(channels, grid), *((row.channels, row.grid) for row in rows)]
    few = sum(1 for step in every_step(items) if step.output[1]) < FEW_MAPS
    floors = any(map(dips, every_fork(items)))
    style = {1: "bars", 3: "cuboids"}.get(len(grid), "plates" if floors else "sheets" if few else "slabs")
    tallest = {"bars": 120.0, "sheets": 100.0, "slabs": 120.0, "plates": 150.0, "cuboids": 54.0 if floors else 74.0}
    return Scale(
        style,
        tallest[style],
        grid=max(max(g) for _, g in shapes if g),
        channels=max(c for c, g in shapes if g),
        units=max([1, *(c for c, g in shapes if not g)]),
    )


def _operations(items: Sequence[Item]) -> dict[str, list[Step]]:
    """The steps of each kind, in the order in which kinds appear."""
    found: dict[str, list[Step]] = {}
    for step in every_step(items):
        found.setdefault(step.kind, []).append(step)
    return found


def _usual(items: Sequence[Item]) -> dict[str, str]:
    """For each kind the window that most of its steps have: the legend says it once, for all that say nothing."""
    found = {}
    for kind, steps in _operations(items).items():
        window, often = Counter(map(operation, steps)).most_common(1)[0]
        if often >= MOST * len(steps):
            found[kind] = window
    return found


def _lines(chain: Chain) -> list[Mark]:
    """A row that is too long goes on in further lines."""
    _, _, end, _ = box_of(chain.marks)
    starts = [place for place in chain.starts if place[0] > 0]
    wanted = ceil(end / WIDEST)
    limit = end / wanted
    while len(breaks := _breaks(starts, end, limit)) > wanted - 1 and limit < WIDEST:
        limit *= 1.04
    if chain.floor_end or not breaks:
        return list(chain.marks)
    made: list[Mark] = []
    floor, edges = 0.0, [(0.0, 0), *breaks, (end, len(chain.marks))]
    before = (0.0, 0.0)
    for number, ((x, first), (after, last)) in enumerate(pairwise(edges)):
        line_marks = chain.marks[first:last]
        _, top, _, bottom = box_of(line_marks)
        shift = floor - top if number else 0.0
        if number:
            points = [before, (before[0] + 12, before[1]), (before[0] + 12, floor - 12), (-14.0, floor - 12)]
            made.append(line([*points, (-14.0, shift), (2.0, shift)], PLAIN))
        made += [mark.moved(-x if number else 0.0, shift) for mark in line_marks]
        before = (after - (x if number else 0.0) + 2, shift)
        floor = shift + bottom + 34
    return made


def _breaks(starts: Sequence[tuple[float, int]], end: float, limit: float) -> list[tuple[float, int]]:
    """Where lines of at most that length begin, the first left out."""
    made, begin = [], 0.0
    for here, after in zip(starts, [*(x for x, _ in starts[1:]), end], strict=True):
        if after - begin > limit and here[0] > begin:
            made.append(here)
            begin = here[0]
    return made


def _legend(items: Sequence[Item], sheet: Sheet, width: float) -> list[Mark]:
    """Each kind of arrow and sign with its name, in lines of at most that width."""
    entries: list[tuple[list[Mark], str]] = []
    for kind, steps in _operations(items).items():
        dashes = {"stroke_dasharray": "4 3"} if kind == "crop" else {}
        entries.append((arrow([(0, 0), (22, 0)], COLOURS[kind], **dashes), _named(kind, steps, sheet)))
    forks = list(every_fork(items))
    skips = [fork for fork in forks if (found := trunk_of(fork)) and not found[1]]
    if skips:
        cut = any(any(map(any, fork.row.cuts)) for fork in skips)
        entries.append((arrow([(0, 0), (22, 0)], COLOURS["skip"]), "skip, cut to fit (dashed)" if cut else "skip"))
    entries += _signs(forks)
    made: list[Mark] = []
    x = y = 0.0
    for marks, said in entries:
        long = 28 + width_of(said, LETTERS)
        if x and x + long > width:
            x, y = 0.0, y + 18
        made += [mark.moved(x, y) for mark in [*marks, text((28, 3.5), said, LETTERS, "start")]]
        x += long + 18
    return made


def _signs(forks: Sequence[Branching]) -> list[tuple[list[Mark], str]]:
    """The signs of joins that are in the drawing."""
    sums = [fork for fork in forks if how_of(fork) == "sum"]
    beside = [fork for fork in forks if how_of(fork) != "sum" and not dips(fork)]
    copied = [fork for fork in forks if how_of(fork) != "sum" and dips(fork)]
    copy = [polygon([(5, -6), (17, -6), (17, 6), (5, 6)], COPY)]
    signs = [(sums, sign("sum", 11), "sum"), (beside, sign("channels", 11), "channels side by side")]
    signs.append((copied, copy, "copied channels"))
    return [(marks, said) for found, marks, said in signs if found]


def _named(kind: str, steps: Sequence[Step], sheet: Sheet) -> str:
    """A kind in words, with its window where all agree, and the pointwise layers that all of its steps have."""
    name = kind
    if kind == "pooling":
        kinds = {step.head.layer.kind for step in steps if isinstance(step.head.layer, Pool)}
        name = f"{({'max': 'max', 'average': 'average', 'lp': 'Lp'})[kinds.pop()]} pooling" if len(kinds) == 1 else kind
    words = [[pointwise(row) for row in step.rows if row is not step.head or kind == "pointwise"] for step in steps]
    shared = [word for word in dict.fromkeys(words[0]) if all(word in said for said in words)]
    window = sheet.usual.get(kind, "")
    marked = "" if not window or {operation(step) for step in steps} == {window} else "unless marked"
    name = f"global {window} pooling" if kind == "global pooling" else " ".join(filter(None, [name, window, marked]))
    return ", ".join([name, *shared])
