"""BVH: skeletons with answers worked out by hand, laws of bones, real files."""

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders.mocap import bandai_namco, bvh
from sigconv.loaders.mocap.kinematics import about, forward
from sigconv.loaders.mocap.markers import positions

ARM = """HIERARCHY
ROOT Shoulder
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Elbow
  {
    OFFSET 30 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT Left Wrist
    {
      OFFSET 25 0 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 10 0 0
      }
    }
  }
}
MOTION
Frames: 3
Frame Time: 0.0083333
0 0 0 0 0 0 0 0 0 0 0 0
1 2 3 90 0 0 0 0 0 0 0 0
0 0 0 0 0 0 90 0 90 0 0 0
"""


def made(tmp_path, text=ARM, end="\n"):
    path = tmp_path / "arm.bvh"
    path.write_bytes(text.replace("\n", end).encode())
    return path


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_arm_bends_as_worked_out_by_hand(tmp_path, end):
    recording = bvh.open(made(tmp_path, end=end), unit="cm", ends=True)
    assert recording.notes["markers"] == ("Shoulder", "Elbow", "Left Wrist", "Left Wrist-end")
    assert (recording.fs, recording.unit, recording.shape) == (120.0, "m", (12, 3))
    places = positions(recording.read()) * 100
    np.testing.assert_allclose(places[:, :, 0], [[0, 0, 0], [30, 0, 0], [55, 0, 0], [65, 0, 0]], atol=1e-12)
    # a quarter turn about z sends x to y; the root's position is where it is
    np.testing.assert_allclose(places[:, :, 1], [[1, 2, 3], [1, 32, 3], [1, 57, 3], [1, 67, 3]], atol=1e-12)
    # the elbow turns about z first (outermost), then about its own y: z x y, so x goes to -z, which z leaves alone
    np.testing.assert_allclose(places[:, :, 2], [[0, 0, 0], [30, 0, 0], [30, 0, -25], [30, 0, -35]], atol=1e-12)


ORDERS = ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"]


@pytest.mark.parametrize("order", ORDERS)
def test_the_channel_named_first_turns_last(tmp_path, order):
    angles = {"X": 20.0, "Y": -35.0, "Z": 50.0}
    channels = " ".join(f"{axis}rotation" for axis in order)
    text = f"""HIERARCHY
ROOT A {{ OFFSET 0 0 0 CHANNELS 3 {channels}
  JOINT B {{ OFFSET 1 2 3 CHANNELS 0 End Site {{ OFFSET 0 0 0 }} }} }}
MOTION
Frames: 1
Frame Time: 0.01
{" ".join(str(angles[axis]) for axis in order)}
"""
    x, y, z = (np.radians(angles[axis]) for axis in "XYZ")
    turn = {
        "X": np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]),
        "Y": np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]),
        "Z": np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]),
    }
    places = positions(bvh.open(made(tmp_path, text), unit="m").read())
    expected = turn[order[0]] @ turn[order[1]] @ turn[order[2]] @ [1, 2, 3]
    np.testing.assert_allclose(places[1, :, 0], expected, atol=1e-12)


def test_position_channels_stand_in_place_of_the_offset_or_are_added(tmp_path):
    text = ARM.replace("CHANNELS 3 Zrotation Xrotation Yrotation\n    JOINT", "CHANNELS 1 Xposition\n    JOINT")
    text = text.split("Frames")[0] + "Frames: 1\nFrame Time: 0.1\n0 0 0 0 0 0 40 0 0 0\n"
    path = made(tmp_path, text)
    assert bvh.open(path, unit="cm").read().data[3, 0] == pytest.approx(0.40)
    assert bvh.open(path, unit="cm", offsets="added").read().data[3, 0] == pytest.approx(0.70)


def test_raw_channels_are_as_written(tmp_path):
    recording = bvh.channels(made(tmp_path))
    assert recording.channels[:4] == (
        "Shoulder.Xposition",
        "Shoulder.Yposition",
        "Shoulder.Zposition",
        "Shoulder.Zrotation",
    )
    np.testing.assert_array_equal(recording.read().data[:4, 1], [1, 2, 3, 90])
    assert [recording.notes["units"][name] for name in recording.channels[2:4]] == ["", "deg"]


def test_the_unit_is_centimetres_unless_told_and_that_is_said(tmp_path):
    path = made(tmp_path)
    recording = loaders.open(path)
    assert recording.read().data[3, 0] == pytest.approx(0.30)
    assert "centimetres are assumed" in recording.notes["warnings"][0]
    assert bvh.open(path, unit="m").notes["warnings"] == ()
    assert bvh.open(path, unit="m").read().data[3, 0] == pytest.approx(30)
    assert bvh.open(path, unit="mm").notes["skeleton"]["offsets"][1] == (0.03, 0.0, 0.0)
    assert recording.notes["skeleton"]["parents"] == (-1, 0, 1, 2)


# law -----------------------------------------------------------------------------------------------------------------


def test_turning_the_root_turns_the_body():
    draw = np.random.default_rng(1)
    parents, shifts = [-1, 0, 1, 1], draw.normal(size=(4, 1, 3))
    shifts[0] = 0
    turns = about(0, draw.normal(size=(4, 5))) @ about(1, draw.normal(size=(4, 5)))
    turned = turns.copy()
    turned[0] = about(2, np.full(5, 0.7)) @ turns[0]
    np.testing.assert_allclose(
        forward(parents, shifts, turned), about(2, np.array(0.7)) @ forward(parents, shifts, turns), atol=1e-12
    )


def test_a_piece_equals_the_slice_of_the_whole_and_a_changed_file_is_read_anew(tmp_path):
    path = made(tmp_path)
    recording = loaders.open(path)
    whole = recording.read().data
    np.testing.assert_array_equal(recording["Elbow.y", 1:].data, whole[4:5, 1:])
    path.write_text(ARM.replace("OFFSET 30 0 0", "OFFSET 31.5 0 0"))
    assert loaders.load(path).data[3, 0] == pytest.approx(0.315)


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCHIE", "'HIERARCHIE', expected HIERARCHY"),
        ("ROOT", "JOINT", "line 2: 'JOINT', expected ROOT"),
        ("CHANNELS 3", "CHANNELS 7", "line 9: '7', expected 0 to 6 channels"),
        ("CHANNELS 3", "CHANNELS 4", "'JOINT', expected one of Xposition"),
        (
            "Zrotation Xrotation Yrotation\n  JOINT",
            "Zrotation Zrotation Yrotation\n  JOINT",
            "'Zrotation', expected one",
        ),
        ("OFFSET 30 0 0", "OFFSET 30 0", "line 9: 'CHANNELS', expected a finite number"),
        ("OFFSET 30 0 0", "OFFSET nan 0 0", "'nan', expected a finite number"),
        ("      }\n", "      JOINT x { OFFSET 0 0 0 CHANNELS 0 }\n }\n", "an End Site has no joints"),
        ("      }\n    }", "      }\n", "1 joints open: cut short"),
        ("End Site", "End Point", "'Point', expected Site"),
        ("Frames: 3", "Frames: 0", "Frames is b'0'"),
        ("Frames: 3", "Frames: 2", "line 26: has more than 2 rows"),
        ("Frames: 3", "Frames: 4", "cut short: 75 bytes of motion, expected 95 or more"),
        ("Frames: 3", "Frames: 900000000", "cut short: .* expected 21599999999 or more"),
        ("Frame Time: 0.0083333", "Frame Time: 0", "Frame Time is b'0'"),
        ("Frame Time: 0.0083333", "Frame Time: inf", "Frame Time is b'inf'"),
        ("MOTION", "MOTIONS", "no MOTION"),
        ("1 2 3 90", "1 2 90", "line 25: 11 fields, expected 12: cut short"),
        ("1 2 3 90", "1 2 3 4 90", "line 25: 13 fields, expected 12"),
        ("1 2 3 90", "1 2 3 x", "line 25: b'x' is not a number"),
        ("1 2 3 90", "1 2 3 1_0", "b'1_0' is not a number"),
        ("1 2 3 90", "1 2 3 nan", "b'nan' is not a number"),
        ("1 2 3 90", "1 2 3 1e999", "too large"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path, old, new, message):
    assert old in ARM
    path = made(tmp_path, ARM.replace(old, new, 1))
    with pytest.raises(FormatError, match=message) as refused:
        bvh.open(path).read()
    assert str(path) in str(refused.value)


def test_a_hostile_depth_is_refused_without_recursion(tmp_path):
    joint = "JOINT a {{ OFFSET 0 0 0 CHANNELS 0 {} "
    text = "HIERARCHY\nROOT a { OFFSET 0 0 0 CHANNELS 1 Xposition " + joint.format("") * 20_000
    with pytest.raises(FormatError, match="nested 257 deep; allowed: 5000 and 256"):
        bvh.open(made(tmp_path, text + "\nMOTION\nFrames: 1\nFrame Time: 1\n1\n"))


def test_a_small_file_of_many_fixed_joints_does_not_flood_memory(tmp_path):
    joint = "JOINT a { OFFSET 0 0 0 CHANNELS 0 End Site { OFFSET 0 0 0 } } "
    text = "HIERARCHY\nROOT a { OFFSET 0 0 0 CHANNELS 1 Xposition " + joint * 2400 + "}\nMOTION\nFrames: 90000\n"
    with pytest.raises(FormatError, match="4801 joints have 1 channels in all, and 90000 frames"):
        bvh.open(made(tmp_path, text + "Frame Time: 1\n" + "1\n" * 90_000))


def test_a_long_recording_is_made_in_pieces(tmp_path, monkeypatch):
    whole = bvh.open(made(tmp_path), unit="cm").read().data
    monkeypatch.setattr(bvh, "_AT_ONCE", 8)  # two frames of four joints
    np.testing.assert_array_equal(bvh.open(made(tmp_path, ARM + "\n"), unit="cm").read().data, whole)


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(ArgumentError, match="unit is 'inch'"):
        bvh.open(made(tmp_path), unit="inch")
    with pytest.raises(ArgumentError, match="offsets is 'add'"):
        bvh.open(made(tmp_path), offsets="add")
    with pytest.raises(FormatError, match="expected dataset-2_content_style_number"):
        bandai_namco.open(made(tmp_path))


# real ----------------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_bones_of_140_real_files_keep_the_length_that_their_offsets_have(real_data):
    """Position channels stand in place of the offset: only so are bones as long as the skeleton says."""
    paths = sorted((real_data / "motion_bvh").glob("*.bvh"))
    labels = [bandai_namco.labels_of(path) for path in paths]
    assert len(paths) == 140
    assert (len({a for a, _ in labels}), len({b for _, b in labels})) == (10, 7)
    for path in paths[::2]:
        recording = bandai_namco.open(path)
        places, skeleton = positions(recording.read()), recording.notes["skeleton"]
        joints = [i for i, name in enumerate(skeleton["joints"]) if not name.endswith("-end")]
        assert [skeleton["joints"][i] for i in joints] == list(recording.notes["markers"])
        for row, joint in enumerate(joints):
            parent = skeleton["parents"][joint]
            if parent > 0:  # the hips move freely in the root
                lengths = np.linalg.norm(places[row] - places[joints.index(parent)], axis=0)
                np.testing.assert_allclose(lengths, np.linalg.norm(skeleton["offsets"][joint]), atol=1e-9)


@pytest.mark.data
def test_a_real_walker_stands_on_the_floor_upright_y(real_data):
    recording = bandai_namco.open(real_data / "motion_bvh" / "dataset-2_walk_normal_001.bvh")
    assert (recording.notes["label"], recording.notes["style"], recording.fs) == ("walk", "normal", 30.0)
    assert recording.notes["up"] == "y"
    assert "subject" not in recording.notes
    places = positions(recording.read())
    names = recording.notes["markers"]
    height = {name: places[names.index(name), 1] for name in ("Head", "Hips", "Toes_L", "Toes_R")}
    assert (height["Head"] > height["Hips"] + 0.3).all()
    lowest = np.minimum(height["Toes_L"], height["Toes_R"])
    assert -0.03 < lowest.min() < lowest.max() < 0.08
