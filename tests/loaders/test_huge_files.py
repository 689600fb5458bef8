"""Files of gigabytes that hold little: opened or refused at once, without the memory."""

import io
import os
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pydicom.data
import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from tests.loaders.video_files import encoded, pictures

_HUGE = 8 << 30


def _picture(kind):
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(np.arange(4800, dtype=np.uint8).reshape(40, 40, 3)).save(content, kind)
    return content.getvalue()


def _sound():
    import soundfile

    content = io.BytesIO()
    soundfile.write(content, np.zeros((4000, 1)), 16000, format="OGG")
    return content.getvalue()


def _slice():
    path = Path(pydicom.data.get_testdata_file("CT_small.dcm", download=False))
    content = path.read_bytes()
    return content[: content.rindex(b"\xe0\x7f\x10\x00")]


def _matroska():
    with tempfile.TemporaryDirectory() as folder:
        return encoded(Path(folder) / "x.mkv", "mpeg4", pictures(4, 32, 32)).read_bytes()


_TRC = b"PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\n100\t100\t1\t1\tmm\n"


@pytest.mark.parametrize(
    ("name", "make", "told"),
    [
        ("a.jpg", lambda: _picture("JPEG"), "8589934592 bytes for a picture of 40 × 40"),
        ("a.webp", lambda: _picture("WEBP"), "8589934592 bytes for a picture of 40 × 40"),
        ("a.ogg", _sound, "no page of Ogg in its last"),
        (
            "a.trc",
            lambda: _TRC + b"Frame#\tTime\tA\n\t\tX1\tY1\tZ1\n1\t0\t1\t2\t3\n",
            "line 7: has 1048576 bytes or more",
        ),
        ("a.dcm", _slice, "8193 elements of zeros where fields or pixels are expected"),
        ("a.mkv", _matroska, "the file at byte 8589934592; expected at most 16777216 bytes behind it"),
    ],
)
def test_a_sparse_tail_of_gigabytes_is_refused_without_reading_it(tmp_path, name, make, told):
    path = tmp_path / name
    path.write_bytes(make())
    os.truncate(path, _HUGE)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=told):
            loaders.open(path)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
