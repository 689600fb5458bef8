"""The rows of a network in the nesting of its joins, with what repeats found again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sigconv.nets.measure import Row
from sigconv.nets.tree import Activation, Dropout, Join, Norm, Softmax, count

LONGEST_BODY = 60
POINTWISE = (Activation, Dropout, Norm, Softmax)


@dataclass(frozen=True)
class Fork:
    """A join with the nodes of each of its branches; row : the join's own."""

    row: Row
    branches: tuple[tuple["Node", ...], ...]


Node = Row | Fork


@dataclass(frozen=True)
class Run:
    """Nodes that stand there `times` times in a row, alike but for their names; whole : all of them."""

    body: tuple[Any, ...]
    times: int
    whole: tuple[Any, ...]


def nested(rows: Sequence[Row]) -> tuple[Node, ...]:
    """The rows of `measure.shapes` as a tree: each join holds the nodes of its branches.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> stem, fork = nested(measure.shapes(parse("C4[CRC]"), InputSpec(1, (8,))))
    >>> stem.name, fork.row.name, [len(branch) for branch in fork.branches]
    ('C1', 'J1', [0, 3])
    """
    left = list(rows)
    nodes: list[Node] = []
    while left:
        row = left.pop()
        if not isinstance(row.layer, Join):
            nodes.append(row)
            continue
        branches = []
        for branch in reversed(row.layer.branches):
            start = len(left) - count(branch)
            branches.append(nested(left[start:]))
            del left[start:]
        nodes.append(Fork(row, tuple(reversed(branches))))
    return tuple(reversed(nodes))


def flat(nodes: Sequence[Node]) -> Iterator[Row]:
    """The rows of these nodes in the order of the data.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> rows = measure.shapes(parse("C4[CRC]"), InputSpec(1, (8,)))
    >>> tuple(flat(nested(rows))) == rows
    True
    """
    for node in nodes:
        if isinstance(node, Fork):
            for branch in node.branches:
                yield from flat(branch)
            yield node.row
        else:
            yield node


def alike(node: Node) -> tuple[Any, ...]:
    """What two nodes have in common that differ in their names and in what they see alone."""
    row = node.row if isinstance(node, Fork) else node
    inner = tuple(tuple(map(alike, branch)) for branch in node.branches) if isinstance(node, Fork) else ()
    return row.text, row.got, row.channels, row.grid, row.cuts, inner


def runs(nodes: Sequence[Any], keys: Sequence[Any], sizes: Sequence[int], least: int) -> tuple[Run, ...]:
    """The nodes cut into runs: those that repeat themselves so often that writing them once saves `least` or more.

    Parameters
    ----------
    nodes : what is to be cut
    keys : for each node what is equal for nodes that are alike
    sizes : for each node how much room it takes
    least : the room that a repetition has to save

    >>> [(run.body, run.times) for run in runs("abcbcbcd", "abcbcbcd", [1] * 8, 4)]
    [(('a',), 1), (('b', 'c'), 3), (('d',), 1)]
    """
    numbers: dict[Any, int] = {}
    marks = [numbers.setdefault(key, len(numbers)) for key in keys]
    made, i = [], 0
    while i < len(nodes):
        best = (0, 1, 1)
        if not isinstance(getattr(nodes[i], "layer", None), POINTWISE):
            for period in range(1, min(LONGEST_BODY, (len(nodes) - i) // 2) + 1):
                body, times = marks[i : i + period], 1
                while marks[i + times * period : i + (times + 1) * period] == body:
                    times += 1
                saved = (times - 1) * sum(sizes[i : i + period])
                if saved >= least and saved > best[0]:
                    best = (saved, period, times)
        _, period, times = best
        made.append(Run(tuple(nodes[i : i + period]), times, tuple(nodes[i : i + period * times])))
        i += period * times
    return tuple(made)
