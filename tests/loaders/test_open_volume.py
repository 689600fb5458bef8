"""Volumes: real files agree with nibabel, made-up ones with the numbers put in, damaged ones say what is wrong."""

import gzip
import pickle
import time

import nibabel
import numpy as np
import pytest

from sigconv import loaders, space
from sigconv.errors import ArgumentError, FormatError, ResourceError, SamplingError
from sigconv.loaders import volume
from tests.loaders.volumes import FORMATS, in_format, real_scan

CT = "ct_totalseg_examples"


def nifti(path, data, affine=None, version=1, **fields):
    """A NIfTI file by nibabel, header fields as told."""
    image = (nibabel.Nifti1Image if version == 1 else nibabel.Nifti2Image)(
        data, np.eye(4) if affine is None else affine
    )
    nibabel.save(image, path)
    header = image.header
    content = bytearray(path.read_bytes())
    for name, value in fields.items():
        header[name] = value
    content[: header.sizeof_hdr] = header.binaryblock
    path.write_bytes(content)
    return path


# known ---------------------------------------------------------------------------------------------------------------


def test_numbers_lie_where_the_file_puts_them(tmp_path):
    data = np.arange(24, dtype=np.int16).reshape(4, 3, 2)  # x, y, z
    scan = loaders.load(nifti(tmp_path / "scan.nii", data, np.diag([2.0, 3, 4, 1])))
    assert scan.shape == (1, 2, 3, 4)
    assert scan.data.dtype == np.int16
    assert scan.data[0, 1, 2, 3] == data[3, 2, 1]
    assert [(axis.name, axis.step, axis.unit) for axis in scan.axes[1:]] == [
        ("z", 4.0, "mm"),
        ("y", 3.0, "mm"),
        ("x", 2.0, "mm"),
    ]


@pytest.mark.parametrize(("code", "length"), [(1, 1000.0), (2, 1.0), (3, 0.001), (0, 1.0)])
def test_metres_and_micrometres_become_millimetres(tmp_path, code, length):
    path = nifti(tmp_path / "scan.nii", np.zeros((2, 3, 4)), np.diag([0.5, 0.5, 2, 1]), xyzt_units=code)
    assert loaders.open(path).axis("z").step == pytest.approx(2 * length)


def test_slope_and_intercept_are_applied_and_a_slope_of_nought_or_nan_is_not(tmp_path):
    data = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    scaled = loaders.load(nifti(tmp_path / "scan.nii", data, scl_slope=2.0, scl_inter=-1024.0))
    assert scaled.data.dtype == np.float32
    np.testing.assert_array_equal(scaled.data[0], 2.0 * data.T - 1024)
    for slope in (0.0, np.nan, np.inf):
        plain = loaders.load(nifti(tmp_path / "scan.nii", data, scl_slope=slope, scl_inter=5.0))
        assert plain.data.dtype == np.uint8
        np.testing.assert_array_equal(plain.data[0], data.T)


def test_a_fourth_axis_is_time_where_its_unit_says_so_and_channels_where_not(tmp_path):
    data = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    path = nifti(tmp_path / "bold.nii", data, xyzt_units=2 + 16, pixdim=[1, 1, 1, 1, 2500, 1, 1, 1])
    bold = loaders.load(path)
    assert [axis.name for axis in bold.axes] == ["channel", "time", "z", "y", "x"]
    assert bold.axis("time").step == 2.5
    np.testing.assert_array_equal(bold.data[0], data.transpose(3, 2, 1, 0))
    contrasts = volume.open(path, fourth="channel").read()
    assert contrasts.shape == (5, 4, 3, 2)
    np.testing.assert_array_equal(loaders.open(path).read(2.5, 7.5).data[0], data.transpose(3, 2, 1, 0)[1:3])
    bare = loaders.open(nifti(tmp_path / "stack.nii", data, xyzt_units=2))
    np.testing.assert_array_equal(bare[["1", "3"]].data, data.transpose(3, 2, 1, 0)[[1, 3]])


def test_vectors_on_the_fifth_axis_are_channels(tmp_path):
    data = np.random.default_rng(0).normal(size=(2, 3, 4, 1, 3)).astype(np.float32)
    field = loaders.load(nifti(tmp_path / "field.nii", data))
    np.testing.assert_array_equal(field.data, data[:, :, :, 0].transpose(3, 2, 1, 0))


def test_a_qform_alone_places_the_volume_and_none_at_all_is_a_warning(tmp_path):
    image = nibabel.Nifti1Image(np.zeros((2, 3, 4), dtype=np.uint8), None)
    affine = np.array([[0.0, 2, 0, 5], [-1, 0, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]])
    image.header.set_qform(affine, 1)
    image.header.set_sform(None, 0)
    nibabel.save(image, tmp_path / "q.nii")
    quaternion = loaders.open(tmp_path / "q.nii")
    assert (quaternion.notes["facts"]["orientation from"], quaternion.notes["stored"]["codes"]) == ("qform", "PRS")
    path = nifti(tmp_path / "none.nii", np.zeros((2, 3, 4), dtype=np.uint8), sform_code=0, qform_code=0)
    assert "left and right are a guess" in loaders.open(path).notes["warnings"][0]


def test_the_unit_is_told_by_who_knows_it(tmp_path):
    path = nifti(tmp_path / "ct.nii", np.zeros((2, 3, 4), dtype=np.int16))
    assert loaders.open(path).unit == ""
    assert volume.open(path, unit="HU").unit == "HU"


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_holds_the_same_scan_and_pieces_are_pieces_of_the_whole(suffix, real_data, tmp_path):
    scan = loaders.load(real_scan(real_data))
    recording = loaders.open(in_format(real_scan(real_data), suffix, tmp_path))
    whole = recording.read()
    space.same_grid(whole, scan)
    np.testing.assert_array_equal(whole.data, scan.data)
    assert whole.data.dtype == np.uint8
    rng = np.random.default_rng(0)
    for _ in range(20):
        box = [sorted(rng.choice(n + 1, 2, replace=False)) for n in whole.shape[1:]]
        cut = tuple(slice(*pair) for pair in box)
        np.testing.assert_array_equal(recording[:, *cut].data, whole.data[:, *cut])
    again = pickle.loads(pickle.dumps(recording.reader))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again(((3, 4), (0, 5), (2, 9)), [0]), whole.data[:, 3:4, 0:5, 2:9])


@pytest.mark.parametrize("packed", [False, True])
def test_boxes_of_large_and_turned_volumes_are_read_whole_whatever_their_shape(packed, tmp_path):
    data = np.random.default_rng(0).integers(0, 1000, (300, 200, 90)).astype(">i2")
    affine = np.array([[0.0, 0, -1, 0], [2, 0, 0, 0], [0, -3, 0, 0], [0, 0, 0, 1]])
    path = nifti(tmp_path / ("scan.nii.gz" if packed else "scan.nii"), data, affine) if not packed else None
    if packed:
        plain = nifti(tmp_path / "scan.nii", data, affine)
        path = tmp_path / "scan.nii.gz"
        path.write_bytes(gzip.compress(plain.read_bytes(), 1))
    recording = loaders.open(path)
    whole = data.transpose(1, 0, 2)[::-1, :, ::-1]
    boxes = [((0, 200), (0, 300), (0, 90)), ((5, 6), (0, 300), (0, 90)), ((0, 200), (7, 9), (3, 4)), ((50, 99),) * 2]
    for box in boxes:
        box = (*box, (60, 90)) if len(box) == 2 else box
        np.testing.assert_array_equal(recording.samples(box)[0], whole[tuple(slice(*pair) for pair in box)])
    assert recording.read().data.dtype == np.int16


def test_a_huge_file_is_open_in_milliseconds(tmp_path):
    path = nifti(tmp_path / "huge.nii", np.zeros((2, 2, 2), dtype=np.int16), dim=[3, 1024, 1024, 2048, 1, 1, 1, 1])
    with path.open("r+b") as file:
        file.truncate(352 + (1 << 32))
    took = []
    for _ in range(5):
        began = time.process_time()
        recording = loaders.open(path)
        took.append(time.process_time() - began)
    assert min(took) < 0.05
    assert recording[:, 2000:2001, 1000:1001, 3:5].data.tolist() == [[[[0, 0]]]]
    with pytest.raises(ResourceError, match=r"huge\.nii.*4294967296.*SIGCONV_MOST_BYTES"):
        recording.read()


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_every_real_ct_agrees_with_nibabel(real_data):
    files = sorted((real_data / CT).glob("*.nii.gz"))
    for path in files:
        theirs = nibabel.as_closest_canonical(nibabel.load(path))
        ours = loaders.load(path)
        np.testing.assert_array_equal(ours.data[0], np.asarray(theirs.dataobj).T, err_msg=path.name)
        np.testing.assert_allclose(space.affine(ours), theirs.affine, atol=1e-5)
        assert ours.data.dtype == theirs.get_data_dtype()
    assert len(files) == 13


@pytest.mark.data
def test_the_liver_is_on_the_right_and_the_spine_at_the_back(real_data):
    organs = loaders.load(real_data / CT / "example_seg_fast_force_split.nii.gz").data[0]
    centre = {name: np.argwhere(organs == label).mean(axis=0) for name, label in (("liver", 5), ("spleen", 1))}
    assert centre["liver"][2] > centre["spleen"][2]  # x ascends towards the patient's right
    scan = loaders.load(real_data / CT / "example_ct.nii.gz").data[0]
    bone = np.argwhere(scan[scan.shape[0] // 2] > 300)
    assert bone[:, 0].mean() < scan.shape[1] / 2  # y ascends towards the front


@pytest.mark.data
def test_scan_and_labels_of_the_hippocampus_lie_on_one_grid(real_data):
    folder = real_data / "msd_hippocampus"
    for path in sorted((folder / "images").glob("*.nii.gz"))[::20]:
        scan, labels = loaders.open(path), loaders.load(folder / "labels" / path.name)
        space.same_grid(scan, labels)
        assert set(np.unique(labels.data)) == {0, 1, 2}
        assert scan.notes["subject"] == path.name.removesuffix(".nii.gz")


@pytest.mark.data
def test_names_of_labels_are_told_where_the_file_has_them(real_data):
    organs = loaders.open(real_data / CT / "example_seg.nii.gz")
    assert (organs.notes["classes"][1], organs.notes["classes"][5], len(organs.notes["classes"])) == (
        "spleen",
        "liver",
        117,
    )
    assert "classes" not in loaders.open(real_data / CT / "example_ct.nii.gz").notes


def test_content_goes_before_names_and_halves_find_each_other(tmp_path):
    data = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    plain = nifti(tmp_path / "scan.nii", data)
    odd = tmp_path / "packed.nii"
    odd.write_bytes(gzip.compress(plain.read_bytes()))
    other = plain.rename(tmp_path / "plain.nii.gz")
    nibabel.save(nibabel.Nifti1Pair(data, np.eye(4)), tmp_path / "pair.img")
    for half in ("hdr", "img"):
        (tmp_path / f"pair.{half}").rename(tmp_path / f"PAIR.{half.upper()}")
    packed = tmp_path / "PAIR.IMG"
    (tmp_path / "PAIR.IMG.gz").write_bytes(gzip.compress(packed.read_bytes()))
    for path in (odd, other, packed, tmp_path / "PAIR.HDR", tmp_path / "PAIR.IMG.gz"):
        np.testing.assert_array_equal(loaders.load(path).data[0], data.T)
    packed.unlink()
    np.testing.assert_array_equal(loaders.load(tmp_path / "PAIR.HDR").data[0], data.T)
    assert loaders.open(tmp_path / "PAIR.HDR").notes["name"] == "PAIR"


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"datatype": 32}, r"datatype is 32 \(complex\)"),
        ({"datatype": 128}, r"datatype is 128 \(RGB\)"),
        ({"datatype": 5}, "datatype is 5, expected"),
        ({"bitpix": 8}, "bitpix is 8, expected 16"),
        ({"dim": [3, 0, 3, 4, 1, 1, 1, 1]}, r"dim\[1\] is 0"),
        ({"dim": [9, 2, 3, 4, 1, 1, 1, 1]}, r"dim\[0\] is 9"),
        ({"dim": [6, 2, 3, 4, 1, 1, 2, 1]}, r"dim\[6\] is 2"),
        ({"dim": [3, 2, 3, 400, 1, 1, 1, 1]}, "cut short: 48 bytes .*expected 4800"),
        ({"dim": [5, 2, 3, 1, 2, 2, 1, 1], "xyzt_units": 2}, r"dim\[4\] is 2 and dim\[5\] is 2"),
        ({"vox_offset": 100}, "vox_offset is 100"),
        ({"vox_offset": np.nan}, "vox_offset is nan"),
        ({"scl_slope": 1.0, "scl_inter": np.nan}, "scl_inter is nan"),
        ({"srow_x": [0, 0, 0, 0]}, "scan.nii: the axes"),
        ({"xyzt_units": 7}, "xyzt_units has a length of code 7"),
        ({"xyzt_units": 10, "dim": [4, 1, 2, 3, 4, 1, 1, 1], "pixdim": [1, 1, 1, 1, 0, 1, 1, 1]}, r"pixdim\[4\] is 0"),
        ({"magic": b"abc"}, r"magic is b'abc\\x00' at byte 344"),
        ({"magic": b""}, "ANALYZE 7.5"),
    ],
)
def test_a_header_that_lies_is_refused_by_field(tmp_path, fields, told):
    path = nifti(tmp_path / "scan.nii", np.zeros((2, 3, 4), dtype=np.int16), **fields)
    with pytest.raises(FormatError, match=told) as error:
        loaders.open(path)
    assert "scan.nii" in str(error.value)


def test_an_extension_longer_than_its_room_is_refused(tmp_path):
    path = nifti(tmp_path / "scan.nii", np.zeros((2, 3, 4), dtype=np.int16), vox_offset=384)
    content = bytearray(path.read_bytes() + bytes(64))
    content[348:360] = bytes([1, 0, 0, 0]) + (4096).to_bytes(4, "little") + bytes(4)
    path.write_bytes(content)
    with pytest.raises(FormatError, match="extension at byte 352 has 4096 bytes"):
        loaders.open(path)


def test_a_gzip_cut_short_or_damaged_is_refused_when_read_with_the_byte(tmp_path):
    data = np.random.default_rng(0).integers(0, 255, (40, 40, 40)).astype(np.uint8)
    plain = nifti(tmp_path / "scan.nii", data)
    packed = gzip.compress(plain.read_bytes())
    path = tmp_path / "short.nii.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(FormatError, match=r"short\.nii\.gz: cut short: .* byte \d+"):
        loaders.load(path)
    path.write_bytes(packed[:3000] + bytes(64) + packed[3064:])
    with pytest.raises(FormatError, match=r"short\.nii\.gz: damaged compressed data before byte \d+"):
        loaders.load(path)


def test_a_pair_without_its_other_half_is_refused(tmp_path):
    image = nibabel.Nifti1Pair(np.zeros((2, 3, 4), dtype=np.uint8), np.eye(4))
    nibabel.save(image, tmp_path / "scan.img")
    (tmp_path / "scan.img").unlink()
    with pytest.raises(FormatError, match=r"scan\.hdr: names the file 'scan\.img', which is not there"):
        loaders.open(tmp_path / "scan.hdr")


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no volume")
    with pytest.raises(FormatError, match=r"notes\.txt: not a volume"):
        volume.open(tmp_path / "notes.txt")


def test_arguments_are_checked(tmp_path):
    path = nifti(tmp_path / "scan.nii", np.zeros((2, 3, 4), dtype=np.uint8))
    with pytest.raises(ArgumentError, match="fourth is 'tiem'"):
        volume.open(path, fourth="tiem")
    with pytest.raises(SamplingError, match="unit is 'Hounsfield'"):
        volume.open(path, unit="Hounsfield")
