"""Compressed, deflated and big-endian DICOM: the same numbers as without."""

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from sigconv import loaders
from sigconv.errors import FormatError, ResourceError
from sigconv.loaders import guarded
from sigconv.loaders.dicom import decode
from tests.loaders.dicom_samples import cropped, enhanced, ge, made_slice, recoded
from tests.loaders.hostile import mutated
from tests.loaders.test_dicom import in_file_order

EXACT = [
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
]


@pytest.mark.data
@pytest.mark.parametrize("syntax", EXACT, ids=lambda uid: uid.keyword)
def test_the_real_series_in_another_transfer_syntax_is_the_same(real_data, tmp_path, syntax):
    pixels = [cropped(path, tmp_path / path.name, syntax=syntax) for path in ge(real_data)[:3]]
    recording = loaders.open(tmp_path)
    np.testing.assert_array_equal(in_file_order(recording), np.stack(pixels))
    assert recording.read().data.dtype == np.int16
    piece = recording[0, 1:3, 10:20, 30:31].data
    np.testing.assert_array_equal(piece, recording.read().data[:, 1:3, 10:20, 30:31])
    if syntax.is_encapsulated:
        assert recording.notes["facts"]["compression"] == syntax.name


def test_lossy_jpeg_is_near_and_told(tmp_path):
    y, x = np.mgrid[:32, :32]
    pixels = (4 * x + 3 * y).astype(np.uint8)
    made_slice(tmp_path / "plain.dcm", pixels, LossyImageCompression="01")
    recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / "lossy.dcm", JPEGBaseline8Bit)
    recording = loaders.open(tmp_path / "lossy.dcm")
    assert np.abs(in_file_order(recording)[0] + 1024 - pixels).max() < 8
    assert recording.notes["facts"]["lossy"] == "yes"


@pytest.mark.parametrize("name", ["693_J2KI", "JPGExtended", "JPEGLSNearLossless_16", "MR_small_RLE", "image_dfl"])
def test_published_files_as_pydicom_reads_them(name):
    path = pydicom.data.get_testdata_file(f"{name}.dcm", download=False)
    data = pydicom.dcmread(path)
    values = data.pixel_array * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))
    np.testing.assert_array_equal(in_file_order(loaders.open(path))[0], values)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless], ids=lambda uid: uid.keyword)
def test_frames_of_a_compressed_enhanced_file(tmp_path, syntax):
    pixels = enhanced(tmp_path / "plain.dcm")
    recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / "many.dcm", syntax)
    values = np.stack([2.0 * pixels[frame] - 1000 - frame for frame in (1, 2, 0)])
    np.testing.assert_array_equal(in_file_order(loaders.open(tmp_path / "many.dcm")), values)


@pytest.fixture
def asked(monkeypatch):
    """The frames that had to be decoded, in order."""
    frames, call = [], guarded.call

    def counted(path, name, arguments, result):
        frames.append((path.name, arguments["number"]))
        return call(path, name, arguments, result)

    monkeypatch.setattr(guarded, "call", counted)
    return frames


def test_a_frame_is_decoded_once_for_every_piece_of_it(tmp_path, asked):
    enhanced(tmp_path / "plain.dcm")
    recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / "many.dcm", RLELossless)
    recording, plain = (loaders.open(tmp_path / name) for name in ("many.dcm", "plain.dcm"))
    for piece in (np.s_[0, :2, 3:9, 4:8], np.s_[0, 1:, :, 40:], np.s_[0], np.s_[0, 1]):
        np.testing.assert_array_equal(recording[piece].data, plain[piece].data)
        recording[piece].data[...] = 0  # a piece is the caller's own
    assert sorted(asked) == [("many.dcm", 0), ("many.dcm", 1), ("many.dcm", 2)]


def test_the_header_of_many_frames_is_looked_at_once(tmp_path):
    pixels = enhanced(tmp_path / "plain.dcm")
    recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / "many.dcm", RLELossless)
    before = decode._described.cache_info().misses
    for number in range(3):
        np.testing.assert_array_equal(decode.frame(str(tmp_path / "many.dcm"), number)[1], pixels[[number]])
    assert decode._described.cache_info().misses == before + 1


def test_a_file_that_has_changed_shows_its_new_frame(tmp_path, asked):
    first, second = (np.full((8, 8), value, np.int16) for value in (1, 2))
    for name, pixels in (("a", first), ("b", second)):
        made_slice(tmp_path / "plain.dcm", pixels)
        recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / f"{name}.dcm", RLELossless)
    recording = loaders.open(tmp_path / "a.dcm")
    np.testing.assert_array_equal(in_file_order(recording)[0], first - 1024)
    assert (tmp_path / "a.dcm").stat().st_size == (tmp_path / "b.dcm").stat().st_size
    (tmp_path / "b.dcm").replace(tmp_path / "a.dcm")
    with pytest.raises(FormatError, match="changed since it was opened"):
        recording.read()
    np.testing.assert_array_equal(in_file_order(loaders.open(tmp_path / "a.dcm"))[0], second - 1024)
    assert len(asked) >= 2


@pytest.mark.data
def test_a_damaged_frame_names_its_file_and_the_next_one_is_read(real_data, tmp_path):
    paths = [tmp_path / path.name for path in ge(real_data)[:2]]
    for source, target in zip(ge(real_data), paths, strict=False):
        cropped(source, target, syntax=JPEG2000Lossless)
    content = paths[0].read_bytes()
    at = content.index(b"\xff\x4f\xff\x51")
    paths[0].write_bytes(content[: at + 10] + bytes(100) + content[at + 110 :])
    recording = loaders.open(tmp_path)
    with pytest.raises(FormatError, match=r"01\.dcm: .*(cannot be decoded|died)"):
        recording.read()
    assert recording[0, 1].shape == (1, 1, 64, 64)


@pytest.mark.data
def test_a_frame_of_another_size_than_the_header_tells_is_refused(real_data, tmp_path):
    cropped(ge(real_data)[0], tmp_path / "one.dcm", syntax=JPEGLosslessSV1)
    data = pydicom.dcmread(tmp_path / "one.dcm")
    data.Rows = 32
    data.save_as(tmp_path / "one.dcm")
    with pytest.raises(FormatError, match=r"one\.dcm"):
        loaders.load(tmp_path / "one.dcm")


def test_a_deflated_bomb_is_refused_before_it_grows(tmp_path, monkeypatch):
    made_slice(tmp_path / "plain.dcm", np.zeros((512, 512), np.uint16), ImageComments="x")
    recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / "bomb.dcm", DeflatedExplicitVRLittleEndian)
    assert (tmp_path / "bomb.dcm").stat().st_size < 3000
    monkeypatch.setenv("SIGCONV_MOST_BYTES", "100000")
    with pytest.raises(ResourceError, match="SIGCONV_MOST_BYTES"):
        loaders.open(tmp_path / "bomb.dcm")


def test_a_frame_too_large_to_decode_is_refused_before_it_is(tmp_path):
    made_slice(tmp_path / "plain.dcm", np.zeros((8, 8), np.int16))
    data = pydicom.dcmread(tmp_path / "plain.dcm")
    recoded(data, tmp_path / "huge.dcm", RLELossless)
    data.Rows = data.Columns = 60_000
    data.save_as(tmp_path / "huge.dcm")
    with pytest.raises(ResourceError, match="decoding it needs 57600000000 bytes"):
        _ = loaders.open(tmp_path / "huge.dcm")[0, 0, :4, :4]


@pytest.mark.data
def test_a_library_that_really_aborts_takes_only_the_child(real_data, tmp_path):
    path = tmp_path / "one.dcm"
    cropped(ge(real_data)[5], path, syntax=JPEGLSLossless)
    good = path.read_bytes()
    at = good.index(b"\xe0\x7f\x10\x00") + 12
    path.write_bytes(good[:at] + mutated(good[at:], 49, 200))  # libjpeg throws std::bad_alloc through C code
    with pytest.raises(FormatError, match=r"one\.dcm"):
        loaders.load(path)
    path.write_bytes(good)
    assert loaders.load(path).shape == (1, 1, 64, 64)


def test_a_decoder_that_crashes_on_a_frame_is_told(tmp_path, monkeypatch):
    made_slice(tmp_path / "plain.dcm", np.zeros((8, 8), np.int16))
    recoded(pydicom.dcmread(tmp_path / "plain.dcm"), tmp_path / "rle.dcm", RLELossless)
    code = "import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 11)"
    monkeypatch.setattr(guarded, "_GUARD", guarded.Guard(code))
    with pytest.raises(FormatError, match=r"rle\.dcm: the decoder dicom frame died on it: signal 11"):
        loaders.load(tmp_path / "rle.dcm")
