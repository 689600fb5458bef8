"""Spoilt DICOM files: refused by name, or read; never a crash, a hang or a flood of memory."""

import os
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from sigconv import loaders
from sigconv.errors import ResourceError
from sigconv.loaders import dicom, guarded
from sigconv.signal import Axis, Signal
from tests.loaders.dicom_samples import cropped, enhanced, ge, made_directory, made_series, made_slice, recoded
from tests.loaders.hostile import COUNT, campaign

pytestmark = pytest.mark.data

FEW = COUNT if "SIGCONV_MUTATIONS" in os.environ else 20  # six ways to store a slice share the time of two
SYNTAXES = {
    "plain": ExplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg lossless": JPEGLosslessSV1,
    "jpeg-ls": JPEGLSLossless,
    "jpeg 2000": JPEG2000Lossless,
}


def with_empty_items(path, count, told, syntax=ExplicitVRLittleEndian):
    """A slice whose shared functional groups are `count` items without anything, in a sequence that tells its length or
    does not."""
    made_slice(path, np.zeros((8, 8), np.int16))
    recoded(pydicom.dcmread(path), path, syntax)
    content = path.read_bytes()
    start = 144 + int.from_bytes(content[140:144], "little")
    head, data = content[:start], content[start:]
    data = zlib.decompress(data, -15) if syntax.is_deflated else data
    at = data.index(b"\xe0\x7f\x10\x00")
    length = (8 * count).to_bytes(4, "little") if told else b"\xff" * 4
    items = b"\x00\x52\x29\x92SQ\x00\x00" + length + (b"\xfe\xff\x00\xe0" + bytes(4)) * count
    data = data[:at] + items + (b"" if told else b"\xfe\xff\xdd\xe0" + bytes(4)) + data[at:]
    path.write_bytes(head + (zlib.compress(data, wbits=-15) if syntax.is_deflated else data))
    return path


def test_a_megabyte_of_empty_items_is_refused(tmp_path):
    path = with_empty_items(tmp_path / "crafted.dcm", 1 << 17, told=True)
    with pytest.raises(
        ResourceError, match=r"crafted\.dcm: \d+ items of sequences .* allowed for this file: 755\d{5}$"
    ):
        loaders.open(path)


@pytest.mark.parametrize("told", [True, False], ids=["of a length", "of no length"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian], ids=["plain", "deflated"])
def test_items_are_counted_before_they_are_built(syntax, told, tmp_path, monkeypatch):
    monkeypatch.setattr(guarded, "SLACK", 1 << 21)
    few, many = (with_empty_items(tmp_path / f"{count}.dcm", count, told, syntax) for count in (1000, 5000))
    assert loaders.open(few).shape == (1, 1, 8, 8)
    with pytest.raises(ResourceError, match=r"5000\.dcm: \d+ items of sequences"):
        loaders.open(many)


def assert_harmless(verdicts):
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0


@pytest.mark.parametrize("kind", SYNTAXES)
def test_spoilt_slices_do_no_harm(kind, real_data, tmp_path):
    cropped(ge(real_data)[5], tmp_path / "good" / "slice.dcm", syntax=SYNTAXES[kind])
    assert_harmless(campaign(tmp_path / "good" / "slice.dcm", tmp_path, FEW, header=4096))


def test_spoilt_frames_do_no_harm(tmp_path):
    enhanced(tmp_path / "good" / "many.dcm")
    assert_harmless(campaign(tmp_path / "good" / "many.dcm", tmp_path, COUNT, header=2048))


def test_spoilt_segmentations_do_no_harm(tmp_path):
    made_series(tmp_path / "scan")
    scan = loaders.open(tmp_path / "scan")
    mask = Signal(np.ones(scan.shape, np.uint8), (Axis.channel(["label"]), *scan.axes[1:]), notes=scan.notes)
    (tmp_path / "good").mkdir()
    dicom.save_segmentation(mask, scan, tmp_path / "good" / "seg.dcm", ["all"])
    assert_harmless(campaign(tmp_path / "good" / "seg.dcm", tmp_path, COUNT, header=8192))


def test_a_spoilt_dicomdir_does_no_harm(tmp_path):
    made_series(tmp_path / "good" / "IMAGES")
    made_series(tmp_path / "IMAGES")
    names = [["IMAGES", f"00{number}.dcm"] for number in range(1, 5)]
    made_directory(tmp_path / "good" / "DICOMDIR", names)
    assert_harmless(campaign(tmp_path / "good" / "DICOMDIR", tmp_path, COUNT))
