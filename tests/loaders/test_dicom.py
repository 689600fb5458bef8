"""DICOM series as volumes: by position, in Hounsfield units, where the scanner saw them."""

import math
import pickle
import shutil

import numpy as np
import pydicom
import pytest

from sigconv import loaders, space
from sigconv.errors import ArgumentError, FormatError, ResourceError
from sigconv.loaders import dicom
from tests.loaders.dicom_samples import ROOT, enhanced, ge, made_series, made_slice


def in_file_order(recording):
    """(slice, row, column) of the whole volume, as the files have it."""
    return recording.reader.turn.back(recording.read().data[0]).transpose(2, 1, 0)


def test_a_voxel_lies_where_its_header_says(tmp_path):
    pixels = made_series(tmp_path)
    recording = loaders.open(tmp_path)
    assert [str(axis) for axis in recording.axes] == ["channel 1", "z 4 × 2 mm", "y 6 × 0.5 mm", "x 8 × 0.25 mm"]
    assert recording.unit == "HU"
    assert recording.channels == ("CT",)
    np.testing.assert_array_equal(in_file_order(recording), pixels.astype(int) - 1024)
    # slice 2, row 1, column 3 is at (-1 + 3 × 0.25, -2 + 0.5, 4) LPS; y and x run the other way
    assert recording[0, 2, 6 - 1 - 1, 8 - 1 - 3].data.item() == int(pixels[2, 1, 3]) - 1024
    place = space.affine(recording) @ [8 - 1 - 3, 6 - 1 - 1, 2, 1]
    np.testing.assert_allclose(place[:3], [0.25, 1.5, 4.0])
    assert recording.notes["warnings"] == ()
    assert recording.read().data.dtype == np.int16


@pytest.mark.data
def test_the_real_series_whatever_its_files_are_called(real_data, tmp_path):
    order = np.random.Generator(np.random.PCG64(7)).permutation(28)
    for number, path in zip(order, ge(real_data), strict=True):
        shutil.copy(path, tmp_path / f"{number:02}")
    recording = loaders.open(tmp_path)
    slices = sorted((pydicom.dcmread(path) for path in ge(real_data)), key=lambda one: one.ImagePositionPatient[2])
    values = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])
    np.testing.assert_array_equal(in_file_order(recording), values)
    assert (values.min(), values.max()) == (-1500, 2121)
    heights = [float(one.ImagePositionPatient[2]) for one in slices]
    np.testing.assert_allclose(recording.axis("z").positions, np.subtract(heights, heights[0]), atol=1e-9)
    for z, row, column in [(0, 0, 0), (14, 200, 300), (27, 511, 17)]:
        head = slices[z]
        x, y, up = (
            p + 0.4882812 * (column * along + row * down)
            for p, along, down in zip(
                head.ImagePositionPatient,
                head.ImageOrientationPatient[:3],
                head.ImageOrientationPatient[3:],
                strict=True,
            )
        )
        axes = recording.axes
        place = space.frame(recording) @ [axes[3].at(511 - column), axes[2].at(511 - row), axes[1].at(z), 1]
        np.testing.assert_allclose(place[:3], [-x, -y, up], atol=1e-3)
        assert recording[0, z, 511 - row, 511 - column].data.item() == head.pixel_array[row, column]


@pytest.mark.data
def test_a_tilted_gantry_and_uneven_slices_are_kept_and_told(real_data):
    recording = loaders.open(ge(real_data)[0].parent)
    tilt, uneven = recording.notes["warnings"][1], recording.notes["warnings"][0]
    assert "tilted by 18.5 degrees" in tilt
    assert "1.14 to 7.38 mm apart" in uneven
    y, z = (recording.notes["directions"][name] for name in "yz")
    assert math.degrees(math.asin(np.dot(y, z))) == pytest.approx(18.5, abs=0.01)
    assert recording.notes["padding"] == -1500
    assert recording.notes["patient"] == "QMNx85rKkkg"
    assert recording.notes["facts"]["body part"] == "HEAD"


@pytest.mark.data
def test_only_the_rows_asked_for_are_read_and_a_piece_is_the_slice_of_the_whole(real_data):
    recording = pickle.loads(pickle.dumps(loaders.open(ge(real_data)[0].parent)))  # noqa: S301 - our own
    whole = recording.read().data
    for box in [(slice(3, 5), slice(0, 64), slice(448, 512)), (slice(27, 28), slice(511, 512), slice(0, 1))]:
        np.testing.assert_array_equal(recording[(0, *box)].data, whole[(slice(None), *box)])
    by_place = recording.read((60.0, None, 100.0), (71.0, None, 120.0))
    assert by_place.shape == (1, 2, 512, 41)


@pytest.mark.data
def test_one_file_is_a_volume_of_one_slice_that_tells_of_the_others(real_data):
    recording = loaders.open(ge(real_data)[4])
    assert recording.shape == (1, 1, 512, 512)
    assert recording.axis("z").step == pytest.approx(4.0)
    assert "files of its series that lie beside it: 27" in recording.notes["warnings"][0]


def test_frames_of_an_enhanced_file_are_sorted_and_scaled_one_by_one(tmp_path):
    pixels = enhanced(tmp_path / "many.dcm")
    recording = loaders.open(tmp_path / "many.dcm")
    values = np.stack([2.0 * pixels[frame] - 1000 - frame for frame in (1, 2, 0)])
    np.testing.assert_array_equal(in_file_order(recording), values)
    assert recording.unit == "HU"
    assert (recording.axis("z").step, recording.notes["origin"][2]) == (2.0, 0.0)
    assert recording.read().data.dtype == np.float32


TWELVE = {"BitsStored": 12, "HighBit": 11}


@pytest.mark.parametrize(
    ("stored", "fields", "values"),
    [
        (np.array([[0, 4095]], np.uint16), TWELVE, [-1024, 3071]),
        (np.array([[0xF000, 0x1FFF]], np.uint16), TWELVE, [-1024, 3071]),  # overlay bits
        (np.array([[0x0FFF, 0x0800]], np.uint16), TWELVE | {"PixelRepresentation": 1}, [-1025, -3072]),
        (np.array([[0x8000, 0x7FF0]], np.uint16), TWELVE | {"HighBit": 15, "PixelRepresentation": 1}, [-3072, 1023]),
        (np.array([[0, 65535]], np.uint16), {}, [-1024, 64511]),
        (np.array([[-32768, 32767]], np.int16), {}, [-33792, 31743]),
        (np.array([[0, 255]], np.uint8), {"RescaleIntercept": 0}, [0, 255]),
        (np.array([[0, 200]], np.uint8), {"RescaleSlope": 0.5}, [-1024, -924]),
        (np.array([[-(1 << 31), (1 << 31) - 1]], np.int32), {}, [-(1 << 31) - 1024, (1 << 31) - 1025]),
    ],
)  # fmt: skip
def test_no_stored_number_wraps(tmp_path, stored, fields, values):
    made_slice(tmp_path / "one.dcm", stored, **fields)
    np.testing.assert_array_equal(in_file_order(loaders.open(tmp_path / "one.dcm")).ravel(), values)


@pytest.mark.parametrize(
    ("sign", "told", "padding"), [(1, 63536, -2000 - 1024), (0, 63536, 63536 - 1024), (1, -2000, -3024)]
)
def test_the_padding_value_has_the_sign_of_the_pixels(tmp_path, sign, told, padding):
    pixels = np.zeros((2, 2), np.int16 if sign else np.uint16)
    made_slice(tmp_path / "one.dcm", pixels)
    data = pydicom.dcmread(tmp_path / "one.dcm")
    data.add_new("PixelPaddingValue", "SS" if told < 0 else "US", told)
    data.save_as(tmp_path / "one.dcm")
    assert loaders.open(tmp_path / "one.dcm").notes["padding"] == padding


def test_each_slice_has_its_own_slope(tmp_path):
    for number, slope in enumerate([1.0, 0.5]):
        made_slice(tmp_path / f"{number}.dcm", np.full((2, 2), 100, np.uint16), (0, 0, number), RescaleSlope=slope)
    assert in_file_order(loaders.open(tmp_path))[:, 0, 0].tolist() == [-924.0, -974.0]


@pytest.mark.parametrize("orientation", [[0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1], [0, -1, 0, -1, 0, 0]])
def test_sagittal_coronal_and_turned_slices_become_superior_anterior_right(tmp_path, orientation):
    normal = np.cross(orientation[:3], orientation[3:])
    for number in range(3):
        image = np.arange(12, dtype=np.uint16).reshape(3, 4) + 12 * number
        made_slice(
            tmp_path / f"{number}.dcm", image, (5, 6, 7) + 2.0 * number * normal, ImageOrientationPatient=orientation
        )
    recording = loaders.open(tmp_path)
    data, affine = recording.read().data[0], space.affine(recording)
    assert all(recording.notes["directions"][name][2 - "zyx".index(name)] > 0.99 for name in "zyx")
    for number, row, column in np.ndindex(3, 3, 4):
        lps = np.array([5, 6, 7]) + 2.0 * number * normal
        lps = lps + 0.25 * column * np.array(orientation[:3]) + 0.5 * row * np.array(orientation[3:])
        x, y, z = np.rint(np.linalg.solve(affine, [-lps[0], -lps[1], lps[2], 1])[:3]).astype(int)
        assert data[z, y, x] == 12 * number + 4 * row + column - 1024


def test_missing_slices_are_told_and_leave_a_gap(tmp_path):
    made_series(tmp_path, heights=(0.0, 2.0, 4.0, 10.0, 12.0))
    recording = loaders.open(tmp_path)
    assert recording.axis("z").positions == (0.0, 2.0, 4.0, 10.0, 12.0)
    assert "missing slices: 2, the first behind slice 3 of 5" in recording.notes["warnings"][0]


def test_a_copied_file_is_read_once_and_told(tmp_path):
    made_series(tmp_path)
    shutil.copy(tmp_path / "002.dcm", tmp_path / "copy.dcm")
    recording = loaders.open(tmp_path)
    assert recording.shape == (1, 4, 6, 8)
    assert "another one holds the same image: 1 (copy.dcm)" in recording.notes["warnings"][0]


def test_another_image_at_a_position_is_left_out_and_told(tmp_path):
    made_series(tmp_path)
    made_slice(tmp_path / "again.dcm", np.zeros((6, 8), np.uint16), (-1, -2, 2.0), InstanceNumber=9, **TWELVE)
    recording = loaders.open(tmp_path)
    assert in_file_order(recording)[1, 0, 0] == 48 - 1024
    assert f"series='{ROOT}.2#2'" in recording.notes["warnings"][0]
    assert dicom.open(tmp_path, series=f"{ROOT}.2#2").shape == (1, 1, 6, 8)


def test_phases_at_the_same_positions_are_series_of_their_own(tmp_path):
    for phase in range(2):
        made_series(tmp_path / str(phase), AcquisitionNumber=phase)
    with pytest.raises(ArgumentError, match="2 series; choose one"):
        loaders.open(tmp_path)
    assert [len(one.files) for one in dicom.series(tmp_path)] == [4, 4]
    assert {path.parent.name for path in dicom.series(tmp_path)[1].files} == {"1"}


def test_a_localiser_of_the_same_series_is_kept_apart(tmp_path):
    made_series(tmp_path)
    made_slice(tmp_path / "scout.dcm", np.zeros((9, 8), np.uint16), ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    recording = loaders.open(tmp_path)
    assert recording.shape == (1, 4, 6, 8)
    assert "left out of the series" in recording.notes["warnings"][0]


def test_two_series_in_a_folder_are_listed_and_chosen_by_uid(tmp_path):
    made_series(tmp_path / "a")
    made_series(tmp_path / "b", heights=(0.0, 3.0), SeriesInstanceUID=f"{ROOT}.7", SeriesDescription="bone")
    (tmp_path / "notes.txt").write_text("not DICOM")
    with pytest.raises(ArgumentError, match=rf"{ROOT}\.7: CT 'bone', 2 slices of 6 × 8"):
        loaders.open(tmp_path)
    assert dicom.open(tmp_path, series=f"{ROOT}.7").axis("z").step == 3.0
    first, second = dicom.series(tmp_path)
    assert (first.uid, second.description, second.patient, second.modality) == (f"{ROOT}.2", "bone", "P1", "CT")
    assert [path.name for path in second.files] == ["001.dcm", "002.dcm"]
    with pytest.raises(ArgumentError, match="did you mean"):
        dicom.open(tmp_path, series=f"{ROOT}.8")


def test_slices_beside_a_straight_line_are_told(tmp_path):
    for number in range(3):
        made_slice(tmp_path / f"{number}.dcm", np.zeros((2, 2), np.uint16), (0.2 * (number == 1), 0, number))
    assert "0.2 mm beside a straight line" in loaders.open(tmp_path).notes["warnings"][0]


def test_other_modalities_have_no_unit_and_ct_without_rescale_is_told(tmp_path):
    pixels = np.ones((2, 2), np.uint16)
    made_slice(tmp_path / "mr.dcm", pixels, Modality="MR", RescaleSlope=None, RescaleIntercept=None)
    made_slice(tmp_path / "ct.dcm", pixels, RescaleSlope=None, RescaleIntercept=None, SeriesInstanceUID=f"{ROOT}.8")
    made_slice(tmp_path / "m1.dcm", pixels, PhotometricInterpretation="MONOCHROME1", SeriesInstanceUID=f"{ROOT}.9")
    assert loaders.open(tmp_path / "mr.dcm").unit == ""
    assert "no rescale" in loaders.open(tmp_path / "ct.dcm").notes["warnings"][-1]
    assert "low is bright" in loaders.open(tmp_path / "m1.dcm").notes["facts"]["photometric"]


def test_a_folder_without_dicom_and_files_that_are_no_volume_are_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="without DICOM files; give one file"):
        loaders.open(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        dicom.open(tmp_path / "absent")
    made_slice(tmp_path / "rgb.dcm", np.zeros((2, 6), np.uint8), PhotometricInterpretation="RGB", SamplesPerPixel=3)
    with pytest.raises(FormatError, match=r"rgb\.dcm: photometric interpretation 'RGB' with 3"):
        loaders.open(tmp_path / "rgb.dcm")
    (tmp_path / "text.dcm").write_text("hello " * 100)
    with pytest.raises(FormatError, match=r"text\.dcm"):
        loaders.open(tmp_path / "text.dcm")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"PixelSpacing": [0.5, 0]}, "field PixelSpacing is .* expected 2 numbers of mm above 0"),
        ({"PixelSpacing": None}, "field PixelSpacing"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "at right angles"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1]}, "expected 6 finite numbers"),
        ({"ImagePositionPatient": [0, 0, 1e12]}, "expected 3 finite numbers"),
        ({"RescaleSlope": 0}, "field RescaleSlope"),
        ({"BitsStored": 17}, "field BitsStored is '17'; expected a whole number from 1 to 16"),
        ({"BitsAllocated": 12}, "expected 1, 8, 16 or 32"),
        ({"HighBit": 3}, "field HighBit"),
        ({"Rows": 1000}, "pixel data from byte .* has 96 bytes; expected 16000 bytes"),
        ({"NumberOfFrames": 7}, "expected 672 bytes"),
    ],
)
def test_fields_that_cannot_be_are_named(tmp_path, fields, message):
    made_slice(tmp_path / "one.dcm", np.zeros((6, 8), np.uint16), **fields)
    with pytest.raises(FormatError, match=rf"one\.dcm: .*{message}"):
        loaders.open(tmp_path / "one.dcm")


def test_slices_without_positions_cannot_be_sorted(tmp_path):
    made_series(tmp_path, ImagePositionPatient=None)
    assert loaders.open(tmp_path / "001.dcm").shape == (1, 1, 6, 8)
    with pytest.raises(FormatError, match="4 slices without ImagePositionPatient; expected one for each"):
        loaders.open(tmp_path)


def test_a_file_cut_behind_our_back_and_a_piece_too_large_are_refused(tmp_path, monkeypatch):
    made_series(tmp_path)
    recording = loaders.open(tmp_path)
    monkeypatch.setenv("SIGCONV_MOST_BYTES", "100")
    with pytest.raises(ResourceError, match="the piece needs 768 bytes; allowed: 100"):
        recording.read()
    monkeypatch.delenv("SIGCONV_MOST_BYTES")
    content = (tmp_path / "003.dcm").read_bytes()
    (tmp_path / "003.dcm").write_bytes(content[:-10])
    with pytest.raises(FormatError, match=r"003\.dcm: ends at byte"):
        recording.read()


def test_nested_sequences_do_not_exhaust_the_stack(tmp_path):
    path = made_slice(tmp_path / "one.dcm", np.zeros((2, 2), np.uint16))
    content = path.read_bytes()
    at = content.index(b"\x08\x00\x60\x00CS")
    item = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(content[:at] + item * 20_000 + content[at:])
    with pytest.raises(FormatError, match=r"one\.dcm: not readable as DICOM"):
        loaders.open(path)
