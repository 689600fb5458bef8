import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from sigconv.core.gaussian import gaussian
from sigconv.core.median import median
from sigconv.core.savgol import savgol
from sigconv.errors import ArgumentError, ShapeError

rng = np.random.default_rng(0)
NAMES = {"symmetric": "reflect", "reflect": "mirror", "edge": "nearest", "wrap": "wrap", "zeros": "constant"}


@pytest.mark.parametrize("boundary", NAMES)
@pytest.mark.parametrize("shape", [(30,), (9, 12), (5, 6, 7)])
def test_gaussian_and_median_are_ndimages(xp, shape, boundary):
    x = rng.normal(size=shape)
    g = gaussian(xp.array(x), 1.3, boundary=boundary)
    assert xp.owns(g)
    np.testing.assert_allclose(np.asarray(g), ndimage.gaussian_filter(x, 1.3, mode=NAMES[boundary]), atol=1e-12)
    m = median(xp.array(x), 3, boundary=boundary)
    np.testing.assert_array_equal(np.asarray(m), ndimage.median_filter(x, 3, mode=NAMES[boundary]))


@pytest.mark.parametrize("boundary", NAMES)
def test_derivatives_are_ndimages(xp, boundary):
    x = rng.normal(size=(20, 40))
    for order in (1, 2, 3, (2, 0), (0, 1), (1, 4)):
        y = gaussian(xp.array(x), (1.4, 2.0), order=order, boundary=boundary)
        theirs = ndimage.gaussian_filter(x, (1.4, 2.0), order=order, mode=NAMES[boundary])
        np.testing.assert_allclose(np.asarray(y), theirs, atol=1e-12)


def test_the_derivative_of_a_slope_is_the_slope():
    ramp = np.add.outer(2.0 * np.arange(40), 3.0 * np.arange(50))
    y = gaussian(ramp, 2, order=(1, 0), truncate=8)
    np.testing.assert_allclose(y[17:23, 17:33], 2, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_stays_within_its_promise(dtype):
    for shape, sigma in [((5000,), 30.0), ((60, 70), 3.0), ((20, 22, 24), 2.0), ((4000,), 3.0)]:
        x = (rng.normal(size=shape) + 10).astype(dtype)
        exact = ndimage.gaussian_filter(x.astype(float), sigma)
        bound = 8 * np.finfo(dtype).eps * ndimage.gaussian_filter(np.abs(x).astype(float), sigma).max()
        assert np.max(np.abs(gaussian(x, sigma) - exact)) <= max(bound, 1e-13)


def test_each_axis_has_its_own_width(xp):
    x = rng.normal(size=(4, 20, 10))
    g = gaussian(xp.array(x), (2, 0.7), axes=(1, 2))
    np.testing.assert_allclose(np.asarray(g), ndimage.gaussian_filter(x, (0, 2, 0.7)), atol=1e-12)
    m = median(xp.array(x), (5, 3), axes=(1, 2))
    np.testing.assert_array_equal(np.asarray(m), ndimage.median_filter(x, (1, 5, 3)))


def test_a_median_keeps_an_edge_and_removes_a_spike(xp):
    x = [0, 0, 0, 7, 0, 0, 1, 1, 1, 1]
    assert median(xp.array(x), 3).tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    y = median(xp.array([0, 0, np.nan, 0, 0, 0.0]), 3)
    assert np.isnan(np.asarray(y)).tolist() == [False, True, True, True, False, False]


@pytest.mark.parametrize("boundary", ["interp", "symmetric", "reflect", "edge", "wrap"])
@pytest.mark.parametrize(("window", "order", "deriv"), [(7, 2, 0), (5, 3, 1), (9, 4, 2), (1, 0, 0), (5, 2, 3)])
def test_savgol_is_scipys(xp, window, order, deriv, boundary):
    x = rng.normal(size=(2, 30, 2))
    y = savgol(xp.array(x), window, order, deriv, 0.5, axis=1, boundary=boundary)
    if boundary == "symmetric":
        longer = np.pad(x, ((0, 0), (20, 20), (0, 0)), mode="symmetric")
        theirs = signal.savgol_filter(longer, window, order, deriv, 0.5, axis=1)[:, 20:-20]
    else:
        mode = {"reflect": "mirror", "edge": "nearest"}.get(boundary, boundary)
        theirs = signal.savgol_filter(x, window, order, deriv, 0.5, axis=1, mode=mode)
    np.testing.assert_allclose(np.asarray(y), theirs, atol=1e-10)


def test_savgol_leaves_a_cubic_as_it_is(xp):
    x = np.linspace(-1, 1, 20) ** 3
    np.testing.assert_allclose(np.asarray(savgol(xp.array(x), 7, 3)), x, atol=1e-12)


def test_float32_stays_and_gradients_pass(xp):
    x = xp.array(rng.normal(size=12), np.float32)
    for f in (lambda v: gaussian(v, 1), lambda v: median(v, 3), lambda v: savgol(v, 5, 2)):
        assert f(x).dtype == x.dtype
        assert torch.autograd.gradcheck(f, torch.randn(8, dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (ArgumentError, lambda: gaussian(np.ones(3), -1), "sigma is -1"),
        (ArgumentError, lambda: gaussian(np.ones((3, 3)), (1, 2, 3)), "each of 2 axes"),
        (ArgumentError, lambda: gaussian(np.ones(3), np.nan), "sigma is nan"),
        (ArgumentError, lambda: gaussian(np.ones(3), 1, order=-1), "order is -1"),
        (ArgumentError, lambda: gaussian(np.ones(3), 0, order=1), "sigma is 0 with order 1"),
        (ArgumentError, lambda: median(np.ones(3) * 1j, 3), "complex"),
        (ArgumentError, lambda: savgol(np.ones(9), 4, 2), "window_length is 4"),
        (ArgumentError, lambda: savgol(np.ones(9), 5, 5), "polyorder is 5"),
        (ShapeError, lambda: savgol(np.ones(3), 5, 2), "x has 3 samples"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()
