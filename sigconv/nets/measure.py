"""What a network costs and sees, from its tree alone: shapes, parameters, multiply-adds, receptive field.

The one walk below gives every layer its missing numbers and refuses an impossible shape before any weight exists.
A convolution without a number of channels takes

    16                        as the first one: small enough for a laptop, and a multiple of the 8 or 16 numbers that
                              a processor multiplies at once
    the channels it gets      when no pooling came in between, or with g*
    twice as many per pool    after P or A: half the places, so twice the kinds of feature, at half the work
    those of the first branch behind { }: the upper half of a U-Net mirrors the lower one

and a transposed convolution half the channels that it gets.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sigconv.core.geometry import ReceptiveField, at_least
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.costs import cost, crossing
from sigconv.nets.inverse import Way, ways
from sigconv.nets.memory import Memory, memory
from sigconv.nets.place import Place, Row, TooSmallError, by, too_many
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Conv, ConvTranspose, Full, Join, Layer, Net, Part, Pool, Repeat

__all__ = [
    "Memory",
    "Row",
    "Way",
    "connections",
    "least_grid",
    "memory",
    "multiply_adds",
    "parameters",
    "receptive_field",
    "shapes",
    "smallest",
    "units",
    "ways",
]

FIRST_CHANNELS = 16
DEFAULT_CLASSES = 2
LARGEST_TRIED = 1 << 20


def shapes(net: Net, spec: InputSpec, classes: int | None = None) -> tuple[Row, ...]:
    """One row per layer, first to last, groups written out; a join's row stands behind those of its branches.

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
    ArgumentError : classes below 1, a net or spec of another kind

    >>> from sigconv.nets import parse
    >>> [(row.text, row.channels, row.grid) for row in shapes(parse("C8PF"), InputSpec(1, (28, 28)), classes=10)]
    [('C8', 8, (28, 28)), ('P', 8, (14, 14)), ('F10', 10, ())]
    """
    if not isinstance(net, Net):
        raise ArgumentError(f"net is {net!r}; it is a Net, such as nets.parse('(CR)2PF') gives")
    if not isinstance(spec, InputSpec):
        raise ArgumentError(f"spec is {spec!r}; it is a nets.InputSpec(channels, grid)")
    wanted = None if classes is None else at_least("classes", classes, 1)
    try:
        return _shapes(net, spec, wanted)
    except TooSmallError as error:
        least = least_grid(net, spec, wanted)
        said, drawing = str(error).split("\n", 1)
        needs = f". The net needs an input of at least {by(least)}" if least else ""
        raise TooSmallError(f"{said}{needs}\n{drawing}") from None


@lru_cache(maxsize=256)
def _shapes(net: Net, spec: InputSpec, classes: int | None) -> tuple[Row, ...]:
    start = tuple(ReceptiveField() for _ in spec.grid)
    place = Place("", str(net), 0, 0, spec.channels, spec.grid, start, spec.grid)
    walk = _Walk(DEFAULT_CLASSES if classes is None else classes)
    place, _ = walk.along(net.parts, place, _Usual())
    if classes is not None and place.channels != classes:
        place.refuse(
            f"the net ends in {place.channels} channels, but classes is {classes}: "
            "change its last layer, or leave classes out"
        )
    return tuple(walk.rows)


def parameters(net: Net, spec: InputSpec, classes: int | None = None) -> int:
    """The number of learnt numbers: weights, biases, and the scale and shift of norms.

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


def units(net: Net, spec: InputSpec, classes: int | None = None) -> int:
    """Neurons as the early papers count them: the input's numbers and the outputs of C, T and F.

    Takes and raises what `shapes` does.

    >>> from sigconv.nets import parse
    >>> units(parse("C12k5s2RF10"), InputSpec(1, (16, 16)))
    1034
    """
    start = shapes(net, spec, classes)[0].got
    return Row("", Full(), 0, start, *start, 0, 0, ()).units + sum(
        row.units for row in shapes(net, spec, classes) if isinstance(row.layer, Conv | ConvTranspose | Full)
    )


def connections(net: Net, spec: InputSpec, classes: int | None = None) -> int:
    """Connections as the early papers count them: every product of C, T and F, and one bias per unit that has one.

    Takes and raises what `shapes` does.  Source: LeCun et al. (1989), section 3.

    >>> from sigconv.nets import parse
    >>> connections(parse("C12k5s2b*"), InputSpec(1, (16, 16)))
    19968
    """
    learnt = [row for row in shapes(net, spec, classes) if isinstance(row.layer, Conv | ConvTranspose | Full)]
    return sum(row.multiply_adds + row.units * (getattr(row.layer, "bias", False) is not False) for row in learnt)


def receptive_field(net: Net, spec: InputSpec, classes: int | None = None) -> tuple[int, ...]:
    """How many input samples, along each axis, one output of the net depends on.

    A number above the grid's own size counts what lies outside as well: near the edge the net sees that.
    Takes and raises what `shapes` does.

    Source: Araujo, Norris & Sim (2019), Distill.

    >>> from sigconv.nets import parse
    >>> receptive_field(parse("CCPC"), InputSpec(1, (64, 64)))
    (10, 10)
    """
    return tuple(axis.size for axis in shapes(net, spec, classes)[-1].field)


def smallest(net: Net, channels: int, axes: int, classes: int | None = None) -> tuple[int, ...]:
    """The smallest grid, equal along all axes, that the net can take.

    Parameters
    ----------
    net : Net;  channels : int >= 1, of the input;  axes : 1, 2 or 3;  classes : as in `shapes`

    Raises
    ------
    ShapeError : no grid up to 2**20 samples along each axis fits; what is wrong with the largest one

    >>> from sigconv.nets import parse
    >>> smallest(parse("(Cv)2P(Cv)2F"), channels=1, axes=2)
    (14, 14)
    """

    def fits(size: int) -> bool:
        return _fits(net, InputSpec(channels, (size,) * axes), classes)

    most = 1
    while not fits(most):
        if most >= LARGEST_TRIED:
            _shapes(net, InputSpec(channels, (most,) * axes), classes)
        most *= 2
    return (_first(fits, most),) * axes


def _fits(net: Net, spec: InputSpec, classes: int | None) -> bool:
    try:
        _shapes.__wrapped__(net, spec, classes)
    except TooSmallError:
        return False
    return True


def _first(fits: Callable[[int], bool], most: int) -> int:
    """The smallest size that fits, up to one that does; a larger one than it fits as well."""
    return bisect_left(range(most), True, lo=1, key=fits)


def least_grid(net: Net, spec: InputSpec, classes: int | None = None) -> tuple[int, ...]:
    """The smallest size that the net can take along each axis; if these do not fit together, all equal; () if none.

    net : Net;  spec : InputSpec, whose channels and number of axes count;  classes : as in `shapes`

    >>> from sigconv.nets import parse
    >>> least_grid(parse("C8k1x64C16k22x1vA1x4F"), InputSpec(1, (22, 128)))
    (22, 4)
    """
    try:
        grid = smallest(net, spec.channels, len(spec.grid), classes)
        least = []
        for axis in range(len(grid)):
            before, behind = grid[:axis], grid[axis + 1 :]

            def fits(size: int, before: tuple[int, ...] = before, behind: tuple[int, ...] = behind) -> bool:
                return _fits(net, InputSpec(spec.channels, (*before, size, *behind)), classes)

            least.append(_first(fits, grid[axis]))
    except ShapeError:
        return ()
    fits_together = _fits(net, InputSpec(spec.channels, tuple(least)), classes)
    return tuple(least) if fits_together else grid  # a norm asks for two places, along whichever axis


@dataclass(frozen=True)
class _Usual:
    """What decides the channels of a C that names none: the pools behind which it stands, and a count to return to."""

    first: bool = True
    pools: int = 0
    channels: int | None = None


@dataclass
class _Walk:
    """Goes through a tree in the order of the data and writes down a row for each layer and join."""

    classes: int
    rows: list[Row] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)

    def along(self, parts: Sequence[Part], place: Place, usual: _Usual) -> tuple[Place, _Usual]:
        column = place.column
        for part in parts:
            place = place._replace(column=column)
            match part:
                case Repeat():
                    for _ in range(part.times):
                        place, usual = self.along(part.body, place._replace(column=column + 1), usual)
                case Join():
                    place, usual = self._join(part, place, usual)
                case _:
                    place, usual = self._layer(part, place, usual)
            column += self._width(part)
        return place, usual

    def _width(self, part: Part) -> int:
        """How long a part's text is; a repetition asks again and again."""
        if id(part) not in self.widths:
            self.widths[id(part)] = len(str(part))
        return self.widths[id(part)]

    def _named(self, letter: str, place: Place) -> Place:
        self.seen[letter] = self.seen.get(letter, 0) + 1
        return place._replace(name=f"{letter}{self.seen[letter]}")

    def _after(self, row: Row, place: Place) -> Place:
        self.rows.append(row)
        return place._replace(channels=row.channels, grid=row.grid, field=row.field)

    def _layer(self, layer: Layer, place: Place, usual: _Usual) -> tuple[Place, _Usual]:
        place = self._named(layer.letter, place)
        match layer:
            case Conv():
                kept = layer.groups == "*" and layer.channels is None
                before = place.channels if usual.channels is None else usual.channels
                layer = _filled(layer, place, FIRST_CHANNELS if usual.first else before * 2**usual.pools)
                usual = _Usual(False, usual.pools if kept else 0, usual.channels if kept else None)
            case ConvTranspose():
                layer = _filled(layer, place, max(1, place.channels // 2))
                usual = _Usual(False)
            case Pool():
                usual = replace(usual, pools=usual.pools + 1)
            case Full(units=None):
                layer = replace(layer, units=self.classes)
        return self._after(cost(layer, place), place), usual

    def _join(self, join: Join, place: Place, usual: _Usual) -> tuple[Place, _Usual]:
        """Each branch from the same place; then one row for what they give together."""
        ends, wants = [], []
        column = place.column + len(join.opening)
        hidden = len(join.branches) == 2 and not join.branches[0]
        for number, branch in enumerate(join.branches):
            inner = place._replace(column=column, depth=place.depth + 1)
            end, want = self.along(branch, inner, usual)
            ends.append(end)
            wants.append(want)
            column += 0 if hidden and number == 0 else sum(map(self._width, branch)) + 1
        here = self._named("J", place)
        row = _joined(join, here, ends)
        after = _Usual(
            all(want.first for want in wants),
            min(want.pools for want in wants),
            ends[0].channels if join.how == "channels" else None,
        )
        return self._after(row, here), after


def _joined(join: Join, place: Place, ends: list[Place]) -> Row:
    """The row of a join whose branches end so."""
    grids, channels = [end.grid for end in ends], [end.channels for end in ends]
    if join.how == "sum" and len(set(channels)) > 1:
        given = ", ".join(map(str, channels))
        place.refuse(f"its branches give {given} channels; a sum needs as many from each: add a C…k1 to one")
    if len({len(grid) for grid in grids}) > 1:
        place.refuse("some branches end in a grid and some in channels alone; all must end alike")
    if len(set(grids)) > 1 and not join.crop:
        given = ", ".join(map(by, grids))
        place.refuse(f"its branches end in grids of {given}; they must be equal. U{join.opening} cuts the larger ones")
    for axis, sizes in enumerate(zip(*grids, strict=True)):
        jumps = [end.field[axis].jump for end in ends]
        if len(set(sizes)) > 1 and len(set(jumps)) > 1:
            given = ", ".join(map(str, jumps))
            place.refuse(
                f"neighbouring places of its branches are {given} input samples apart, so that no cut brings them "
                "together; pool or upsample them alike"
            )
    grid, cuts = crossing([end.field for end in ends], grids)
    # channels alone have no place to cut, and still see along every axis of the input
    starts = cuts if grid else [(0,) * len(end.field) for end in ends]
    fields = [
        tuple(f.cut(c) for f, c in zip(end.field, cut, strict=True)) for end, cut in zip(ends, starts, strict=True)
    ]
    seen = fields[0]
    for other in fields[1:]:
        seen = tuple(a.beside(b) for a, b in zip(seen, other, strict=True))
    total = channels[0] if join.how == "sum" else sum(channels)
    too_many(total, place)
    got = place.channels, place.grid
    return Row(
        place.name, join, place.depth, got, total, grid, 0, 0, seen, cuts if join.crop and len(set(grids)) > 1 else ()
    )


def _filled(layer: Any, place: Place, usual: int) -> Any:
    """The same layer with its channels and groups as numbers; `usual` channels unless it says otherwise."""
    got = place.channels
    channels = layer.channels or (got if layer.groups == "*" else usual)
    groups = got if layer.groups == "*" else layer.groups
    too_many(channels, place)
    if got % groups or channels % groups:
        place.refuse(f"{groups} groups must divide the channels, but it gets {got} and gives {channels}")
    return layer if (layer.channels, layer.groups) == (channels, groups) else _replaced(layer, channels, groups)


@lru_cache(maxsize=1024)
def _replaced(layer: Any, channels: int, groups: int) -> Any:
    """The same layer with other numbers; kept, for a net has many that are alike."""
    return replace(layer, channels=channels, groups=groups)
