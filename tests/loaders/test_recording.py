"""Recordings of any dimension: a piece is the slice of the whole and tells where it lies."""

import multiprocessing
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, ResourceError, SamplingError, ShapeError
from sigconv.loaders import limits
from sigconv.signal import Axis, Event, Signal


def volume():
    axes = (Axis.channel(["CT"]), Axis("z", 4, "mm", 5.0), Axis("y", 6, "mm", 0.5), Axis("x", 7, "mm", 0.5, start=-1))
    return Signal(np.arange(168.0).reshape(1, 4, 6, 7), axes, "HU", notes={"name": "scan"})


def clip():
    times = Axis.at_positions("time", [0, 0.04, 0.08, 0.2, 0.24], "s")
    axes = (Axis.channel(["red", "green", "blue"]), times, Axis("y", 2), Axis("x", 2))
    return Signal(np.arange(60, dtype=np.uint8).reshape(3, 5, 2, 2), axes, events=[Event(0.1, 0, "cut")])


def test_a_position_in_millimetres_finds_its_voxels():
    piece = loaders.of(volume()).read((5.0, 1.0, None), (15.0, None, 0.0))
    np.testing.assert_array_equal(piece.data, volume().data[:, 1:3, 2:, :2])
    assert [axis.start for axis in piece.axes[1:]] == [5.0, 1.0, -1.0]


def test_indices_are_numpys_and_a_number_keeps_its_axis():
    recording, whole = loaders.of(volume()), volume().data
    np.testing.assert_array_equal(recording[:, 1, ..., -2:].data, whole[:, 1:2, :, -2:])
    np.testing.assert_array_equal(loaders.of(clip())["blue", 2:].data, clip().data[2:3, 2:])
    assert recording[0].shape == recording[...].shape == (1, 4, 6, 7)


def test_frames_of_a_variable_rate_are_found_by_their_times():
    recording = loaders.of(clip())
    assert recording.read(0.08, 0.24).axis("time").positions == ()  # two frames are always even
    assert recording.read(0.05, 0.23).data.shape[1] == 2
    assert recording.read(0.0, 0.12).axis("time").rate == pytest.approx(25)
    assert [event.label for event in recording.read(0.08, 0.21).events] == ["cut"]
    with pytest.raises(SamplingError, match="uneven"):
        _ = recording.fs
    assert recording.duration == pytest.approx(0.30)


@given(st.data())
def test_a_piece_by_numbers_and_by_positions_is_the_same(data):
    signal = data.draw(st.sampled_from([volume(), clip()]))
    recording = loaders.of(signal)
    first = [data.draw(st.integers(0, axis.size - 1)) for axis in signal.axes[1:]]
    last = [data.draw(st.integers(low + 1, axis.size)) for low, axis in zip(first, signal.axes[1:], strict=True)]
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    by_number = recording[(slice(None), *box)]
    at = [[axis.at(i) for axis, i in zip(signal.axes[1:], ends, strict=True)] for ends in (first, last)]
    by_position = recording.read(*at)
    np.testing.assert_array_equal(by_number.data, signal.data[(slice(None), *box)])
    np.testing.assert_array_equal(by_position.data, by_number.data)
    assert by_position.axes == by_number.axes
    for axis, kept, low in zip(by_number.axes[1:], signal.axes[1:], first, strict=True):
        assert [axis.at(i) for i in range(axis.size)] == pytest.approx([kept.at(low + i) for i in range(axis.size)])


def test_a_recording_goes_to_another_process_and_back():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        again = pool.apply(loaders.Recording.read, (loaders.of(volume()),))
    np.testing.assert_array_equal(again.data, volume().data)
    assert again.notes["name"] == "scan"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ((0, 0, 0, 0, 0), "5 indices; there are 4 axes"),
        ((slice(None), 9), "along z is 9"),
        ((slice(None), slice(None, None, 2)), "step along z is 2"),
        ((slice(None), slice(3, 3)), "no sample"),
        ((..., 0, ...), "one … only"),
        ("MR", "lacks the channels: MR"),
        ((slice(None), 1.5), "along z is 1.5"),
        ((slice(None), slice(0.5, 1.0)), r"slice\(0.5, 1.0, None\).*read\(start, stop\) positions in mm"),
        ([0], "along channel is .*a name or a list of names"),
        (True, "along channel is True"),
    ],
)
def test_wrong_indices_are_named(key, message):
    with pytest.raises(ArgumentError, match=message):
        _ = loaders.of(volume())[key]


def test_wrong_positions_are_named():
    recording = loaders.of(volume())
    with pytest.raises(SamplingError, match="z axis has 0 to 20 mm"):
        recording.read(10, 30)
    with pytest.raises(ArgumentError, match="grid has 3 axes: z, y, x"):
        recording.read((1, 2, 3, 4))
    for wrong in ("1", "10 mm", float("nan"), [None, "1"], True):
        with pytest.raises(ArgumentError, match="start is"):
            recording.read(wrong)
    with pytest.raises(ArgumentError, match="this recording has: channel, z, y, x"):
        recording.axis("time")
    with pytest.raises(ShapeError, match=r"\(channel, \*grid\)"):
        loaders.of(Signal(np.zeros(3), (Axis("time", 3, "s"),)))


def test_the_limit_on_allocations_is_lifted_by_its_name(tmp_path, monkeypatch):
    assert limits.within_limit(tmp_path, 1 << 31, "the image") is None
    with pytest.raises(ResourceError, match="SIGCONV_MOST_BYTES=4294967296"):
        limits.within_limit(tmp_path, 1 << 32, "the image")
    monkeypatch.setenv(limits.NAME, str(1 << 32))
    assert limits.within_limit(tmp_path, 1 << 32, "the image") is None
    monkeypatch.setitem(os.environ, limits.NAME, "lots")
    with pytest.raises(ArgumentError, match="whole number of bytes"):
        limits.most_bytes()


def test_what_no_door_knows_lists_what_the_doors_read(tmp_path):
    (tmp_path / "x.unknown").write_text("hello")
    with pytest.raises(FormatError, match=r"EEG: \.edf"):
        loaders.open(tmp_path / "x.unknown")
    (tmp_path / "x.hea").write_text("x 1 360 10")
    with pytest.raises(FormatError, match=r"x\.hea beside it may be the header to open; it reads"):
        loaders.open(tmp_path / "x.unknown")
    with pytest.raises(ArgumentError, match=r"sigconv writes .*\.edf"):
        loaders.save(volume(), tmp_path / "x.unknown")


def test_what_has_no_axes_is_not_saved(tmp_path):
    with pytest.raises(ArgumentError, match=r"ndarray.*Signal\.from_array"):
        loaders.save(np.zeros((1, 8)), tmp_path / "x.wav")
    with pytest.raises(ArgumentError, match="axes channel, z, y, x; EDF holds channel, time"):
        loaders.save(volume(), tmp_path / "x.edf")
    assert list(tmp_path.iterdir()) == []
