"""EEG files: real ones agree with MNE-Python, damaged ones say what is wrong."""

import pickle
import subprocess
import sys
from pathlib import Path

import mne
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, SamplingError, SigconvError
from sigconv.loaders.eeg import edf_read

# MNE-Python resamples these through one FFT of the whole, as if the file began again at its end
SEVERAL_RATES = {
    "mne-python/test_uneven_samp.edf": 1.0,
    "pyedflib/test_generator.bdf": 1e-3,
    "mne-testing-data/EDF/test_reduced.edf": 1e-3,
}
STIM = {"mne-python/test_edf_stim_channel.edf": {"stim_channel": "DIG DTRIG"}}

FILES = (
    "eeglab/eeglab_data.set",
    "mne-python/duplicate_channel_labels.edf",
    "mne-python/test.bdf",
    "mne-python/test.edf",
    "mne-python/test.vhdr",
    "mne-python/test_bdf_stim_channel.bdf",
    "mne-python/test_bin_raw.fif",
    "mne-python/test_edf_stim_channel.edf",
    "mne-python/test_uneven_samp.edf",
    "mne-testing-data/Brainvision/test_NO.vhdr",
    "mne-testing-data/EDF/chtypes_edf.edf",
    "mne-testing-data/EDF/test_reduced.edf",
    "mne-testing-data/EDF/test_utf8_annotations.edf",
    "mne-testing-data/GDF/test_1ch.gdf",
    "pyedflib/test_generator.bdf",
    "pyedflib/test_subsecond.edf",
    "pyedflib/test_utf8.edf",
)


def edf(records=4, fs=16, labels=("Fc5.", "Cz.."), unit="uV", kind="EDF+C", onsets=None, seconds=1) -> bytes:
    """A small EDF+ file by hand: ramps, and an event "T1" a quarter into every record; fs may be one for each label."""
    rates = fs if isinstance(fs, tuple) else (fs,) * len(labels)
    names, tal = (*labels, "EDF Annotations"), 32
    count = len(names)
    columns = [
        (16, [*names]),
        (80, [""] * count),
        (8, [unit] * len(labels) + [""]),
        (8, ["-3276.8"] * len(labels) + ["-1"]),
        (8, ["3276.7"] * len(labels) + ["1"]),
        (8, ["-32768"] * count),
        (8, ["32767"] * count),
        (80, [""] * count),
        (8, [str(rate) for rate in rates] + [str(tal)]),
        (32, [""] * count),
    ]
    head = "0".ljust(8) + "X X X X".ljust(80) + "Startdate 02-MAR-2020 X X X".ljust(80) + "02.03.2010.11.12"
    head += str(256 * (count + 1)).ljust(8) + kind.ljust(44) + str(records).ljust(8) + str(seconds).ljust(8)
    head += str(count).ljust(4) + "".join(value.ljust(width) for width, column in columns for value in column)
    body = b""
    for number in range(records):
        for channel in range(len(labels)):
            body += (np.arange(rates[channel]) + 100 * number + 1000 * channel).astype("<i2").tobytes()
        at = onsets[number] if onsets else number * seconds
        body += f"+{at}\x14\x14\0+{at + 0.25}\x150.5\x14T1\x14\0".encode().ljust(2 * tal, b"\0")
    return head.encode("ascii") + body


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "S001R03.edf"
    path.write_bytes(edf())
    return path


# known ---------------------------------------------------------------------------------------------------------------


def test_a_file_written_by_hand_reads_as_written(small):
    recording = loaders.open(small)
    assert (recording.channels, recording.fs, recording.duration, recording.unit) == (("FC5", "Cz"), 16.0, 4.0, "V")
    assert [(e.onset, e.duration, e.label) for e in recording.events] == [(n + 0.25, 0.5, "T1") for n in range(4)]
    whole = recording.read().data
    np.testing.assert_allclose(whole[0, :16], np.arange(16) * 1e-7, atol=1e-15)
    np.testing.assert_allclose(whole[1, 48:], (np.arange(16) + 1300) * 1e-7, atol=1e-15)
    assert recording.notes["start_time"].startswith("2020-03-02T10:11:12")
    assert recording.notes["file_labels"] == {"FC5": "Fc5.", "Cz": "Cz.."}


def test_names_of_the_10_05_system_have_positions_in_metres_left_is_negative_x(small):
    positions = loaders.open(small).notes["positions"]
    assert set(positions) == {"FC5", "Cz"}
    assert positions["FC5"][0] < -0.03
    assert 0.05 < np.linalg.norm(positions["Cz"]) < 0.15


def test_content_goes_before_the_suffix(tmp_path):
    path = tmp_path / "mislabelled.fif"
    path.write_bytes(edf())
    assert loaders.open(path).channels == ("FC5", "Cz")


def test_a_channel_that_is_no_voltage_is_left_out_and_named(tmp_path):
    path = tmp_path / "mixed.edf"
    path.write_bytes(edf().replace(b"uV      uV      ", b"uV      degC    "))
    recording = loaders.open(path)
    assert recording.channels == ("FC5",)
    assert recording.notes["left_out"] == ("Cz..",)
    path.write_bytes(edf(unit="degC"))
    with pytest.raises(FormatError, match="degC"):
        loaders.open(path)


# law -----------------------------------------------------------------------------------------------------------------


def test_a_piece_equals_the_slice_of_the_whole(small):
    recording = loaders.open(small)
    whole = recording.read().data
    for start, stop in ((0, 4), (0, 1 / 16), (0.5, 2.25), (3.9375, 4)):
        piece = recording.read(start, stop)
        np.testing.assert_array_equal(piece.data, whole[:, round(start * 16) : round(stop * 16)])
        assert piece.axis("time").start == start
        assert all(start <= event.onset < stop for event in piece.events)


def test_channels_of_a_large_record_read_alone_are_the_same(small, tmp_path, monkeypatch):
    path = tmp_path / "wide.edf"
    path.write_bytes(edf(labels=tuple(f"E{i}" for i in range(12)), fs=(16,) * 11 + (4,)))
    recording = loaders.open(path)
    expected = recording.read().data
    monkeypatch.setattr(edf_read, "_LARGE", 0)
    for names in (("E3",), ("E3", "E4"), ("E11", "E0"), recording.channels):
        rows = [recording.channels.index(name) for name in names]
        np.testing.assert_array_equal(recording.pick(names).read(0.5, 3.25).data, expected[rows, 8:52])


def test_a_worker_reads_without_mne(small, tmp_path):
    recording = loaders.open(small)
    (tmp_path / "reader").write_bytes(pickle.dumps(recording.reader))
    code = (
        "import pickle, sys\n"
        f"x = pickle.load(open({str(tmp_path / 'reader')!r}, 'rb'))(((8, 40),), (1,))\n"
        "print(x.sum(), 'mne' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(recording.samples(((8, 40),))[1:].sum()), "False"]


def test_picking_changes_the_order_and_nothing_else(small):
    recording = loaders.open(small)
    np.testing.assert_array_equal(recording.pick(["Cz", "FC5"]).read().data, recording.read().data[::-1])
    np.testing.assert_array_equal(recording.pick(["Cz", "FC5"]).pick(["Cz"]).read().data, recording.read().data[1:])


def test_a_missing_channel_is_named_with_those_there_are(small):
    with pytest.raises(ArgumentError, match=r"lacks the channels: C9; it has 2: FC5, Cz"):
        loaders.open(small).pick(["Cz", "C9"])


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (0, 4.5), (2, 2), (3, 1)])
def test_a_piece_outside_the_recording_is_refused(small, start, stop):
    with pytest.raises(SamplingError, match="0 to 4 s"):
        loaders.open(small).read(start, stop)


def test_a_signal_in_memory_reads_like_its_file(small):
    signal = loaders.load(small)
    wrapped = loaders.of(signal)
    np.testing.assert_array_equal(
        wrapped.pick(["Cz"]).read(1, 2).data, loaders.open(small).pick(["Cz"]).read(1, 2).data
    )
    assert wrapped.read().events == signal.events


# damaged -------------------------------------------------------------------------------------------------------------


def test_what_is_no_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        loaders.open(tmp_path / "none.edf")
    with pytest.raises(IsADirectoryError, match="folder"):
        loaders.open(tmp_path)
    (tmp_path / "empty.edf").touch()
    with pytest.raises(FormatError, match="empty"):
        loaders.open(tmp_path / "empty.edf")
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(FormatError, match=r"\.edf \.bdf"):
        loaders.open(tmp_path / "note.txt")
    (tmp_path / "note.edf").write_text("hello" * 100)
    with pytest.raises(FormatError, match="not an EDF"):
        loaders.open(tmp_path / "note.edf")


@pytest.mark.parametrize("kept", [1, 100, 255, 256, 700, 1023, 1024, 1100, -1, -100])
def test_a_file_cut_short_is_refused_wherever_it_is_cut(small, kept):
    content = small.read_bytes()[:kept]
    small.write_bytes(content)
    with pytest.raises(FormatError, match=str(len(content))):
        loaders.open(small)


def test_a_cut_in_the_data_names_both_lengths(small):
    whole = small.read_bytes()
    small.write_bytes(whole[:-100])
    with pytest.raises(FormatError, match=f"{len(whole) - 100} bytes, expected {len(whole)}"):
        loaders.open(small)


def test_a_discontinuous_recording_has_nan_in_its_gaps_and_says_where(tmp_path):
    path = tmp_path / "gaps.edf"
    path.write_bytes(edf(kind="EDF+D", onsets=[0, 1, 5, 6]))
    recording = loaders.open(path)
    x = recording.read().data
    assert recording.duration == 7.0
    np.testing.assert_array_equal(np.isnan(x[0]), (np.arange(112) >= 32) & (np.arange(112) < 80))
    np.testing.assert_allclose(x[0, 80:96], (np.arange(16) + 200) * 1e-7, atol=1e-15)
    assert [(e.onset, e.duration) for e in recording.events if e.label == "BAD_ACQ_SKIP"] == [(2.0, 3.0)]
    assert [e.onset for e in recording.events if e.label == "T1"] == [0.25, 1.25, 5.25, 6.25]
    assert "gaps (1, 3 s in all)" in recording.notes["warnings"][0]
    np.testing.assert_array_equal(recording.read(1.5, 5.5).data, x[:, 24:88])
    path.write_bytes(edf(kind="EDF+D"))
    assert loaders.open(path).duration == 4.0
    path.write_bytes(edf(kind="EDF+D", onsets=[0, 1, 1.5, 3]))
    with pytest.raises(FormatError, match=r"record 2 .* begins at 1.5 s, expected 2 s or later"):
        loaders.open(path)


@pytest.mark.parametrize("seed", range(200))
def test_a_mutated_file_loads_or_is_refused_but_never_crashes(tmp_path, seed):
    draw = np.random.default_rng(seed)
    content = bytearray(edf(records=2))
    end = 1024 if seed % 4 else len(content)
    for at in draw.integers(0, end, draw.integers(1, 5)):
        content[at] = draw.integers(256) if seed % 2 else draw.choice(list(b"0123456789-+. "))
    path = tmp_path / "mutated.edf"
    path.write_bytes(content)
    try:
        signal = loaders.load(path)
    except SigconvError as refused:
        message = str(refused)
    else:
        message = str(path)
        assert signal.data.nbytes <= 50 * len(content)
        assert np.isfinite(signal.data).all()
    assert str(path) in message


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_every_format_agrees_with_mne(real_data, name):
    path = real_data / "eeg_formats" / name
    recording = loaders.open(path)
    raw = mne.io.read_raw(path, preload=True, verbose="error", **STIM.get(name, {}))
    assert recording.fs == raw.info["sfreq"]
    labels = recording.notes["file_labels"]
    expected = raw.get_data(picks=[labels[channel] for channel in recording.channels], verbose="error")
    np.testing.assert_allclose(recording.read().data, expected, rtol=0, atol=SEVERAL_RATES.get(name, 1e-12))
    expected = list(zip(raw.annotations.onset - raw.first_time, raw.annotations.description, strict=True))
    if "stim" in raw:
        steps = mne.find_events(raw, shortest_event=1, verbose="error")
        expected += [((at - raw.first_samp) / raw.info["sfreq"], str(number)) for at, _, number in steps]
    expected.sort(key=lambda event: event[0])
    assert [event.label for event in recording.events] == [label for _, label in expected]
    np.testing.assert_allclose([e.onset for e in recording.events], [at for at, _ in expected], rtol=0, atol=1e-6)
    start, stop = recording.duration * 0.3, recording.duration * 0.6
    first, last = round(start * recording.fs), round(stop * recording.fs)
    np.testing.assert_array_equal(recording.read(start, stop).data, recording.read().data[:, first:last])
    again = pickle.loads(pickle.dumps(recording.reader))(((first, last),), recording.rows)  # noqa: S301
    np.testing.assert_array_equal(again, recording.read(start, stop).data)
    assert recording.notes["facts"]["format"]


@pytest.mark.data
def test_brainvision_and_fif_of_one_recording_agree(real_data):
    folder = real_data / "eeg_formats" / "mne-python"
    vision, fif = loaders.open(folder / "test.vhdr"), loaders.open(folder / "test_bin_raw.fif")
    np.testing.assert_allclose(vision.read().data, fif.read().data[:26], rtol=0, atol=1e-12)
    markers = {(event.onset, event.label[-3:]) for event in vision.events}
    assert {(event.onset, event.label) for event in fif.events} <= markers


@pytest.mark.data
def test_motor_imagery_has_its_64_electrodes_placed_and_30_cues(real_data):
    recording = loaders.open(real_data / "eegmmidb_S001" / "S001" / "S001R04.edf")
    assert len(recording.channels) == len(recording.notes["positions"]) == 64
    assert {"FC5", "Cz", "Fp1", "POz", "Iz"} <= set(recording.channels)
    assert recording.notes["subject"] == "S001"
    labels = [event.label for event in recording.events]
    assert len(labels) == 30
    assert set(labels) == {"T0", "T1", "T2"}
