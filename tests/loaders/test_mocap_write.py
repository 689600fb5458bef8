"""Markers written as TRC and C3D: what is written is read again, by us and by ezc3d."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.loaders.mocap import c3d, c3d_write, markers
from sigconv.loaders.recording import Recording
from sigconv.signal import Event, Signal
from tests.loaders.ezc3d_reads import __file__ as reads


def steps(names=("LASI", "RASI"), frames=7, fs=100.0, unit="m", **notes):
    data = np.random.default_rng(3).uniform(-1, 1, (3 * len(names), frames))
    data[:3, 2] = np.nan
    events = (Event(0.02, 0, "Left Strike"), Event(0.05, 0, "Right Off"))
    return Signal(data, markers.axes(names, frames, fs), unit, events, notes)


def ezc3d_reads(path: Path, folder: Path) -> dict:
    done = subprocess.run([sys.executable, reads, str(folder), str(path)], capture_output=True, text=True, timeout=60)
    assert (folder / "0.npz").exists(), done.stdout + done.stderr
    return dict(np.load(folder / "0.npz"))


# known ---------------------------------------------------------------------------------------------------------------


def test_a_trc_is_written_as_text_that_a_hand_would_write(tmp_path):
    data = np.array([[0.001, 0.0015], [0.002, np.nan], [0.003, 0.5]])
    loaders.save(Signal(data, markers.axes(["A"], 2, 50.0), "m", notes={"first_frame": 5}), tmp_path / "a.trc")
    assert (tmp_path / "a.trc").read_text().split("\n") == [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        "50\t50\t2\t1\tmm\t50\t5\t2",
        "Frame#\tTime\tA\t\t",
        "\t\tX1\tY1\tZ1",
        "",
        "5\t0.000000\t1.000000\t2.000000\t3.000000",
        "6\t0.020000\t\t\t",
        "",
    ]


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "apart"), [(".trc", 1e-9), (".c3d", 1e-7)])
@pytest.mark.parametrize("unit", ["m", "mm"])
def test_what_is_written_is_read_again(tmp_path, suffix, apart, unit):
    signal = steps(unit=unit, first_frame=11)
    path = tmp_path / f"a{suffix}"
    loaders.save(signal, path)
    again = loaders.load(path)
    np.testing.assert_allclose(again.data, signal.data * {"m": 1, "mm": 1e-3}[unit], atol=apart, equal_nan=True)
    assert (again.channels, again.fs, again.notes["first_frame"]) == (signal.channels, 100.0, 11)
    assert again.notes["warnings"] == ()
    if suffix == ".c3d":
        assert [(round(e.onset, 6), e.label) for e in again.events] == [(0.02, "Left Strike"), (0.05, "Right Off")]


def test_a_piece_is_written_with_its_own_first_frame_and_events(tmp_path):
    piece = loaders.of(steps(first_frame=11)).read(0.03, 0.06)
    loaders.save(piece, tmp_path / "a.c3d")
    again = loaders.load(tmp_path / "a.c3d")
    assert again.notes["first_frame"] == 14
    assert [(round(e.onset, 6), e.label) for e in again.events] == [(0.02, "Right Off")]
    np.testing.assert_allclose(again.data, piece.data, atol=1e-7, equal_nan=True)


def test_many_markers_and_many_frames_are_written(tmp_path):
    names = [f"marker number {i}" for i in range(600)]
    loaders.save(steps(names, frames=3), tmp_path / "wide.c3d")
    assert loaders.open(tmp_path / "wide.c3d").notes["markers"] == tuple(names)
    long = steps(["A"], frames=70_000)
    loaders.save(long, tmp_path / "long.c3d")
    again = loaders.load(tmp_path / "long.c3d")
    np.testing.assert_allclose(again.data[:, -2:], long.data[:, -2:], atol=1e-7)


def test_a_source_is_written_piece_by_piece(tmp_path, monkeypatch):
    monkeypatch.setattr("sigconv.loaders.mocap.markers._AT_ONCE", 18)  # three frames of two markers
    signal = steps()
    whole = loaders.of(signal)
    asked = []

    def reader(box, rows):
        asked.append(box[0])
        return whole.samples(box)

    for suffix in (".c3d", ".trc"):
        asked.clear()
        loaders.save(Recording(whole.axes, reader, "m", (), {}), tmp_path / f"a{suffix}")
        assert asked == [(0, 3), (3, 6), (6, 7)]
        np.testing.assert_allclose(loaders.load(tmp_path / f"a{suffix}").data, signal.data, atol=1e-7, equal_nan=True)


# same as -------------------------------------------------------------------------------------------------------------


def test_ezc3d_reads_what_we_write(tmp_path):
    signal = steps(["LASI", "RASI", "C7 vertebra"], first_frame=11)
    loaders.save(signal, tmp_path / "a.c3d")
    theirs = ezc3d_reads(tmp_path / "a.c3d", tmp_path)
    np.testing.assert_allclose(
        theirs["points"].swapaxes(0, 1), markers.positions(signal) * 1000, atol=1e-4, equal_nan=True
    )
    assert list(theirs["labels"]) == ["LASI", "RASI", "C7 vertebra"]
    assert (theirs["rate"], theirs["first"], theirs["units"][0]) == (100.0, 11, "mm")


@pytest.mark.data
def test_a_real_trial_goes_through_both_formats(tmp_path, real_data):
    recording = loaders.open(real_data / "mocap_formats" / "pyomeca" / "markers_analogs.c3d")
    for suffix in (".trc", ".c3d"):
        loaders.save(recording, tmp_path / f"a{suffix}")
        again = loaders.open(tmp_path / f"a{suffix}")
        assert (again.channels, again.fs) == (recording.channels, recording.fs)
        np.testing.assert_allclose(again.read().data, recording.read().data, atol=1e-7, equal_nan=True)
    assert again.notes["up"] == "z"
    assert c3d.residuals(tmp_path / "a.c3d").shape == (51, 580)


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".trc", ".c3d"])
def test_what_cannot_be_written_leaves_nothing(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    infinite = steps()
    infinite.data[0, 3] = np.inf
    uneven = Signal(np.zeros((3, 3)), (markers.axes(["A"], 3, 1.0)[0], _uneven()), "m")
    for signal, error, message in (
        (Signal.from_array(np.zeros((2, 9)), 100.0, "m"), ShapeError, "not whole markers"),
        (steps(unit="V"), SamplingError, "cannot turn 'V'"),
        (steps(frames=4).with_data(np.zeros((6, 0))), SamplingError, "empty"),
        (infinite, SamplingError, "infinite"),
        (uneven, SamplingError, "uneven"),
    ):
        with pytest.raises(error, match=message):
            loaders.save(signal, path)
        assert list(tmp_path.iterdir()) == []


def _uneven():
    from sigconv.signal import Axis

    return Axis.at_positions("time", [0, 1, 3], "s")


def test_names_that_a_format_cannot_hold_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="has characters that TRC cannot hold"):
        loaders.save(steps(["A\tB", "C"]), tmp_path / "a.trc")
    with pytest.raises(ArgumentError, match="has 200 bytes; C3D holds 120"):
        loaders.save(steps(["A" * 200, "B"]), tmp_path / "a.c3d")
    many = steps().with_data(steps().data, events=[Event(0.0, 0, "x")] * 256)
    with pytest.raises(ArgumentError, match="256 events"):
        c3d_write.save(many, tmp_path / "a.c3d")
    assert list(tmp_path.iterdir()) == []
