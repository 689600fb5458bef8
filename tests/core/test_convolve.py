from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from sigconv.core.convolve import convolve, correlate
from sigconv.errors import ArgumentError, ShapeError

MODES = ("full", "same", "valid", "causal")
METHODS = ("direct", "fft", "overlap_add", "auto")
rng = np.random.default_rng(0)


@pytest.mark.parametrize("method", METHODS)
def test_the_numbers_of_the_lecture(xp, method):
    x, h = xp.array([1, 2, -5, 4, 2, -1]), xp.array([-1, 2, -1])
    expected = {
        "valid": [8, -16, 11, 1],
        "same": [0, 8, -16, 11, 1, -4],
        "full": [-1, 0, 8, -16, 11, 1, -4, 1],
        "causal": [-1, 0, 8, -16, 11, 1],
    }
    for mode, numbers in expected.items():
        y = convolve(x, h, mode, method)
        assert xp.owns(y)
        np.testing.assert_allclose(np.asarray(y), numbers, atol=1e-13)


def test_an_even_kernel_starts_where_numpy_starts_and_origin_moves_it_to_octave():
    x, h = [1, 2, 3, 4, 5], [1, 10, 100, 1000]
    full = np.convolve(x, h)
    assert convolve(x, h, "same").tolist() == full[1:6].tolist() == np.convolve(x, h, "same").tolist()
    assert convolve(x, h, "same", origin=1).tolist() == full[2:7].tolist()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", MODES)
def test_an_impulse_shows_the_kernel(mode, method):
    h = rng.normal(size=(3, 2))
    x = np.zeros((7, 7))
    x[3, 3] = 1
    y = convolve(x, h, mode, method)
    at = {"full": 3, "same": None, "valid": None, "causal": 3}[mode]
    rows, columns = {"same": (2, 3), "valid": (1, 2)}.get(mode, (at, at))
    np.testing.assert_allclose(y[rows : rows + 3, columns : columns + 2], h, atol=1e-14)
    assert np.abs(y).sum() == pytest.approx(np.abs(h).sum())


@settings(deadline=None)  # the first case compiles
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(MODES), st.sampled_from(["zeros", "wrap", "reflect"]))
def test_it_is_linear(n, k, mode, boundary):
    if mode == "valid" and k > n:
        return
    x, y = rng.normal(size=(2, n))
    h = rng.normal(size=k)
    both = convolve(2 * x - 3 * y, h, mode, boundary=boundary)
    apart = 2 * convolve(x, h, mode, boundary=boundary) - 3 * convolve(y, h, mode, boundary=boundary)
    np.testing.assert_allclose(both, apart, atol=1e-11)


def test_it_moves_with_its_input_on_a_circle():
    x, h = rng.normal(size=(8, 9)), rng.normal(size=(3, 4))
    moved = convolve(np.roll(x, (2, -3), (0, 1)), h, "same", boundary="wrap")
    np.testing.assert_allclose(moved, np.roll(convolve(x, h, "same", boundary="wrap"), (2, -3), (0, 1)), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("shape", "taps"), [((20,), (5,)), ((9, 12), (4, 3)), ((5, 6, 7), (3, 4, 2)), ((60,), (55,))])
def test_it_is_scipys_in_every_mode_and_dimension(xp, shape, taps, mode, method):
    for bend in (0, 1j):
        x, h = rng.normal(size=shape), rng.normal(size=taps)
        if bend:
            x, h = x + bend * x[::-1], h - bend * h[::-1]
        ours = convolve(xp.array(x), xp.array(h), mode, method)
        np.testing.assert_allclose(np.asarray(ours), signal.convolve(x, h, mode), atol=1e-12)
        ours = correlate(xp.array(x), xp.array(h), mode, method)
        np.testing.assert_allclose(np.asarray(ours), signal.correlate(x, h, mode), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_it_is_ndimages_with_its_boundaries(method):
    x, h = rng.normal(size=(6, 7)), rng.normal(size=(5, 3))
    for ours, theirs in {"symmetric": "reflect", "mirror": "mirror", "wrap": "wrap", "edge": "nearest"}.items():
        y = convolve(x, h, "same", method, boundary=ours)
        np.testing.assert_allclose(y, ndimage.convolve(x, h, mode=theirs), atol=1e-12)
    y = convolve(x, h, "same", method, boundary="edge", origin=(-1, 1))
    np.testing.assert_allclose(y, ndimage.convolve(x, h, mode="nearest", origin=(-1, 1)), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_stride_and_dilation_are_those_of_torch(xp, method):
    x, h = rng.normal(size=(12, 15)), rng.normal(size=(3, 2))
    for stride, dilation in (((1, 1), (1, 1)), ((2, 3), (1, 2)), ((1, 2), (3, 1))):
        y = correlate(xp.array(x), xp.array(h), "valid", method, stride=stride, dilation=dilation)
        layer = torch.nn.functional.conv2d(
            torch.from_numpy(x)[None], torch.from_numpy(h)[None, None], stride=stride, dilation=dilation
        )
        np.testing.assert_allclose(np.asarray(y), layer[0], atol=1e-12)


def test_any_axes_in_any_order(xp):
    x, h = rng.normal(size=(4, 5, 6)), rng.normal(size=(2, 3))
    expected = np.stack([signal.convolve(x[:, i], h.T, "full") for i in range(5)], axis=1)
    for method in METHODS:
        y = convolve(xp.array(x), xp.array(h), "full", method, axes=(2, 0))
        np.testing.assert_allclose(np.asarray(y), expected, atol=1e-12)


def test_precision_follows_the_signal(xp):
    half, single = xp.array([1, 2, 3], np.float16), xp.array([1, 2, 3], np.float32)
    for method in METHODS:
        assert convolve(half, [1, 1], method=method).dtype == half.dtype
        assert convolve(single, [1.0, 1.0], method=method).dtype == single.dtype
        assert convolve(single, [1j], method=method).dtype == xp.array([1], np.complex64).dtype
    integers = convolve(xp.array([200, 100], np.uint8), xp.array([2, 2], np.uint8))
    assert np.asarray(integers).tolist() == [400, 600, 200]
    assert integers.dtype == xp.array([1.0]).dtype


def test_a_nan_stays_where_it_is_seen(xp):
    x = np.ones(300)
    x[100], x[200] = np.nan, np.inf
    y = np.asarray(convolve(xp.array(x), np.full(60, 1 / 60), "valid"))
    assert np.isfinite(np.delete(y, np.r_[41:101, 141:201])).all()
    assert np.isnan(y[41:101]).all()
    assert np.isinf(y[141:201]).all()


def test_gradients_pass_by_both_methods():
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    h = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    for method in ("direct", "fft"):
        for mode, boundary in (("same", "reflect"), ("full", "zeros")):
            assert torch.autograd.gradcheck(partial(convolve, mode=mode, method=method, boundary=boundary), (x, h))


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (ShapeError, lambda: convolve([1, 2], [1, 2, 3], "valid"), "2 samples"),
        (ShapeError, lambda: convolve([1, 2], [[1, 2]]), "kernel has 2 axes"),
        (ShapeError, lambda: convolve([1, 2], 3), "kernel has 0 axes"),
        (ShapeError, lambda: convolve([1, 2], []), "at least one tap"),
        (ShapeError, lambda: convolve(np.ones((2, 2)), [1], axes=2), "axes is 2"),
        (ArgumentError, lambda: convolve([1, 2], [1], "fill"), "did you mean 'full'"),
        (ArgumentError, lambda: convolve([1, 2], [1], method="slow"), "method is 'slow'"),
        (ArgumentError, lambda: convolve([1, 2], [1], stride=0), "stride is 0"),
        (ArgumentError, lambda: convolve([1, 2], [1], stride=(1, 2)), "one for each of 1 axes"),
        (ArgumentError, lambda: convolve(["a"], [1]), "x holds"),
        (ArgumentError, lambda: convolve([1.0], torch.ones(1)), "torch tensor and x is not"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()


def test_a_short_signal_is_as_long_as_itself_in_same():
    assert convolve([1, 2], np.ones(5), "same").shape == (2,)
    assert convolve([1, 2], np.ones(5), "causal").tolist() == [1, 3]


def test_no_samples_give_no_outputs():
    for mode in MODES:
        assert convolve([], [1, 2, 3], mode).shape == (0,)
    assert convolve(np.ones((0, 5)), [1, 2, 3]).shape == (0, 7)
    assert convolve(np.ones((0, 5)), np.ones((2, 2))).shape == (0, 6)


@pytest.mark.parametrize("method", ["auto", "direct", "fft"])
@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision_is_rounded_once(method, kind):
    rng = np.random.default_rng(6)
    x, taps = (torch.from_numpy(rng.normal(size=n)).to(getattr(torch, kind)) for n in (300, 60))
    whole = np.convolve(x.double().numpy(), taps.double().numpy())
    y = convolve(x, taps, method=method)
    assert y.dtype == x.dtype
    eps = torch.finfo(x.dtype).eps
    assert np.all(np.abs(y.double().numpy() - whole) <= 0.51 * eps * np.abs(whole) + 2e-5)
    if kind == "float16":
        assert np.array_equal(convolve(x.numpy(), taps.numpy(), method=method), y.numpy())
        assert np.isinf(convolve(np.full(4, 60000, np.float16), [1, 1], "valid", method)).all()


def test_a_complex_constant_does_not_colour_the_next_call():
    x = np.arange(5.0)
    for constant, dtype in [(2 + 0j, np.complex128), (2.0, np.float64), (2 + 0j, np.complex128), (2, np.float64)]:
        assert convolve(x, [1.0, 2.0], boundary=("constant", constant)).dtype == dtype
