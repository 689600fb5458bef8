"""Colour images: the numbers that are in the file, turned as it says, in parts and whole."""

import multiprocessing
import struct
import warnings
import zipfile
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from sigconv import loaders
from sigconv.errors import FormatError, ResourceError
from sigconv.loaders import archive, image, limits
from sigconv.loaders.image import layout as image_layout

DRAW = np.random.default_rng(0)
GREY = DRAW.integers(0, 256, (9, 7), np.uint8)
RGB = DRAW.integers(0, 256, (9, 7, 3), np.uint8)
DEEP = DRAW.integers(0, 65536, (9, 7, 3), np.uint16)
ORIENTATIONS = {  # what stands first in the file -> the picture, by the words of the standard
    1: lambda x: x,
    2: np.fliplr,
    3: lambda x: np.rot90(x, 2),
    4: np.flipud,
    5: lambda x: np.swapaxes(x, 0, 1),
    6: lambda x: np.rot90(x, -1),
    7: lambda x: np.swapaxes(np.rot90(x, 2), 0, 1),
    8: lambda x: np.rot90(x, 1),
}


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(rows, width, height, depth, colour, extra=b"", interlaced=0):
    """A PNG by hand: `rows` are its scan lines, each behind a filter byte."""
    ihdr = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    idat = chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + extra + idat + chunk(b"IEND", b"")


def plain(pixels, big=">u2"):
    return [b"\0" + row.astype(big if pixels.dtype == np.uint16 else "u1").tobytes() for row in pixels]


def put(path, content):
    path.write_bytes(content)
    return path


def planes(path, **more):
    """The (y, x, channel) numbers that are read, without a channel axis of one."""
    read = image.open(path, **more).read().data.transpose(1, 2, 0)
    return read[:, :, 0] if read.shape[2] == 1 else read


# known ---------------------------------------------------------------------------------------------------------------


def test_sixteen_bit_colour_keeps_all_its_bits(tmp_path):
    path = put(tmp_path / "deep.png", png(plain(DEEP), 7, 9, 16, 2))
    assert np.array_equal(planes(path), DEEP)
    assert not np.array_equal(np.asarray(Image.open(path)), DEEP)  # what Pillow gives: eight bits of them
    recording = loaders.open(path)
    assert recording.channels == ("red", "green", "blue")
    assert (recording.shape, recording.read().data.dtype) == ((3, 9, 7), np.uint16)


@pytest.mark.parametrize(("channels", "colour"), [(1, 0), (2, 4), (3, 2), (4, 6)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_kind_of_png_is_read_by_its_own_numbers(tmp_path, channels, colour, kind):
    pixels = DRAW.integers(0, np.iinfo(kind).max, (5, 6, channels)).astype(kind)
    path = put(tmp_path / "x.png", png(plain(pixels), 6, 5, 8 * pixels.itemsize, colour))
    recording = loaders.open(path)
    np.testing.assert_array_equal(recording.read().data, pixels.transpose(2, 0, 1))
    assert recording.read().data.dtype == kind
    assert recording.channels == (("grey",) if channels < 3 else ("red", "green", "blue")) + ("alpha",) * (
        channels in (2, 4)
    )
    assert recording.notes["facts"]["encoding"].endswith(kind.__name__)


def test_an_interlaced_png_of_sixteen_bits_is_read(tmp_path):
    rows = []
    for y, x, dy, dx in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        rows += plain(DEEP[y::dy, x::dx])
    assert np.array_equal(planes(put(tmp_path / "x.png", png(rows, 7, 9, 16, 2, interlaced=1))), DEEP)


def test_few_bits_are_brought_to_255_and_a_palette_to_its_colours(tmp_path):
    bits = put(tmp_path / "bits.png", png([b"\0\xa0"], 4, 1, 1, 0))
    assert planes(bits).tolist() == [[255, 0, 255, 0]]
    two = put(tmp_path / "two.png", png([b"\0\x1b"], 4, 1, 2, 0))
    assert planes(two).tolist() == [[0, 85, 170, 255]]
    colours = chunk(b"PLTE", bytes([9, 8, 7, 200, 100, 50]))
    path = put(tmp_path / "palette.png", png([b"\0\x40"], 2, 1, 1, 3, colours))
    assert planes(path).tolist() == [[[9, 8, 7], [200, 100, 50]]]
    path = put(tmp_path / "alpha.png", png([b"\0\x40"], 2, 1, 1, 3, colours + chunk(b"tRNS", bytes([77]))))
    assert planes(path).tolist() == [[[9, 8, 7, 77], [200, 100, 50, 255]]]
    key = chunk(b"tRNS", struct.pack(">H", 255))
    assert planes(put(tmp_path / "key.png", png([b"\0\xff\0"], 2, 1, 8, 0, key))).tolist() == [[[255, 0], [0, 255]]]
    key = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    path = put(tmp_path / "rgbkey.png", png([b"\0\1\2\3\3\2\1"], 2, 1, 8, 2, key))
    assert planes(path).tolist() == [[[1, 2, 3, 0], [3, 2, 1, 255]]]
    key = chunk(b"tRNS", struct.pack(">H", 1))
    assert planes(put(tmp_path / "bitkey.png", png([b"\0\x80"], 2, 1, 1, 0, key))).tolist() == [[[255, 0], [0, 255]]]


@pytest.mark.parametrize("number", ORIENTATIONS)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_picture_is_turned_as_exif_says_and_so_are_its_axes_and_parts(tmp_path, number, suffix):
    grey = np.kron(np.arange(0, 240, 20, np.uint8).reshape(3, 4), np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[274] = number
    path = tmp_path / f"x{suffix}"
    options = {"lossless": True} if suffix == ".webp" else {"quality": 100} if suffix == ".jpg" else {}
    Image.fromarray(np.dstack([grey] * 3)).save(path, exif=exif, **options)
    expected = ORIENTATIONS[number](grey)
    recording = loaders.open(path)
    assert recording.shape == (3, *expected.shape)
    read = recording.read().data
    np.testing.assert_allclose(read[1].astype(int), expected, atol=2 if suffix == ".jpg" else 0)
    part = recording.read((10, 5), (30, 20)).data
    np.testing.assert_array_equal(part, read[:, 10:30, 5:20])
    assert ("orientation" in recording.notes["facts"]) == (number != 1)


def test_exif_behind_the_pixels_counts_and_a_damaged_one_does_not(tmp_path):
    block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    whole = png(plain(RGB), 7, 9, 8, 2)
    late = whole[:-12] + chunk(b"eXIf", block) + whole[-12:]
    assert np.array_equal(planes(put(tmp_path / "late.png", late)), np.rot90(RGB, -1))
    assert image_layout.orientation(b"Exif\0\0" + block) == 6
    for cut in range(20):
        assert image_layout.orientation(block[:cut]) == 1
    assert image_layout.orientation(block.replace(b"\0\x06\0\0", b"\0\x09\0\0")) == 1


def test_resolution_and_profile_are_told_and_not_applied(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "x.png", dpi=(300, 300), icc_profile=b"profile" * 30)
    Image.fromarray(RGB).save(tmp_path / "x.jpg", dpi=(72, 72))
    Image.fromarray(RGB).save(tmp_path / "x.tif", dpi=(10, 20))
    notes = [loaders.open(tmp_path / f"x.{suffix}").notes for suffix in ("png", "jpg", "tif")]
    assert [note["facts"]["dpi"] for note in notes] == ["300", "72", "10 × 20"]
    assert notes[0]["icc"] == b"profile" * 30
    axes = loaders.open(tmp_path / "x.png").axes
    assert [(axis.unit, axis.step) for axis in axes[1:]] == [("", 1.0), ("", 1.0)]
    assert np.array_equal(planes(tmp_path / "x.png"), RGB)


def test_cmyk_bmp_gif_and_lossless_webp(tmp_path):
    Image.new("CMYK", (20, 10), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=100)
    recording = loaders.open(tmp_path / "x.jpg")
    assert recording.channels == ("red", "green", "blue")
    np.testing.assert_allclose(recording.read().data[:, 5, 5].astype(int), [255, 0, 0], atol=4)
    assert "CMYK" in recording.notes["warnings"][0]
    for name, options in (("x.bmp", {}), ("x.webp", {"lossless": True})):
        Image.fromarray(RGB).save(tmp_path / name, **options)
        assert np.array_equal(planes(tmp_path / name), RGB)
    few = RGB // 128 * 255
    Image.fromarray(few).save(tmp_path / "x.gif")
    assert np.array_equal(planes(tmp_path / "x.gif"), few)
    rgba = np.dstack([RGB, np.full_like(GREY, 200)])
    Image.fromarray(rgba).save(tmp_path / "a.webp", lossless=True)
    assert np.array_equal(planes(tmp_path / "a.webp"), rgba)


# law -----------------------------------------------------------------------------------------------------------------


def test_a_part_is_the_slice_of_the_whole_in_another_process_and_may_be_written_to(tmp_path):
    recording = loaders.open(put(tmp_path / "x.png", png(plain(RGB), 7, 9, 8, 2)))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        part = pool.apply(loaders.Recording.read, (recording, (2, 3), (6, 7))).data
    np.testing.assert_array_equal(part, RGB[2:6, 3:7].transpose(2, 0, 1))
    first = recording.read((2, 3), (6, 7)).data
    first[...] = 0
    np.testing.assert_array_equal(recording.read((2, 3), (6, 7)).data, part)
    np.testing.assert_array_equal(recording.pick(["blue", "red"]).read().data, RGB[:, :, [2, 0]].transpose(2, 0, 1))


def test_a_picture_that_was_replaced_is_read_anew(tmp_path):
    path = put(tmp_path / "x.png", png(plain(RGB), 7, 9, 8, 2))
    recording = loaders.open(path)
    recording.read((0, 0), (1, 1))
    put(path, png(plain(255 - RGB), 7, 9, 8, 2))
    np.testing.assert_array_equal(recording.read((0, 0), (4, 4)).data, (255 - RGB)[:4, :4].transpose(2, 0, 1))
    put(path, png(plain(GREY), 7, 9, 8, 0))
    with pytest.raises(FormatError, match="has changed"):
        recording.read()


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3), (40, 30, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_numbers_are_those_of_opencv(tmp_path, suffix, shape, kind):
    smooth = np.cumsum(DRAW.integers(0, 9, shape), axis=1).astype(kind)  # so that every PNG filter is chosen
    path = tmp_path / f"x{suffix}"
    cv2.imwrite(str(path), smooth)
    order = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[len(shape) if len(shape) == 2 else shape[2]]
    np.testing.assert_array_equal(planes(path), smooth if len(shape) == 2 else smooth[:, :, order])


@pytest.mark.data
def test_sections_of_a_membrane_are_those_of_opencv(real_data):
    for folder in ("image", "label"):
        path = real_data / "isbi2012_membrane" / "train" / folder / "7.png"
        recording = loaders.open(path)
        assert recording.shape == (1, 512, 512)
        np.testing.assert_array_equal(recording.read().data[0], cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        np.testing.assert_array_equal(
            recording.read((100, 200), (164, 264)).data, recording.read().data[:, 100:164, 200:264]
        )


@pytest.mark.data
def test_pictures_in_a_zip_are_those_of_pillow(real_data):
    path = real_data / "cifar10_jpg_subset" / "cifar10_jpg_subset.zip"
    members = archive.members(path)
    assert len(members) == 15_000
    with zipfile.ZipFile(path) as opened:
        for member in members[::500]:
            with opened.open(member.inside) as file:
                expected = np.asarray(Image.open(file))
            recording = image.open(member)
            assert recording.channels == ("red", "green", "blue")
            np.testing.assert_array_equal(recording.read().data, expected.transpose(2, 0, 1))


@pytest.mark.data
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
def test_a_real_section_in_other_formats(real_data, tmp_path, suffix):
    section = Image.open(real_data / "isbi2012_membrane" / "train" / "image" / "3.png").convert("RGB")
    section.save(tmp_path / f"x{suffix}")
    np.testing.assert_array_equal(planes(tmp_path / f"x{suffix}"), np.asarray(Image.open(tmp_path / f"x{suffix}")))


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
def test_the_limit_on_pixels_is_the_houses_and_pillows_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    for suffix in (".png", ".jpg", ".tif", ".webp", ".gif", ".bmp"):
        path = tmp_path / f"x{suffix}"
        Image.fromarray(RGB).save(path)
        assert loaders.load(path).data.shape[1:] == (9, 7)
    assert Image.MAX_IMAGE_PIXELS == 10
    monkeypatch.setenv(limits.NAME, "100")
    for suffix in (".png", ".jpg", ".tif", ".webp", ".gif", ".bmp"):
        with pytest.raises(ResourceError, match=r"a picture of 7 × 9 pixels needs 189 bytes; allowed: 100"):
            loaders.open(tmp_path / f"x{suffix}")


def test_a_bomb_is_refused_before_anything_is_allocated(tmp_path):
    bomb = png([b"\0"], 60_000, 60_000, 16, 6)
    with pytest.raises(ResourceError, match="SIGCONV_MOST_BYTES=28800000000"):
        loaders.open(put(tmp_path / "bomb.png", bomb))
    huge = zlib.compress(bytes(300_000_000), 9)
    texts = (
        chunk(b"zTXt", b"note\0\0" + huge) + chunk(b"iCCP", b"icc\0\0" + huge) + chunk(b"iTXt", b"a\0\1\0\0\0" + huge)
    )
    recording = loaders.open(put(tmp_path / "text.png", png(plain(RGB), 7, 9, 8, 2, texts)))
    assert np.array_equal(planes(tmp_path / "text.png"), RGB)
    assert "inflates to more than" in recording.notes["warnings"][0]
    Image.fromarray(RGB).save(tmp_path / "x.jpg")
    content = (tmp_path / "x.jpg").read_bytes()
    at = content.index(b"\xff\xc0") + 5
    put(tmp_path / "x.jpg", content[:at] + struct.pack(">HH", 20000, 20000) + content[at + 4 :])
    with pytest.raises(FormatError, match=r"20000 × 20000 pixels; .* bytes of JPEG hold"):
        loaders.open(tmp_path / "x.jpg")


def test_a_wrong_checksum_names_its_chunk(tmp_path):
    content = bytearray(png(plain(RGB), 7, 9, 8, 2))
    at = content.index(b"IDAT") + 20
    content[at] ^= 1
    recording = loaders.open(put(tmp_path / "x.png", content))
    with pytest.raises(FormatError, match=r"x\.png: chunk IDAT at byte 33 has checksum .*, expected"):
        recording.read()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp", ".gif"])
def test_a_file_cut_short_is_refused(tmp_path, suffix):
    Image.fromarray(np.kron(RGB, np.ones((8, 8, 1), np.uint8))).save(tmp_path / f"whole{suffix}")
    content = (tmp_path / f"whole{suffix}").read_bytes()
    for kept in (1, 10, 40, len(content) // 2, len(content) * 9 // 10):
        with pytest.raises(FormatError, match=f"x{suffix}"):
            loaders.load(put(tmp_path / f"x{suffix}", content[:kept]))


def test_a_name_that_lies_and_a_name_that_no_format_has(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "x.tif")
    (tmp_path / "x.tif").rename(tmp_path / "really_a_tiff.png")
    assert np.array_equal(planes(tmp_path / "really_a_tiff.png"), RGB)
    with pytest.raises(FormatError, match="does not begin with the signature"):
        loaders.open(put(tmp_path / "text.png", b"hello" * 100))
    for suffix in (".jpg", ".webp", ".tif", ".gif", ".bmp"):
        with pytest.raises(FormatError, match=f"text{suffix}"):
            loaders.open(put(tmp_path / f"text{suffix}", b"hello" * 100))
    with pytest.raises(FormatError, match="not an image"):
        image.open(put(tmp_path / "x.txt", b"hello"))


def test_what_is_not_read_says_what_to_do(tmp_path):
    path = tmp_path / "float.tif"
    cv2.imwrite(str(path), RGB.astype(np.float32))
    with pytest.raises(FormatError, match=r"float\.tif: not readable as TIFF"):
        loaders.open(path)
    Image.new("LAB", (4, 4)).save(tmp_path / "lab.tif")
    with pytest.raises(FormatError, match="colours are LAB, which is not read; convert it to RGB"):
        loaders.open(tmp_path / "lab.tif")


def test_no_warning_escapes(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "x.tif")
    content = bytearray((tmp_path / "x.tif").read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused = 0
        for at in range(8, min(len(content), 200)):
            spoilt = bytearray(content)
            spoilt[at] = 0xFF
            try:
                loaders.load(put(tmp_path / "x.tif", spoilt))
            except (FormatError, ResourceError):
                refused += 1
    assert refused > 10
