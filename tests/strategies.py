"""Hypothesis strategies that several test modules share."""

from hypothesis import strategies as st

from sigconv.nets.tree import ACTIVATIONS, Activation, Conv, Dropout, Full, GlobalPool, Net, Norm, Pool, Repeat, Softmax


def _axes(most: int) -> st.SearchStrategy:
    one = st.integers(1, most)
    return one | st.lists(one, min_size=2, max_size=3).map(tuple)


def convs(most: int = 9) -> st.SearchStrategy[Conv]:
    return st.builds(
        Conv,
        channels=st.none() | st.integers(1, most),
        kernel=_axes(most),
        stride=_axes(3),
        dilation=_axes(3),
        groups=st.just("*") | st.integers(1, 3),
        padding=st.sampled_from(["same", "valid"]),
        bias=st.booleans(),
    )


def layers() -> st.SearchStrategy:
    return st.one_of(
        convs(),
        st.builds(Pool, st.sampled_from(["max", "average"]), _axes(5), stride=st.none() | _axes(3)),
        st.builds(GlobalPool, st.sampled_from(["average", "max"])),
        st.builds(Activation, st.sampled_from(ACTIVATIONS)),
        st.just(Norm()),
        st.builds(Dropout, st.floats(0, 1, exclude_max=True)),
        st.builds(Full, st.integers(1, 9)),
    )


def nets() -> st.SearchStrategy[Net]:
    """Any net that may be written, whether or not it fits a grid."""
    parts = st.recursive(
        layers(),
        lambda part: st.builds(Repeat, st.lists(part, min_size=1, max_size=3), st.integers(1, 3)),
        max_leaves=8,
    )
    ends = st.sampled_from([(), (Full(),), (Softmax(),), (Full(), Activation(), Softmax())])
    return st.builds(lambda body, end: Net((*body, *end)), st.lists(parts, min_size=1, max_size=5), ends)


def small_nets() -> st.SearchStrategy[Net]:
    """Nets of few layers with whole-number sizes for every axis: most fit a small grid."""
    size = st.integers(1, 4)
    conv = st.builds(
        Conv,
        channels=st.none() | st.sampled_from([2, 4]),
        kernel=size,
        stride=st.integers(1, 2),
        dilation=st.integers(1, 2),
        groups=st.sampled_from([1, 1, 2, "*"]),
        padding=st.sampled_from(["same", "same", "valid"]),
        bias=st.booleans(),
    )
    pool = st.builds(Pool, st.sampled_from(["max", "average"]), st.integers(1, 3), stride=st.none() | st.integers(1, 2))
    rest = st.sampled_from([Activation(), Norm(), Activation("square"), Dropout(0.5)])
    ends = st.sampled_from([(), (Full(),), (GlobalPool(), Full(3), Activation(), Full()), (Softmax(),)])
    return st.builds(
        lambda body, end: Net((*body, *end)), st.lists(conv | conv | pool | rest, min_size=1, max_size=5), ends
    )
