"""A network as a table for a reader: a line per node, branches drawn at the left, repeated blocks once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sigconv.nets.measure import Row
from sigconv.nets.tree import Join
from sigconv.report.nested import Fork, Node, alike, flat, nested, runs

WORTH_FOLDING = 8
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
NARROWEST = 12


@dataclass(frozen=True)
class Columns:
    """What the table of a network shows.

    number_bytes, batch : of the memory that an output takes
    folded : whether blocks that repeat themselves stand there once
    field : whether the step and the place of the receptive fields are shown as well
    """

    number_bytes: int = 4
    batch: int = 1
    folded: bool = False
    field: bool = False


def network_table(rows: Sequence[Row], columns: Columns | None = None) -> list[list[str]]:
    """The rows of `measure.shapes` as text, below a line of headings and a line for the input.

    Parameters
    ----------
    rows : not empty
    columns : None for every row, without steps and places of the receptive fields

    Returns
    -------
    list of lines, each a list of as many cells: name, layer, output, parameters, multiply-adds, sees (with `field`
    also step and first), memory

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> for line in network_table(measure.shapes(parse("C8P"), InputSpec(1, (28, 28)))):
    ...     print(line)
    ['', 'layer', 'output', 'parameters', 'multiply-adds', 'sees', 'memory']
    ['input', '', '1×28×28', '', '', '', '3.06 KiB']
    ['C1', 'C8', '8×28×28', '80', '56,448', '3×3', '24.5 KiB']
    ['P1', 'P', '8×14×14', '', '', '4×4', '6.12 KiB']
    """
    shown = columns or Columns()
    head = ["", "layer", "output", "parameters", "multiply-adds", "sees", *(["step", "first"] * shown.field), "memory"]
    channels, grid = rows[0].got
    start = ["input", "", times(channels, *grid), "", "", "", *(["", ""] * shown.field)]
    return [head, [*start, _memory(channels, grid, shown)], *_lines(nested(rows), shown)]


def _lines(nodes: Sequence[Node], shown: Columns) -> Iterator[list[str]]:
    sizes = [len(tuple(flat((node,)))) for node in nodes]
    keys = [alike(node) for node in nodes]
    for run in runs(nodes, keys, sizes, WORTH_FOLDING if shown.folded else sum(sizes) + 1):
        for node in run.body:
            if isinstance(node, Fork):
                yield from _fork(node, shown)
            else:
                yield _line(node, str(node.layer), shown)
        if run.times > 1:
            rest = tuple(flat(run.whole[len(run.body) :]))
            again = f"the same {run.times - 1} times more" if run.times > 2 else "the same once more"
            costs = (f"{sum(getattr(row, name) for row in rest):,}" for name in ("parameters", "multiply_adds"))
            ends = _line(rest[-1], "", shown)
            names = f"… {rest[0].name} to {rest[-1].name}"
            yield [names, again, "", *costs, *ends[5:-1], ""]


def _fork(fork: Fork, shown: Columns) -> Iterator[list[str]]:
    first = True
    for branch in fork.branches:
        for i, line in enumerate(_lines(branch, shown)):
            corner = "│ " if i else "┌ " if first else "├ "
            yield [corner + line[0], *line[1:]]
            first = False
    line = _line(fork.row, joined(fork.row.layer), shown)
    yield ["└ " + line[0], *line[1:]]


def joined(join: object) -> str:
    """What a join does, in words.

    >>> from sigconv.nets import parse
    >>> joined(parse("U{PCT}").parts[0]), joined(parse("[C4|C4k1]").parts[0])
    ('U{…} with its input, cut to fit', '[…|…] sum of 2')
    """
    assert isinstance(join, Join)
    with_input = len(join.branches) == 2 and not join.branches[0]
    shape = "…" if with_input else "|".join("…" if branch else "" for branch in join.branches)
    bracket = join.opening + shape + {"sum": "]", "channels": "}"}[join.how]
    if with_input:
        said = "plus its input" if join.how == "sum" else "with its input"
    else:
        said = f"sum of {len(join.branches)}" if join.how == "sum" else f"{len(join.branches)} side by side"
    return f"{bracket} {said}{', cut to fit' if join.crop else ''}"


def _line(row: Row, text: str, shown: Columns) -> list[str]:
    field = [times(*(axis.jump for axis in row.field)), times(*(axis.start for axis in row.field))] * shown.field
    return [
        row.name,
        text,
        times(row.channels, *row.grid),
        f"{row.parameters:,}" if row.parameters else "",
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
        times(*(axis.size for axis in row.field)),
        *(cell.replace("-", "−") for cell in field),
        _memory(row.channels, row.grid, shown),
    ]


def _memory(channels: int, grid: tuple[int, ...], shown: Columns) -> str:
    numbers = channels
    for size in grid:
        numbers *= size
    return memory_text(numbers * shown.number_bytes * shown.batch)


def times(*sizes: object) -> str:
    """Sizes as papers write them.

    >>> times(12, 8, 8), times(Fraction(-15, 2))
    ('12×8×8', '-7.5')
    """
    return "×".join(f"{float(size):g}" if isinstance(size, Fraction) else str(size) for size in sizes)


def memory_text(count: int) -> str:
    """A number of bytes to three digits.

    >>> memory_text(100), memory_text(1536), memory_text(123 << 20)
    ('100 B', '1.5 KiB', '123 MiB')
    """
    size, unit = float(count), 0
    while size >= 1000 and unit + 1 < len(UNITS):
        size, unit = size / 1024, unit + 1
    digits = 0 if unit == 0 or size >= 100 else 1 if size >= 10 else 2
    text = f"{size:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {UNITS[unit]}"


def aligned(table: Sequence[Sequence[str]], width: int | None = None) -> str:
    """The table as lines of text: names and layers at the left of their columns, numbers at the right.

    Parameters
    ----------
    table : lines of equally many cells, two or more; the second column is cut to fit
    width : characters of a line, None for as many as it takes; the second column keeps at least 12 of them

    >>> print(aligned([["C1", "C16k5s2b0", "8"], ["C10", "C8", "64"]]))
    C1   C16k5s2b0   8
    C10  C8         64
    """
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    rest = sum(widths) - widths[1] + 2 * (len(widths) - 1)
    if width is not None:
        widths[1] = min(widths[1], max(NARROWEST, width - rest))
    lines = []
    for name, layer, *numbers in table:
        text = layer if len(layer) <= widths[1] else layer[: widths[1] - 1] + "…"
        cells = [name.ljust(widths[0]), text.ljust(widths[1]), *map(str.rjust, numbers, widths[2:])]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
