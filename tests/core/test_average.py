from itertools import product
from math import fsum

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sigconv.core.average import cumulative_average, exponential_average, moving_average
from sigconv.core.boundary import extend
from sigconv.core.convolve import convolve
from sigconv.core.native import box, threads
from sigconv.errors import ArgumentError, ShapeError

X = np.random.default_rng(0).normal(size=200)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("width", [1, 2, 3, 10, 101])
def test_the_lectures_line_is_reproduced(xp, width, mode):
    y = moving_average(xp.array(X), width, mode=mode)
    assert xp.owns(y)
    np.testing.assert_allclose(np.asarray(y), np.convolve(X, np.ones(width) / width, mode), atol=1e-13)


@pytest.mark.parametrize("boundary", ["zeros", "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric"])
@pytest.mark.parametrize("n", [1, 7, 300, 33_000])
def test_every_mode_and_boundary_is_the_definition(n, boundary):
    x = np.random.default_rng(n).normal(size=(2, n)) + 3
    for width, mode in product([1, 2, 8, 13, 39, 40, 87, 600, 1100], ["full", "same", "causal", "valid"]):
        if mode != "valid" or width <= n:
            expected = convolve(x, np.full(width, 1 / width), mode, method="direct", axes=1, boundary=boundary)
            bound = 1e-13 * (1 + np.max(np.abs(extend(x, width, width, boundary)), initial=0))
            np.testing.assert_allclose(moving_average(x, width, mode=mode, boundary=boundary), expected, atol=bound)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2000), st.integers(1, 900), st.integers(0, 10_000), st.data())
def test_pieces_give_the_bits_of_the_whole(n, width, first, data):
    x = np.random.default_rng(n).normal(size=n + width - 1)
    whole, pieces = np.empty(n), np.empty(n)
    box.means(x, width, width, whole, first)
    cut = data.draw(st.integers(0, n))
    box.means(x[: cut + width - 1], width, width, pieces[:cut], first)
    box.means(x[cut:], width, width, pieces[cut:], first + cut)
    assert whole.tobytes() == pieces.tobytes()


@pytest.mark.parametrize("width", [3, 10, 39, 100, 1001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_that_go_past_the_caches_have_the_bits_of_a_few(width, dtype):
    x = np.random.default_rng(width).normal(size=4_400_001).astype(dtype)
    whole = moving_average(x, width, mode="valid")
    few = moving_average(x[:50_001], width, mode="valid")
    assert whole[: len(few)].tobytes() == few.tobytes()
    np.testing.assert_allclose(
        whole[-5:], [x[len(x) - width - i : len(x) - i].mean() for i in range(5)][::-1], rtol=1e-4
    )


def test_threads_change_no_bit():
    x = np.random.default_rng(5).normal(size=700_001)
    before = threads.threads()
    results = set()
    try:
        for count in (1, 2, 3):
            threads.set_threads(count)
            results.add(moving_average(x, 1001).tobytes())
    finally:
        threads.set_threads(before)
    assert len(results) == 1


@pytest.mark.parametrize("width", [5, 39, 100, 1000])
def test_a_long_sum_does_not_drift_and_forgets_a_spike(width):
    x = np.random.default_rng(2).normal(size=20_000) + 1000
    x[5000] = 1e18
    y = moving_average(x, width, mode="valid")
    exact = np.array([fsum(x[i : i + width]) for i in range(len(y))]) / width
    assert np.max(np.abs(y - exact) / exact) < 4 * np.finfo(float).eps
    constant = moving_average(np.full(9000, 0.1), width, mode="valid")
    assert np.all(np.abs(constant - 0.1) <= 3 * np.spacing(0.1))
    assert np.all(np.isfinite(moving_average(np.full(3000, 1.7e308), width, mode="valid")))


@pytest.mark.parametrize("width", [3, 30, 700])
def test_only_the_windows_that_hold_it_are_not_finite(width):
    x = np.ones(5000)
    x[[100, 2500]], x[3800] = np.inf, np.nan
    y = moving_average(x, width, mode="causal")
    held = [any(p <= i < p + width for p in (100, 2500)) for i in range(5000)]
    nan = np.arange(3800, min(3800 + width, 5000))
    expected = np.where(held, np.inf, y)
    expected[nan] = np.nan
    np.testing.assert_array_equal(y, expected)
    assert np.isfinite(y).sum() == 5000 - np.sum(held) - len(nan) + np.sum(np.array(held)[nan])


@pytest.mark.parametrize("width", [(3, 4), (30, 2), (5, 41)])
def test_a_box_is_ndimages(xp, width):
    x = np.random.default_rng(1).normal(size=(4, 50, 60))
    y = moving_average(xp.array(x), width, axes=(1, 2), boundary="symmetric")
    assert xp.owns(y)
    theirs = ndimage.uniform_filter(x, (1, *width), mode="reflect")
    np.testing.assert_allclose(np.asarray(y), theirs, atol=1e-12)


def test_nothing_in_nothing_out(xp):
    assert moving_average(xp.array(np.zeros((0, 4))), 3, axis=1, mode="full").shape == (0, 6)
    assert moving_average(xp.array(np.zeros((4, 0))), 3).shape == (4, 0)


def test_complex_numbers_are_two_real_ones(xp):
    x = X + 1j * X[::-1]
    y = np.asarray(moving_average(xp.array(x), 7))
    np.testing.assert_allclose(y, moving_average(X, 7) + 1j * moving_average(X[::-1].copy(), 7), rtol=1e-14)


def test_single_precision_is_summed_in_double():
    x = (np.random.default_rng(4).normal(size=9000) + 1000).astype(np.float32)
    for width in (7, 90, 900):
        y = moving_average(x, width, mode="valid")
        exact = moving_average(x.astype(float), width, mode="valid")
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, exact.astype(np.float32))


def test_a_causal_mean_looks_back_only():
    assert moving_average([4, 8, 12], 2, mode="causal", boundary="edge").tolist() == [4, 6, 10]


def test_any_axis(xp):
    x = np.stack([X, 2 * X], axis=1)
    y = np.asarray(moving_average(xp.array(x), 10, axis=0))
    np.testing.assert_allclose(y[:, 1], 2 * np.convolve(X, np.ones(10) / 10, "same"), atol=1e-13)


def test_exponential_and_cumulative_follow_their_recursions(xp):
    y, c = exponential_average(xp.array(X), 0.3), cumulative_average(xp.array(X))
    state = X[0]
    for n, value in enumerate(X):
        state = 0.3 * value + 0.7 * state
        assert float(y[n]) == pytest.approx(state)
        assert float(c[n]) == pytest.approx(X[: n + 1].mean())


def test_a_nan_spoils_the_means_that_hold_it_and_no_other(xp):
    x = X.copy()
    x[50] = np.nan
    y = np.asarray(moving_average(xp.array(x), 60, mode="causal"))
    assert np.flatnonzero(np.isnan(y)).tolist() == list(range(50, 110))


def test_float32_stays_and_gradients_pass(xp):
    x = xp.array(X, np.float32)
    for f in (lambda v: moving_average(v, 7), lambda v: exponential_average(v, 0.1), cumulative_average):
        assert f(x).dtype == x.dtype
        assert torch.autograd.gradcheck(f, torch.randn(5, dtype=torch.float64, requires_grad=True))


def test_wrong_arguments_are_named():
    with pytest.raises(ArgumentError, match="width is 0"):
        moving_average(X, 0)
    with pytest.raises(ArgumentError, match="alpha is 2"):
        exponential_average(X, 2)
    with pytest.raises(ShapeError, match="no samples"):
        exponential_average([], 0.5)
