"""How much memory a network's activations take, from its tree alone.

What a layer keeps for the backward pass beside its parameters, if its input has a gradient or it learns something:

    its input                     C T P A F B N, and R: elu gelu leaky prelu silu selu mish softplus square log
    its output                    S, and R: relu tanh sigmoid
    a padded copy                 C where torch's kernel cannot pad: a boundary other than zeros, or unequal ends
                                  (:edge and :reflect keep the input as well)
    places, 8 bytes an output     P, G:max
    numbers of its own            D a mask; R:log, R:stanh their inner number; N:local, P:l2 their sums
    nothing                       G, A>1, X, joins
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from sigconv.core.geometry import at_least
from sigconv.nets.costs import conv_padding
from sigconv.nets.place import Row, along
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Activation, Conv, Crop, Dropout, Full, GlobalPool, Join, Net, Norm, Part, Pool, Repeat

INDEX_BYTES = 8
OUTPUT_KEPT = ("relu", "tanh", "sigmoid")


@dataclass(frozen=True)
class Memory:
    """Bytes of activations, weights not counted.

    forward : alive at most at one time while a batch goes through without gradients, the batch itself included
    backward : kept from the forward to the backward pass of a training step
    """

    forward: int
    backward: int


def memory(net: Net, spec: InputSpec, classes: int | None = None, *, batch: int = 1, number_bytes: int = 4) -> Memory:
    """The memory that the activations of a batch take.

    Not counted: weights and copies of them (a table's, those with dropped weights); the few numbers per channel that
    norms keep; what the symmetric and odd boundaries, and any rule whose padding is longer than the grid, keep and
    copy beside the padded input; the work space inside one operation of torch; the copy that torch keeps of what a
    three-dimensional T with a kernel of 1 gets. Counted, though torch does without it on one axis and without
    gradients: the places of a maximum. Other kernels than the CPU's may keep other things: a GPU's dropout keeps one
    byte for each number instead of a whole one. Every layer counts for itself; where some are worked out together
    (C N R, {… T} C: see fused.py) fewer or other tensors are kept: most often fewer.

    Parameters
    ----------
    net, spec, classes : as in `measure.shapes`
    batch : int >= 1, examples
    number_bytes : int >= 1, of one number: 4 in float32, 2 in bfloat16

    Raises
    ------
    ShapeError : as `measure.shapes`
    ArgumentError : a number below 1

    Same as: the bytes that torch.autograd.graph.saved_tensors_hooks sees in training (backward), and the most bytes
    of living tensors in inference (forward), on the CPU, layer by layer.

    >>> from sigconv.nets import parse
    >>> memory(parse("C8RP"), InputSpec(1, (100,)))
    Memory(forward=8400, backward=6800)
    """
    from sigconv.nets.measure import shapes

    rows = shapes(net, spec, classes)
    count, size = at_least("batch", batch, 1), at_least("number_bytes", number_bytes, 1)
    inference, training = _Ledger(iter(rows), size, False), _Ledger(iter(rows), size, True)
    for ledger in (inference, training):
        start = ledger.new(spec.channels * prod(spec.grid), live=False)
        ledger.along(net.parts, start, frozenset({start}))
    kept = sum(training.bytes[tensor] for tensor in training.kept) + training.more
    return Memory(inference.peak * count, kept * count)


@dataclass(frozen=True)
class _Use:
    """What a layer keeps, and what it holds beside its input and output while it runs without gradients."""

    got: bool = False
    made: bool = False
    kept: int = 0
    working: int = 0


@dataclass
class _Ledger:
    """Follows the tensors of one example through the tree; they are known by the order in which they are made."""

    rows: Iterator[Row]
    size: int
    training: bool = False
    bytes: list[int] = field(default_factory=list)
    live: list[bool] = field(default_factory=list)
    views: dict[int, int] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    more: int = 0
    peak: int = 0

    def new(self, numbers: int, *, live: bool) -> int:
        """A tensor; `live` if it has a gradient."""
        self.bytes.append(numbers * self.size)
        self.live.append(live)
        self.peak = max(self.peak, self.bytes[-1])
        return len(self.bytes) - 1

    def held(self, tensors: frozenset[int]) -> int:
        """The bytes of these tensors, a view and its origin counted once."""
        return sum(self.bytes[tensor] for tensor in {self.views.get(tensor, tensor) for tensor in tensors})

    def along(self, parts: Sequence[Part], tensor: int, others: frozenset[int]) -> int:
        """The tensor that comes out; `others` stay alive meanwhile, for the caller."""
        for part in parts:
            match part:
                case Repeat():
                    for _ in range(part.times):
                        tensor = self.along(part.body, tensor, others)
                case Join():
                    tensor = self._join(part, tensor, others)
                case _:
                    tensor = self._layer(next(self.rows), tensor, others)
        return tensor

    def _layer(self, row: Row, tensor: int, others: frozenset[int]) -> int:
        layer, live = row.layer, self.live[tensor]
        if isinstance(layer, Dropout) and not (self.training and layer.rate):
            return tensor
        if isinstance(layer, Crop):
            return self._view(tensor) if row.grid != row.got[1] else tensor
        use = _use(row, self.size, live=live, cut=tensor in self.views)
        made = self.new(row.units, live=live or row.parameters > 0)
        self.peak = max(self.peak, self.held(others | {tensor, made}) + use.working)
        if self.live[made]:
            self.more += use.kept
            self.kept |= {self.views.get(tensor, tensor)} if use.got else set()
            self.kept |= {made} if use.made else set()
        return made

    def _view(self, tensor: int) -> int:
        """A part of a tensor that shares its bytes."""
        self.views[self.new(0, live=self.live[tensor])] = self.views.get(tensor, tensor)
        return len(self.bytes) - 1

    def _join(self, join: Join, tensor: int, others: frozenset[int]) -> int:
        ends: list[int] = []
        for branch in join.branches:
            ends.append(self.along(branch, tensor, others | {tensor, *ends}))
        row = next(self.rows)
        made = self.new(row.units, live=any(self.live[end] for end in ends))
        # three branches are added in two steps
        working = self.bytes[made] if join.how == "sum" and len(ends) > 2 else 0
        self.peak = max(self.peak, self.held(others | {tensor, made, *ends}) + working)
        return made


def _use(row: Row, size: int, *, live: bool, cut: bool) -> _Use:
    """What a layer keeps and holds, in bytes; `cut`: its input is a view, which some layers copy first."""
    layer, got, made = row.layer, row.got[0] * prod(row.got[1]) * size, row.units * size
    copy = got if cut else 0
    match layer:
        case Conv():
            padded = _padded(row) * size
            unit = made if layer.bias == "unit" else 0
            return _Use(not padded or live, False, padded, max(padded, unit))
        case Pool(kind="lp"):
            return _lp(layer, row, size) if live else _Use(working=_lp(layer, row, size).working)
        case Pool(kind="average", to=to) if to is not None and set(row.grid) == {1}:  # torch takes the mean then
            return _Use()
        case Pool(kind="max") | GlobalPool(kind="max"):
            places = row.units * INDEX_BYTES
            flat = copy if isinstance(layer, GlobalPool) and len(row.got[1]) > 1 else 0
            return _Use(live and isinstance(layer, Pool), False, places * live, places + flat)
        case GlobalPool():
            return _Use(working=copy if len(row.got[1]) > 1 else 0)
        case Full():
            return _Use(not cut, False, copy, copy)
        case Norm():
            return _norm(layer, row, size, live=live, copy=copy)
        case Dropout():
            return _Use(kept=(row.channels * size if layer.whole_channels and row.grid else made), working=made)
        case Activation(name="log"):
            return _Use(got=True, kept=made, working=made)
        case Activation(name="stanh"):
            return _Use(kept=made, working=made)
        case Activation():
            return _Use(got=layer.name not in OUTPUT_KEPT, made=layer.name in OUTPUT_KEPT)
    softmax = layer.letter == "S"  # type: ignore[union-attr]
    return _Use(got=not softmax, made=softmax)


def _lp(layer: Pool, row: Row, size: int) -> _Use:
    """Powers of the input (complete windows), their sums over each window, a byte for each sum that is not 0."""
    got, made = row.got[0] * prod(row.got[1]) * size, row.units * size
    axes = len(row.grid)
    ends = zip(row.got[1], row.grid, along(layer.size, axes), along(layer.step, axes), strict=True)
    complete = [max(n, (m - 1) * step + k) for n, m, k, step in ends] if layer.round_up else row.got[1]
    powers = row.channels * prod(complete) * size
    if layer.power == 1:
        return _Use(True, False, powers, max(powers + made, got + powers * layer.round_up - made))
    absolute = got if layer.power != 2 else 0
    working = max(powers + 2 * made, got + max(absolute, powers * layer.round_up) - made)
    return _Use(True, False, absolute + powers + made + row.units, working)


def _norm(layer: Norm, row: Row, size: int, *, live: bool, copy: int) -> _Use:
    made = row.units * size
    match layer.kind:
        case "affine":
            return _Use(got=True, working=made)
        case "batch":
            return _Use(got=True)
        case "local":
            padded = row.units // row.channels * (row.channels + (layer.size or layer.usual) - 1) * size
            return _Use(
                live, False, (padded + 2 * made) * live, max(padded, 2 * made)
            )  # the sums are scaled, then lifted
    return _Use(not copy, False, copy, copy)


def _padded(row: Row) -> int:
    """The numbers of the padded copy that a convolution makes where torch itself cannot pad; else 0."""
    layer = row.layer
    assert isinstance(layer, Conv)
    padding = conv_padding(layer, len(row.got[1]))
    even = all(before == after for before, after in padding)
    if not any(map(any, padding)) or (layer.boundary == "zeros" and even):
        return 0
    return row.got[0] * prod(n + before + after for n, (before, after) in zip(row.got[1], padding, strict=True))
