"""Made-up motor imagery: hard enough that a wrong band or a leaky split shows."""

import mne
import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt, welch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from sigconv.errors import ArgumentError
from sigconv.loaders.eeg.generator import motor_imagery


@pytest.fixture(scope="module")
def made():
    return motor_imagery(subjects=6, trials=40, seed=0)


def trials(recordings, low, high):
    """(trial, channel, time) band-passed, (trial) class, (trial) subject; 1 to 3.5 s after the cue."""
    windows, classes, subjects = [], [], []
    for number, recording in enumerate(recordings):
        band = butter(4, (low, high), "bandpass", fs=recording.fs, output="sos")
        data = sosfiltfilt(band, recording.read().data)
        for event in recording.events:
            first = round((event.onset + 1) * recording.fs)
            windows.append(data[:, first : first + round(2.5 * recording.fs)])
            classes.append(event.label == "right")
            subjects.append(number)
    return np.array(windows), np.array(classes, int), np.array(subjects)


def accuracy(windows, classes, train, test):
    with mne.use_log_level("error"):
        model = make_pipeline(mne.decoding.CSP(4, rank="full"), LinearDiscriminantAnalysis())
        return model.fit(windows[train], classes[train]).score(windows[test], classes[test])


def left_out(windows, classes, subjects):
    return np.mean([accuracy(windows, classes, subjects != one, subjects == one) for one in np.unique(subjects)])


# known ---------------------------------------------------------------------------------------------------------------


def test_a_recording_is_what_its_notes_say(made):
    first = made[0]
    assert [recording.notes["subject"] for recording in made] == [f"S0{number}" for number in range(1, 7)]
    assert first.unit == "V"
    assert set(first.notes["positions"]) == set(first.channels)
    assert [event.label for event in first.events].count("left") == 20
    assert np.all(np.diff([event.onset for event in first.events]) == 5.0)
    assert first.notes["positions"]["C3"][0] < 0 < first.notes["positions"]["C4"][0]


def test_its_voltages_are_those_of_a_scalp(made):
    for recording in made:
        spread = np.std(recording.read().data, axis=1)
        assert np.all((spread > 2e-6) & (spread < 100e-6))


def test_line_noise_stands_at_50_hz_and_posterior_alpha_near_10(made):
    frequency, power = welch(made[0].read().data, made[0].fs, nperseg=640)
    near = (frequency > 40) & (frequency < 60)
    assert abs(frequency[near][power[:, near].mean(0).argmax()] - 50) < 0.5
    alpha = (frequency > 7) & (frequency < 12)
    back = [made[0].channels.index(name) for name in ("O1", "O2", "Pz")]
    front = [made[0].channels.index(name) for name in ("F3", "F4", "Fz")]
    assert power[back][:, alpha].mean() > 2 * power[front][:, alpha].mean()


def test_what_cannot_be_made_is_refused():
    for wrong in ({"subjects": 0}, {"trials": 0}, {"fs": 100}):
        with pytest.raises(ArgumentError, match="allowed"):
            motor_imagery(**wrong)


# law -----------------------------------------------------------------------------------------------------------------


def test_a_subject_depends_on_seed_and_number_only(made):
    again = motor_imagery(subjects=2, trials=40, seed=0)
    np.testing.assert_array_equal(again[1].read().data, made[1].read().data)
    other = motor_imagery(subjects=1, trials=40, seed=1)
    assert not np.array_equal(other[0].read().data, made[0].read().data)


def test_the_motor_band_tells_the_hands_of_an_unseen_subject_apart_and_a_leak_flatters(made):
    windows, classes, subjects = trials(made, 8, 30)
    honest = left_out(windows, classes, subjects)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    mixed = np.mean([accuracy(windows, classes, *fold) for fold in folds.split(windows, classes)])
    assert 0.68 < honest < 0.92
    assert mixed > honest + 0.03


@pytest.mark.parametrize("band", [(1, 4), (40, 60)])
def test_a_wrong_band_tells_nothing(made, band):
    assert left_out(*trials(made, *band)) < 0.6
