import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv.core.boundary import rule_of
from sigconv.core.convolve import convolve, defined
from sigconv.core.native import threads
from sigconv.core.native.transforms import circular, roots, spectrum
from sigconv.core.native.transforms_tiles import NOT_FINITE, UNPROVEN, correlate
from sigconv.core.planner import Slide, Tiling, tiling

rng = np.random.default_rng(0)


@pytest.mark.parametrize("m", [8, 16, 32, 64, 1024, 4096])
@pytest.mark.parametrize("single", [False, True])
def test_a_buffer_of_two_halves_is_convolved_and_what_wraps_is_turned(m, single):
    x, h = rng.normal(size=(2, 2 * m))
    full = np.convolve(x, h)
    expected = full[: 2 * m].copy()
    expected[: 2 * m - 1] -= full[2 * m :]
    known = roots(m, single)
    buffer = x.astype(known.table.dtype)
    circular(buffer, m, known.levels, known.table, spectrum(h, m, single), known.deep)
    eps = np.finfo(buffer.dtype).eps
    np.testing.assert_allclose(buffer, expected, atol=8 * eps * np.convolve(abs(x), abs(h)).max())


@pytest.mark.parametrize("deep", [0, 1, 2, 3])
def test_the_order_of_the_blocks_changes_no_bit(deep):
    m = 2048
    known = roots(m, False)
    table = spectrum(rng.normal(size=700), m, False)
    first = rng.normal(size=2 * m)
    second = first.copy()
    circular(first, m, known.levels, known.table, table, 0)
    circular(second, m, known.levels, known.table, table, deep)
    assert (first == second).all()


@st.composite
def slides(draw):
    axes = draw(st.integers(1, 3))
    many = st.tuples
    sizes = draw(many(*[st.integers(1, (40, 14, 9)[axes - 1])] * axes))
    taps = draw(many(*[st.integers(1, (30, 5, 4)[axes - 1])] * axes))
    dilations = draw(many(*[st.integers(1, 3)] * axes))
    strides = draw(many(*[st.integers(1, 3)] * axes))
    before = draw(many(*[st.integers(0, 9)] * axes))
    spans = [(k - 1) * d + 1 for k, d in zip(taps, dilations, strict=True)]
    padding = tuple(
        (b, max(s - n - b, 0) + draw(st.integers(0, 5))) for b, s, n in zip(before, spans, sizes, strict=True)
    )
    boundary = draw(st.sampled_from(["zeros", ("constant", 2.5), "edge", "reflect", "symmetric", "wrap"]))
    return sizes, taps, Slide(tuple(range(1, axes + 1)), padding, rule_of(boundary), strides, dilations)


@settings(deadline=None)  # the first case compiles
@given(slides(), st.sampled_from("fdFD"), st.integers(1, 4), st.integers(8, 11))
def test_tiles_of_any_size_give_the_definition(case, kind, batch, power):
    sizes, taps, slide = case
    x = rng.normal(size=(batch, *sizes)) + 1j * rng.normal(size=(batch, *sizes))
    h = rng.normal(size=taps) + 1j * rng.normal(size=taps)
    x, h = ((z if kind in "FD" else z.real).astype(kind) for z in (x, h))
    expected = defined(x, h, slide)
    lead = (1,) * (3 - len(taps))
    spans = tuple((k - 1) * d + 1 for k, d in zip((*lead, *taps), (*lead, *slide.dilations), strict=True))
    made = tuple(int(n) for n in rng.integers(1, 12, 3))
    while np.prod([m + s - 1 for m, s in zip(made, spans, strict=True)]) * (2 if kind in "FD" else 1) > 1 << power:
        made, power = tuple(max(1, m // 2) for m in made), power + 1
    tiles = Tiling(1 << power, tuple(m + s - 1 for m, s in zip(made, spans, strict=True)), made, 0.0)
    y, doubt = correlate(
        np.ascontiguousarray(x).reshape(batch, *lead, *sizes),
        h.reshape(*lead, *taps),
        (*((0, 0),) * len(lead), *slide.padding),
        slide.boundary,
        (*lead, *slide.strides),
        (*lead, *slide.dilations),
        tiles,
    )
    assert (doubt != NOT_FINITE).all()
    bound = max(abs(x).max(), slide.boundary[1]) * abs(h).sum()
    np.testing.assert_allclose(y.reshape(expected.shape), expected, atol=8 * np.finfo(x.dtype).eps * bound)


def test_threads_and_batches_change_no_bit():
    x, h = rng.normal(size=(5, 1, 1, 30_000)), rng.normal(size=(1, 1, 200))
    tiles = tiling((1, 1, 29_801), (1, 1, 200), 8, False)
    slide = (((0, 0),) * 3, rule_of("zeros"), (1, 1, 1), (1, 1, 1), tiles)
    before = threads.threads()
    try:
        results = []
        for count in (1, 2, 4):
            threads.set_threads(count)
            results.append(correlate(x, h, *slide)[0])
    finally:
        threads.set_threads(before)
    assert (results[0] == results[1]).all()
    assert (results[0] == results[2]).all()
    assert (correlate(x[3:4], h, *slide)[0] == results[0][3:4]).all()


def test_a_read_only_array_is_read_where_it_stands():
    x = rng.normal(size=(1, 1, 1, 500))
    slide = (((0, 0),) * 3, rule_of("zeros"), (1, 1, 1), (1, 1, 1), tiling((1, 1, 469), (1, 1, 32), 8, False))
    expected = correlate(x, np.ones((1, 1, 32)), *slide)[0]
    x.flags.writeable = False
    assert (correlate(x, np.ones((1, 1, 32)), *slide)[0] == expected).all()


@given(st.tuples(*[st.integers(1, 300)] * 3), st.tuples(*[st.integers(1, 9)] * 3), st.booleans(), st.booleans())
def test_a_tiling_fits_its_buffer_and_covers_the_outputs(outputs, spans, double, complex_numbers):
    for whole in (False, True):
        tiles = tiling(outputs, spans, 8 if double else 4, complex_numbers, whole)
        assert tiles.numbers >= np.prod(tiles.size) * (2 if complex_numbers else 1)
        assert tiles.size == tuple(m + s - 1 for m, s in zip(tiles.made, spans, strict=True))
        assert all(m >= 1 for m in tiles.made)
        assert not whole or tiles.made == outputs or np.prod(outputs) > 1 << 20


def test_a_kernel_longer_than_the_largest_buffer_has_no_tiling():
    assert tiling((1, 1, 10), (1, 1, 1 << 27), 8, False) is None


def loud_where_nobody_listens():
    """A roar that only the quietest tap of a kept output sees."""
    x, h = rng.normal(size=4000), np.r_[rng.normal(size=300), 1e-12]
    x[-1] = 1e9
    return x, h


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_bound_that_is_not_proven_is_said(dtype):
    x, h = (values.astype(dtype) for values in loud_where_nobody_listens())
    tiles = tiling((1, 1, 3700), (1, 1, 301), 8, False)
    how = (((0, 0),) * 3, rule_of("zeros"), (1, 1, 1), (1, 1, 1), tiles)
    both = np.stack([np.roll(x, 2000), x]).reshape(2, 1, 1, -1)
    assert correlate(both, h.reshape(1, 1, -1), *how)[1].tolist() == [0, UNPROVEN]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["fft", "overlap_add", "auto"])
def test_a_roar_outside_the_outputs_costs_them_no_digits(method, dtype):
    x, h = (values.astype(dtype) for values in loud_where_nobody_listens())
    y = convolve(x, h[::-1], "valid", method)
    exact = np.correlate(x.astype(np.longdouble), h.astype(np.longdouble), "valid")
    size = np.correlate(abs(x.astype(float)), abs(h.astype(float)), "valid")
    assert abs(y - exact).max() <= 8 * np.finfo(dtype).eps * size.max()
