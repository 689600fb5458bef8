import dataclasses

import numpy as np
import pytest

from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.signal import Axis, Event, Signal


@pytest.fixture
def eeg():
    return Signal.from_array(np.zeros((2, 320)), fs=160, unit="V", channels=["C3", "C4"], events=[Event(0.5, 1, "T1")])


def test_a_signal_knows_its_axes(eeg):
    assert (eeg.shape, eeg.fs, eeg.channels, eeg.axis("time").stop) == ((2, 320), 160.0, ("C3", "C4"), 2.0)
    assert repr(eeg) == "Signal(channel 2, time 320 @ 160 Hz; unit V, 1 events)"


def test_a_signal_is_frozen_and_shares_no_notes(eeg):
    with pytest.raises(dataclasses.FrozenInstanceError):
        eeg.unit = "mV"
    with pytest.raises(TypeError):
        eeg.notes["x"] = 1
    given = {"a": 1}
    kept = dataclasses.replace(eeg, notes=given)
    given["a"] = 2
    assert kept.notes["a"] == 1


def test_with_data_keeps_everything_but_the_samples(eeg):
    half = eeg.with_data(eeg.data[:, :160])
    assert half.axis("time").size == 160
    assert (half.channels, half.events, half.unit, half.fs) == (eeg.channels, eeg.events, "V", 160)
    assert eeg.with_data(eeg.data[:1]).channels == ()


def test_what_does_not_fit_is_refused(eeg):
    with pytest.raises(ShapeError, match="channel 2, time 320"):
        Signal(np.zeros((2, 321)), eeg.axes)
    with pytest.raises(ShapeError, match="1 labels for 2"):
        Axis("channel", 2, labels=("a",))
    with pytest.raises(SamplingError, match="fs is 0"):
        Axis.time(10, 0)
    with pytest.raises(ArgumentError, match=r"did you mean 'time'.*channel, time"):
        eeg.axis("tim")
    with pytest.raises(ShapeError, match="3 axes"):
        Signal.from_array(np.zeros((1, 2, 3)), fs=1)
