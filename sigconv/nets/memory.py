"""How much memory a network's activations take, from its tree alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from sigconv.core.geometry import at_least
from sigconv.nets.costs import Row, conv_padding
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Activation, Conv, Dropout, Full, GlobalPool, Join, Net, Norm, Part, Pool, Repeat, Softmax

if TYPE_CHECKING:
    from sigconv.nets.tree import Layer

INDEX_BYTES = 8
OUTPUT_KEPT = ("relu", "tanh", "sigmoid")


@dataclass(frozen=True)
class Memory:
    """Bytes of activations, weights not counted.

    forward : alive at most at one time while a batch goes through without gradients
    backward : kept from the forward to the backward pass of a training step
    """

    forward: int
    backward: int


def memory(net: Net, spec: InputSpec, classes: int | None = None, *, batch: int = 1, number_bytes: int = 4) -> Memory:
    """The memory that the activations of a batch take.

    Parameters
    ----------
    net, spec, classes : as in `measure.shapes`
    batch : int >= 1, examples
    number_bytes : int >= 1, of one number: 4 in float32, 2 in bfloat16

    Raises
    ------
    ShapeError : as `measure.shapes`
    ArgumentError : a number below 1

    Same as: the bytes that torch.autograd.graph.saved_tensors_hooks sees, weights and a few numbers per channel apart.

    >>> from sigconv.nets import parse
    >>> memory(parse("C8RP"), InputSpec(1, (100,)))
    Memory(forward=6400, backward=9200)
    """
    from sigconv.nets.measure import shapes

    rows = shapes(net, spec, classes)
    count, size = at_least("batch", batch, 1), at_least("number_bytes", number_bytes, 1)
    ledger = _Ledger(iter(rows))
    ledger.along(net.parts, ledger.new(spec.channels * prod(spec.grid)), held=0)
    kept = sum(ledger.numbers[tensor] for tensor in ledger.kept) + ledger.extra
    return Memory(ledger.peak * count * size, (kept * size + ledger.indices * INDEX_BYTES) * count)


@dataclass
class _Ledger:
    """Follows the tensors of one example through the tree; tensors are known by the order in which they are made."""

    rows: Iterator[Row]
    numbers: list[int] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)
    extra: int = 0
    indices: int = 0
    peak: int = 0

    def new(self, numbers: int) -> int:
        self.numbers.append(numbers)
        return len(self.numbers) - 1

    def along(self, parts: Sequence[Part], tensor: int, held: int) -> int:
        """The tensor that comes out; `held` numbers stay alive meanwhile for somebody else."""
        for part in parts:
            match part:
                case Repeat():
                    for _ in range(part.times):
                        tensor = self.along(part.body, tensor, held)
                case Join():
                    tensor = self._join(part, tensor, held)
                case _:
                    tensor = self._layer(next(self.rows), tensor, held)
        return tensor

    def _layer(self, row: Row, tensor: int, held: int) -> int:
        layer = row.layer
        assert not isinstance(layer, Join)
        if row.cuts:  # a cut is a view
            return tensor
        made = self.new(row.units)
        self.peak = max(self.peak, held + self.numbers[tensor] + row.units)
        padded = _padded(row)
        if padded:
            self.extra += padded
        elif _keeps_input(layer):
            self.kept.add(tensor)
        if isinstance(layer, Softmax) or (isinstance(layer, Activation) and layer.name in OUTPUT_KEPT):
            self.kept.add(made)
        if isinstance(layer, Dropout) or (isinstance(layer, Activation) and layer.name in ("log", "stanh")):
            self.extra += row.units
        if isinstance(layer, Pool | GlobalPool) and layer.kind == "max":
            self.indices += row.units
        return made

    def _join(self, join: Join, tensor: int, held: int) -> int:
        ends: list[int] = []
        for number, branch in enumerate(join.branches):
            later = number + 1 < len(join.branches) or tensor in ends
            waiting = sum(self.numbers[end] for end in set(ends))
            waiting += self.numbers[tensor] if later and tensor not in ends else 0
            ends.append(self.along(branch, tensor, held + waiting))
        row = next(self.rows)
        self.peak = max(self.peak, held + sum(self.numbers[end] for end in set(ends)) + row.units)
        return self.new(row.units)


def _keeps_input(layer: "Layer") -> bool:
    """Whether the gradient of a layer needs what it got."""
    match layer:
        case Activation():
            return layer.name not in (*OUTPUT_KEPT, "stanh")
        case Dropout() | Softmax() | GlobalPool():
            return False
        case Conv() | Full() | Norm() | Pool():
            return True
    return True


def _padded(row: Row) -> int:
    """The numbers of the padded copy that a convolution makes where torch itself cannot pad; else 0."""
    layer = row.layer
    if not isinstance(layer, Conv):
        return 0
    padding = conv_padding(layer, len(row.got[1]))
    if layer.boundary == "zeros" and all(before == after for before, after in padding):
        return 0
    return row.got[0] * prod(n + before + after for n, (before, after) in zip(row.got[1], padding, strict=True))
