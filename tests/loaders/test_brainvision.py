"""BrainVision: every kind of number, and headers that are wrong on purpose."""

import mne
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError

CHANNELS = ("C3", "Cz", "EOG\\1left", "Temp")
UNITS = ("µV", "mV", "", "C")


def write(folder, kind="INT_16", order="MULTIPLEXED", data=None, marks=(), coordinates="", **changes):
    """A small recording by hand: 4 channels, 20 samples, 250 Hz."""
    stored = {"INT_16": "<i2", "INT_32": "<i4", "IEEE_FLOAT_32": "<f4"}[kind]
    x = np.arange(80).reshape(4, 20) - 30 if data is None else data
    (folder / "a.eeg").write_bytes((x.T if order == "MULTIPLEXED" else x).astype(stored).tobytes())
    fields = {
        "Codepage": "UTF-8",
        "DataFile": "a.eeg",
        "MarkerFile": "a.vmrk",
        "DataFormat": "BINARY",
        "DataOrientation": order,
        "NumberOfChannels": "4",
        "SamplingInterval": "4000",
    } | changes
    lines = ["Brain Vision Data Exchange Header File Version 1.0", "; by hand", "[Common Infos]"]
    lines += [f"{key}={value}" for key, value in fields.items() if value is not None]
    lines += ["[Binary Infos]", f"BinaryFormat={kind}", "[Channel Infos]"]
    lines += [f"Ch{i + 1}={name},,0.5,{unit}" for i, (name, unit) in enumerate(zip(CHANNELS, UNITS, strict=True))]
    text = "\n".join(lines) + "\n" + coordinates + "\n[Comment]\n[Marker Infos]=nonsense\nDataFile=/etc/passwd\n"
    (folder / "a.vhdr").write_text(text, encoding="utf-8")
    marks = "".join(f"Mk{i + 1}={mark}\n" for i, mark in enumerate(marks))
    head = "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\n[Marker Infos]\n"
    (folder / "a.vmrk").write_text(head + marks, encoding="utf-8")
    return folder / "a.vhdr", x


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["INT_16", "INT_32", "IEEE_FLOAT_32"])
@pytest.mark.parametrize("order", ["MULTIPLEXED", "VECTORIZED"])
def test_every_kind_of_number_in_either_order(tmp_path, kind, order):
    path, x = write(tmp_path, kind, order)
    recording = loaders.open(path)
    assert (recording.channels, recording.fs) == (("C3", "Cz", "EOG,left"), 250.0)
    np.testing.assert_allclose(recording.read().data, x[:3] * 0.5 * np.array([[1e-6], [1e-3], [1e-6]]), rtol=1e-14)
    np.testing.assert_array_equal(recording.pick(["Cz"]).read(0.02, 0.06).data, recording.read().data[1:2, 5:15])
    assert recording.notes["left_out"] == ("Temp",)
    assert list(recording.notes["kinds"].values()) == ["eeg", "eeg", "eog"]


def test_markers_are_events_and_the_first_segment_tells_the_time(tmp_path):
    marks = (
        *("New Segment,,1,1,0,20131113161403794232", "Stimulus,S  1,6,10,0", r"Comment,a\1b,11,0,0"),
        *("New Segment,,15,1,0,20131113171403794232", "Mk9x"),
    )
    path, _ = write(tmp_path, marks=marks[:-1])
    recording = loaders.open(path)
    told = [(round(e.onset, 9), round(e.duration, 9), e.label) for e in recording.events]
    assert told == [(0.02, 0.04, "Stimulus/S  1"), (0.04, 0.0, "Comment/a,b"), (0.056, 0.004, "New Segment/")]
    assert recording.notes["start_time"].startswith("2013-11-13T16:14:03.794232")
    assert any("stopped 1 times" in sentence for sentence in recording.notes["warnings"])


def test_positions_of_the_file_go_first(tmp_path):
    path, _ = write(tmp_path, coordinates="[Coordinates]\nCh1=1,-44,0\nCh2=90,0,0\nCh3=0,0,0\n")
    recording = loaders.open(path)
    montage = mne.io.read_raw_brainvision(path, misc=["Temp"], verbose="error").info["chs"]
    for channel, where in recording.notes["positions"].items():
        at = next(c["loc"][:3] for c in montage if c["ch_name"] == recording.notes["file_labels"][channel])
        np.testing.assert_allclose(where, at, atol=1e-7)
    assert set(recording.notes["positions"]) == {"C3", "Cz"}


def test_a_recording_renamed_with_its_files_is_found_with_a_warning(tmp_path):
    path, _ = write(tmp_path, DataFile="old.eeg", MarkerFile="old.vmrk", marks=["Stimulus,S  1,6,10,0"])
    recording = loaders.open(path)
    assert len(recording.events) == 1
    assert sum("is not there" in sentence for sentence in recording.notes["warnings"]) == 2


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"DataFile": "/etc/passwd"}, "folder; expected|own folder"),
        ({"DataFile": "../a.eeg"}, "folder; expected|own folder"),
        ({"DataFile": "link.eeg"}, "folder; expected|own folder"),
        ({"MarkerFile": "/etc/passwd"}, "folder; expected|own folder"),
        ({"MarkerFile": "link.eeg"}, "folder; expected|own folder"),
        ({"DataFile": None}, "DataFile"),
        ({"NumberOfChannels": "0"}, "NumberOfChannels is '0'"),
        ({"NumberOfChannels": "5"}, "has no Ch5"),
        ({"NumberOfChannels": "3"}, "multiple of 6"),
        ({"NumberOfChannels": "99999999999999999999"}, "whole number"),
        ({"SamplingInterval": "0"}, "SamplingInterval"),
        ({"SamplingInterval": "nan"}, "SamplingInterval"),
        ({"DataFormat": "ASCII"}, "ASCII"),
        ({"DataOrientation": "SIDEWAYS"}, "SIDEWAYS"),
        ({"DataPoints": "21"}, "20 samples, expected 21"),
    ],
)
def test_a_wrong_header_is_refused_by_field(tmp_path, changes, told):
    home = tmp_path / "home"
    home.mkdir()
    (home / "link.eeg").symlink_to("/etc/passwd")
    path, _ = write(home, **changes)
    with pytest.raises(FormatError, match=told) as refused:
        loaders.open(path)
    assert str(path) in str(refused.value)


def test_a_file_of_samples_that_shrinks_is_noticed(tmp_path):
    path, _ = write(tmp_path)
    recording = loaders.open(path)
    (tmp_path / "a.eeg").write_bytes(b"\0" * 8)
    with pytest.raises(FormatError, match=r"a\.eeg: ends at byte 8"):
        recording.read()
