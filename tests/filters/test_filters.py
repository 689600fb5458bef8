import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from sigconv import filters
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.signal import Axis, Signal

FS = 250
T = np.arange(2000) / FS
X = np.random.default_rng(0).normal(size=(3, 2000))


def test_a_tone_inside_stays_and_one_outside_goes(xp):
    slow, fast = np.sin(2 * np.pi * 5 * T), np.sin(2 * np.pi * 60 * T)
    middle = slice(500, 1500)
    both = xp.array(slow + fast)
    for y, kept in (
        (filters.lowpass(both, "20 Hz", fs=FS), slow),
        (filters.highpass(both, "0.02 kHz", fs=FS), fast),
        (filters.bandpass(both, 2, 12, fs=FS), slow),
        (filters.bandstop(both, 50, 70, fs=FS), slow),
        (filters.notch(both, 60, fs=FS), slow),
    ):
        assert xp.owns(y)
        np.testing.assert_allclose(np.asarray(y)[middle], kept[middle], atol=0.02)


def test_bands_are_scipys_on_arrays_and_signals():
    sos = signal.butter(4, (7, 30), "bandpass", fs=FS, output="sos")
    np.testing.assert_allclose(filters.bandpass(X, 7, 30, FS), signal.sosfiltfilt(sos, X), atol=1e-12)
    x = Signal.from_array(X, fs=FS, unit="uV")
    y = filters.bandpass(x, 7, 30, zero_phase=False)
    assert (y.axes, y.unit) == (x.axes, "uV")
    np.testing.assert_allclose(y.data, signal.sosfilt(sos, X), atol=1e-12)


def test_time_may_be_any_axis_of_a_signal():
    x = Signal(X.T, (Axis.time(2000, FS), Axis.channel(["a", "b", "c"])))
    np.testing.assert_allclose(filters.lowpass(x, 30).data.T, filters.lowpass(X, 30, fs=FS), atol=1e-12)
    np.testing.assert_allclose(filters.smooth(x, "20 ms").data.T, filters.smooth(X, 0.02, fs=FS), atol=1e-12)
    assert filters.resample(x, 125).shape == (1000, 3)


def test_smoothing_is_the_cores_in_seconds(xp):
    x = xp.array(X)
    peers = {
        "moving_average": ndimage.uniform_filter1d(X, 11),
        "gaussian": ndimage.gaussian_filter1d(X, 11),
        "median": ndimage.median_filter(X, (1, 11)),
        "savgol": signal.savgol_filter(X, 11, 3),
    }
    for technique, expected in peers.items():
        np.testing.assert_allclose(np.asarray(filters.smooth(x, "44 ms", technique, FS)), expected, atol=1e-12)
    step = np.asarray(filters.smooth(xp.array(np.r_[0, np.ones(200)]), 0.2, "exponential", FS))
    assert step[50] == pytest.approx(1 - np.exp(-1))


def test_resampling_is_the_same_on_tensors():
    y = filters.resample(torch.from_numpy(X), 160, FS)
    np.testing.assert_allclose(y.numpy(), filters.resample(X, 160, FS), atol=1e-13)
    assert filters.resample(torch.zeros(2, 0), 160, FS).shape == (2, 0)


def test_resampling_keeps_the_tone_and_the_seconds():
    x = Signal.from_array(np.sin(2 * np.pi * 5 * T), fs=FS, unit="V")
    y = filters.resample(x, "160 Hz")
    assert (y.fs, y.shape, y.unit) == (160, (1, 1280), "V")
    assert y.axis("time").stop == pytest.approx(x.axis("time").stop)
    wanted = np.sin(2 * np.pi * 5 * np.arange(1280) / 160)
    np.testing.assert_allclose(y.data[0, 100:-100], wanted[100:-100], atol=2e-3)
    assert filters.resample(X.astype(np.float32), 100, FS).dtype == np.float32
    np.testing.assert_allclose(
        filters.resample(X, 44.1, 48.0), signal.resample_poly(X, 147, 160, -1, padtype="line"), atol=1e-13
    )


def test_the_common_average_is_zero_afterwards(xp):
    y = filters.common_average(xp.array(X))
    np.testing.assert_allclose(np.asarray(y).mean(0), 0, atol=1e-15)
    z = filters.common_average(Signal.from_array(X, fs=FS))
    np.testing.assert_allclose(z.data, X - X.mean(0))


def test_integers_are_promoted_and_float32_stays(xp):
    counts = xp.array(np.full(300, 30000), np.int16)
    assert np.asarray(filters.lowpass(counts, 30, fs=FS)) == pytest.approx(30000)
    single = xp.array(X, np.float32)
    for y in (filters.lowpass(single, 30, fs=FS), filters.smooth(single, 0.1, fs=FS), filters.common_average(single)):
        assert y.dtype == single.dtype


def test_gradients_pass():
    x = torch.randn(40, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: filters.bandpass(v, 7, 30, 250, order=1), x)


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (SamplingError, lambda: filters.lowpass(X, 30), "fs is missing"),
        (SamplingError, lambda: filters.lowpass(X, 125, fs=250), "cutoff is 125 Hz.*half the rate, 125 Hz"),
        (SamplingError, lambda: filters.lowpass(X, "30 ms", fs=250), "cannot turn 'ms'"),
        (SamplingError, lambda: filters.lowpass(X, 30, fs=0), "fs is 0"),
        (SamplingError, lambda: filters.lowpass(Signal.from_array(X, 160), 30, fs=250), "the signal has 160 Hz"),
        (ArgumentError, lambda: filters.lowpass(Signal(X, (Axis("a", 3), Axis("b", 2000))), 3), "axis is 'time'"),
        (ShapeError, lambda: filters.lowpass(np.zeros(7), 30, fs=250), "x has 7 samples.*at least 16"),
        (SamplingError, lambda: filters.smooth(X, 0.001, fs=250), "0.001 s, less than one sample at 250 Hz"),
        (SamplingError, lambda: filters.smooth(X, 0, "gaussian", 250), "width is 0 s"),
        (ArgumentError, lambda: filters.smooth(X, 0.1, "gausian", 250), "did you mean 'gaussian'"),
        (SamplingError, lambda: filters.resample(X, 0, 250), "new_rate is 0"),
        (SamplingError, lambda: filters.resample(X, np.pi, 250), "no fraction"),
        (ShapeError, lambda: filters.common_average(X, axis=2), "axis is 2"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()
