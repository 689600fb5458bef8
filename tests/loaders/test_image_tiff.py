"""TIFF: every kind of number, strips and tiles in part, pages."""

import struct
from itertools import product

import numpy as np
import pytest
from PIL import Image

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders import image

DRAW = np.random.default_rng(0)
GREY = DRAW.integers(0, 256, (9, 7), np.uint8)
RGB = DRAW.integers(0, 256, (9, 7, 3), np.uint8)
DEEP = DRAW.integers(0, 65536, (9, 7, 3), np.uint16)


def put(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_of_every_kind_of_number(tmp_path, compression):
    for number, pixels in enumerate(
        [GREY, RGB, GREY.astype(np.uint16) * 257, GREY.astype(np.float32) / 7 - 3, GREY.astype(np.int32) * -9]
    ):
        path = tmp_path / f"{number}.tif"
        Image.fromarray(pixels).save(path, compression=compression)
        read = image.open(path).read().data[0] if pixels.ndim == 2 else image.open(path).read().data.transpose(1, 2, 0)
        assert read.dtype == pixels.dtype
        np.testing.assert_array_equal(read, pixels)
        np.testing.assert_array_equal(image.open(path)[:, 2:5, 1:3].data[0], np.atleast_3d(pixels)[2:5, 1:3, 0])


def tiff(pixels, order, photometric=2, planar=1, strips=3, extra=(), tile=0):
    """An uncompressed TIFF by hand: strips, or square tiles, of a (y, x, channel) array in byte order "<" or ">"."""
    height, width, channels = pixels.shape
    rows = -(-height // strips)
    stored = pixels.astype(pixels.dtype.newbyteorder(order))
    layers = [stored] if planar == 1 else [stored[:, :, c] for c in range(channels)]
    pieces = [layer[y : y + rows].tobytes() for layer in layers for y in range(0, height, rows)]
    if tile:
        more = np.pad(stored, ((0, -height % tile), (0, -width % tile), (0, 0)))
        starts = product(range(0, height, tile), range(0, width, tile))
        pieces = [more[y : y + tile, x : x + tile].tobytes() for y, x in starts]
    content = {"<": b"II*\0", ">": b"MM\0*"}[order] + bytes(4) + b"".join(pieces)
    offsets = [8 + sum(map(len, pieces[:i])) for i in range(len(pieces))]
    held = {256: [width], 257: [height], 258: [8 * pixels.itemsize] * channels, 259: [1], 262: [photometric]}
    held |= {273: offsets, 277: [channels], 278: [rows], 279: [len(piece) for piece in pieces], 284: [planar]}
    if tile:
        held |= {322: [tile], 323: [tile], 324: held.pop(273), 325: held.pop(279)}
    held |= {338: list(extra)} if extra else {}
    entries, behind = b"", len(content) + 2 + 12 * len(held) + 4
    tail = b""
    for tag, values in sorted(held.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(packed) > 4:
            tail, packed = tail + packed, struct.pack(order + "I", behind + len(tail))
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + packed
    at = struct.pack(order + "I", len(content))
    return content[:4] + at + content[8:] + struct.pack(order + "H", len(held)) + entries + bytes(4) + tail


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_plain_tiff_is_read_by_rows_in_either_order_of_bytes(tmp_path, order):
    alpha = np.dstack([DEEP, DEEP[:, :, 0]])
    few = DEEP.astype(np.uint8)
    cases = [
        (DEEP, {}),
        (alpha, {"extra": (2,)}),
        (few, {}),
        (few, {"planar": 2}),
        (DEEP[:, :, :1], {"photometric": 1}),
    ]
    for number, (pixels, options) in enumerate(cases):
        layouts = [{"strips": 1}, {"strips": 3}, {"strips": 9}]
        if "planar" not in options:
            layouts += [{"tile": 4}, {"tile": 16}]
        for layout in layouts:
            path = put(tmp_path / f"{number}.tif", tiff(pixels, order, **layout, **options))
            recording = image.open(path)
            np.testing.assert_array_equal(recording.read().data, pixels.transpose(2, 0, 1))
            for first, last in ((0, 1), (2, 5), (3, 9), (8, 9)):
                part = recording[:, first:last, 2:6].data
                np.testing.assert_array_equal(part, pixels[first:last, 2:6].transpose(2, 0, 1))


def test_tiffs_that_would_be_read_wrongly_are_refused(tmp_path):
    with pytest.raises(FormatError, match="separate planes"):
        image.open(put(tmp_path / "planes.tif", tiff(DEEP, "<", planar=2)))
    with pytest.raises(FormatError, match="premultiplied"):
        image.open(put(tmp_path / "pre.tif", tiff(np.dstack([DEEP, DEEP[:, :, 0]]), "<", extra=(1,))))
    content = tiff(DEEP.astype(np.uint8), "<")
    at = content.index(struct.pack("<HHI", 273, 4, 3))
    missing = content[: at + 4] + struct.pack("<I", 2) + content[at + 8 :]
    with pytest.raises(FormatError, match="its strips hold 42 samples, expected 63: some are missing"):
        loaders.load(put(tmp_path / "missing.tif", missing))
    white = image.open(put(tmp_path / "white.tif", tiff(DEEP[:, :, :1], "<", photometric=0)))
    assert "larger numbers are darker" in white.notes["warnings"][0]
    np.testing.assert_array_equal(white.read().data[0], DEEP[:, :, 0])


def test_pages_of_a_tiff_are_told_and_chosen(tmp_path):
    path = tmp_path / "pages.tif"
    first, *others = [Image.fromarray(GREY + n) for n in range(3)]
    first.save(path, save_all=True, append_images=others)
    recording = loaders.open(path)
    np.testing.assert_array_equal(recording.read().data[0], GREY)
    assert recording.notes["facts"]["pages"] == "3"
    assert "page 0 of 3" in recording.notes["warnings"][0]
    np.testing.assert_array_equal(image.open(str(path), page=2).read().data[0], GREY + 2)
    for wrong in (3, -1):
        with pytest.raises(ArgumentError, match=f"page is {wrong}; .* has 3"):
            image.open(path, page=wrong)
    Image.fromarray(RGB).save(tmp_path / "x.png")
    with pytest.raises(ArgumentError, match=r"a \.png file has one picture"):
        image.open(tmp_path / "x.png", page=1)
