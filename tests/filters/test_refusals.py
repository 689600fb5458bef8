"""Bad input to filters: named, with what was given and what is allowed."""

import numpy as np
import pytest

from sigconv import CCDE, filters, median, moving_average, savgol, sosfilt
from sigconv.errors import ArgumentError, ResourceError, SamplingError, ShapeError
from sigconv.signal import Axis, Signal


def test_a_common_average_leaves_what_is_no_eeg_alone():
    data = np.random.default_rng(0).normal(size=(4, 50))
    names = ("C3", "C4", "Cz", "ECG")
    x = Signal(data, (Axis.channel(names), Axis.time(50, 100)), "V", notes={"kinds": {"ECG": "ecg"}})
    y = filters.common_average(x).data
    np.testing.assert_allclose(y[:3], data[:3] - data[:3].mean(0))
    assert np.array_equal(y[3], data[3])
    with pytest.raises(ShapeError, match="1 channels to average"):
        filters.common_average(data[:1])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: filters.resample(x[:, :1], 50, fs=100), ShapeError, "one sample"),
        (lambda x: filters.smooth(x, 1e9, fs=100), SamplingError, "the signal has 50"),
        (lambda x: filters.bandpass(x, 30, 7, fs=100), SamplingError, "low is 30 Hz and high is 7 Hz; low is below"),
        (lambda x: filters.bandpass(x, 0, 7, fs=100), SamplingError, "low is 0 Hz"),
        (lambda x: filters.bandstop(x, 7, "1 kHz", fs=100), SamplingError, "high is 1000 Hz"),
        (
            lambda x: filters.lowpass(x[:, :9], 7, fs=100),
            ShapeError,
            "^x has 9 samples along axis 1; zero phase of",
        ),
        (
            lambda x: filters.notch(x[0, :9], 7, fs=100),
            ShapeError,
            "at least 10; .* filter forward only$",
        ),
        (lambda x: median(x, 10**9 + 1), ResourceError, "allowed"),
        (lambda x: savgol(x, 5, 2, 1, 0.0), ArgumentError, "delta is 0.0"),
        (lambda x: moving_average(x, True), ArgumentError, "width is True"),
        (lambda x: moving_average(np.ma.masked_array(x, x > 1), 3), ArgumentError, "masked array"),
        (lambda x: moving_average([[1, 2], [3]], 3), ArgumentError, "x is no array"),
        (lambda x: CCDE([np.nan], [1]), ArgumentError, "b is .nan."),
    ],
)
def test_what_is_refused_and_why(call, error, said):
    with pytest.raises(error, match=said):
        call(np.random.default_rng(0).normal(size=(2, 50)))


def test_sections_of_nothing_are_nothing():
    assert sosfilt([[1, 0, 0, 1, -0.5, 0]], np.zeros((3, 0))).shape == (3, 0)
