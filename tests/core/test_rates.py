"""Other rates by whole factors. On purpose different from SciPy: float32 and complex64 stay what they are beside
float64 taps; a float32 decimation is filtered in float64; a q that is no whole number is an ArgumentError."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from sigconv.core.rates import PADTYPES, decimate, polyphase, resample_poly
from sigconv.errors import ArgumentError, ResourceError, ShapeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 301))


def test_known_numbers():
    assert resample_poly([1.0, 2, 3], 2, 1, window=[1.0]).tolist() == [2, 0, 4, 0, 6, 0]
    assert resample_poly([1.0, 2, 3], 2, 1, window=[0.25, 0.5, 0.25]).tolist() == [1, 1.5, 2, 2.5, 3, 1.5]
    assert resample_poly([1.0, 2, 3, 4, 5], 1, 2, window=[1.0]).tolist() == [1, 3, 5]
    assert resample_poly([1.0, 2, 3], 6, 2, window=[1.0]).tolist() == [3, 0, 0, 6, 0, 0, 9, 0, 0]
    assert decimate(np.ones(50), 5) == pytest.approx(np.full(10, 10 ** (-0.1 / 20)))  # twice 0.05 dB


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 40), st.integers(1, 30), st.integers(0, 12))
def test_it_is_zeros_between_a_convolution_and_every_so_many_kept(up, down, n, count, half):
    if np.gcd(up, down) > 1:
        return
    x, taps = RNG.normal(size=n), RNG.normal(size=count)
    stuffed = np.zeros(n * up)
    stuffed[::up] = x
    whole = np.pad(np.convolve(stuffed, taps), (0, n * up + half))[half:]
    y = polyphase(x, taps, up, down, half)
    np.testing.assert_allclose(y, whole[::down][: -(-n * up // down)], atol=1e-12)
    np.testing.assert_allclose(polyphase(torch.tensor(x), torch.tensor(taps), up, down, half), y, atol=1e-12)


@pytest.mark.parametrize("padtype", PADTYPES)
@pytest.mark.parametrize("n", [2, 37, 300])
@pytest.mark.parametrize("factors", [(1, 2), (2, 1), (3, 2), (147, 160), (1, 10), (10, 1), (4, 4)])
def test_resample_poly_is_scipys(xp, padtype, n, factors):
    x = X[:, :n]
    expected = signal.resample_poly(x, *factors, axis=1, padtype=padtype)
    y = resample_poly(xp.array(x), *factors, axis=1, padtype=padtype)
    assert xp.owns(y)
    np.testing.assert_allclose(np.asarray(y), expected, atol=2e-14 * max(1, np.abs(expected).max()))


def test_windows_axes_precisions_and_constants_are_scipys(xp):
    z = X + 1j * X[::-1]
    taps = signal.firwin(41, 0.2)
    for x in (X, X.astype(np.float32), z, z.astype(np.complex64), X.T[::-2], X.astype(">f8")):
        native = x.astype(x.dtype.newbyteorder("="))
        for options in ({"window": "hann"}, {"window": taps}, {"cval": 2.5}, {"axis": 1, "padtype": "mean"}):
            expected = signal.resample_poly(native, 5, 3, **options)
            y = np.asarray(resample_poly(xp.array(native) if xp.name == "torch" else x, 5, 3, **options))
            assert y.dtype == native.dtype
            tolerance = 1e-5 if y.dtype in (np.float32, np.complex64) else 1e-13
            np.testing.assert_allclose(y, expected, atol=tolerance * np.abs(expected).max())
    np.testing.assert_allclose(
        resample_poly(z, 2, 3, window=taps * (1 + 1j)),
        signal.resample_poly(z, 2, 3, window=taps * (1 + 1j)),
        atol=1e-13,
    )


def test_other_precisions_take_the_definition():
    assert resample_poly(X.astype(np.longdouble), 3, 2, 1).dtype == np.longdouble
    np.testing.assert_allclose(resample_poly(X.astype(np.longdouble), 3, 2, 1), resample_poly(X, 3, 2, 1), atol=1e-14)
    np.testing.assert_allclose(resample_poly(np.arange(9, dtype=np.int8), 3, 2), resample_poly(np.arange(9.0), 3, 2))


@pytest.mark.parametrize("zero_phase", [True, False])
@pytest.mark.parametrize("ftype", ["iir", "fir", "dlti", "fir dlti", "complex dlti"])
def test_decimate_is_scipys(xp, zero_phase, ftype):
    systems = {
        "dlti": signal.dlti(*signal.butter(3, 0.2)),
        "fir dlti": signal.dlti([0.1, 0.2, 0.4, 0.2, 0.1], 1),
        "complex dlti": signal.dlti([0.5], [0.3 + 0.2j], 0.5),
    }
    for n in (None, 5) if ftype in ("iir", "fir") else (None,):
        expected = signal.decimate(X, 3, n, systems.get(ftype, ftype), zero_phase=zero_phase)
        y = decimate(xp.array(X), 3, n, systems.get(ftype, ftype), zero_phase=zero_phase)
        np.testing.assert_allclose(np.asarray(y), expected, atol=1e-12)


def test_the_definition_is_what_is_compiled():
    taps, half = torch.from_numpy(signal.firwin(41, 0.3)), 20
    for up, down in ((3, 2), (2, 3), (1, 7), (7, 1)):
        compiled = polyphase(torch.from_numpy(X), taps, up, down, half)
        definition = polyphase(torch.from_numpy(X), taps.clone().requires_grad_(), up, down, half).detach()
        np.testing.assert_allclose(compiled.numpy(), definition.numpy(), atol=1e-14)


def test_the_result_does_not_depend_on_threads_batch_or_length():
    from sigconv.core.native.threads import set_threads, threads

    x = RNG.normal(size=(4, 70_000))
    before = threads()
    try:
        results = []
        for count in (1, 2, 4):
            set_threads(count)
            results.append(resample_poly(x, 7, 4, 1))
    finally:
        set_threads(before)
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])
    assert np.array_equal(results[0][2], resample_poly(x[2], 7, 4))
    assert np.array_equal(results[0][2, :1000], resample_poly(x[2, :2000], 7, 4)[:1000])


def test_decimating_float32_by_much_keeps_its_level():
    x = np.ones(20_000, np.float32)
    y = decimate(x, 100, 7)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, 1, atol=1e-6)


def test_every_sample_kept_is_nothing_removed():
    np.testing.assert_array_equal(decimate(X, 1, ftype="fir"), X)


@pytest.mark.parametrize("shape", [(0, 12), (2, 0)])
def test_nothing_has_a_gradient_too(shape):
    x = torch.zeros(shape, requires_grad=True)
    for y in (resample_poly(x, 3, 2, 1), decimate(x, 3, ftype="fir")):
        assert y.shape[0] == shape[0]
        y.sum().backward()
    assert x.grad.shape == shape


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
def test_complex_half_precision_is_refused():
    with pytest.raises(ArgumentError, match=r"x holds complex32.*give complex64"):
        decimate(torch.ones(30, dtype=torch.complex32), 2)


def test_gradients_twice():
    x = torch.randn(2, 13, dtype=torch.float64, requires_grad=True)
    for call in (
        lambda v: resample_poly(v, 3, 2, 1),
        lambda v: resample_poly(v, 2, 3, 1, window=[0.2, 0.5, 0.3], padtype="line"),
        lambda v: decimate(v, 3, 2, "fir"),
        lambda v: decimate(v, 2, 1),
    ):
        assert torch.autograd.gradcheck(call, x)
        assert torch.autograd.gradgradcheck(call, x)
    z = torch.randn(7, dtype=torch.complex128, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: resample_poly(v, 5, 3, window=[0.2, 0.5j, 0.3]), z)
    taps = torch.randn(5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda h: resample_poly(x, 3, 2, 1, window=h), taps)
    assert torch.autograd.gradgradcheck(lambda h: resample_poly(x, 3, 2, 1, window=h), taps)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: resample_poly(X, 0, 1), ArgumentError, "up is 0"),
        (lambda: resample_poly(X, 1, 1.5), ArgumentError, r"down is 1\.5"),
        (lambda: resample_poly(X, 2, 1, padtype="lines"), ArgumentError, "did you mean 'line'"),
        (lambda: resample_poly(X, 2, 1, padtype="mean", cval=1), ArgumentError, "cval is 1 with padtype 'mean'"),
        (lambda: resample_poly(X, 2, 1, window=np.eye(2)), ArgumentError, r"window has shape \(2, 2\)"),
        (lambda: resample_poly(X, 2, 1, window="hanm"), ArgumentError, "window is 'hanm'"),
        (lambda: resample_poly(X, 2, 1, 2), ShapeError, "axis is 2"),
        (lambda: resample_poly(X[:, :1], 2, 1, 1, padtype="line"), ShapeError, "x has 1 sample"),
        (lambda: resample_poly(X[:, :0], 2, 1, 1, padtype="mean"), ShapeError, "x has no sample"),
        (lambda: resample_poly(X + 1j, 2, 1, padtype="median"), ArgumentError, "x complex"),
        (lambda: resample_poly(X, 2, 1, window=()), ArgumentError, r"window is \(\)"),
        (lambda: resample_poly(X, 2, 1, window=("kaiser", {})), ArgumentError, "window is .'kaiser', {}"),
        (lambda: resample_poly(X, 2, 1, cval=[]), ArgumentError, r"cval is \[\]; it is one number"),
        (lambda: resample_poly(X, 1, 10**9), ResourceError, "down 1000000000 .*160,000,000,000 bytes, allowed"),
        (lambda: decimate(X, 2, 200_000), ArgumentError, "order is 200000"),
        (lambda: decimate(X, 0), ArgumentError, "q is 0"),
        (lambda: decimate(X, 2, 0), ArgumentError, "n is 0"),
        (lambda: decimate(X, 2, ftype="irr"), ArgumentError, "did you mean 'iir'"),
        (lambda: decimate(X, 2, ftype=3), ArgumentError, "ftype is 3"),
        (lambda: decimate(X[:, :9], 2), ShapeError, "x has 9 samples"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()
