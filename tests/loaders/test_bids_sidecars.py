"""BIDS: what lies around a recording, made from real files."""

import json
import shutil

import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders.eeg.sidecars import Sidecars, sidecars


@pytest.fixture
def folder(tmp_path, real_data):
    """A data set with one real recording, laid out as BIDS says."""
    root = tmp_path / "set"
    eeg = root / "sub-01" / "ses-1" / "eeg"
    eeg.mkdir(parents=True)
    name = "sub-01_ses-1_task-imagery_run-1"
    shutil.copy(real_data / "eegmmidb_S001" / "S001" / "S001R04.edf", eeg / f"{name}_eeg.edf")
    (root / "dataset_description.json").write_text('{"Name": "made", "BIDSVersion": "1.10.0"}')
    (root / "participants.tsv").write_text("participant_id\tage\tsex\nsub-01\t34\tF\nsub-02\t29\tn/a\n")
    (root / "task-imagery_eeg.json").write_text(json.dumps({"TaskName": "imagery", "PowerLineFrequency": 60}))
    (eeg / f"{name}_events.tsv").write_text(
        "onset\tduration\ttrial_type\tvalue\n4.2\t4.1\tleft\t1\n12.5\tn/a\tn/a\t2\n0.5\t0\tstart\tn/a\n"
    )
    (eeg / f"{name}_channels.tsv").write_text(
        "name\ttype\tunits\tstatus\nFp1.\tEOG\tuV\tgood\nC3..\tEEG\tuV\tbad\nIz..\tMISC\tuV\tgood\n"
    )
    (eeg / "sub-01_ses-1_space-CapTrak_electrodes.tsv").write_text(
        "name\tx\ty\tz\nC3..\t-60\t0\t55\nCz..\t0\t5\t90\nOz..\tn/a\tn/a\tn/a\n"
    )
    (eeg / "sub-01_ses-1_space-CapTrak_coordsystem.json").write_text(
        json.dumps({"EEGCoordinateSystem": "CapTrak", "EEGCoordinateUnits": "mm"})
    )
    return eeg / f"{name}_eeg.edf"


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_what_lies_around_a_real_recording_is_used(folder):
    recording = loaders.open(folder)
    told = [(e.onset, e.duration, e.label) for e in recording.events]
    assert told == [(0.5, 0.0, "start"), (4.2, 4.1, "left"), (12.5, 0.0, "2")]
    assert "Iz.." in recording.notes["left_out"]
    assert len(recording.channels) == 63
    assert recording.read(0, 1).shape == (63, 160)
    assert (recording.notes["kinds"]["Fp1"], recording.notes["kinds"]["C3"]) == ("eog", "eeg")
    assert recording.notes["bad_channels"] == ("C3",)
    assert recording.notes["positions"] == {"C3": (-0.06, 0.0, 0.055), "Cz": (0.0, 0.005, 0.09)}
    assert recording.notes["participant"] == {"participant_id": "sub-01", "age": "34", "sex": "F"}
    assert recording.notes["facts"]["PowerLineFrequency"] == "60"
    assert recording.notes["subject"] == "01"


def test_a_file_for_fewer_entities_applies_and_a_nearer_one_goes_before_it(tmp_path):
    eeg = tmp_path / "sub-01" / "eeg"
    eeg.mkdir(parents=True)
    recording = eeg / "sub-01_task-rest_run-2_eeg.edf"
    head = "onset\tduration\ttrial_type\n"
    (tmp_path / "task-rest_events.tsv").write_text(head + "1\t0\tfar\n")
    (tmp_path / "task-other_events.tsv").write_text(head + "1\t0\twrong\n")
    (eeg / "sub-01_task-rest_run-1_events.tsv").write_text(head + "1\t0\twrong\n")
    assert [e.label for e in sidecars(recording).events] == ["far"]
    (eeg / "sub-01_task-rest_events.tsv").write_text(head + "1\t0\tnear\n")
    assert [e.label for e in sidecars(recording).events] == ["near"]
    (eeg / "sub-01_task-rest_run-2_events.tsv").write_text(head + "1\t0\tits own\n")
    assert [e.label for e in sidecars(recording).events] == ["its own"]


def test_a_file_that_is_in_no_data_set_has_nothing_around_it(tmp_path):
    assert sidecars(tmp_path / "a.edf") == Sidecars()
    assert sidecars(tmp_path / "task-rest_eeg.edf") == Sidecars()


def test_places_in_an_atlas_or_a_scanner_are_not_used_and_that_is_told(tmp_path):
    (tmp_path / "sub-1_electrodes.tsv").write_text("name\tx\ty\tz\nCz\t1\t2\t3\n")
    told = sidecars(tmp_path / "sub-1_task-a_eeg.edf")
    assert (told.positions, len(told.warnings)) == ({}, 1)
    (tmp_path / "sub-1_coordsystem.json").write_text('{"EEGCoordinateSystem": "CTF", "EEGCoordinateUnits": "cm"}')
    assert sidecars(tmp_path / "sub-1_task-a_eeg.edf").positions == {"Cz": (-0.02, 0.01, 0.03)}


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("events.tsv", "onset\tduration\n1\n", "line 2 has 1 fields, expected 2"),
        ("events.tsv", "onset\tlabel\n1\ta\n", "no column duration"),
        ("events.tsv", "onset\tduration\nsoon\t0\n", "onset is 'soon'"),
        ("channels.tsv", "name\nC3\n", "no column type"),
        ("eeg.json", "{", "is not JSON"),
        ("eeg.json", "[1]", "is a list"),
    ],
)
def test_a_damaged_table_is_refused_by_its_own_name(tmp_path, name, content, told):
    (tmp_path / f"sub-1_task-a_{name}").write_text(content)
    with pytest.raises(FormatError, match=told) as refused:
        sidecars(tmp_path / "sub-1_task-a_eeg.edf")
    assert f"sub-1_task-a_{name}" in str(refused.value)
