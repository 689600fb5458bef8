import numpy as np
import pytest
from scipy import signal

from sigconv.core import design, response
from sigconv.core.remez import remez
from sigconv.errors import ArgumentError, SamplingError

B, A = signal.butter(4, 0.3)


def test_the_poles_and_zeros_of_a_difference_equation():
    # 2 y[n] - y[n-1] = x[n] - x[n-2]
    assert response.poles([1, 0, -1], [2, -1]).tolist() == [0.5, 0]
    assert sorted(response.zeros([1, 0, -1], [2, -1]).real) == pytest.approx([-1, 1])
    assert response.impulse_response([1, 0, -1], [2, -1], 4).tolist() == [0.5, 0.25, -0.375, -0.1875]


def test_stability_is_poles_inside_the_circle():
    assert response.is_stable([1], [1, -0.99])
    assert not response.is_stable([1], [1, -1])
    assert not response.is_stable([1], [1, 0, 1.1])
    assert response.is_stable([1, 2, 3], [1])


def test_h_is_scipys_freqz_and_the_dft_of_the_impulse_response():
    for b, a in ((B, A), ([1, 2, 3], [1]), ([1], [1, 0.5])):
        f, h = response.frequency_response(b, a, 64, fs=250)
        theirs_f, theirs = signal.freqz(b, a, 64, fs=250)
        np.testing.assert_allclose(f, theirs_f)
        np.testing.assert_allclose(h, theirs, atol=1e-10)
        dft = np.fft.fft(response.impulse_response(b, a, 4096))[: 2048 : 2048 // 64]
        np.testing.assert_allclose(h, dft, atol=1e-10)


def test_the_group_delay_is_the_slope_of_the_phase():
    for b, a in ((B, A), ([1, 2, 3], [1]), ([1, 0.3], [1, 0.5])):
        theirs = signal.group_delay((b, a), 64)[1]
        np.testing.assert_allclose(response.group_delay(b, a, 64)[1], theirs, atol=1e-9)
    assert response.group_delay([1, 2, 3, 2, 1], [1], 8)[1] == pytest.approx(np.full(8, 2))
    late = response.group_delay([1, 0, 1], [1], 4)[1]
    assert np.isnan(late[2])
    assert late[[0, 1, 3]] == pytest.approx(np.ones(3))


@pytest.mark.parametrize("tol", [1e-2, 1e-6, 1e-9])
def test_after_the_settling_time_nothing_is_left(tol):
    repeated = np.poly([0.9] * 4)
    for b, a in ((B, A), ([1], repeated), ([1, 2, 3], [1]), ([0, 0, 1], [1])):
        n = response.settled(lambda size, b=b, a=a: response.impulse_response(b, a, size), response.poles(b, a), tol)
        h = np.abs(response.impulse_response(b, a, 4000))
        assert h[n:].max() <= tol * h.max() < h[n - 1]


def test_designs_are_scipys():
    np.testing.assert_allclose(
        design.butterworth(4, (7, 30), "bandpass", fs=160), signal.butter(4, (7, 30), "bandpass", fs=160, output="sos")
    )
    np.testing.assert_allclose(design.fir(31, 40, fs=250), signal.firwin(31, 40, fs=250))
    for ours, theirs in (
        (design.cheby1(5, 0.5, 40, fs=250), signal.cheby1(5, 0.5, 40, fs=250, output="sos")),
        (design.cheby2(5, 30, 40, "highpass", fs=250), signal.cheby2(5, 30, 40, "highpass", fs=250, output="sos")),
        (design.ellip(5, 0.5, 30, 40, fs=250), signal.ellip(5, 0.5, 30, 40, fs=250, output="sos")),
        (design.bessel(5, 40, fs=250, norm="mag"), signal.bessel(5, 40, fs=250, norm="mag", output="sos")),
        (remez(31, (0, 30, 50, 125), (1, 0), fs=250), signal.remez(31, (0, 30, 50, 125), (1, 0), fs=250)),
        (design.peak(50, 20, fs=250), signal.iirpeak(50, 20, fs=250)),
    ):
        np.testing.assert_allclose(ours, theirs)
    np.testing.assert_allclose(design.notch(50, 20, fs=250), signal.iirnotch(50, 20, fs=250))
    rate = np.array(250)
    np.testing.assert_allclose(design.butterworth(4, 40, fs=rate), design.butterworth(4, 40, fs=250))
    np.testing.assert_allclose(design.fir(31, 40, fs=rate), design.fir(31, 40, fs=250))
    np.testing.assert_allclose(design.notch(50, 20, fs=rate), design.notch(50, 20, fs=250))


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (SamplingError, lambda: design.butterworth(4, 125, fs=250), "cutoff is 125 Hz.*125 Hz"),
        (SamplingError, lambda: design.butterworth(4, 0, fs=250), "cutoff is 0 Hz"),
        (SamplingError, lambda: design.butterworth(4, (30, 7), "bandpass", fs=250), "lower one comes first"),
        (SamplingError, lambda: design.butterworth(4, 3, fs=-1), "fs is -1"),
        (SamplingError, lambda: design.notch(float("nan"), fs=250), "freq is nan"),
        (ArgumentError, lambda: design.butterworth(0, 3, fs=250), "order is 0"),
        (ArgumentError, lambda: design.butterworth(2, 3, "bandpass", fs=250), "has 2"),
        (ArgumentError, lambda: design.butterworth(2, 3, "bandpas", fs=250), "did you mean 'bandpass'"),
        (ArgumentError, lambda: design.fir(30, 3, "highpass", fs=250), "taps is 30"),
        (ArgumentError, lambda: design.notch(50, 0, fs=250), "q is 0"),
        (ArgumentError, lambda: response.settled(response.impulse, [1.0], 0.1), "never settles"),
        (ArgumentError, lambda: response.settled(response.impulse, [], 2), "tol is 2"),
        (ArgumentError, lambda: design.cheby1(2, 0, 40, fs=250), "ripple is 0"),
        (ArgumentError, lambda: design.cheby2(2, -3, 40, fs=250), "attenuation is -3"),
        (ArgumentError, lambda: design.ellip(2, 40, 1, 40, fs=250), "attenuation is 1 dB; it is more than the ripple"),
        (ArgumentError, lambda: design.bessel(2, 40, fs=250, norm="fase"), "did you mean 'phase'"),
        (SamplingError, lambda: design.bessel(2, 125, fs=250), "cutoff is 125 Hz"),
        (ArgumentError, lambda: remez(31, (0, 30, 50), (1, 0), fs=250), "bands has 3 edges, desired 2 gains"),
        (SamplingError, lambda: remez(31, (0, 50, 30, 125), (1, 0), fs=250), "its edges rise from 0"),
        (SamplingError, lambda: remez(31, (0, 30, 50, 130), (1, 0), fs=250), "at most 125 Hz"),
        (ArgumentError, lambda: remez(2, (0, 30, 50, 125), (1, 0), fs=250), "taps is 2"),
        (ArgumentError, lambda: remez(31, None, (1, 0), fs=250), "bands is None; it is a sequence"),
        (ArgumentError, lambda: remez(31, (0, 30, 50, 125), 1, fs=250), "desired is 1; it is a sequence"),
        (ArgumentError, lambda: remez(31, (0, 30, 50, 125), (1, "a"), fs=250), "desired is 'a'; it is one number"),
        (ArgumentError, lambda: remez(31, (0, 30, 50, 125), (1, 0), fs=250, weight=[1]), "weight 1; two edges"),
        (SamplingError, lambda: remez(31, (0, 30, 50, 125), (1, 0), fs=1e30), r"covers 105 Hz.*or more: widen"),
        (ArgumentError, lambda: remez(31, (0, 40, 60, 90), (1, 0), fs=1000), "taps is 31 and .* did not converge"),
        (ArgumentError, lambda: design.butterworth(150, 1, fs=1000), "order is 150 with cutoff 1 Hz.*double precision"),
        (ArgumentError, lambda: design.butterworth(400, 250, fs=1000), "order is 400 .*double precision|no design"),
        (ArgumentError, lambda: design.butterworth(10**9, 250, fs=1000), "order is 1000000000 "),
        (ArgumentError, lambda: design.butterworth(10**30, 250, fs=1000), "order is 10+; no array"),
        (ArgumentError, lambda: design.cheby1(4, 1e30, 250, fs=1000), r"1e\+30 dB, which has no design"),
        (
            ArgumentError,
            lambda: design.notch(50, 0.1, fs=250),
            r"q is 0\.1, .*is 500 Hz; .*125 Hz: give a q above 0\.4",
        ),
        (ArgumentError, lambda: design.peak(50, 0.4, fs=250), r"q is 0\.4"),
        (ArgumentError, lambda: design.butterworth(2, None, fs=250), "cutoff is None; it is one number"),
        (ArgumentError, lambda: design.butterworth(2, "7 Hz", fs=250), "cutoff is '7 Hz'; it is one number"),
        (ArgumentError, lambda: design.notch(None, fs=250), "freq is None"),
        (ArgumentError, lambda: response.frequency_response([1], [1], 0), "n is 0"),
        (SamplingError, lambda: response.frequency_response([1], [1], 8, 0), "fs is 0 Hz"),
        (ArgumentError, lambda: response.group_delay([1], [1], 8, "250"), "fs is '250'"),
        (ArgumentError, lambda: response.settled(response.impulse, [], "a"), "tol is 'a'; it is one number"),
        (ArgumentError, lambda: response.poles([1], [0, 1]), r"a\[0\] is 0"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()
