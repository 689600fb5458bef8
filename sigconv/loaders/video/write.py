"""Video files written: FFV1 in Matroska without loss, H.264 in MP4 for viewing."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.files import write_whole
from sigconv.signal import Signal, Source

_COLOURS, _GREY = ("red", "green", "blue"), ("grey",)
_CHUNK = 1 << 25  # bytes of frames in memory at a time


def save_lossless(signal: Signal | Source, path: Path) -> None:
    """Write uint8 frames as FFV1 in Matroska (.mkv): what is read back is equal, value by value.

    Parameters
    ----------
    signal : (channel, time, y, x) uint8; channels red, green, blue, or one

    Raises
    ------
    FormatError : other axes, another kind of number, or an uneven time axis
    MissingExtra : PyAV is not installed
    """
    grey = _fits(signal, path)
    _save(signal, path, "matroska", "ffv1", "gray" if grey else "bgr0", {"level": "3", "g": "1"})


def save_viewable(signal: Signal | Source, path: Path) -> None:
    """Write uint8 frames as H.264 in MP4 (.mp4), which every player shows; values change a little.

    Parameters
    ----------
    signal : (channel, time, y, x) uint8 of even height and width; channels red, green, blue, or one

    Raises
    ------
    FormatError : as for `save_lossless`, odd sizes, or a PyAV that has no encoder for H.264
    """
    _fits(signal, path)
    if any(axis.size % 2 for axis in signal.axes[2:]):
        raise FormatError(f"{path}: H.264 in MP4 holds even sizes; the frames are {_sizes(signal)} (.mkv holds any)")
    _save(signal, path, "mp4", "libx264", "yuv420p", {"crf": "18", "preset": "medium"})


def _fits(signal: Signal | Source, path: Path) -> bool:
    """Whether the one channel is grey; a FormatError where a video file cannot hold the signal."""
    names = tuple(axis.name for axis in signal.axes)
    if names != ("channel", "time", "y", "x"):
        raise FormatError(f"{path}: a video holds (channel, time, y, x); the axes are ({', '.join(names)})")
    labels = signal.axes[0].labels
    if len(labels) != 1 and labels != _COLOURS:
        raise FormatError(f"{path}: the channels are {', '.join(labels)}; a video holds {', '.join(_COLOURS)}, or one")
    _ = signal.axes[1].rate  # an uneven axis refuses, and says why
    return len(labels) == 1


def _sizes(signal: Signal | Source) -> str:
    return f"{signal.axes[3].size} × {signal.axes[2].size}"


def _save(signal: Signal | Source, path: Path, form: str, codec: str, kind: str, options: dict[str, str]) -> None:
    try:
        import av
    except ImportError as error:
        raise MissingExtra("av", "video") from error
    rate = Fraction(signal.axes[1].rate).limit_denominator(100_000)

    def content(file: Any) -> None:
        with av.open(file, "w", format=form) as container:
            stream = container.add_stream(codec, rate=rate, options=options)
            stream.width, stream.height, stream.pix_fmt = signal.axes[3].size, signal.axes[2].size, kind
            stream.codec_context.thread_count = 1  # encoders of several threads may wait for each other for ever
            for number, frame in enumerate(_frames(signal, path)):
                picture = av.VideoFrame.from_ndarray(frame, "gray" if frame.ndim == 2 else "rgb24")
                picture.pts, picture.time_base = number, 1 / rate
                container.mux(stream.encode(picture))
            container.mux(stream.encode())

    try:
        write_whole(path, content)
    except (av.error.FFmpegError, ValueError) as error:
        if isinstance(error, OSError) and error.errno and error.errno > 0:
            raise
        raise FormatError(f"{path}: not written as {codec}: {error}") from error


def _frames(signal: Signal | Source, path: Path) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    """(y, x) or (y, x, 3) contiguous frames, a few in memory at a time."""
    channels, frames, y, x = (axis.size for axis in signal.axes)
    step = max(1, _CHUNK // (channels * y * x))
    for first in range(0, frames, step):
        last = min(first + step, frames)
        if isinstance(signal, Signal):
            piece = np.asarray(signal.data[:, first:last])
        else:
            piece = np.asarray(signal.samples(((first, last), (0, y), (0, x))))
        if piece.dtype != np.uint8:
            raise FormatError(f"{path}: a video holds uint8 from 0 to 255; the samples are {piece.dtype}")
        for at in range(last - first):
            yield np.ascontiguousarray(piece[0, at] if channels == 1 else np.moveaxis(piece[:, at], 0, -1))


SAVE = {".mkv": save_lossless, ".mp4": save_viewable}
