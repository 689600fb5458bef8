"""WFDB: packings by hand, and real records against the checksums in their headers."""

import pickle
import shutil
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders.wfdb import door
from sigconv.loaders.wfdb import read as wfdb_read
from tests.loaders.hostile import campaign

RECORDS = ("100", "100_3chan", "a103l", "binformats", "s0010_re", "test01_00s", "v102s")
RAMP = np.arange(1, 6, dtype="<i2")


def write(folder, line="a 1 250 5", signal="a.dat 16 200/mV 12 0 1 0 0 MLII", data=RAMP):
    (folder / "a.dat").write_bytes(data if isinstance(data, bytes) else data.tobytes())
    (folder / "a.hea").write_text(f"# by hand\n{line}\n{signal}\n")
    return folder / "a.hea"


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "content", "expected"),
    [
        (16, b"\x01\x00\xff\xff\x00\x80", [1, -1, np.nan]),
        (61, b"\x00\x01\xff\xff", [1, -1]),
        (80, b"\x81\x7f\x00", [1, -1, np.nan]),
        (160, b"\x01\x80\xff\x7f", [1, -1]),
        (24, b"\x01\x00\x00\xff\xff\xff", [1, -1]),
        (32, b"\x01\x00\x00\x00\xff\xff\xff\xff", [1, -1]),
        (212, b"\xff\x1f\x02", [-1, 258]),
        (212, b"\xff\x1f\x02\x00\x08", [-1, 258, np.nan]),
        (310, b"\x02\x08\xfe\x0f", [1, -1, 33]),
        (311, b"\x01\xfc\xff\x03", [1, -1, 63]),
        (8, b"\x01\xff\x02", [1, 0, 2]),
    ],
)
def test_numbers_packed_by_hand(tmp_path, number, content, expected):
    signal = f"a.dat {number} 1/V 12 0 0 0 0 V1"
    recording = loaders.open(write(tmp_path, f"a 1 250 {len(expected)}", signal, content))
    np.testing.assert_array_equal(recording.read().data[0], expected)
    for i, value in enumerate(expected):
        np.testing.assert_array_equal(recording[0, i].data, [[value]])


def test_gain_zero_unit_and_time(tmp_path):
    signal = "a.dat 16 200(3)/uV 12 0 1 0 0 EEG C3"
    recording = loaders.open(write(tmp_path, "a 1 250 5 10:11:12 2/3/2020", signal))
    np.testing.assert_allclose(recording.read().data[0], (np.arange(1, 6) - 3) / 200 * 1e-6, rtol=1e-14)
    assert recording.notes["start_time"].startswith("2020-03-02T10:11:12")
    assert (recording.notes["domain"], dict(recording.notes["kinds"])) == ("biosignal", {"C3": "eeg"})


def test_signals_of_several_numbers_a_frame_share_the_highest_rate(tmp_path):
    data = np.arange(30, dtype="<i2")
    signals = "a.dat 16x2 1/V 12 0 0 0 0 V1\na.dat 16 1/V 12 0 0 0 0 V2"
    recording = loaders.open(write(tmp_path, "a 2 100 10", signals, data))
    assert (recording.fs, recording.shape) == (200.0, (2, 20))
    x = recording.read().data
    np.testing.assert_array_equal(x[0], data.reshape(10, 3)[:, :2].ravel())
    np.testing.assert_array_equal(x[1, ::2], data.reshape(10, 3)[:, 2])
    np.testing.assert_array_equal(recording.read(0.02, 0.07).data, x[:, 4:14])


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("name", RECORDS)
def test_real_records_add_up_to_their_checksums_and_pieces_equal_the_whole(real_data, name, monkeypatch):
    path = real_data / "biosignal_wfdb" / f"{name}.hea"
    text = [line for line in path.read_text().splitlines() if line and not line.startswith("#")][1:]
    told = [line.split()[5:7] for line in text if len(line.split()) > 6]
    *_, lines = door.header(path)
    groups, places, _ = door._groups(path, lines)
    frames = loaders.open(path).axis("time").size
    for line, (initial, checksum), (group, place) in zip(lines, told, places, strict=True):
        stored = wfdb_read._whole(groups[group], place, frames, 0, frames)[0]
        stored[np.isnan(stored)] = wfdb_read.FORMATS[line.format].lowest
        assert stored[0] == int(initial)
        assert (int(stored.sum()) - int(checksum)) % 65536 == 0
    recording = loaders.open(path)
    whole = recording.read().data
    monkeypatch.setattr(wfdb_read, "_AT_ONCE", 100)
    for first, last in ((0, 1), (7, 300), (recording.shape[1] - 5, recording.shape[1])):
        np.testing.assert_array_equal(recording[:, first:last].data, whole[:, first:last])
        again = pickle.loads(pickle.dumps(recording.reader))  # noqa: S301 - our own bytes
        np.testing.assert_array_equal(again(((first, last),), recording.rows), whole[:, first:last])


@pytest.mark.data
def test_record_100_has_the_beats_that_were_counted(real_data):
    recording = loaders.open(real_data / "biosignal_wfdb" / "100.hea")
    counted = Counter(event.label for event in recording.events)
    assert counted == {"N": 2239, "A": 33, "V": 1, "+ (N": 1}
    assert (recording.channels, recording.fs, recording.duration) == (("MLII", "V5"), 360.0, 650000 / 360)
    assert recording.notes["kinds"] == {"MLII": "ecg", "V5": "ecg"}


@pytest.mark.data
def test_what_is_no_voltage_is_left_out_and_named(real_data):
    recording = loaders.open(real_data / "biosignal_wfdb" / "v102s.hea")
    assert recording.notes["left_out"] == ("PLETH", "RESP")
    assert "PLETH (NU), RESP (NU)" in recording.notes["warnings"][0]


@pytest.mark.data
def test_a_record_of_the_heart_needs_no_mne(real_data):
    path = real_data / "biosignal_wfdb" / "100.hea"
    code = f"import sys; from sigconv import loaders; print(loaders.load({str(path)!r}).shape, 'mne' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "(2, 650000) False"


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "signal", "told"),
    [
        ("a 1 250 6", "a.dat 16", "holds 5 samples, expected 6"),
        ("a 1 0", "a.dat 16", "more than 0 Hz"),
        ("a/3 1 250 5", "a.dat 16", "3 segments"),
        ("a 2 250 5", "a.dat 16", "1 lines of signals, expected 2"),
        ("a 1 250 5", "/etc/passwd 16", "folder; expected|own folder"),
        ("a 1 250 5", "../a.dat 16", "folder; expected|own folder"),
        ("a 1 250 5", "link.dat 16", "folder; expected|own folder"),
        ("a 1 250 5", "none.dat 16", "not there"),
        ("a 1 250 5", "a.dat 516", "format 516 is not read"),
        ("a 1 250 5", "a.dat 16:3", "skew"),
        ("a 1 250 5", "a.dat 16x0", "0 samples in a frame"),
        ("a 1 250 5", "a.dat 16 1e-320/mV", "gain"),
        ("a 1 250 5", "a.dat 16 1/mmHg 12 0 0 0 0 ART", "mmHg"),
        ("nonsense", "a.dat 16", "expected the line of a WFDB record"),
        ("a 1 250 5", "a.dat", "is no signal"),
    ],
)
def test_a_wrong_header_is_refused_by_field(tmp_path, line, signal, told):
    home = tmp_path / "home"
    home.mkdir()
    (home / "link.dat").symlink_to("/etc/passwd")
    with pytest.raises(FormatError, match=told):
        loaders.open(write(home, line, signal))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "header", "read"),
    [("100_3chan.hea", 240, ""), ("100_3chan.dat", 4496, "100_3chan.hea"), ("100.atr", 4558, "100_3chan.hea")],
)
def test_spoilt_copies_do_no_harm(real_data, tmp_path, name, header, read):
    folder = real_data / "biosignal_wfdb"
    for other in ("100_3chan.hea", "100_3chan.dat"):
        shutil.copy(folder / other, tmp_path)
    sample = folder / name
    if name == "100.atr":
        sample = tmp_path / "sample" / "100_3chan.atr"
        sample.parent.mkdir()
        shutil.copy(folder / name, sample)
    verdicts = campaign(sample, tmp_path, header=header, read=read)
    assert verdicts.findings == []
    assert verdicts.outcomes["read"] > 0
