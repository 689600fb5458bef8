import numpy as np
import pytest
import torch

from sigconv.core.average import cumulative_average, exponential_average, moving_average
from sigconv.errors import ArgumentError, ShapeError

X = np.random.default_rng(0).normal(size=200)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("width", [1, 2, 3, 10, 101])
def test_the_lectures_line_is_reproduced(xp, width, mode):
    y = moving_average(xp.array(X), width, mode=mode)
    assert xp.owns(y)
    np.testing.assert_allclose(np.asarray(y), np.convolve(X, np.ones(width) / width, mode), atol=1e-13)


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
