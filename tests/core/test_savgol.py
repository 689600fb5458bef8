import numpy as np
import pytest
import torch
from scipy import signal

from sigconv.core.savgol import savgol
from sigconv.errors import ArgumentError, ShapeError

rng = np.random.default_rng(0)
nan = np.nan


def local(x, n, window, order, deriv, delta):
    """The polynomial through what is there of the window around sample n, shifted to lie inside x."""
    start = min(max(n - window // 2, 0), len(x) - window)
    t = (np.arange(start, start + window) - n) * delta
    there = ~np.isnan(x[start : start + window])
    if there.sum() < order + 1:
        return nan
    line = np.polynomial.Polynomial.fit(t[there], x[start : start + window][there], order)
    return line.deriv(deriv)(0.0) if deriv else line(0.0)


@pytest.mark.parametrize(("window", "order", "deriv"), [(7, 2, 0), (9, 3, 1), (5, 0, 0), (5, 2, 3)])
def test_gaps_are_fitted_across_by_what_is_there(xp, window, order, deriv):
    x = rng.normal(size=60)
    x[rng.random(60) < 0.3] = nan
    x[40:47] = nan
    y = np.asarray(savgol(xp.array(x), window, order, deriv, 0.5, nan="ignore"))
    expected = [local(x, n, window, order, deriv, 0.5) for n in range(60)]
    np.testing.assert_allclose(y, expected, atol=1e-8)


@pytest.mark.parametrize("boundary", ["reflect", "edge", "wrap", "zeros", "odd_symmetric"])
def test_gaps_with_something_outside(xp, boundary):
    x = rng.normal(size=(30, 2))
    x[[3, 4, 29], 0] = nan
    y = np.asarray(savgol(xp.array(x), 5, 1, axis=0, boundary=boundary, nan="ignore"))
    whole = np.asarray(savgol(xp.array(x[:, 1]), 5, 1, boundary=boundary))
    np.testing.assert_allclose(y[:, 1], whole, atol=1e-12)
    longer = np.pad(
        x[:, 0],
        10,
        mode="constant" if boundary == "zeros" else boundary.removeprefix("odd_"),
        **({"reflect_type": "odd"} if boundary.startswith("odd") else {}),
    )
    np.testing.assert_allclose(y[:, 0], [local(longer, n + 10, 5, 1, 0, 1.0) for n in range(30)], atol=1e-9)


@pytest.mark.parametrize("shape", [(20, 30), (9, 10, 11)])
def test_a_polynomial_in_several_variables_stays(xp, shape):
    grid = np.indices(shape) / 10
    x = 2 + grid[0] * grid[1] - 3 * grid[-1] ** 2
    axes = range(len(shape))
    for boundary in ("interp", "odd_reflect"):
        inner = (slice(2, -2),) * len(shape) if boundary != "interp" else ...
        y = np.asarray(savgol(xp.array(x), 5, 2, axes=axes, boundary=boundary))
        np.testing.assert_allclose(y[inner], x[inner], atol=1e-10)
    slope = savgol(xp.array(x), 5, 2, (1, *(0,) * (len(shape) - 1)), 0.1, axes=axes)
    np.testing.assert_allclose(np.asarray(slope), grid[1], atol=1e-9)
    holes = x.copy()
    holes[rng.random(shape) < 0.3] = nan
    np.testing.assert_allclose(np.asarray(savgol(xp.array(holes), 5, 2, axes=axes, nan="ignore")), x, atol=1e-8)


def test_long_gaps_stay():
    x = np.arange(20.0)
    x[[3, 10, 11, 12]] = nan
    y = savgol(x, 7, 1, nan="ignore", max_gap=2)
    assert np.flatnonzero(np.isnan(y)).tolist() == [10, 11, 12]
    np.testing.assert_allclose(y[3], 3)


def test_gradients_reach_what_is_there_and_zero_elsewhere():
    x = torch.randn(14, dtype=torch.float64)
    x[[2, 7, 8]] = nan
    there = ~torch.isnan(x)
    for boundary in ("interp", "symmetric"):

        def of_present(values, boundary=boundary):
            return savgol(torch.full_like(x, nan).masked_scatter(there, values), 5, 1, boundary=boundary, nan="ignore")

        present = x[there].requires_grad_()
        assert torch.autograd.gradcheck(of_present, present)
        assert torch.autograd.gradgradcheck(of_present, present)
    whole = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(savgol(whole, 5, 1, nan="ignore").sum(), whole)
    assert torch.all(gradient[~there] == 0)
    assert torch.all(torch.isfinite(gradient))
    picture = torch.randn(6, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: savgol(v, 3, 1, axes=(0, 1)), picture)
    assert torch.autograd.gradgradcheck(lambda v: savgol(v, 3, 1, axis=0), picture)


def test_a_derivative_above_the_order_is_zero():
    x = rng.normal(size=20)
    np.testing.assert_array_equal(savgol(x, 5, 2, 3), signal.savgol_filter(x, 5, 2, 3))


def test_float32_and_strides(xp):
    x = rng.normal(size=(40, 3))
    y = np.asarray(savgol(xp.array(x, np.float32), 9, 3, axis=0))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, signal.savgol_filter(x, 9, 3, axis=0), atol=1e-5)


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (ArgumentError, lambda: savgol(np.ones(9), (3, 5), 1), "window_length"),
        (ArgumentError, lambda: savgol(np.ones((9, 9)), (3, 5), 3, axes=(0, 1)), "polyorder is 3"),
        (ArgumentError, lambda: savgol(np.ones(9), 3, 1, -1), "deriv is -1"),
        (ArgumentError, lambda: savgol(np.ones(9), 3, 1, nan="drop"), "nan is 'drop'"),
        (ShapeError, lambda: savgol(np.ones((9, 3)), 5, 1, axes=(0, 1)), "x has 3 samples along axis 1"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()


def test_a_constant_outside_that_is_missing_is_left_out_with_and_without_gaps():
    x = np.arange(9.0)
    y = savgol(x, 5, 1, boundary=("constant", np.nan), nan="ignore")
    np.testing.assert_allclose(y, x, atol=1e-12)


def test_a_window_with_too_few_samples_spoils_no_gradient():
    x = torch.arange(9.0, dtype=torch.float64)
    x[[3, 4, 6]] = np.nan
    x.requires_grad_()
    y = savgol(x, 3, 1, boundary="edge", nan="ignore")
    assert torch.isnan(y).any()
    (gradient,) = torch.autograd.grad(torch.nansum(y), x)
    assert torch.isfinite(gradient).all()
