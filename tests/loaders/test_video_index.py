"""Frames by number: any clip in any order is what decoding the whole file gives, for every way to lay frames out."""

import random

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders import video
from tests.loaders.video_files import decoded, encoded, pictures

X264 = {
    "reordered": "keyint=12:bframes=3:b-pyramid=2:scenecut=0",
    "open": "keyint=12:bframes=3:open-gop=1:scenecut=0",
    "gradual refresh": "keyint=15:bframes=0:intra-refresh=1",
}
LAYOUTS = {
    **{
        f"h264 {name} {suffix}": (suffix, "libx264", 0, name)
        for name in X264
        for suffix in ("mp4", "mkv", "avi", "mov")
    },
    "mpeg4 open avi": ("avi", "mpeg4", 2, ""),
    "mpeg4 open mp4": ("mp4", "mpeg4", 2, ""),
    "mpeg4 avi": ("avi", "mpeg4", 0, ""),
    "mpeg2 open avi": ("avi", "mpeg2video", 2, ""),
    "mpeg2 open mkv": ("mkv", "mpeg2video", 2, ""),
    "vp8 hidden frames webm": ("webm", "libvpx", 0, ""),
    "vp9 hidden frames webm": ("webm", "libvpx-vp9", 0, ""),
}
VPX = {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "realtime", "cpu-used": "8"}


def laid_out(folder, layout, times=None):
    suffix, codec, reordered, name = LAYOUTS[layout]
    options = {"preset": "veryfast", "x264-params": X264[name]} if name else VPX if "vpx" in codec else {}
    path = folder / f"x.{suffix}"
    return encoded(path, codec, pictures(44, 48, 32), times=times, reordered=reordered, options=options)


def assert_exact(path, clips=25):
    recording, whole = loaders.open(path), np.moveaxis(decoded(path), -1, 0)
    assert recording.shape == whole.shape
    draw = random.Random(0)
    for first in (whole.shape[1] - 1, *(draw.randrange(whole.shape[1]) for _ in range(clips))):
        last = min(whole.shape[1], first + draw.randrange(1, 9))
        np.testing.assert_array_equal(recording[:, first:last].data, whole[:, first:last], f"frames {first} to {last}")
    return recording


@pytest.mark.parametrize("layout", LAYOUTS)
def test_clips_in_any_order_equal_the_whole(layout, tmp_path):
    recording = assert_exact(laid_out(tmp_path, layout))
    assert recording.fs == 25.0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_large_file_is_believed_and_reads_the_same(layout, tmp_path, monkeypatch):
    monkeypatch.setattr("sigconv.loaders.video.door.READ_THROUGH", 0)
    assert assert_exact(laid_out(tmp_path, layout), clips=6).fs == 25.0


@pytest.mark.parametrize("layout", ["h264 reordered mp4", "h264 open mkv", "vp8 hidden frames webm"])
def test_a_large_file_of_variable_rate_is_not_believed(layout, tmp_path, monkeypatch):
    monkeypatch.setattr("sigconv.loaders.video.door.READ_THROUGH", 0)
    draw = random.Random(0)
    times = list(np.cumsum([draw.choice((20, 40, 77, 200)) for _ in range(44)]).tolist())
    recording = assert_exact(laid_out(tmp_path, layout, times), clips=6)
    assert len(recording.axis("time").positions) == 44
    assert recording.notes["facts"]["index"] == "every packet read"


def test_a_promise_that_fails_is_an_error_and_exact_reads_on(tmp_path, monkeypatch):
    monkeypatch.setattr("sigconv.loaders.video.door.READ_THROUGH", 0)
    times = [40 * n + 15 * (n == 60) for n in range(150)]  # one frame late, where no packet is looked at
    path = encoded(tmp_path / "x.mkv", "libx264", pictures(150, 32, 32), times=times)
    recording = loaders.open(path)
    assert recording.notes["facts"]["index"] == "promised by the header"
    assert recording[:, 20:40].shape[1] == 20
    with pytest.raises(FormatError, match=r"a frame is shown at 2\.415 s, .*open it with exact=True"):
        recording.read()
    assert video.open(path, exact=True).read().data.shape == (3, 150, 32, 32)


@pytest.mark.parametrize("later", [3, 5, 13])
def test_frames_before_an_edit_list_begins_are_not_counted(later, tmp_path):
    path = laid_out(tmp_path, "h264 open mp4")
    content = bytearray(path.read_bytes())
    at = content.index(b"elst") + 16
    content[at : at + 4] = (int.from_bytes(content[at : at + 4]) + later * 512).to_bytes(4)
    path.write_bytes(content)
    recording = assert_exact(path, clips=8)
    assert (recording.shape[1], recording.axis("time").start) == (44 - later, 0.0)


@pytest.mark.parametrize("kind", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p"])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (72, 48), (50, 38), (33, 21)])
def test_colours_are_ffmpegs_own_for_every_size_and_kind(kind, width, height, tmp_path):
    path = encoded(tmp_path / "x.mkv", "ffv1", pictures(3, width, height), kind.replace("j", ""))
    if "j" in kind:
        path = encoded(tmp_path / "x.mkv", "mjpeg", pictures(3, width, height), kind)
    assert assert_exact(path, clips=3).shape == (3, 3, height, width)
