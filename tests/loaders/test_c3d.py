"""C3D files written by hand: every encoding reads as written, every contradiction is refused."""

import multiprocessing

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, ResourceError, ShapeError
from sigconv.loaders import limits
from sigconv.loaders.mocap import c3d as reader
from sigconv.loaders.mocap import markers
from sigconv.loaders.mocap.c3d_numbers import floats
from tests.loaders.c3d_by_hand import CODES, c3d

POINTS = np.arange(24).reshape(4, 2, 3) * 10 - 40
STATES = np.array([[0, 0x0304], [-1, 0x0102], [0, 0], [0x7F01, 0]])  # high byte: cameras; low byte: residual
ANALOGS = np.arange(24).reshape(4, 3, 2) - 6
ENCODINGS = [(processor, real) for processor in CODES for real in (False, True)]


def made(tmp_path, **changes):
    path = tmp_path / "walk.c3d"
    real = changes.get("real", False)
    points = POINTS * 0.5 if real else POINTS  # reals are stored scaled
    path.write_bytes(c3d(points, STATES, **{"analog": ANALOGS, **changes}))
    return path


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("processor", "real"), ENCODINGS)
def test_every_encoding_reads_as_written(tmp_path, processor, real):
    recording = loaders.open(made(tmp_path, processor=processor, real=real))
    assert recording.channels == ("M0.x", "M0.y", "M0.z", "M1.x", "M1.y", "M1.z")
    assert (recording.fs, recording.unit, recording.shape) == (50.0, "m", (6, 4))
    places = markers.positions(recording.read())
    expected = POINTS.transpose(1, 2, 0) * 0.5e-3
    expected[0, :, 1] = np.nan
    np.testing.assert_allclose(places, expected, rtol=1e-12, equal_nan=True)
    assert recording.notes["facts"]["format"] == f"C3D, {processor}, {'real' if real else 'integer'}"


@pytest.mark.parametrize(("processor", "real"), ENCODINGS)
def test_residuals_and_cameras_are_the_two_bytes_of_the_fourth_number(tmp_path, processor, real):
    path = made(tmp_path, processor=processor, real=real)
    residuals, cameras = reader.residuals(path).read(), reader.cameras(path).read()
    expected = np.array([[0, np.nan, 0, 1], [4, 2, 0, 0]]) * 0.5e-3
    np.testing.assert_allclose(residuals.data, expected, equal_nan=True)
    np.testing.assert_array_equal(cameras.data, [[0, 0, 0, 127], [3, 1, 0, 0]])
    assert (residuals.channels, residuals.unit, cameras.data.dtype) == (("M0", "M1"), "m", np.uint8)


@pytest.mark.parametrize(("processor", "real"), ENCODINGS)
def test_analog_channels_have_their_own_rate_offset_and_scale(tmp_path, processor, real):
    told = {"SCALE": [2.0, 4.0], "GEN_SCALE": 0.5, "OFFSET": [-1, 3], "UNITS": ["V", "V"], "LABELS": ["EMG", "EMG"]}
    path = made(tmp_path, processor=processor, real=real, groups={"ANALOG": told})
    analog = loaders.open(path).notes["analog"]
    assert (analog.channels, analog.fs, analog.unit) == (("EMG-0", "EMG-1"), 150.0, "V")
    stored = ANALOGS.reshape(12, 2).T
    expected = np.stack([(stored[0] + 1) * 1.0, (stored[1] - 3) * 2.0])
    np.testing.assert_array_equal(analog.read().data, expected)
    np.testing.assert_array_equal(analog[1, 2:7].data, expected[1:, 2:7])
    np.testing.assert_array_equal(reader.analog(path).read().data, expected)


def test_unsigned_analog_numbers_go_above_32767(tmp_path):
    analogs = np.full((4, 1, 1), 40000)
    path = made(tmp_path, analog=analogs, groups={"ANALOG": {"FORMAT": "UNSIGNED", "OFFSET": [32768], "SCALE": [1.0]}})
    assert np.unique(reader.analog(path).read().data) == 7232
    path = made(tmp_path, analog=analogs, groups={"ANALOG": {"FORMAT": "SIGNED", "OFFSET": [0], "SCALE": [1.0]}})
    assert np.unique(reader.analog(path).read().data) == 40000 - 65536


def test_vax_numbers_by_hand():
    # 1.0 is 0x4080, -0.5 is 0xC000 in the first word; the largest is 2^127 (1 - 2^-24); 0x8000 is reserved
    stored = np.array([0x00004080, 0x0000C000, 0xFFFF7FFF, 0x00008000, 0x00000001], np.uint32)
    np.testing.assert_array_equal(floats(stored, "DEC"), [1.0, -0.5, 2.0**127 * (1 - 2.0**-24), np.nan, 0.0])


@pytest.mark.parametrize(("unit", "metres"), [("mm", 1e-3), ("cm", 1e-2), ("m", 1.0), ("M", 1.0)])
def test_units_become_metres(tmp_path, unit, metres):
    recording = loaders.open(made(tmp_path, analog=None, groups={"POINT": {"UNITS": unit}}))
    np.testing.assert_allclose(recording["M1.x", 3].data, 21 * 10 * 0.5 * metres - 40 * 0.5 * metres)
    assert recording.notes["warnings"] == ()


def test_a_file_without_a_unit_says_what_is_assumed(tmp_path):
    recording = loaders.open(made(tmp_path, groups={"POINT": {"UNITS": None}}))
    assert recording.read().data[3, 0] == pytest.approx(-5e-3)
    assert "millimetres are assumed" in recording.notes["warnings"][0]


def test_labels_go_on_in_labels2_and_markers_without_one_are_numbered(tmp_path):
    path = made(tmp_path, groups={"POINT": {"LABELS": ["A"], "LABELS2": ["B", "spare"], "DESCRIPTIONS": ["ankle"]}})
    assert loaders.open(path).notes["markers"] == ("A", "B")
    assert loaders.open(path).notes["descriptions"] == {"A": "ankle"}
    assert loaders.open(made(tmp_path, groups={"POINT": {"LABELS": None}})).notes["markers"] == ("marker1", "marker2")
    assert loaders.open(made(tmp_path, groups={"POINT": {"LABELS": ["A", "A"]}})).notes["markers"] == ("A-0", "A-1")


def test_events_of_the_group_count_from_the_trials_first_frame(tmp_path):
    told = {"USED": 2, "LABELS": ["Strike", "Off"], "CONTEXTS": ["Left", "Right"], "TIMES": [0.0, 1.06, 0.0, 1.02]}
    recording = loaders.open(made(tmp_path, first=51, groups={"EVENT": told}))
    assert recording.notes["first_frame"] == 51
    assert [(round(e.onset, 6), e.label) for e in recording.events] == [(0.02, "Right Off"), (0.06, "Left Strike")]


def test_events_of_the_header_count_from_the_files_first_frame(tmp_path):
    path = made(tmp_path, first=51)
    content = bytearray(path.read_bytes())
    content[298:302] = np.array([12345, 2], "<u2").tobytes()
    content[304:312] = np.array([0.06, 0.02], "<f4").tobytes()
    content[396:404] = b"RHS RTO "
    path.write_bytes(content)
    assert [(round(e.onset, 6), e.label) for e in loaders.open(path).events] == [(0.02, "RTO"), (0.06, "RHS")]


def test_force_plates_and_the_upright_axis_are_noted(tmp_path):
    plates = {"USED": 1, "TYPE": [2], "CHANNEL": [1, 2], "CORNERS": [float(i) for i in range(12)]}
    screen = {"X_SCREEN": "+X", "Y_SCREEN": "+Z"}
    notes = loaders.open(made(tmp_path, groups={"FORCE_PLATFORM": plates, "POINT": screen})).notes
    assert notes["up"] == "z"
    (plate,) = notes["force_plates"]
    assert (plate["type"], plate["channels"], plate["corners"][3]) == (2, (1, 2), (9.0, 10.0, 11.0))
    assert notes["facts"]["force plates"] == "1 (types 2)"


# law -----------------------------------------------------------------------------------------------------------------

LONG = 70_000


@pytest.mark.parametrize(
    "groups",
    [
        {"TRIAL": {"ACTUAL_START_FIELD": [1, 0], "ACTUAL_END_FIELD": [LONG & 0xFFFF, LONG >> 16]}},
        {"POINT": {"LONG_FRAMES": float(LONG)}},
        {"POINT": {"FRAMES": float(LONG)}},
    ],
)
def test_more_than_65535_frames_are_read_to_the_last(tmp_path, groups):
    points = np.arange(LONG)[:, None, None] % 1000 + np.zeros((1, 1, 3), int)
    path = tmp_path / "long.c3d"
    path.write_bytes(c3d(points, np.zeros((LONG, 1)), groups=groups))
    recording = loaders.open(path)
    assert recording.shape == (3, LONG)
    np.testing.assert_allclose(recording[0, -3:].data[0], np.array([997, 998, 999]) * 0.5e-3)
    np.testing.assert_array_equal(recording.read().data[2], (np.arange(LONG) % 1000) * (0.5 * 0.001))


def test_a_piece_equals_the_slice_of_the_whole(tmp_path):
    recording = loaders.open(made(tmp_path))
    whole = recording.read().data
    np.testing.assert_array_equal(recording[[*("M1.z", "M0.x")], 1:3].data, whole[[5, 0], 1:3])
    np.testing.assert_array_equal(recording.read(0.02, 0.06).data, whole[:, 1:3])


def test_only_the_frames_asked_for_are_read(tmp_path):
    path = made(tmp_path)
    recording = loaders.open(path)
    path.write_bytes(path.read_bytes()[:-40])  # the last frame and a half go
    assert recording[:, :2].shape == (6, 2)
    with pytest.raises(FormatError, match="was it cut"):
        recording.read()


def test_a_recording_goes_to_another_process_with_its_analogs(tmp_path):
    recording = loaders.open(made(tmp_path))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        again = pool.apply(loaders.Recording.read, (recording,))
        analog = pool.apply(loaders.Recording.read, (recording.notes["analog"],))
    np.testing.assert_array_equal(again.data, recording.read().data)
    np.testing.assert_array_equal(analog.data, recording.notes["analog"].read().data)


def test_content_goes_before_the_suffix(tmp_path):
    path = made(tmp_path)
    other = path.rename(tmp_path / "walk.edf")
    assert loaders.open(other).notes["domain"] == "motion capture"


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": {"POINT": {"USED": 3}}}, "2 points, POINT:USED 3"),
        ({"groups": {"ANALOG": {"USED": 3}}}, "2 analog channels, ANALOG:USED 3"),
        ({"groups": {"POINT": {"SCALE": -0.5}}}, "scale is 0.5 in the header and -0.5"),
        ({"groups": {"POINT": {"RATE": -50.0}}}, "frame rate is 50 in the header and -50"),
        ({"groups": {"POINT": {"DATA_START": 6}}}, r"block 5 \(header\) or 6"),
        ({"groups": {"POINT": {"UNITS": "furlong"}}}, "unit of length is 'furlong'"),
        ({"groups": {"POINT": {"FRAMES": 9}}, "last": 9}, "cut short: .* bytes, expected .*9 frames of 28 bytes"),
        ({"groups": {"POINT": {"FRAMES": None}}, "last": 0}, "no frames"),
        ({"rate": 0.0}, "frame rate is 0 Hz"),
        ({"scale": 0.0}, "scale is 0"),
    ],
)
def test_contradictions_are_refused(tmp_path, changes, message):
    path = made(tmp_path, **changes)
    with pytest.raises(FormatError, match=message) as refused:
        loaders.open(path)
    assert str(path) in str(refused.value)


def test_of_two_frame_counts_the_one_that_the_length_confirms_is_taken_and_said(tmp_path):
    points, states = np.zeros((400, 2, 3)), np.zeros((400, 2))
    path = tmp_path / "two.c3d"
    path.write_bytes(c3d(points, states, groups={"POINT": {"FRAMES": 500}}))
    recording = loaders.open(path)
    assert recording.shape == (6, 400)
    assert "also tells of 500 (POINT:FRAMES)" in recording.notes["warnings"][0]


def test_a_damaged_parameter_is_left_out_and_named(tmp_path):
    path = made(tmp_path, analog=None, groups={"SPARE": {"NAMES": ["a", "b"]}})
    content = path.read_bytes().replace(b"NAMES\x09\x00\xff\x02\x01\x02", b"NAMES\x09\x00\xff\x02\x40\x40")
    assert content != path.read_bytes()
    path.write_bytes(content)
    assert loaders.open(path).notes["warnings"] == ("parameter 'SPARE:NAMES' does not fit its place: it is left out",)


@pytest.mark.parametrize("kept", [1, 100, 511, 512, 515, 600, 2048, 2100, -1])
def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path, kept):
    path = made(tmp_path)
    content = path.read_bytes()[:kept]
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"cut short|expected"):
        loaders.open(path)


def test_what_has_no_markers_says_what_it_has(tmp_path):
    path = tmp_path / "emg.c3d"
    path.write_bytes(c3d(np.zeros((4, 0, 3)), np.zeros((4, 0)), ANALOGS, groups={"POINT": {"LABELS": None}}))
    with pytest.raises(FormatError, match=r"2 analog channels are read by c3d.analog"):
        loaders.open(path)
    assert reader.analog(path).shape == (2, 12)
    with pytest.raises(FormatError, match="0 points"):
        reader.residuals(path)
    with pytest.raises(FormatError, match="no analog channels"):
        reader.analog(made(tmp_path, analog=None))


def test_the_limit_on_allocations_holds(tmp_path, monkeypatch):
    monkeypatch.setenv(limits.NAME, "100")
    recording = loaders.open(made(tmp_path))
    for one in (recording, recording.notes["analog"]):
        with pytest.raises(ResourceError, match="SIGCONV_MOST_BYTES"):
            one.read()
    assert recording[:3, :2].shape == (3, 2)


def test_channels_that_are_not_whole_markers_have_no_positions(tmp_path):
    signal = loaders.open(made(tmp_path))
    with pytest.raises(ShapeError, match=r"not whole markers at 'M0\.z'"):
        markers.positions(signal.pick(["M0.x", "M0.z", "M0.y"]).read())
    with pytest.raises(ArgumentError, match=r"lacks the channels: M2\.x"):
        signal.pick(["M2.x"])
