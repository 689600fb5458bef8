from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv.core.boundary import extend, rule_of
from sigconv.core.native import threads
from sigconv.core.native.lines import separable

RULES = ["zeros", "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric", ("constant", 2.5)]


def defined(x, factors, axes, padding, boundary):
    for axis, pad in zip(axes, padding, strict=True):
        x = extend(x, *pad, boundary, axis)
    for axis, taps in zip(axes, factors, strict=True):
        lines = np.lib.stride_tricks.sliding_window_view(x, len(taps), axis)
        x = lines @ taps
    return x


def test_an_impulse_gives_the_outer_product_turned():
    x = np.zeros((5, 5, 5))
    x[2, 2, 2] = 1
    factors = [np.array([1.0, 2, 3]), np.array([1.0, 0, -1]), np.array([2.0, 5, 7])]
    y = separable(x, factors, (0, 1, 2), [(1, 1)] * 3)
    expected = np.einsum("i,j,k->ijk", *(f[::-1] for f in factors))
    np.testing.assert_array_equal(y[1:4, 1:4, 1:4], expected)
    assert np.count_nonzero(y) == np.count_nonzero(expected)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_axes_of_any_array_are_the_definition(data):
    shape = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=5))
    axes = data.draw(st.permutations(range(len(shape))))[: data.draw(st.integers(1, len(shape)))]
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.normal(size=shape).astype(data.draw(st.sampled_from([np.float32, np.float64, np.complex128])))
    factors, padding = [], []
    for axis in axes:
        taps = data.draw(st.integers(1, 9))
        least = max(0, taps - shape[axis])
        before = data.draw(st.integers(0, 9))
        factors.append(rng.normal(size=taps))
        padding.append((before, max(least - before, data.draw(st.integers(0, 9)))))
    rule = data.draw(st.sampled_from(RULES))
    y = separable(x, factors, axes, padding, rule_of(rule))
    expected = defined(x.astype(np.result_type(x.dtype, np.float64)), factors, axes, padding, rule)
    seen = x.astype(np.result_type(x.dtype, np.float64))  # what an odd rule shows outside may be larger than any sample
    for axis, pad in zip(axes, padding, strict=True):
        seen = extend(seen, *pad, rule, axis)
    bound = defined(np.abs(seen), [np.abs(f) for f in factors], axes, [(0, 0)] * len(axes), "zeros").max() + 3
    assert y.dtype == x.dtype
    np.testing.assert_allclose(y, expected, atol=64 * np.finfo(x.dtype).eps * bound)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(3, 20_000), (20_000,), (70, 65, 40), (2, 9000, 3), (300, 40)])
def test_blocks_join_without_a_seam(shape, rule):
    x = np.random.default_rng(0).normal(size=shape)
    taps = np.random.default_rng(1).normal(size=13)
    for count in (1, min(2, x.ndim), x.ndim):
        axes = range(x.ndim - count, x.ndim)
        factors, padding = [taps[: 13 - 4 * i] for i in range(count)], [(12 - 5 * i, 3) for i in range(count)]
        y = separable(x, factors, axes, padding, rule_of(rule))
        np.testing.assert_allclose(y, defined(x, factors, axes, padding, rule), atol=1e-10)


def test_threads_and_batches_change_no_bit():
    x = np.random.default_rng(0).normal(size=(40, 100, 130)).astype(np.float32)
    taps = [np.random.default_rng(1).normal(size=21)] * 3
    before, results = threads.threads(), set()
    try:
        for count in (1, 2, 4):
            threads.set_threads(count)
            results.add(separable(x, taps, (0, 1, 2), [(10, 10)] * 3).tobytes())
    finally:
        threads.set_threads(before)
    assert len(results) == 1
    one = separable(x, taps[:2], (1, 2), [(10, 10)] * 2)
    each = np.stack([separable(plane, taps[:2], (0, 1), [(10, 10)] * 2) for plane in x])
    assert one.tobytes() == each.tobytes()


def test_only_what_sees_it_is_not_finite():
    x = np.zeros((30, 40, 50), np.float32)
    x[3, 20, 49] = np.nan
    y = separable(x, [np.ones(5), np.ones(3), np.ones(7)], (0, 1, 2), [(2, 2), (1, 1), (3, 3)])
    expected = np.zeros(x.shape, bool)
    expected[1:6, 19:22, 46:] = True
    np.testing.assert_array_equal(np.isnan(y), expected)


@pytest.mark.parametrize("change", [lambda x: x, lambda x: x[::-1, ::2], lambda x: x.astype(">f8"), np.asfortranarray])
def test_any_layout_gives_the_same_bits(change):
    x = change(np.random.default_rng(0).normal(size=(30, 40)))
    x.flags.writeable = False
    plain = np.ascontiguousarray(x, np.float64)
    for axes, rule in product([(0,), (1,), (0, 1)], ["wrap", "zeros"]):
        how = ([np.arange(1.0, 6)] * len(axes), axes, [(2, 2)] * len(axes), rule_of(rule))
        assert separable(x, *how).tobytes() == separable(plain, *how).tobytes()
