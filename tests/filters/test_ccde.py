import numpy as np
import pytest
import torch
from scipy import signal

from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.filters import CCDE
from sigconv.signal import Signal

X = np.random.default_rng(0).normal(size=(2, 400))


def test_it_is_its_difference_equation():
    f = CCDE([0.5, 0, -1], [2, -1])
    assert str(f) == "y[n] = 0.25 x[n] - 0.5 x[n-2] + 0.5 y[n-1]"
    assert f.impulse(3).tolist() == [0.25, 0.125, -0.4375]
    assert str(CCDE([0.0])) == "y[n] = 0"
    assert str(CCDE([-1, 1j])) == "y[n] = (-1+0j) x[n] + (0+1j) x[n-1]"


def test_the_three_ways_to_one_filter_agree(xp):
    z, p, k = signal.butter(3, 0.2, output="zpk")
    b, a = signal.zpk2tf(z, p, k)
    expected = signal.lfilter(b, a, X)
    for f in (CCDE(b, a), CCDE.from_zpk(z, p, k), CCDE.from_sos(signal.zpk2sos(z, p, k))):
        np.testing.assert_allclose(np.asarray(f(xp.array(X))), expected, atol=1e-11)
        np.testing.assert_allclose(np.sort(f.zeros.real)[:3], -np.ones(3), atol=1e-4)
        np.testing.assert_allclose(f.response(64)[1], signal.freqz(b, a, 64)[1], atol=1e-10)


def test_a_design_keeps_its_sections_where_a_polynomial_would_break():
    f = CCDE.butterworth(12, (1, "2 Hz"), "bandpass", fs=1000)
    assert f.is_stable
    sos = signal.butter(12, (1, 2), "bandpass", fs=1000, output="sos")
    np.testing.assert_array_equal(f(X), signal.sosfilt(sos, X))
    both_ways = signal.sosfiltfilt(sos, X)
    np.testing.assert_allclose(f.zero_phase(X), both_ways, atol=1e-6 * np.abs(both_ways).max())
    assert f.response()[0].max() < 500


def test_h_is_the_dft_of_the_impulse_response():
    f = CCDE.butterworth(4, (7, 30), "bandpass", fs=160)
    n = f.settle(1e-12)
    h = np.fft.fft(f.impulse(2 * n))[:n]
    frequencies, response = f.response(n)
    np.testing.assert_allclose(response, h, atol=1e-10)
    assert frequencies[-1] == pytest.approx(80 * (n - 1) / n)


def test_a_notch_removes_its_frequency():
    t = np.arange(5000) / 250
    f = CCDE.notch("50 Hz", fs=250)
    assert np.abs(f(np.sin(2 * np.pi * 50 * t))[-500:]).max() < 1e-6


def test_an_unstable_filter_says_so_once():
    f = CCDE([1], [1, -1.25])
    assert not f.is_stable
    with pytest.warns(RuntimeWarning, match=r"radius is 1\.25") as caught:
        assert f(np.array([1.0, 0, 0])).tolist() == [1, 1.25, 1.5625]
    assert len(caught) == 1
    with pytest.raises(ArgumentError, match=r"radius 1\.25"):
        f.settle()


def test_a_signal_comes_back_as_a_signal():
    x = Signal.from_array(X, fs=160, unit="V", channels=["C3", "C4"])
    f = CCDE.butterworth(2, 10, fs=160)
    y = f(x)
    assert (y.channels, y.unit, y.fs) == (("C3", "C4"), "V", 160)
    np.testing.assert_array_equal(y.data, f(X))
    with pytest.raises(SamplingError, match="fs is 250"):
        CCDE.butterworth(2, 10, fs=250)(x)


def test_it_is_frozen_and_differentiable():
    f = CCDE([1.0, 2.0])
    with pytest.raises(ValueError):
        f.b[0] = 3
    x = torch.randn(8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(f, x)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match=r"a\[0\] is 0"):
        CCDE([1], [0, 1])
    with pytest.raises(ArgumentError, match="torch tensor"):
        CCDE(torch.ones(2))
    with pytest.raises(SamplingError, match=r"cutoff is 90 Hz.*80 Hz"):
        CCDE.butterworth(4, (7, 90), "bandpass", fs=160)
    with pytest.raises(ShapeError, match="x has 5 samples"):
        CCDE.butterworth(4, 7, fs=160).zero_phase(np.zeros(5))
