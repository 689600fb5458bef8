"""NRRD and MetaImage: headers written by hand read as written; those that lie, or lead astray, are refused."""

import bz2
import gzip
import zlib

import numpy as np
import pytest

from sigconv import loaders, space
from sigconv.errors import FormatError
from sigconv.loaders import volume

DATA = np.arange(24, dtype="<i2").reshape(4, 3, 2)  # x, y, z
RAW = DATA.tobytes(order="F")
NRRD = """NRRD0004
# by hand
type: short
dimension: 3
sizes: 4 3 2
endian: little
encoding: raw
space: left-posterior-superior
space directions: (2,0,0) (0,3,0) (0,0,4)
space origin: (10,20,30)
made by:=hand
"""
META = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 10 20 30
ElementSpacing = 2 3 4
DimSize = 4 3 2
ElementType = MET_SHORT
"""
LPS = np.array([[-2.0, 0, 0, -10], [0, -3, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1]])


def without(text: str, *fields: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(fields))


def nrrd(path, *more: str, leave=(), body=RAW):
    path.write_bytes((without(NRRD, *leave) + "".join(f"{line}\n" for line in more) + "\n").encode() + body)
    return path


def meta(path, *more: str, leave=(), body=RAW, file="LOCAL"):
    text = without(META, *leave) + "".join(f"{line}\n" for line in more) + f"ElementDataFile = {file}\n"
    path.write_bytes(text.encode() + body)
    return path


def assert_same(path) -> None:
    """The volume of DATA on the grid of LPS."""
    scan = loaders.load(path)
    np.testing.assert_array_equal(scan.data[0], DATA.T[:, ::-1, ::-1])
    np.testing.assert_allclose(space.affine(scan) @ [3, 2, 0, 1], LPS[:, 3])
    np.testing.assert_allclose([axis.step for axis in scan.axes[1:]], [4, 3, 2])
    assert scan.notes["stored"]["codes"] == "LPS"


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("raw", RAW),
        ("gzip", gzip.compress(RAW, mtime=0)),
        ("bz2", bz2.compress(RAW)),
        ("ascii", " ".join(map(str, DATA.ravel(order="F"))).encode()),
    ],
)
def test_a_nrrd_of_every_encoding_lies_where_it_says(encoding, body, tmp_path):
    assert_same(nrrd(tmp_path / "scan.nrrd", f"encoding: {encoding}", leave=["encoding"], body=body))


def test_a_metaimage_plain_compressed_or_in_words_lies_where_it_says(tmp_path):
    assert_same(meta(tmp_path / "scan.mha"))
    assert_same(meta(tmp_path / "scan.mha", "CompressedData = True", body=zlib.compress(RAW)))
    words = " ".join(map(str, DATA.ravel(order="F"))).encode()
    assert_same(meta(tmp_path / "scan.mha", "BinaryData = False", leave=["BinaryData "], body=words))
    swapped = DATA.astype(">i2").tobytes(order="F")
    assert_same(
        meta(tmp_path / "scan.mha", "ElementByteOrderMSB = True", leave=["BinaryDataByteOrderMSB"], body=swapped)
    )


def test_data_files_are_found_beside_their_header(tmp_path):
    (tmp_path / "all.raw").write_bytes(b"skip" + RAW)
    assert_same(nrrd(tmp_path / "one.nhdr", "data file: all.raw", "byte skip: 4", body=b""))
    assert_same(nrrd(tmp_path / "one.nhdr", "datafile: ./all.raw", "byteskip: -1", body=b""))
    assert_same(meta(tmp_path / "one.mhd", "HeaderSize = 4", file="all.raw", body=b""))
    assert_same(meta(tmp_path / "one.mhd", "HeaderSize = -1", file="all.raw", body=b""))
    (tmp_path / "lined.raw").write_bytes(b"first line\nsecond\n" + RAW)
    assert_same(nrrd(tmp_path / "one.nhdr", "line skip: 2", "data file: lined.raw", body=b""))
    for number in (1, 2):
        (tmp_path / f"slice{number:02d}.raw").write_bytes(RAW[24 * (number - 1) : 24 * number])
    assert_same(nrrd(tmp_path / "two.nhdr", "data file: slice%02d.raw 1 2 1 2", body=b""))
    assert_same(nrrd(tmp_path / "two.nhdr", "data file: LIST", "slice01.raw", "slice02.raw", body=b""))
    assert_same(meta(tmp_path / "two.mhd", file="slice%02d.raw 1 2 1", body=b""))
    assert_same(meta(tmp_path / "two.mhd", file="LIST", body=b"slice01.raw\nslice02.raw\n"))


@pytest.mark.parametrize(
    ("space_name", "signs"), [("right-anterior-superior", (1, 1, 1)), ("LAS", (-1, 1, 1)), ("lps", (-1, -1, 1))]
)
def test_a_nrrd_tells_towards_what_its_axes_grow(space_name, signs, tmp_path):
    scan = loaders.load(nrrd(tmp_path / "scan.nrrd", f"space: {space_name}", leave=["space:"]))
    first = [axis for axis, sign in zip((3, 2, 1), signs, strict=True) if sign < 0]
    np.testing.assert_array_equal(np.flip(scan.data, first)[0], DATA.T)
    assert scan.notes["warnings"] == ()


def test_a_nrrd_without_a_space_is_read_as_itk_does_with_a_warning(tmp_path):
    path = nrrd(tmp_path / "scan.nrrd", "spacings: 2 3 4", leave=["space"])
    scan = loaders.load(path)
    assert scan.notes["stored"]["codes"] == "LPS"
    assert "left-posterior-superior" in scan.notes["warnings"][0]


def test_channels_and_time_are_told_apart(tmp_path):
    colours = np.arange(72, dtype="<i2")
    more = ["sizes: 3 4 3 2", "dimension: 4", "kinds: vector domain domain domain"]
    directions = "space directions: none (2,0,0) (0,3,0) (0,0,4)"
    leave = ["sizes", "dimension", "space directions"]
    path = nrrd(tmp_path / "vector.nrrd", *more, directions, leave=leave, body=colours.tobytes())
    scan = loaders.load(path)
    assert scan.shape == (3, 2, 3, 4)
    np.testing.assert_array_equal(scan.data[1], colours[1::3].reshape(2, 3, 4)[:, ::-1, ::-1])
    more = ["sizes: 4 3 2 3", "dimension: 4", "kinds: domain domain domain time", "spacings: nan nan nan 0.5"]
    directions = "space directions: (2,0,0) (0,3,0) (0,0,4) none"
    path = nrrd(tmp_path / "moving.nrrd", *more, directions, leave=leave, body=colours.tobytes())
    scan = loaders.open(path)
    assert (scan.shape, scan.axis("time").step) == ((1, 3, 2, 3, 4), 0.5)
    path = meta(tmp_path / "vector.mha", "ElementNumberOfChannels = 3", body=colours.tobytes())
    np.testing.assert_array_equal(loaders.load(path).data[2], colours[2::3].reshape(2, 3, 4)[:, ::-1, ::-1])
    four = {"leave": ["NDims", "DimSize", "TransformMatrix", "Offset", "ElementSpacing"], "body": colours.tobytes()}
    path = meta(tmp_path / "four.mha", "NDims = 4", "DimSize = 4 3 2 3", "ElementSpacing = 1 1 1 2", **four)
    assert loaders.load(path).shape == (3, 2, 3, 4)
    assert volume.open(path, ".mha", fourth="time").axis("time").step == 2.0


def test_a_metaimage_that_says_ct_is_in_hounsfield_units(tmp_path):
    assert loaders.open(meta(tmp_path / "scan.mha", "Modality = MET_MOD_CT")).unit == "HU"
    odd = loaders.open(meta(tmp_path / "scan.mha", "AnatomicalOrientation = LPI", leave=["TransformMatrix"]))
    assert "'LPI' is not followed" in odd.notes["warnings"][0]


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "leave", "told"),
    [
        (["type: block"], ["type"], "type is 'block'"),
        (["sizes: 4 3"], ["sizes"], "sizes has 2 numbers, expected 3"),
        (["sizes: 4 3 -2"], ["sizes"], "sizes is '-2'"),
        (["sizes: 4 3 200"], ["sizes"], "cut short: 48 bytes"),
        (["type: short"], [], "tells 'type' again"),
        ([], ["endian"], "lacks 'endian'"),
        (["endian: middle"], ["endian"], "endian is 'middle'"),
        (["encoding: hex"], ["encoding"], "encoding is 'hex'"),
        (["space directions: (2,0,0) (0,3,0)"], ["space directions"], "space directions has 2 entries"),
        (["space directions: (2,0,0) (2,0,0) (0,0,4)"], ["space directions"], "span space"),
        (["space directions: (2,0,0) (a,3,0) (0,0,4)"], ["space directions"], "space directions has 'a 3 0'"),
        (["kinds: complex domain domain"], [], "'complex'"),
        (["nonsense"], [], "line 12 is 'nonsense'"),
        (["data file: LIST"], [], "no names follow"),
        (["data file: s%d.raw 1 9 0"], [], "expected a pattern"),
        (["byte skip: -2"], [], "byte skip is '-2'"),
    ],
)
def test_a_nrrd_that_lies_is_refused_by_field(more, leave, told, tmp_path):
    with pytest.raises(FormatError, match=told) as error:
        loaders.open(nrrd(tmp_path / "scan.nrrd", *more, leave=leave))
    assert "scan.nrrd" in str(error.value)


@pytest.mark.parametrize(
    ("more", "leave", "told"),
    [
        (["ElementType = MET_FLOAT_ARRAY"], ["ElementType"], "ElementType is 'MET_FLOAT_ARRAY'"),
        (["NDims = 7"], ["NDims"], "NDims is '7'"),
        (["DimSize = 4 3"], ["DimSize"], "DimSize has 2 numbers"),
        (["DimSize = 4 3 200"], ["DimSize"], "cut short"),
        (["Offset = 1 2"], ["Offset"], "Offset has '1 2', expected 3 numbers"),
        (["Position = 1 2 3"], [], "tells 'Offset' again"),
        (["CompressedData = maybe"], [], "CompressedData is 'maybe'"),
        (["ObjectType = Tube"], ["ObjectType"], "ObjectType is 'Tube'"),
        (["nonsense"], [], "line 10 is 'nonsense'"),
        (["TransformMatrix = 1 0 0 1 0 0 0 0 1"], ["TransformMatrix"], "span space"),
        (["CompressedData = True", "HeaderSize = -1"], [], "expected raw"),
    ],
)
def test_a_metaimage_that_lies_is_refused_by_field(more, leave, told, tmp_path):
    with pytest.raises(FormatError, match=told) as error:
        loaders.open(meta(tmp_path / "scan.mha", *more, leave=leave))
    assert "scan.mha" in str(error.value)


@pytest.mark.parametrize(
    "name",
    ["../secret.raw", "/etc/passwd", "..\\secret.raw", "C:\\secret.raw", "link.raw", "sub/../../secret.raw", "."],
)
def test_a_header_that_leads_out_of_its_folder_is_refused(name, tmp_path):
    (tmp_path / "secret.raw").write_bytes(RAW)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.raw").symlink_to(tmp_path / "secret.raw")
    for path in (
        nrrd(inside / "scan.nhdr", f"data file: {name}", body=b""),
        nrrd(inside / "list.nhdr", "data file: LIST", name, body=b""),
        meta(inside / "scan.mhd", file=name, body=b""),
        meta(inside / "list.mhd", file="LIST", body=f"{name}\n".encode()),
    ):
        with pytest.raises(FormatError, match=r"own folder|link out of its folder|not there|no regular file"):
            loaders.open(path)


def test_numbers_in_words_that_are_none_are_refused(tmp_path):
    path = nrrd(tmp_path / "scan.nrrd", "encoding: ascii", leave=["encoding"], body=b"1 2 x " + b"3 " * 21)
    with pytest.raises(FormatError, match="numbers in text"):
        loaders.load(path)
    path = nrrd(tmp_path / "scan.nrrd", "encoding: ascii", leave=["encoding"], body=b"1 99999 " + b"3 " * 22)
    with pytest.raises(FormatError, match="numbers in text"):
        loaders.load(path)
