"""What a network costs and sees, from its tree alone: shapes, parameters, multiply-adds, receptive field.

The one walk below gives every layer its missing numbers and refuses an impossible shape before any weight exists.
A convolution without a number of channels takes

    16                        as the first one: small enough for a laptop, and a multiple of the 8 or 16 numbers that
                              a processor multiplies at once
    the channels it gets      when no pooling came in between, or with g*
    twice as many per pool    after P or A: half the places, so twice the kinds of feature, at half the work
"""

from dataclasses import dataclass, replace
from math import prod
from typing import NoReturn

from sigconv.core.geometry import ReceptiveField, at_least, length_after, padding_for, span
from sigconv.errors import ShapeError
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import MAX_NUMBER, Axes, Conv, Full, GlobalPool, Layer, Net, Norm, Pool, unrolled

FIRST_CHANNELS = 16
DEFAULT_CLASSES = 2


@dataclass(frozen=True)
class Row:
    """One layer in its place.

    Parameters
    ----------
    name : "C1", "R1", "C2", …: the letter and its running number, by which the built module knows it too
    layer : the layer with every number filled in (channels, groups, units)
    channels, grid : its output; the grid is () behind G and F
    parameters : learnt numbers
    multiply_adds : products of a weight and a number, for one example
    field : what one output sees, along each axis of the input
    """

    name: str
    layer: Layer
    channels: int
    grid: tuple[int, ...]
    parameters: int
    multiply_adds: int
    field: tuple[ReceptiveField, ...]

    @property
    def text(self) -> str:
        """The layer's text with every number that depends on the data filled in."""
        return str(self.layer)


def shapes(net: Net, spec: InputSpec, classes: int | None = None) -> tuple[Row, ...]:
    """One row per layer, first to last, groups written out.

    Parameters
    ----------
    net : Net
    spec : InputSpec
    classes : int >= 1, what an F without a number gives (None: 2); if given, the net must end in that many channels

    Returns
    -------
    tuple of Row

    Raises
    ------
    ShapeError : a layer cannot take what it gets; names the layer, its column, what it got and what it needs
    ArgumentError : classes below 1

    >>> from sigconv.nets import parse
    >>> [(row.text, row.channels, row.grid) for row in shapes(parse("C8PF"), InputSpec(1, (28, 28)), classes=10)]
    [('C8', 8, (28, 28)), ('P', 8, (14, 14)), ('F10', 10, ())]
    """
    units = at_least("classes", DEFAULT_CLASSES if classes is None else classes, 1)
    text = str(net)
    rows: list[Row] = []
    seen: dict[str, int] = {}
    place = _Place("", text, 0, spec.channels, spec.grid, tuple(ReceptiveField() for _ in spec.grid))
    pools = 0
    for column, layer in unrolled(net.parts):
        seen[layer.letter] = seen.get(layer.letter, 0) + 1
        place = replace(place, name=f"{layer.letter}{seen[layer.letter]}", column=column)
        if isinstance(layer, Conv):
            first = all(not isinstance(row.layer, Conv) for row in rows)
            kept = layer.groups == "*" and layer.channels is None
            layer = _filled(layer, place, FIRST_CHANNELS if first else place.channels * 2**pools)
            pools = pools if kept else 0
        elif isinstance(layer, Pool):
            pools += 1
        elif isinstance(layer, Full) and layer.units is None:
            layer = Full(units)
        rows.append(_row(layer, place))
        place = replace(place, channels=rows[-1].channels, grid=rows[-1].grid, field=rows[-1].field)
    if classes is not None and place.channels != classes:
        place.refuse(f"the net ends in {place.channels} channels, but classes is {classes}")
    return tuple(rows)


def parameters(net: Net, spec: InputSpec, classes: int | None = None) -> int:
    """The number of learnt numbers: weights, biases, and the scale and shift of batch norms.

    Takes and raises what `shapes` does.  Same as: sum(p.numel() for p in module.parameters()).

    >>> from sigconv.nets import parse
    >>> parameters(parse("C8PF"), InputSpec(1, (28, 28)), classes=10)
    15770
    """
    return sum(row.parameters for row in shapes(net, spec, classes))


def multiply_adds(net: Net, spec: InputSpec, classes: int | None = None) -> int:
    """The products of a weight and a number in one example's forward pass; biases and norms are not counted.

    Takes and raises what `shapes` does.

    >>> from sigconv.nets import parse
    >>> multiply_adds(parse("C8PF"), InputSpec(1, (28, 28)), classes=10)
    72128
    """
    return sum(row.multiply_adds for row in shapes(net, spec, classes))


def receptive_field(net: Net, spec: InputSpec, classes: int | None = None) -> tuple[int, ...]:
    """How many input samples, along each axis, one output of the net depends on.

    A number above the grid's own size counts the zeros outside as well: near the edge the net sees those.
    Takes and raises what `shapes` does.

    Source: Araujo, Norris & Sim (2019), Distill.

    >>> from sigconv.nets import parse
    >>> receptive_field(parse("CCPC"), InputSpec(1, (64, 64)))
    (10, 10)
    """
    return tuple(axis.size for axis in shapes(net, spec, classes)[-1].field)


def along(size: Axes, axes: int) -> tuple[int, ...]:
    """One number per axis.

    Raises
    ------
    ShapeError : `size` names another number of axes

    >>> along(3, 2), along((1, 64), 2)
    ((3, 3), (1, 64))
    """
    sizes = (size,) * axes if isinstance(size, int) else size
    if len(sizes) != axes:
        raise ShapeError(f"{'x'.join(map(str, sizes))} has {len(sizes)} sizes, but the grid has {axes} axes")
    return sizes


def conv_padding(layer: Conv, axes: int) -> tuple[tuple[int, int], ...]:
    """The zeros (before, after) that a convolution layer adds to each axis.

    "same" follows the whole package: for an even kernel the longer side is in front, as in scipy.signal.correlate.

    >>> conv_padding(Conv(kernel=(3, 4)), 2)
    ((1, 1), (2, 1))
    """
    pairs = zip(along(layer.kernel, axes), along(layer.dilation, axes), strict=True)
    return tuple(padding_for(layer.padding, kernel, dilation) for kernel, dilation in pairs)


@dataclass(frozen=True)
class _Place:
    """Where a layer stands in the canonical text, and what reaches it."""

    name: str
    text: str
    column: int
    channels: int
    grid: tuple[int, ...]
    field: tuple[ReceptiveField, ...]

    def refuse(self, message: str) -> NoReturn:
        raise ShapeError(f"{self.name} at column {self.column}: {message}\n  {self.text}\n  {' ' * self.column}^")

    def sizes(self, option: str, size: Axes) -> tuple[int, ...]:
        try:
            return along(size, len(self.grid))
        except ShapeError as error:
            self.refuse(f"its {option} {error}")


def _filled(layer: Conv, place: _Place, usual: int) -> Conv:
    """The same convolution with its channels and groups as numbers; `usual` channels unless it says otherwise."""
    got = place.channels
    channels = layer.channels or (got if layer.groups == "*" else usual)
    groups = got if layer.groups == "*" else layer.groups
    if channels > MAX_NUMBER:
        place.refuse(f"C would have {channels} channels; at most {MAX_NUMBER} are allowed")
    if got % groups or channels % groups:
        place.refuse(f"{groups} groups must divide the channels, but it gets {got} and gives {channels}")
    return replace(layer, channels=channels, groups=groups)


def _row(layer: Layer, place: _Place) -> Row:
    match layer:
        case Conv():
            return _conv_row(layer, place)
        case Pool():
            return _pool_row(layer, place)
        case GlobalPool():
            if not place.grid:
                place.refuse("G got no grid, only channels; it must come before F and another G")
            return Row(place.name, layer, place.channels, (), 0, 0, _whole_grid(place))
        case Full(units=int(units)):
            inputs = place.channels * prod(place.grid)
            return Row(place.name, layer, units, (), (inputs + 1) * units, inputs * units, _whole_grid(place))
        case _:
            learnt = 2 * place.channels if isinstance(layer, Norm) else 0
            return Row(place.name, layer, place.channels, place.grid, learnt, 0, place.field)


def _conv_row(layer: Conv, place: _Place) -> Row:
    if not place.grid:
        place.refuse("C got no grid, only channels; it must come before F and G")
    kernel, stride, dilation = (
        place.sizes(option, size)
        for option, size in (("kernel", layer.kernel), ("stride", layer.stride), ("dilation", layer.dilation))
    )
    padding = conv_padding(layer, len(place.grid))
    covered = tuple(span(k, d) for k, d in zip(kernel, dilation, strict=True))
    if any(n + before + after < c for n, (before, after), c in zip(place.grid, padding, covered, strict=True)):
        place.refuse(f"its grid is {_by(place.grid)}, but its kernel covers {_by(covered)}; it needs at least that")
    axes = list(zip(kernel, stride, dilation, padding, strict=True))
    grid = tuple(length_after(n, k, s, d, p) for n, (k, s, d, p) in zip(place.grid, axes, strict=True))
    field = tuple(seen.after(k, s, d, p[0]) for seen, (k, s, d, p) in zip(place.field, axes, strict=True))
    channels, groups = layer.channels, layer.groups
    assert isinstance(channels, int)
    assert isinstance(groups, int)
    weights = channels * (place.channels // groups) * prod(kernel)
    learnt = weights + (channels if layer.bias else 0)
    return Row(place.name, layer, channels, grid, learnt, weights * prod(grid), field)


def _pool_row(layer: Pool, place: _Place) -> Row:
    if not place.grid:
        place.refuse(f"{layer.letter} got no grid, only channels; it must come before F and G")
    size, step = place.sizes("size", layer.size), place.sizes("stride", layer.step)
    if any(n < k for n, k in zip(place.grid, size, strict=True)):
        place.refuse(f"its grid is {_by(place.grid)}, but a pool of {_by(size)} needs at least that")
    axes = list(zip(size, step, strict=True))
    grid = tuple(length_after(n, k, s) for n, (k, s) in zip(place.grid, axes, strict=True))
    field = tuple(seen.after(k, s) for seen, (k, s) in zip(place.field, axes, strict=True))
    return Row(place.name, layer, place.channels, grid, 0, 0, field)


def _whole_grid(place: _Place) -> tuple[ReceptiveField, ...]:
    """What is seen by an output that depends on every place of the grid."""
    if not place.grid:
        return place.field
    return tuple(seen.after(n) for seen, n in zip(place.field, place.grid, strict=True))


def _by(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))
