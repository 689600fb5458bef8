from pathlib import Path

import numpy as np
import pytest

from sigconv import loaders
from sigconv.loaders.subject import subject_of
from sigconv.recipe import config
from sigconv.recipe.eeg.line import DOMAIN
from sigconv.signal import Event, Signal
from tests.recipe.conftest import Silent


@pytest.mark.parametrize(
    ("path", "code", "subject"),
    [
        ("/d/sub-01/eeg/sub-01_run-1_eeg.edf", "X", "01"),
        ("/d/sub-01_run-2.edf", "P7", "01"),
        ("/d/sub-ab3/ses-1/x.edf", "", "ab3"),
        ("/d/all/S003R07.edf", "X", "S003"),
        ("/d/all/anything.edf", "P7", "P7"),
        ("/d/all/anything.edf", "X X", "all"),
        ("/d/S001/rec.edf", "", "S001"),
    ],
)
def test_whose_recording_it_is(path, code, subject):
    assert subject_of(Path(path), code) == subject


def test_two_runs_of_a_person_are_never_on_both_sides(tmp_path):
    for person in ("01", "02"):
        for run in (1, 2):
            events = [Event(1.0, 1, "a"), Event(3.0, 1, "b")]
            x = Signal.from_array(np.random.default_rng(0).normal(size=(2, 1600)), 160, "V", ["C3", "C4"], events)
            loaders.save(x, tmp_path / f"sub-{person}_run-{run}.edf")
    overrides = [f"data.path={tmp_path}", "data.files=['*.edf']", "data.events.a=a"]
    gathered = DOMAIN.gather(config.read("eeg_motor_imagery", overrides), Silent())
    assert gathered.held_out_by == "subject"
    assert gathered.groups == ("01", "01", "02", "02")


def test_channel_kinds_follow_their_labels(tmp_path):
    names = ["C3", "EOG left", "ECG", "EMG1", "HEOG", "Fp1"]
    x = Signal.from_array(np.random.default_rng(0).normal(size=(6, 1600)), 160, "V", names)
    loaders.save(x, tmp_path / "x.edf")
    kinds = loaders.open(tmp_path / "x.edf").notes["kinds"]
    assert list(kinds.values()) == ["eeg", "eog", "ecg", "emg", "eog", "eeg"]
