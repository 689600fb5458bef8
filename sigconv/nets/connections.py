"""A network is its connections: for every layer, which number each tap of each unit sees, and which weight it shares.

Convolution, full connection and average pooling differ in these whole numbers alone. All that they do follows:

    y[u] = sum over taps t of w[tied[u, t]] x[seen[u, t]]  +  b[bias[u]]          x[-1] is the constant outside
    g[i] = sum over all (u, t) with seen[u, t] = i of w[tied[u, t]] h[u]          h, g: gradients of y, of x
    dw[k] = sum over all (u, t) with tied[u, t] = k of h[u] x[seen[u, t]]         a shared weight adds up its places

With W the sparse matrix that has w[tied[u, t]] at (u, seen[u, t]), the first two are y = W x + c and g = Wᵀ h.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple, cast

import numpy as np

from sigconv.core.boundary import ODD, Boundary, BoundaryLike, rule_of, shown
from sigconv.core.geometry import at_least, length_after
from sigconv.errors import ArgumentError, ShapeError, one_of

Pads = tuple[tuple[int, int], ...]
Table = tuple[tuple[int, ...], ...]
ACTIVATIONS = ("tanh", "stanh", "sigmoid", "relu")


@dataclass(frozen=True)
class Convolved:
    """A convolution layer (it correlates) on a grid of any number of axes.

    Parameters
    ----------
    inputs : (channels, *grid) that it gets
    channels : maps that it gives, >= 1
    kernel, stride, dilation : one whole number >= 1 for each axis of the grid; () is 1 for each
    padding : (before, after) for each axis, whole numbers >= 0; () is none
    boundary : what lies in the padding, a name or ("constant", number) as in sigconv.convolve, but no odd rule
    groups : divides both numbers of channels; each group of maps sees its own group of channels
    table : for each map, the channels it sees, in the order of its weights; None: all of its group
    bias : "channel" one number for each map, "unit" one for each unit, None

    Raises
    ------
    ArgumentError : a number out of range, an unknown boundary or bias, a table that names a channel twice
    ShapeError : numbers for another number of axes, a grid shorter than the kernel

    Source: LeCun et al. (1989), Neural Computation 1:541-551.

    >>> h1 = Convolved((1, 16, 16), 12, (5, 5), (2, 2), padding=((2, 2),) * 2, boundary=("constant", -1), bias="unit")
    >>> h1.outputs, count(h1)
    ((12, 8, 8), Count(units=768, connections=19968, parameters=1068))
    """

    inputs: tuple[int, ...]
    channels: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    padding: Pads = ()
    boundary: BoundaryLike = "zeros"
    groups: int = 1
    table: Table | None = None
    bias: Literal["channel", "unit"] | None = "channel"

    def __post_init__(self) -> None:
        _sizes("inputs", self.inputs)
        axes = len(self.inputs) - 1
        for name, usual in (("kernel", ()), ("stride", (1,) * axes), ("dilation", (1,) * axes)):
            given = tuple(getattr(self, name)) or usual
            object.__setattr__(self, name, _sizes(name, given, axes))
        object.__setattr__(self, "padding", _pads(self.padding, axes))
        if rule_of(self.boundary)[0] in ODD:
            raise ArgumentError(f"boundary is {self.boundary!r}; an odd rule shows sums of samples, not one of them")
        at_least("channels", self.channels, 1)
        at_least("groups", self.groups, 1)
        if self.inputs[0] % self.groups or self.channels % self.groups:
            raise ArgumentError(
                f"groups is {self.groups}; it divides the {self.inputs[0]} channels that come in and the "
                f"{self.channels} that go out"
            )
        if self.bias is not None:
            one_of("bias", self.bias, ("channel", "unit"))
        if self.table is not None:
            object.__setattr__(self, "table", _table(self.table, self))

    @property
    def outputs(self) -> tuple[int, ...]:
        """(channels, *grid) that it gives."""
        axes = zip(self.inputs[1:], self.kernel, self.stride, self.dilation, self.padding, strict=True)
        return (self.channels, *(length_after(*axis) for axis in axes))

    @property
    def sees(self) -> Table:
        """For each map, the channels it sees."""
        if self.table is not None:
            return self.table
        few, maps = self.inputs[0] // self.groups, self.channels // self.groups
        return tuple(tuple(range(o // maps * few, (o // maps + 1) * few)) for o in range(self.channels))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of weights: (map, channel seen, *kernel), as torch's; a bias (map,) or (map, *grid).

        Raises
        ------
        ShapeError : the maps see different numbers of channels
        """
        seen = {len(channels) for channels in self.sees}
        if len(seen) > 1:
            raise ShapeError(f"table has rows of {sorted(seen)} channels; weights are one array, so give all as many")
        weight = {"weight": (self.channels, seen.pop(), *self.kernel)}
        if self.bias is None:
            return weight
        return {**weight, "bias": self.outputs if self.bias == "unit" else (self.channels,)}


@dataclass(frozen=True)
class Full:
    """A fully connected layer: every unit sees every number.

    inputs : shape that it gets, any;  units : >= 1;  bias : whether each unit adds a number of its own

    >>> count(Full((12, 4, 4), 30))
    Count(units=30, connections=5790, parameters=5790)
    """

    inputs: tuple[int, ...]
    units: int
    bias: bool = True

    def __post_init__(self) -> None:
        _sizes("inputs", self.inputs)
        at_least("units", self.units, 1)

    @property
    def outputs(self) -> tuple[int, ...]:
        """(units,)"""
        return (self.units,)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weight (unit, number seen) as torch.nn.Linear has it, and bias (unit,)."""
        weight: dict[str, tuple[int, ...]] = {"weight": (self.units, prod(self.inputs))}
        return {**weight, "bias": (self.units,)} if self.bias else weight


@dataclass(frozen=True)
class Averaged:
    """The average of each window; nothing is padded, a rest that fills no window is dropped, nothing is learnt.

    inputs : (channels, *grid);  size, stride : one whole number >= 1 for each axis; stride () is size

    >>> Averaged((4, 9), (2,)).outputs
    (4, 4)
    """

    inputs: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...] = ()
    shapes: ClassVar[dict[str, tuple[int, ...]]] = {}

    def __post_init__(self) -> None:
        _sizes("inputs", self.inputs)
        object.__setattr__(self, "size", _sizes("size", self.size, len(self.inputs) - 1))
        object.__setattr__(self, "stride", _sizes("stride", tuple(self.stride) or self.size, len(self.inputs) - 1))

    @property
    def outputs(self) -> tuple[int, ...]:
        """(channels, *grid) that it gives."""
        return self.convolved.outputs

    @property
    def convolved(self) -> Convolved:
        """The convolution that it is, of each channel by itself with weights 1 / taps."""
        channels = self.inputs[0]
        return Convolved(self.inputs, channels, self.size, self.stride, groups=channels, bias=None)


@dataclass(frozen=True)
class Pointwise:
    """A function of each number by itself: tanh, stanh (1.7159 tanh(2x/3)), sigmoid or relu.

    inputs : shape that it gets, any;  name : which function

    Source of stanh: LeCun et al. (1989): so scaled, it maps ±1 to ±1 and bends most there.

    >>> Pointwise((30,), "stanh").outputs
    (30,)
    """

    inputs: tuple[int, ...]
    name: str
    shapes: ClassVar[dict[str, tuple[int, ...]]] = {}

    def __post_init__(self) -> None:
        _sizes("inputs", self.inputs)
        one_of("name", self.name, ACTIVATIONS)

    @property
    def outputs(self) -> tuple[int, ...]:
        """The shape that it gets."""
        return self.inputs


Layer = Convolved | Full | Averaged | Pointwise


class Count(NamedTuple):
    """What a layer or net consists of. A connection is a weight at one place; each use of a bias is one more."""

    units: int
    connections: int
    parameters: int


class Connections(NamedTuple):
    """The whole numbers of one layer.

    seen : (units, taps) number of the input that a tap sees, counted through (channel, *grid); -1 is the constant
    tied : (units, taps) number of the weight, counted through the weight array
    bias : (units,) number of the bias, -1 where there is none
    outside : the constant
    """

    seen: Any
    tied: Any
    bias: Any
    outside: float


def count(layers: Layer | Iterable[Layer]) -> Count:
    """Units, connections and parameters, as papers count them; a Pointwise layer belongs to the units before it.

    >>> count([Full((3,), 2), Pointwise((2,), "tanh"), Full((2,), 1)])
    Count(units=3, connections=11, parameters=11)
    """
    total = Count(0, 0, 0)
    for layer in [layers] if isinstance(layers, Layer) else layers:
        if isinstance(layer, Pointwise):
            continue
        wired = connections(layer)
        uses = wired.seen.size + int((wired.bias >= 0).sum())
        learnt = sum(prod(shape) for shape in layer.shapes.values())
        total = Count(total.units + len(wired.seen), total.connections + uses, total.parameters + learnt)
    return total


def connections(layer: Layer) -> Connections:
    """Which input, weight and bias each unit of a layer uses; for a layer of few units: it takes units x taps numbers.

    Raises
    ------
    ArgumentError : the layer is Pointwise
    ShapeError : rows of a table that differ in length

    >>> connections(Convolved((1, 4), 1, (3,), padding=((1, 1),))).seen.tolist()
    [[-1, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, -1]]
    """
    if isinstance(layer, Pointwise):
        raise ArgumentError(f"layer is {layer!r}; a function of each number has no connections of its own")
    if isinstance(layer, Full):
        n = prod(layer.inputs)
        each, every = np.arange(layer.units), np.arange(layer.units * n).reshape(layer.units, n)
        seen = np.broadcast_to(np.arange(n), every.shape)
        return Connections(seen, every, each if layer.bias else np.full_like(each, -1), 0.0)
    if isinstance(layer, Averaged):
        plain = connections(layer.convolved)
        return plain._replace(tied=np.zeros_like(plain.tied))
    places = window(layer)[:, None, :]
    maps, taps = layer.channels, prod(layer.shapes["weight"][1:])
    channel = np.array(layer.sees)[:, None, :, None] * prod(layer.inputs[1:])
    source = np.where(places < 0, -1, channel + places)
    tied = np.arange(maps * taps).reshape(maps, 1, -1)
    units = np.arange(maps * len(places))
    bias = {None: np.full_like(units, -1), "unit": units, "channel": units // len(places)}[layer.bias]
    both = (len(units), taps)
    spread = np.broadcast_to(tied, (maps, len(places), taps))
    return Connections(source.reshape(both), spread.reshape(both), bias, outside(layer))


def matrix(layer: Layer, weight: Any) -> Any:
    """The sparse matrix W of a layer: y = W @ x + c forward, g = W.T @ h for the gradient on its way back.

    Parameters
    ----------
    layer : not Pointwise
    weight : array of the layer's weights; for Averaged it is not looked at

    Returns
    -------
    scipy.sparse.csr_array, (units, inputs), float64; what lies outside has no column (its share is in c)

    >>> matrix(Convolved((1, 4), 1, (3,), padding=((1, 1),), bias=None), [1, 2, 3]).toarray()
    array([[2., 3., 0., 0.], [1., 2., 3., 0.], [0., 1., 2., 3.], [0., 0., 1., 2.]])
    """
    from scipy import sparse

    wired = connections(layer)
    given = [1 / prod(layer.size)] if isinstance(layer, Averaged) else weight
    value = np.asarray(given, np.float64).ravel()[wired.tied]
    inside = wired.seen >= 0
    row = np.broadcast_to(np.arange(len(wired.seen))[:, None], inside.shape)[inside]
    where = (row, wired.seen[inside])
    return sparse.csr_array(sparse.coo_array((value[inside], where), shape=(len(inside), prod(layer.inputs))))


def staggered(seen: int, inputs: int, maps: int) -> Table:
    """A table in which map o sees `seen` channels in a row from floor(o inputs / maps) on, round and round.

    1 <= seen <= inputs. Every channel is seen by as many maps where `maps` is a multiple of `inputs`.

    Raises
    ------
    ArgumentError : seen above inputs, or a number below 1

    >>> staggered(3, 4, 4)
    ((0, 1, 2), (1, 2, 3), (2, 3, 0), (3, 0, 1))
    """
    if at_least("seen", seen, 1) > at_least("inputs", inputs, 1):
        raise ArgumentError(f"seen is {seen}; there are {inputs} channels to see")
    at_least("maps", maps, 1)
    return tuple(tuple((o * inputs // maps + i) % inputs for i in range(seen)) for o in range(maps))


def window(layer: Convolved) -> Any:
    """(places, taps) int64: the place of the input grid that each tap of each output place sees, -1 the constant."""
    places = np.zeros((1, 1), np.int64)
    rule = rule_of(layer.boundary)[0]
    axes = zip(
        layer.inputs[1:], layer.outputs[1:], layer.kernel, layer.stride, layer.dilation, layer.padding, strict=True
    )
    for n, length, kernel, stride, dilation, (before, _) in axes:
        reach = np.arange(length)[:, None] * stride + np.arange(kernel) * dilation - before
        here = shown(reach, n, rule)[2]
        lost = (places[:, None, :, None] < 0) | (here[None, :, None, :] < 0)
        both = np.where(lost, -1, places[:, None, :, None] * n + here[None, :, None, :])
        places = both.reshape(len(places) * length, -1)
    return places


def outside(layer: Convolved) -> float:
    """The constant that a layer sees beyond its grid, 0 where the boundary shows samples."""
    rule, constant = rule_of(layer.boundary)
    return float(np.real(constant)) if rule is Boundary.CONSTANT else 0.0


def _sizes(name: str, given: Iterable[int], axes: int | None = None) -> tuple[int, ...]:
    """Whole numbers >= 1, as many as there are axes."""
    sizes = tuple(given)
    if axes is not None and len(sizes) != axes:
        raise ShapeError(f"{name} is {sizes}; it has one number for each of the {axes} axes of the grid")
    if not sizes and axes is None:
        raise ShapeError(f"{name} is (); it has at least one number")
    return tuple(at_least(f"a number of {name}", size, 1) for size in sizes)


def _pads(given: Iterable[Iterable[int]], axes: int) -> Pads:
    pads = tuple(tuple(pad) for pad in given) or ((0, 0),) * axes
    if len(pads) != axes or any(len(pad) != 2 for pad in pads):
        raise ShapeError(f"padding is {pads}; it has (before, after) for each of the {axes} axes of the grid")
    return cast(Pads, tuple(tuple(at_least("padding", amount, 0) for amount in pad) for pad in pads))


def _table(given: Iterable[Iterable[int]], layer: Convolved) -> Table:
    """A table as tuples, each row of channels that exist, none of them twice."""
    rows = tuple(tuple(int(at_least("a channel of table", c, 0)) for c in row) for row in given)
    if layer.groups != 1:
        raise ArgumentError(f"groups is {layer.groups} beside a table; the table alone says who sees whom")
    if len(rows) != layer.channels:
        raise ShapeError(f"table has {len(rows)} rows; each of the {layer.channels} maps has one")
    for o, row in enumerate(rows):
        if not row or len(set(row)) != len(row) or max(row) >= layer.inputs[0]:
            raise ArgumentError(
                f"table gives map {o} the channels {row}; they are some of 0 to {layer.inputs[0] - 1}, none twice"
            )
    return rows
