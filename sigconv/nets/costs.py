"""What one layer makes of what it gets: its output's shape, its learnt numbers, its products, what it sees."""

from fractions import Fraction
from math import ceil, floor, gcd, prod

from sigconv.core.geometry import (
    ReceptiveField,
    length_after,
    padding_for,
    span,
    transposed_length,
    whole_or_fraction,
)
from sigconv.errors import ShapeError
from sigconv.nets.place import Place, Row, Shape, TooSmallError, along, by, too_many
from sigconv.nets.tree import (
    CCell,
    Conv,
    ConvTranspose,
    Crop,
    FixedKernel,
    Full,
    GlobalPool,
    Layer,
    Norm,
    Pool,
    SCell,
)
from sigconv.nets.written import Table


def conv_padding(layer: Conv, axes: int) -> tuple[tuple[int, int], ...]:
    """The samples (before, after) that a convolution layer adds to each axis.

    "same" follows the whole package: for an even kernel the longer side is in front, as in scipy.signal.correlate.

    >>> conv_padding(Conv(kernel=(3, 4)), 2), conv_padding(Conv(kernel=3, padding=2), 1)
    (((1, 1), (2, 1)), ((2, 2),))
    """
    if not isinstance(layer.padding, str):
        return tuple((size, size) for size in along(layer.padding, axes))
    pairs = zip(along(layer.kernel, axes), along(layer.dilation, axes), strict=True)
    return tuple(padding_for(layer.padding, kernel, dilation) for kernel, dilation in pairs)  # type: ignore[arg-type]


def table_of(layer: Conv, inputs: int) -> Table | None:
    """For each output channel the input channels that it sees, in rising order; None: all.

    >>> table_of(Conv(3, table=2), 3)
    ((0, 1), (1, 2), (0, 2))
    """
    if layer.table is None or isinstance(layer.table, tuple):
        return layer.table
    outputs, seen = layer.channels, layer.table
    assert isinstance(outputs, int)
    starts = [o * inputs // outputs for o in range(outputs)]
    return tuple(tuple(sorted((start + i) % inputs for i in range(seen))) for start in starts)


def cost(layer: Layer, place: Place) -> Row:
    """The row of a layer whose channels, groups and units are numbers."""
    match layer:
        case Conv():
            return _conv(layer, place)
        case ConvTranspose():
            return _transposed(layer, place)
        case Pool():
            return _pool(layer, place)
        case GlobalPool():
            if not place.grid:
                place.refuse("G got no grid, only channels; it must come before F and G")
            return place.row(layer, place.channels, (), _whole_grid(place))
        case Full(units=int(units)):
            weights = place.channels * prod(place.grid) * units
            learnt = 0 if layer.kind == "codes" else weights + units * layer.bias
            return place.row(layer, units, (), _whole_grid(place), learnt, weights)
        case Crop():
            return _crop(layer, place)
        case FixedKernel() | SCell() | CCell():
            return _cells(layer, place)
        case Norm():
            return place.row(layer, place.channels, place.grid, place.field, _norm_parameters(layer, place), 0)
        case _:
            prelu = place.channels if getattr(layer, "name", "") == "prelu" else 0
            return place.row(layer, place.channels, place.grid, place.field, prelu, 0)


def crossing(places: list[tuple[ReceptiveField, ...]], grids: list[Shape]) -> tuple[Shape, tuple[Shape, ...]]:
    """The smallest grid of several and, for each, how many places lie in front of it where the centres agree.

    >>> crossing([(ReceptiveField(),), (ReceptiveField(5, 1, 0),)], [(64,), (60,)])
    ((60,), ((2,), (0,)))
    """
    target = tuple(map(min, zip(*grids, strict=True)))
    cuts = []
    for fields, grid in zip(places, grids, strict=True):
        offsets = []
        for axis, n in enumerate(target):
            least = next(i for i, g in enumerate(grids) if g[axis] == n)
            apart = Fraction(places[least][axis].centre - fields[axis].centre) / Fraction(fields[axis].jump)
            offsets.append(min(max(floor(apart + Fraction(1, 2)), 0), grid[axis] - n))
        cuts.append(tuple(offsets))
    return target, tuple(cuts)


def _conv(layer: Conv, place: Place) -> Row:
    if not place.grid:
        place.refuse("C got no grid, only channels; it must come before F and G")
    kernel, stride, dilation = (
        place.sizes(option, size)
        for option, size in (("kernel", layer.kernel), ("stride", layer.stride), ("dilation", layer.dilation))
    )
    if not isinstance(layer.padding, str):
        place.sizes("padding", layer.padding)
    padding = conv_padding(layer, len(place.grid))
    covered = tuple(span(k, d) for k, d in zip(kernel, dilation, strict=True))
    needs = tuple(max(c - before - after, 1) for c, (before, after) in zip(covered, padding, strict=True))
    if any(n < need for n, need in zip(place.grid, needs, strict=True)):
        place.refuse(
            f"its grid is {by(place.grid)}, but its kernel covers {by(covered)}; it needs at least {by(needs)}",
            TooSmallError,
        )
    axes = list(zip(kernel, stride, dilation, padding, strict=True))
    grid = tuple(length_after(n, k, s, d, p) for n, (k, s, d, p) in zip(place.grid, axes, strict=True))
    field = tuple(seen.after(k, s, d, p[0]) for seen, (k, s, d, p) in zip(place.field, axes, strict=True))
    channels, groups = layer.channels, layer.groups
    assert isinstance(channels, int)
    assert isinstance(groups, int)
    weights = _seen_channels(layer, place) * prod(kernel)
    biases = channels * (prod(grid) if layer.bias == "unit" else bool(layer.bias))
    return place.row(layer, channels, grid, field, weights + biases, weights * prod(grid))


def _seen_channels(layer: Conv, place: Place) -> int:
    """Pairs of an output channel and an input channel that it sees."""
    got, gives = place.channels, layer.channels
    assert isinstance(gives, int)
    if layer.table is None:
        assert isinstance(layer.groups, int)
        return gives * (got // layer.groups)
    if isinstance(layer.table, int):
        if layer.table > got:
            place.refuse(f"each output sees {layer.table} channels, but it gets {got}")
        return gives * layer.table
    last = max(map(max, layer.table))
    if last >= got:
        place.refuse(f"its table names channel {last}, but it gets {got}, from 0 to {got - 1}")
    return sum(map(len, layer.table))


def _transposed(layer: ConvTranspose, place: Place) -> Row:
    if not place.grid:
        place.refuse("T got no grid, only channels; it must come before F and G")
    options = ("kernel", "stride", "dilation", "padding", "output_padding")
    axes = list(zip(*(place.sizes(option, getattr(layer, option)) for option in options), strict=True))
    lengths = []
    for n, (k, s, d, p, o) in zip(place.grid, axes, strict=True):
        if o >= max(s, d):
            place.refuse(f"its output padding is {o}; it is below the larger of stride {s} and dilation {d}")
        if (n - 1) * s + span(k, d) + o <= 2 * p:
            place.refuse(f"its padding of {p} cuts away all that a grid of {by(place.grid)} gives", TooSmallError)
        lengths.append(transposed_length(n, k, s, d, (p, p), o))
        if lengths[-1] > 2**40:
            place.refuse(f"its output would have {lengths[-1]} places along one axis; at most 2**40 are allowed")
    field = tuple(seen.transposed(k, s, d, p) for seen, (k, s, d, p, _) in zip(place.field, axes, strict=True))
    channels, groups = layer.channels, layer.groups
    assert isinstance(channels, int)
    assert isinstance(groups, int)
    weights = place.channels * (channels // groups) * prod(k for k, *_ in axes)
    products = weights * prod(place.grid)
    return place.row(layer, channels, tuple(lengths), field, weights + channels * layer.bias, products)


def _pool(layer: Pool, place: Place) -> Row:
    if not place.grid:
        place.refuse(f"{layer.letter} got no grid, only channels; it must come before F and G")
    if layer.to is not None:
        return _adaptive(layer, place, place.sizes("grid", layer.to))
    options = (("size", layer.size), ("stride", layer.step), ("padding", layer.padding))
    axes = list(zip(*(place.sizes(option, size) for option, size in options), strict=True))
    if any(2 * p > k for k, _, p in axes):
        place.refuse(f"its padding {by(tuple(p for *_, p in axes))} is more than half of its size {layer.size}")
    # a window of round_up may lack up to a stride behind; those of lp are completed from one that fits
    rests = [step - 1 if layer.round_up and layer.kind != "lp" else 0 for _, step, _ in axes]
    needs = tuple(max(k - 2 * p - rest, 1) for (k, _, p), rest in zip(axes, rests, strict=True))
    if layer.kind == "average" and len(axes) == 3:  # torch wants room for a window without padding there
        needs = tuple(k for k, *_ in axes)
    if any(n < need for n, need in zip(place.grid, needs, strict=True)):
        place.refuse(
            f"its grid is {by(place.grid)}, but a pool of {by(tuple(k for k, *_ in axes))} needs at least {by(needs)}",
            TooSmallError,
        )
    grid = tuple(pooled(n, *axis, round_up=layer.round_up) for n, axis in zip(place.grid, axes, strict=True))
    field = tuple(seen.after(k, s, before=p) for seen, (k, s, p) in zip(place.field, axes, strict=True))
    return place.row(layer, place.channels, grid, field)


def pooled(n: int, size: int, stride: int, padding: int, *, round_up: bool) -> int:
    """The length of an axis of n samples behind a pool; a window of `round_up` begins inside or in front, never behind.

    Same as: torch.nn.MaxPool1d's L_out.

    >>> pooled(349, 2, 2, 0, round_up=True), pooled(349, 2, 2, 0, round_up=False)
    (175, 174)
    """
    rest = (stride - 1) if round_up else 0
    length = (n + 2 * padding - size + rest) // stride + 1
    return length - (round_up and (length - 1) * stride >= n + padding)


def _adaptive(layer: Pool, place: Place, grid: Shape) -> Row:
    """Window i of m over n samples goes from floor(i n / m) to ceil((i + 1) n / m)."""
    fields = []
    for seen, n, m in zip(place.field, place.grid, grid, strict=True):
        field = seen.after(n // m + (0 if n % m == 0 else 1 if n % m == gcd(n, m) else 2))
        fields.append(ReceptiveField(field.size, whole_or_fraction(Fraction(seen.jump) * n / m), field.start))
    return place.row(layer, place.channels, grid, tuple(fields))


def _crop(layer: Crop, place: Place) -> Row:
    if not place.grid:
        place.refuse("X got no grid, only channels; it must come before F and G")
    if any(seen.jump != 1 for seen in place.field):
        jumps = " x ".join(str(seen.jump) for seen in place.field)
        place.refuse(f"neighbouring places are {jumps} input samples apart; X needs 1: upsample with T first")
    starts = tuple(floor(Fraction(1, 2) - seen.centre) for seen in place.field)
    if any(s < 0 or s + n > got for s, n, got in zip(starts, place.whole, place.grid, strict=True)):
        needs = tuple(s + n for s, n in zip(starts, place.whole, strict=True))
        place.refuse(
            f"its grid is {by(place.grid)}; places {by(starts)} up to {by(needs)} would be the input's", TooSmallError
        )
    field = tuple(seen.cut(s) for seen, s in zip(place.field, starts, strict=True))
    made = place.row(layer, place.channels, place.whole, field)
    return Row(**(vars(made) | {"cuts": (starts,)}))


def fixed_size(layer: FixedKernel) -> int:
    """The samples that a fixed kernel covers along each axis; each kind is cut off where its own maker cuts it.

    >>> fixed_size(FixedKernel("sobel")), fixed_size(FixedKernel("gaussian", 1.1)), fixed_size(FixedKernel("log", 1.1))
    (3, 9, 11)
    """
    if layer.usual is None:
        return 3
    match layer.name:
        case "contrast":
            return 2 * ceil(3 * layer.usual) + 1
        case "log":
            return 2 * ceil(4 * layer.usual) + 1
    return 2 * int(4 * layer.usual + 0.5) + 1


def _cells(layer: FixedKernel | SCell | CCell, place: Place) -> Row:
    """Layers that correlate each channel with a kernel that is known, or with patterns that learn without gradients."""
    if not place.grid:
        place.refuse(f"{layer.letter} got no grid, only channels; it must come before F and G")
    stride: Shape = (1,) * len(place.grid)
    learnt = 0
    match layer:
        case FixedKernel():
            size = (fixed_size(layer),) * len(place.grid)
            channels = place.channels * {"contrast": 2, "sobel": len(size), "prewitt": len(size)}.get(layer.name, 1)
            weights = channels * prod(size)
        case SCell(planes=int(channels)):
            size = place.sizes("kernel", layer.kernel)
            learnt = channels * place.channels * prod(size)
            weights = learnt + prod(size)  # the inhibition is shared by all planes
        case _:
            assert isinstance(layer, CCell)
            size, stride = place.sizes("size", layer.size), place.sizes("stride", layer.stride)
            channels = place.channels
            weights = channels * prod(size)
    too_many(channels, place)
    padding = [padding_for("same", k) for k in size]
    axes = list(zip(place.grid, size, stride, padding, strict=True))
    grid = tuple(length_after(n, k, s, 1, p) for n, k, s, p in axes)
    field = tuple(seen.after(k, s, 1, p[0]) for seen, (_, k, s, p) in zip(place.field, axes, strict=True))
    return place.row(layer, channels, grid, field, learnt, weights * prod(grid))


def _norm_parameters(layer: Norm, place: Place) -> int:
    groups = {"instance": place.channels, "group": layer.size or layer.usual, "layer": 1}.get(layer.kind, 0)
    if not place.grid and layer.kind in ("instance", "local"):
        place.refuse("N got no grid, only channels; an instance or local norm must come before F and G")
    if groups and place.channels % groups:
        place.refuse(f"{groups} groups must divide the {place.channels} channels that it gets")
    if groups and place.channels // groups * prod(place.grid) == 1:
        needs = TooSmallError if place.grid else ShapeError
        place.refuse(f"it would norm single numbers, which makes zeros: its grid is {by(place.grid)}", needs)
    return 0 if layer.kind == "local" else 2 * place.channels


def _whole_grid(place: Place) -> tuple[ReceptiveField, ...]:
    """What is seen by an output that depends on every place of the grid."""
    if not place.grid:
        return place.field
    return tuple(seen.after(n) for seen, n in zip(place.field, place.grid, strict=True))
