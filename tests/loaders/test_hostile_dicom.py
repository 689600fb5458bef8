"""Spoilt DICOM files: refused by name, or read; never a crash, a hang or a flood of memory."""

import os

import numpy as np
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
from sigconv.loaders import dicom
from sigconv.signal import Axis, Signal
from tests.loaders.dicom_samples import cropped, enhanced, ge, made_directory, made_series
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


def judged(verdicts):
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0


@pytest.mark.parametrize("kind", SYNTAXES)
def test_spoilt_slices_do_no_harm(kind, real_data, tmp_path):
    cropped(ge(real_data)[5], tmp_path / "good" / "slice.dcm", syntax=SYNTAXES[kind])
    judged(campaign(tmp_path / "good" / "slice.dcm", tmp_path, FEW, header=4096))


def test_spoilt_frames_do_no_harm(tmp_path):
    enhanced(tmp_path / "good" / "many.dcm")
    judged(campaign(tmp_path / "good" / "many.dcm", tmp_path, COUNT, header=2048))


def test_spoilt_segmentations_do_no_harm(tmp_path):
    made_series(tmp_path / "scan")
    scan = loaders.open(tmp_path / "scan")
    mask = Signal(np.ones(scan.shape, np.uint8), (Axis.channel(["label"]), *scan.axes[1:]), notes=scan.notes)
    (tmp_path / "good").mkdir()
    dicom.save_segmentation(mask, scan, tmp_path / "good" / "seg.dcm", ["all"])
    judged(campaign(tmp_path / "good" / "seg.dcm", tmp_path, COUNT, header=8192))


def test_a_spoilt_dicomdir_does_no_harm(tmp_path):
    made_series(tmp_path / "good" / "IMAGES")
    made_series(tmp_path / "IMAGES")
    names = [["IMAGES", f"00{number}.dcm"] for number in range(1, 5)]
    made_directory(tmp_path / "good" / "DICOMDIR", names)
    judged(campaign(tmp_path / "good" / "DICOMDIR", tmp_path, COUNT))
