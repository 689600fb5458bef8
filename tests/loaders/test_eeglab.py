"""EEGLAB: samples inside the .set or beside it, and a MATLAB reader that agrees with SciPy."""

import pickle

import numpy as np
import pytest
import scipy.io

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders.eeg import matlab

DATA = np.random.default_rng(0).normal(size=(3, 500)).astype(np.float32)


def structure(**changes):
    chanlocs = np.array(
        [("C3", 0.0, 0.5, 0.8, ""), ("Cz", 0.0, 0.0, 0.95, ""), ("HEOG", [], [], [], "EOG")],
        dtype=[("labels", object), ("X", object), ("Y", object), ("Z", object), ("type", object)],
    )
    event = np.array(
        [("go", 101.0, 50.0), (7.0, 201.0, []), ("boundary", 301.0, 0.0), ("lost", [], [])],
        dtype=[("type", object), ("latency", object), ("duration", object)],
    )
    fields = {"nbchan": 3.0, "pnts": 500.0, "trials": 1.0, "srate": 250.0, "subject": "P7", "data": DATA}
    return {**fields, "chanlocs": chanlocs, "event": event, "ref": "common", **changes}


def write(path, compressed=False, flat=False, **changes):
    told = structure(**changes)
    scipy.io.savemat(path, told if flat else {"EEG": told}, do_compression=compressed)
    return path


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("large", [False, True])
def test_samples_inside_the_file_are_read(tmp_path, compressed, flat, large, monkeypatch):
    monkeypatch.setattr(matlab, "_SMALL", 100 if large else 1 << 20)
    recording = loaders.open(write(tmp_path / "a.set", compressed, flat))
    np.testing.assert_allclose(recording.read().data, DATA * 1e-6, rtol=1e-6)
    np.testing.assert_array_equal(recording.pick(["Cz"]).read(0.4, 0.8).data, recording.read().data[1:2, 100:200])
    again = pickle.loads(pickle.dumps(recording.reader))  # noqa: S301
    np.testing.assert_array_equal(again(((5, 9),), (0, 2)), recording.read().data[[0, 2], 5:9])


def test_events_channels_and_places(tmp_path):
    recording = loaders.open(write(tmp_path / "a.set"))
    told = [(e.onset, e.duration, e.label) for e in recording.events]
    assert told == [(0.4, 0.2, "go"), (0.8, 0.0, "7"), (1.2, 0.0, "boundary")]
    assert recording.notes["kinds"] == {"C3": "eeg", "Cz": "eeg", "HEOG": "eog"}
    np.testing.assert_allclose(recording.notes["positions"]["C3"], (-0.05, 0.0, 0.08))
    assert recording.notes["subject"] == "P7"
    assert [sentence.split(" ")[0] for sentence in recording.notes["warnings"]] == ["1", "the"]


def test_a_data_set_renamed_with_its_samples_is_found_with_a_warning(tmp_path):
    path = write(tmp_path / "new.set", data="old.fdt")
    (tmp_path / "new.fdt").write_bytes(DATA.T.tobytes())
    recording = loaders.open(path)
    np.testing.assert_allclose(recording.read().data, DATA * 1e-6, rtol=1e-6)
    assert "old.fdt" in recording.notes["warnings"][-2] + recording.notes["warnings"][0]


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_the_variables_of_a_real_file_are_those_that_scipy_reads(real_data):
    path = real_data / "eeg_formats" / "eeglab" / "eeglab_data.set"
    ours = matlab.variables(path)["EEG"]
    theirs = scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False)["EEG"]
    assert set(ours) == set(theirs._fieldnames)
    for name in ("setname", "filepath", "data", "ref", "saved"):
        assert ours[name] == getattr(theirs, name)
    np.testing.assert_array_equal(ours["times"].squeeze() if isinstance(ours["times"], np.ndarray) else 0, theirs.times)
    for mine, other in zip(ours["event"], theirs.event, strict=True):
        assert mine["type"] == other.type
        assert mine["latency"].item() == other.latency
    for mine, other in zip(ours["chanlocs"], theirs.chanlocs, strict=True):
        assert mine["labels"] == other.labels
        assert mine["X"].item() == other.X


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": "/etc/passwd"}, "expected a .fdt"),
        ({"data": "/etc/passwd.fdt"}, "folder; expected|own folder"),
        ({"data": "../a.fdt"}, "folder; expected|own folder"),
        ({"data": "link.fdt"}, "folder; expected|own folder"),
        ({"data": "none.fdt"}, "not there"),
        ({"data": "short.fdt"}, "5 bytes, expected 6000"),
        ({"nbchan": 4.0}, "expected 4 channels"),
        ({"nbchan": 2.5}, "nbchan is 2.5"),
        ({"srate": 0.0}, "srate is 0"),
        ({"srate": "fast"}, "srate is 'fast'"),
        ({"trials": 80.0}, "80 epochs"),
    ],
)
def test_a_wrong_field_is_refused_by_name(tmp_path, changes, told):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "a.fdt").write_bytes(DATA.tobytes())
    (home / "link.fdt").symlink_to(tmp_path / "a.fdt")
    (home / "short.fdt").write_bytes(b"short")
    with pytest.raises(FormatError, match=told) as refused:
        loaders.open(write(home / "a.set", **changes))
    assert "a.set" in str(refused.value)


def test_a_decompression_bomb_is_refused_before_it_grows(tmp_path):
    path = tmp_path / "bomb.set"
    scipy.io.savemat(path, {"EEG": {"data": np.zeros((8, 1_000_000), np.float32)}}, do_compression=True)
    assert path.stat().st_size < 1 << 16
    with pytest.raises(FormatError, match="packed bytes tell of"):
        loaders.open(path)


def test_version_7_3_says_what_to_do(tmp_path):
    (tmp_path / "a.set").write_bytes(b"MATLAB 7.3 MAT-file, Platform".ljust(600, b"\0"))
    with pytest.raises(FormatError, match=r"7\.3 \(HDF5\).*version 7 or 6"):
        loaders.open(tmp_path / "a.set")
