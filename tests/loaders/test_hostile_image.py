"""Spoilt images: refused by name, or read; never a crash, a hang or a flood of memory."""

import numpy as np
import pytest
from PIL import Image

from tests.loaders.hostile import campaign

pytestmark = pytest.mark.data

CROP = (96, 96, 224, 192)
OPTIONS = {
    "png": ("x.png", {}),
    "palette": ("p.png", {}),
    "jpg": ("x.jpg", {"quality": 85}),
    "progressive": ("p.jpg", {"quality": 85, "progressive": True}),
    "tif": ("x.tif", {}),
    "lzw": ("z.tif", {"compression": "tiff_lzw"}),
    "deflate": ("d.tif", {"compression": "tiff_adobe_deflate"}),
    "float": ("f.tif", {}),
    "deep": ("i.tif", {}),
    "webp": ("x.webp", {}),
    "lossless": ("l.webp", {"lossless": True}),
    "gif": ("x.gif", {}),
    "bmp": ("x.bmp", {}),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_spoilt_copies_do_no_harm(kind, real_data, tmp_path):
    section = Image.open(real_data / "isbi2012_membrane" / "train" / "image" / "0.png").crop(CROP)
    name, options = OPTIONS[kind]
    match kind:
        case "float":
            section = Image.fromarray(np.asarray(section, np.float32) / 255)
        case "deep":
            section = Image.fromarray(np.asarray(section, np.uint16) * 257)
        case "palette":
            section = section.convert("RGB").quantize(32)
        case "gif":
            section = section.quantize(64)
        case _:
            section = section.convert("RGB")
    section.save(tmp_path / name, exif=_turned(), **options)
    verdicts = campaign(tmp_path / name, tmp_path)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif
