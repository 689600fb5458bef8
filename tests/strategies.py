"""Hypothesis strategies that several test modules share."""

from hypothesis import strategies as st

from sigconv.nets.tree import (
    ACTIVATIONS,
    Activation,
    Conv,
    ConvTranspose,
    Crop,
    Dropout,
    Full,
    GlobalPool,
    Join,
    Net,
    Norm,
    Part,
    Pool,
    Repeat,
    Softmax,
)

RULES = ("zeros", "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric", "replicate", "circular")


def _axes(most: int, least: int = 1) -> st.SearchStrategy:
    one = st.integers(least, most)
    return one | st.lists(one, min_size=2, max_size=3).map(tuple)


def _rates() -> st.SearchStrategy:
    return st.just(0.0) | st.floats(0, 1, exclude_max=True)


def _tables() -> st.SearchStrategy:
    row = st.sets(st.integers(0, 12), min_size=1, max_size=4).map(sorted)
    return st.none() | st.integers(1, 5) | st.lists(row, min_size=1, max_size=4)


@st.composite
def convs(draw, most: int = 9) -> Conv:
    """A convolution with any options that go together."""
    table = draw(_tables())
    padding = draw(st.sampled_from(["same", "valid", "causal", "full"]) | _axes(4, least=0))
    outside = padding != "valid" and padding != 0 and (isinstance(padding, str | int) or any(padding))
    return Conv(
        channels=None if isinstance(table, list) else draw(st.none() | st.integers(1, most)),
        kernel=draw(_axes(most)),
        stride=draw(_axes(3)),
        dilation=draw(_axes(3)),
        groups=draw(st.just("*") | st.integers(1, 3)) if table is None else 1,
        table=table,
        padding=padding,
        bias=draw(st.sampled_from([True, False, "unit"])),
        drop=draw(_rates()),
        boundary=draw(st.sampled_from(RULES) | st.floats(-1e30, 1e30)) if outside else "zeros",
    )


def transposed() -> st.SearchStrategy[ConvTranspose]:
    return st.builds(
        ConvTranspose,
        channels=st.none() | st.integers(1, 9),
        kernel=_axes(9),
        stride=_axes(3),
        dilation=_axes(3),
        groups=st.just("*") | st.integers(1, 3),
        padding=_axes(3, least=0),
        output_padding=_axes(3, least=0),
        bias=st.booleans(),
        drop=_rates(),
    )


def pools() -> st.SearchStrategy[Pool]:
    plain = st.builds(
        Pool,
        st.sampled_from(["max", "average"]),
        _axes(5),
        stride=st.none() | _axes(3),
        padding=_axes(2, least=0),
        round_up=st.booleans(),
    )
    norms = st.builds(
        lambda *given: Pool("lp", *given[:2], power=given[2], round_up=given[3]),
        *(_axes(5), st.none() | _axes(3), st.integers(1, 9), st.booleans()),
    )
    return plain | norms | st.builds(Pool, st.sampled_from(["max", "average"]), to=_axes(7))


def layers() -> st.SearchStrategy:
    """Any layer but those that stand at the end of a net only."""
    return st.one_of(
        convs(),
        transposed(),
        pools(),
        st.builds(GlobalPool, st.sampled_from(["average", "max"])),
        st.builds(Activation, st.sampled_from(ACTIVATIONS)),
        st.builds(Activation, st.just("leaky"), _rates()),
        st.builds(Norm, st.sampled_from(["batch", "instance", "group", "layer", "local", "affine"])),
        st.builds(Norm, st.sampled_from(["group", "local"]), st.integers(1, 12)),
        st.builds(Dropout, _rates(), st.booleans()),
        st.builds(Full, st.integers(1, 9), st.booleans(), _rates()),
        st.builds(Full, st.integers(1, 9), kind=st.just("codes")),
        st.just(Crop()),
    )


def _repeats(part: st.SearchStrategy) -> st.SearchStrategy[Repeat]:
    return st.builds(Repeat, st.lists(part, min_size=1, max_size=3), st.integers(1, 3))


@st.composite
def _joins(draw, part: st.SearchStrategy) -> Join:
    branches = draw(st.lists(st.lists(part, min_size=1, max_size=3), min_size=1, max_size=3))
    if len(branches) == 1 or draw(st.booleans()):
        branches.insert(draw(st.integers(0, len(branches))), [])
    return Join(tuple(map(tuple, branches)), draw(st.sampled_from(["sum", "channels"])), draw(st.booleans()))


def nets() -> st.SearchStrategy[Net]:
    """Any net that may be written, whether or not it fits a grid."""
    parts = st.recursive(layers(), lambda part: _repeats(part) | _joins(part), max_leaves=5)
    ends = st.sampled_from([(), (Full(),), (Softmax(),), (Full(), Activation(), Softmax()), (Full(kind="codes"),)])
    return st.builds(lambda body, end: Net((*body, *end)), st.lists(parts, min_size=1, max_size=3), ends)


def _small_conv() -> st.SearchStrategy[Conv]:
    def made(table, groups, padding, boundary, **rest) -> Conv:
        boundary = boundary if padding in ("same", "causal", "full") else "zeros"
        return Conv(table=table, groups=1 if table else groups, padding=padding, boundary=boundary, **rest)

    return st.builds(
        made,
        channels=st.none() | st.sampled_from([2, 4]),
        kernel=st.integers(1, 4),
        stride=st.integers(1, 2),
        dilation=st.integers(1, 2),
        groups=st.sampled_from([1, 1, 1, 2, "*"]),
        table=st.sampled_from([None, None, None, 2]),
        padding=st.sampled_from(["same", "same", "same", "valid", "causal", "full", 1]),
        boundary=st.sampled_from(["zeros", "zeros", "zeros", "edge", "wrap", "reflect", "odd_reflect", -1.0]),
        bias=st.sampled_from([True, True, False, "unit"]),
    )


def _small_transposed() -> st.SearchStrategy[ConvTranspose]:
    return st.builds(
        ConvTranspose,
        channels=st.none() | st.sampled_from([2, 4]),
        kernel=st.integers(1, 4),
        stride=st.integers(1, 2),
        dilation=st.integers(1, 2),
        groups=st.sampled_from([1, 1, 2, "*"]),
        padding=st.integers(0, 1),
        output_padding=st.sampled_from([0, 0, 1]),
        bias=st.booleans(),
    )


def _small_pool() -> st.SearchStrategy[Pool]:
    def made(kind, size, stride, round_up, wide) -> Pool:
        padding = size // 2 if wide and kind != "lp" else 0
        return Pool(kind, size, stride, padding, round_up, power=2 if kind == "lp" else None)

    stride = st.none() | st.integers(1, 2)
    plain = st.builds(
        made, st.sampled_from(["max", "average", "lp"]), st.integers(1, 3), stride, st.booleans(), st.booleans()
    )
    return plain | st.builds(Pool, st.sampled_from(["max", "average"]), to=st.integers(1, 5))


def _small_rest() -> st.SearchStrategy:
    names = st.sampled_from(ACTIVATIONS)
    norms = st.sampled_from(["batch", "instance", "layer", "affine", "local"])
    others = st.sampled_from([Dropout(0.5), Dropout(0.5, whole_channels=True), Norm("group", 2), Crop()])
    return st.builds(Activation, names) | st.builds(Norm, norms) | others


@st.composite
def _twins(draw, part: st.SearchStrategy) -> Join:
    """A join whose branches often fit: a residual block, the input beside something, a U."""
    body = draw(st.lists(part, min_size=1, max_size=3))
    how = draw(st.sampled_from(["sum", "channels", "channels"]))
    if how == "sum":
        body.append(Conv(groups="*", kernel=1))
    branches = draw(st.sampled_from([((), body), (body, ()), (body, body), ((), [Pool(), *body, ConvTranspose()])]))
    return Join(tuple(map(tuple, branches)), how, draw(st.booleans()))


def small_nets() -> st.SearchStrategy[Net]:
    """Nets of few layers with whole-number sizes for every axis: many fit a small grid."""
    layer = st.one_of(_small_conv(), _small_conv(), _small_transposed(), _small_pool(), _small_rest(), _small_rest())
    parts: st.SearchStrategy[Part] = st.recursive(layer, lambda part: _twins(part) | _repeats(part), max_leaves=4)
    ends = st.sampled_from([(), (), (Full(),), (GlobalPool(), Full(3), Activation(), Full()), (Softmax(),)])
    return st.builds(lambda body, end: Net((*body, *end)), st.lists(parts, min_size=1, max_size=4), ends)
