"""What a drawing shows of a network: steps from one feature map to the next, and forks of such steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from sigconv.nets.cells import CCell, FixedKernel, SCell
from sigconv.nets.measure import Row
from sigconv.nets.place import along
from sigconv.nets.tree import (
    Activation,
    Conv,
    ConvTranspose,
    Crop,
    Dropout,
    Full,
    GlobalPool,
    Join,
    Norm,
    Pool,
)
from sigconv.report.nested import POINTWISE, Fork, Node, runs

WORTH_GROUPING = 3
MANY_STEPS = 30
KINDS: dict[type, str] = {
    Conv: "convolution",
    Pool: "pooling",
    ConvTranspose: "transposed convolution",
    GlobalPool: "global pooling",
    Full: "fully connected",
    FixedKernel: "fixed kernels",
    SCell: "S-cells",
    CCell: "C-cells",
    Crop: "crop",
}
NAMES = {"relu": "ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU", "selu": "SELU", "prelu": "PReLU"}
NAMES |= {"leaky": "leaky ReLU", "stanh": "scaled tanh", "mish": "Mish", "square": "square"}


@dataclass(frozen=True)
class Step:
    """One layer that makes a new feature map, with the pointwise layers before and behind it."""

    rows: tuple[Row, ...]

    @property
    def head(self) -> Row:
        """The layer that matters."""
        return next((row for row in self.rows if not isinstance(row.layer, POINTWISE)), self.rows[0])

    @property
    def kind(self) -> str:
        """The kind of arrow."""
        return KINDS.get(type(self.head.layer), "pointwise")

    @property
    def output(self) -> tuple[int, tuple[int, ...]]:
        """Channels and grid."""
        return self.rows[-1].channels, self.rows[-1].grid


@dataclass(frozen=True)
class Branching:
    """A join, the steps of its branches, and the pointwise layers behind it."""

    row: Row
    branches: tuple[tuple["Item", ...], ...]
    after: tuple[Row, ...] = ()

    @property
    def output(self) -> tuple[int, tuple[int, ...]]:
        """Channels and grid."""
        return self.row.channels, self.row.grid


@dataclass(frozen=True)
class Times:
    """Items that stand in the net several times in a row and in the drawing once."""

    items: tuple["Item", ...]
    times: int


Item = Step | Branching | Times


def steps_of(nodes: Sequence[Node]) -> tuple[Item, ...]:
    """The nodes as steps and forks; pointwise layers belong to the step before them, or else to the one behind."""
    made: list[Any] = []
    waiting: tuple[Row, ...] = ()
    for node in nodes:
        if isinstance(node, Fork):
            if waiting:
                made.append(Step(waiting))
            made.append(Branching(node.row, tuple(steps_of(branch) for branch in node.branches)))
            waiting = ()
        elif not isinstance(node.layer, POINTWISE):
            made.append(Step((*waiting, node)))
            waiting = ()
        elif made and isinstance(made[-1], Step):
            made[-1] = Step((*made[-1].rows, node))
        elif made:
            made[-1] = Branching(made[-1].row, made[-1].branches, (*made[-1].after, node))
        else:
            waiting = (*waiting, node)
    return (*made, *([Step(waiting)] if waiting else []))


def grouped(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items with repeated ones once, in a `Times`; short nets as they are."""
    if sum(1 for _ in every_step(items)) <= MANY_STEPS:
        return tuple(items)
    return _grouped(items)


def _grouped(items: Sequence[Item]) -> tuple[Item, ...]:
    sizes = [sum(1 for _ in every_step((item,))) for item in items]
    made: list[Item] = []
    for run in runs(items, [_look(item) for item in items], sizes, WORTH_GROUPING):
        body = tuple(_inside(item) for item in run.body)
        made.extend([Times(body, run.times)] if run.times > 1 else body)
    return tuple(made)


def _inside(item: Item) -> Item:
    if isinstance(item, Branching):
        return Branching(item.row, tuple(_grouped(branch) for branch in item.branches), item.after)
    return item


def _look(item: Item) -> tuple[Any, ...]:
    """What items have in common that are drawn alike."""
    if isinstance(item, Branching):
        shape = (item.row.text, item.row.got, item.output, item.row.cuts)
        return (*shape, tuple(tuple(map(_look, branch)) for branch in item.branches), _texts(item.after))
    assert isinstance(item, Step)
    return (*item.rows[0].got, *item.output, _texts(item.rows))


def _texts(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(row.text for row in rows)


def every_step(items: Sequence[Item]) -> Iterator[Step]:
    """All steps, those inside forks too."""
    for item in items:
        match item:
            case Step():
                yield item
            case Branching():
                for branch in item.branches:
                    yield from every_step(branch)
            case Times():
                yield from every_step(item.items)


def every_fork(items: Sequence[Item]) -> Iterator[Branching]:
    """All forks, those inside others too."""
    for item in items:
        if isinstance(item, Times):
            yield from every_fork(item.items)
        if isinstance(item, Branching):
            yield item
            for branch in item.branches:
                yield from every_fork(branch)


def trunk_of(fork: Branching) -> tuple[tuple[Item, ...], tuple[Item, ...], int] | None:
    """The long branch, the short one of at most one step, and its number; None where all branches are long.

    A branch counts as the short one only beside a single longer one.
    """
    if len(fork.branches) != 2:
        return None
    lengths = [sum(1 for _ in every_step(branch)) for branch in fork.branches]
    short = 0 if lengths[0] <= lengths[1] else 1
    bypass = fork.branches[short]
    if lengths[short] > 1 or lengths[1 - short] == lengths[short] or not all(isinstance(i, Step) for i in bypass):
        return None
    return fork.branches[1 - short], bypass, short


def dips(fork: Branching) -> bool:
    """Whether its long branch goes down to a coarser grid and comes back: one floor of a U.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> from sigconv.report.nested import nested
    >>> made = [steps_of(nested(measure.shapes(parse(text), InputSpec(1, (8,)))))[0] for text in ("{PCT}", "[CRC1]")]
    >>> [dips(fork) for fork in made]
    [True, False]
    """
    found = trunk_of(fork)
    if found is None or len(found[0]) < 2 or not isinstance(found[0][0], Step) or not isinstance(found[0][-1], Step):
        return False
    here = prod(fork.output[1])
    trunk = every_step(found[0])
    return bool(fork.output[1]) and any(prod(grid) < here for _, grid in (step.output for step in trunk) if grid)


def operation(step: Step) -> str:
    """The sizes of a step's window, as they stand beside its arrow.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> rows = measure.shapes(parse("C8k5s2P"), InputSpec(1, (28, 28)))
    >>> [operation(Step((row,))) for row in rows]
    ['5×5 /2', '2×2']
    """
    layer, axes = step.head.layer, len(step.head.got[1])
    match layer:
        case Conv() | ConvTranspose():
            said = [_by(layer.kernel, axes), *_told(layer.stride, axes, 1, "↑" if "T" in layer.letter else "/")]
            said += _told(layer.dilation, axes, 1, "d")
            return " ".join(said + ([f"g{layer.groups}"] if layer.groups != 1 else []))
        case SCell():
            return _by(layer.kernel, axes)
        case CCell():
            return " ".join([_by(layer.size, axes), *_told(layer.stride, axes, 1, "/")])
        case FixedKernel():
            return layer.suffix
        case Pool(to=None):
            step_size = along(layer.step, axes)
            return " ".join([_by(layer.size, axes), *_told(step_size, axes, along(layer.size, axes), "/")])
        case Pool(to=to) if to is not None:
            return f"to {_by(to, axes)}"
        case GlobalPool():
            return layer.kind
    return ""


def _by(size: Any, axes: int) -> str:
    return "×".join(map(str, along(size, axes)))


def _told(size: Any, axes: int, usual: Any, sign: str) -> list[str]:
    sizes = along(size, axes)
    if sizes == along(usual, axes):
        return []
    return [sign + (str(sizes[0]) if len(set(sizes)) == 1 else "×".join(map(str, sizes)))]


def pointwise(row: Row) -> str:
    """A pointwise layer in words.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> [pointwise(row) for row in measure.shapes(parse("BRD.5"), InputSpec(1, (28,)))]
    ['batch norm', 'ReLU', 'dropout 0.5']
    """
    match row.layer:
        case Activation(name=name):
            return NAMES.get(name, name)
        case Norm(kind=kind):
            return f"{kind} norm"
        case Dropout(rate=rate):
            return f"dropout {rate:g}"
    return "softmax"


def title(rows: Sequence[Row]) -> str:
    """What shows under the pointer: every layer with its text, then the output.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> title(measure.shapes(parse("C8R"), InputSpec(1, (28, 28))))
    'C1 C8 · R1 R → 8@28×28'
    """
    names = [f"{row.name} {row.text}" if not isinstance(row.layer, Join) else row.name for row in rows]
    return f"{' · '.join(names)} → {shape(rows[-1].channels, rows[-1].grid)}"


def shape(channels: int, grid: Sequence[int]) -> str:
    """A feature map's size as LeCun writes it.

    >>> shape(12, (8, 8)), shape(10, ())
    ('12@8×8', '10')
    """
    return f"{channels}@{'×'.join(map(str, grid))}" if grid else str(channels)
