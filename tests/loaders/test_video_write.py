"""Video files written: lossless ones read back equal, others nearly; what does not fit is refused whole."""

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError, SamplingError
from sigconv.loaders.video.generator import moving_shapes
from sigconv.signal import Axis, Signal
from tests.loaders.video_files import pictures

COLOURS = ("red", "green", "blue")


def clip(data, channels=COLOURS, fs=25.0):
    _, frames, y, x = data.shape
    return Signal(data, (Axis.channel(channels), Axis.time(frames, fs), Axis("y", y), Axis("x", x)))


@pytest.mark.parametrize("channels", [COLOURS, ("grey",)])
@pytest.mark.parametrize("fs", [25.0, 30000 / 1001, 7.5])
def test_a_lossless_file_reads_back_equal(channels, fs, tmp_path):
    data = np.random.default_rng(0).integers(0, 256, (len(channels), 9, 21, 33), dtype=np.uint8)
    loaders.save(clip(data, channels, fs), tmp_path / "x.mkv")
    again = loaders.open(tmp_path / "x.mkv")
    np.testing.assert_array_equal(again.read().data, data)
    assert again.channels == channels
    assert again.fs == pytest.approx(fs, rel=1e-6)


def test_a_viewable_file_is_nearly_the_same(tmp_path):
    recording = moving_shapes(sources=1, clips=1)[0]
    loaders.save(recording, tmp_path / "x.mp4")
    again = loaders.open(tmp_path / "x.mp4").read().data.astype(float)
    assert np.abs(again - recording.read().data).mean() < 12
    assert again.shape == recording.shape


def test_a_flipped_bit_in_a_lossless_file_is_noticed(tmp_path):
    path = tmp_path / "x.mkv"
    loaders.save(clip(np.moveaxis(pictures(6, 64, 48), -1, 0)), path)
    content = path.read_bytes()
    for at in range(900, len(content) - 200, len(content) // 12):
        spoilt = bytearray(content)
        spoilt[at] ^= 0x10
        path.write_bytes(spoilt)
        with pytest.raises(FormatError, match="checksum"):
            loaders.load(path)


@pytest.mark.data
def test_a_real_clip_goes_into_a_lossless_file_upright(real_data, tmp_path):
    recording = loaders.open(real_data / "video_decode_samples" / "decord" / "video_90.mov")
    loaders.save(recording, tmp_path / "x.mkv")
    np.testing.assert_array_equal(loaders.load(tmp_path / "x.mkv").data, recording.read().data)


def test_what_a_video_cannot_hold_leaves_nothing_behind(tmp_path):
    data = np.zeros((3, 4, 21, 32), np.uint8)
    uneven = (Axis.channel(COLOURS), Axis.at_positions("time", [0, 1, 2, 4], "s"), Axis("y", 21), Axis("x", 32))
    for signal, suffix, error, message in (
        (clip(data), "mp4", FormatError, "even sizes; the frames are 32 × 21"),
        (clip(data.astype(np.float32)), "mkv", FormatError, "uint8 from 0 to 255; the samples are float32"),
        (clip(data, ("a", "b", "c")), "mkv", FormatError, "the channels are a, b, c"),
        (Signal(data, uneven), "mkv", SamplingError, "uneven"),
        (Signal(data[0], (Axis.channel("abcd"), Axis("y", 21), Axis("x", 32))), "mkv", FormatError, "axes are"),
    ):
        with pytest.raises(error, match=message):
            loaders.save(signal, tmp_path / f"x.{suffix}")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="No such file"):
        loaders.save(clip(data), tmp_path / "none" / "x.mkv")
