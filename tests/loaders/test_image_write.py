"""Images are written as they are, or not at all."""

import numpy as np
import pytest
from PIL import Image

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.signal import Axis, Signal

DRAW = np.random.default_rng(0)
GREY = DRAW.integers(0, 256, (9, 7), np.uint8)
RGB = DRAW.integers(0, 256, (9, 7, 3), np.uint8)

# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_is_written_without_loss(tmp_path, kind, channels):
    pixels = DRAW.integers(0, np.iinfo(kind).max, (channels, 33, 17)).astype(kind)
    axes = (Axis.channel([str(i) for i in range(channels)]), Axis("y", 33), Axis("x", 17))
    loaders.save(Signal(pixels, axes), tmp_path / "x.png")
    again = loaders.load(tmp_path / "x.png")
    np.testing.assert_array_equal(again.data, pixels)
    assert again.data.dtype == kind
    loaders.save(loaders.open(tmp_path / "x.png"), tmp_path / "y.png")
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()


@pytest.mark.parametrize("pixels", [GREY, RGB, GREY.astype(np.uint16) * 200, GREY.astype(np.float32) * np.pi])
def test_tiff_is_written_without_loss(tmp_path, pixels):
    data = np.atleast_3d(pixels).transpose(2, 0, 1)
    axes = (Axis.channel([str(i) for i in range(len(data))]), Axis("y", 9), Axis("x", 7))
    loaders.save(Signal(data, axes), tmp_path / "x.tiff")
    again = loaders.load(tmp_path / "x.tiff")
    np.testing.assert_array_equal(again.data, data)
    assert again.data.dtype == pixels.dtype


@pytest.mark.data
def test_a_real_picture_comes_back_from_png_and_nearly_from_jpeg(real_data, tmp_path):
    section = loaders.open(real_data / "isbi2012_membrane" / "train" / "image" / "0.png")
    loaders.save(section, tmp_path / "x.png")
    np.testing.assert_array_equal(loaders.load(tmp_path / "x.png").data, section.read().data)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "x.png")), section.read().data[0])
    loaders.save(section, tmp_path / "x.jpeg")
    assert np.abs(loaders.load(tmp_path / "x.jpeg").data.astype(int) - section.read().data).mean() < 2


# errors --------------------------------------------------------------------------------------------------------------


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    axes = (Axis.channel(["a", "b", "c"]), Axis("y", 2), Axis("x", 2))
    for kind, name, message in (
        (np.float32, "x.png", "uint8 or uint16; scale it"),
        (np.uint16, "x.tif", r"16-bit colour goes into \.png"),
        (np.uint16, "x.jpg", r"uint8 of 1 or 3 channels"),
    ):
        with pytest.raises(FormatError, match=message):
            loaders.save(Signal(np.zeros((3, 2, 2), kind), axes), tmp_path / name)
    flat = Signal(np.zeros((3, 5)), (Axis.channel(["a", "b", "c"]), Axis.time(5, 1)))
    with pytest.raises(FormatError, match=r"\(channel, y, x\) with 1 to 4"):
        loaders.save(flat, tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []
