"""Sums in double precision that keep their digits, whatever is added to what."""

import numpy as np
import pytest

import sigconv
from sigconv.core.boundary import rule_of
from sigconv.core.convolve import defined
from sigconv.core.native import compensated, lines
from sigconv.core.planner import IN_A_ROW, Slide

EPS = 2.0**-52
rng = np.random.default_rng(0)


def summed(x, h):
    """The "valid" correlation along the last axis in extended precision, and sum |x| |h|."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.longdouble), len(h), axis=-1)
    products = windows * h.astype(np.longdouble)
    return products.sum(-1), abs(products).sum(-1)


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("boundary", ["zeros", "reflect", "odd_symmetric", ("constant", 2.0)])
@pytest.mark.parametrize("axes", [(1,), (0, 2), (2, 0), (2, 1, 0)])
def test_it_is_the_definition(axes, boundary, kind):
    x, h = rng.normal(size=(7, 8, 9)).astype(kind), rng.normal(size=(3, 4, 2)[: len(axes)]).astype(kind)
    if kind is complex:
        x, h = x + 1j * rng.normal(size=x.shape), h - 2j
    padding, strides, dilations = ((2, 1), (0, 3), (1, 1)), (2, 1, 3), (1, 2, 1)
    given = (part[: len(axes)] for part in (padding, strides, dilations))
    padding, strides, dilations = given
    slide = Slide(axes, padding, rule_of(boundary), strides, dilations)
    np.testing.assert_allclose(compensated.correlate(x, h, slide), defined(x, h, slide), rtol=0, atol=1e-13)


@pytest.mark.parametrize("accuracy", ["fast", "local"])
@pytest.mark.parametrize("taps", [33, 100, 200, 900])
def test_the_mean_of_equal_numbers_keeps_its_digits(taps, accuracy):
    """Added in a row, each of so many equal numbers is rounded the same way: 200 lose 24 eps."""
    for value in rng.uniform(0.5, 1, size=20):
        x, h = np.full(taps + 50, value), np.full(taps, 1 / taps)
        exact, size = summed(x, h)
        assert abs(sigconv.correlate(x, h, "valid", "direct", accuracy=accuracy) - exact).max() <= 2 * EPS * size.max()


@pytest.mark.parametrize("taps", [20, 100, 300])
def test_a_spike_takes_nothing_from_the_quiet_samples_beside_it(taps):
    """Each of them is a little below half of the spike's last digit."""
    x = np.full((5, 2 * taps), 0.49 * EPS)
    x[:, taps - 1] = 1
    exact, size = summed(x, np.ones(taps))
    for method in ("auto", "direct", "fft", "overlap_add"):
        y = sigconv.correlate(x, np.ones(taps), "valid", method, axes=-1, accuracy="local")
        assert (abs(y - exact) <= 8 * EPS * size).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [24, 63, 100])
def test_a_long_separable_kernel_keeps_its_digits(width, dtype):
    kernel = np.ones((width, width), dtype)
    for value in rng.uniform(0.5, 1, size=10).astype(dtype):
        y = sigconv.correlate(np.full((width + 2, width + 9), value), kernel, "valid", "separable")
        truth = float(value) * width**2
        assert abs(y - truth).max() <= 8 * np.finfo(dtype).eps * truth


def test_infinite_sums_are_infinite():
    x, h = np.full(200, 1e308), np.ones(IN_A_ROW + 1)
    assert np.isposinf(sigconv.convolve(x, h, "valid")).all()
    x[100] = -np.inf
    y = sigconv.correlate(x * 1e-300, h, "valid")
    assert (np.isneginf(y) == (np.abs(np.arange(len(y)) - 84) <= 16)).all()


def test_short_lines_are_still_fused(monkeypatch):
    monkeypatch.setattr(lines, "separable", lambda *_: "fused")
    assert sigconv.correlate(np.ones((40, 40)), np.ones((9, 9)), "valid", "separable") == "fused"
