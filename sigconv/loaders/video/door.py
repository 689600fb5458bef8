"""Video: MP4, MOV, AVI, MKV and WebM files as lazy recordings of pictures over time."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, FormatError, one_of
from sigconv.loaders import limits
from sigconv.loaders.door import Door
from sigconv.loaders.kept import Key, version
from sigconv.loaders.recording import Recording
from sigconv.loaders.video import facts as video_facts
from sigconv.loaders.video import index as video_index
from sigconv.loaders.video import pool, whole, write
from sigconv.loaders.video.container import FORMATS, opened
from sigconv.loaders.video.index import Index
from sigconv.loaders.video.picture import Bytes, Picture
from sigconv.signal import Axis, Box

SUFFIXES = tuple(FORMATS)
READ_THROUGH = 1 << 26  # bytes of a file of which every packet is read when it is opened, if it has not more than
MOST_FRAMES = 4500  # of them, which takes some 40 ms
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def known(head: bytes) -> str | None:
    """The suffix of the video format that a file's first bytes tell, or None.

    >>> known(b"RIFF....AVI LIST"), known(b"....ftypqt  "), known(b"....ftypisom"), known(b"RIFF....WAVE")
    ('.avi', '.mov', '.mp4', None)
    """
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return ".avi"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return ".webm" if b"webm" in head[:64] else ".mkv"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return (
            None if brand in (b"M4A ", b"M4B ", b"avif", b"heic", b"mif1") else ".mov" if brand == b"qt  " else ".mp4"
        )
    return ".mov" if head[4:8] in _BOXES else None


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a file by number: (box, channel numbers) -> (channel, time, y, x) uint8."""

    path: Path
    suffix: str
    index: Index
    picture: Picture
    state: Key

    def __call__(self, box: Box, rows: Sequence[int]) -> Bytes:
        from av.video.reformatter import VideoReformatter

        (first, last), (top, bottom), (left, right) = box
        needed = len(rows) * (last - first) * (bottom - top) * (right - left)
        limits.within_limit(self.path, needed, f"frames {first} to {last}")
        out, reformatter = self.picture.empty(len(rows), box), VideoReformatter()
        every = list(rows) == list(range(1 if self.picture.grey else 3))
        with pool.lent(self.path, self.suffix, self.index, first, self.state) as decoder:
            for at, frame in enumerate(decoder.frames(first, last)):
                self._same(frame, first + at)
                channels = self.picture.channels(frame, reformatter)
                if every and isinstance(channels, np.ndarray):
                    out[:, at] = channels[:, top:bottom, left:right]
                    continue
                for to, row in enumerate(rows):
                    out[to, at] = channels[row][top:bottom, left:right]
        return out

    def _same(self, frame: Any, number: int) -> None:
        found, picture = (frame.height, frame.width), self.picture
        if found != picture.size or frame.format.name != picture.kind:
            raise FormatError(
                f"{self.path}: frame {number} ({self.index.seconds(number):.3f} s) is {found[1]} × {found[0]} "
                f"{frame.format.name}, expected {picture.size[1]} × {picture.size[0]} {picture.kind} like the first"
            )


def open(path: str | Path, suffix: str = "", size: Sequence[int] | None = None, exact: bool = False) -> Recording:
    """The recording in a video file; its frames stay on disk until read.

    Axes are (channel, time, y, x): red, green and blue, or grey; time from the presentation times, in seconds after
    the file's own beginning, even where the rate is (`recording.fs`), else position by position. Frame i is the i-th
    that a decoder of the whole file shows. Values are uint8 as FFmpeg converts them, upright as the file's rotation
    says. notes["facts"] tell codec, container, pixels, rate, key frames, sound and aspect.

    Parameters
    ----------
    path : the file
    suffix : its format, one of SUFFIXES; by default the path's
    size : (y, x) to which each frame is resized while it is converted (bilinear); by default as stored
    exact : read every packet of a long file, too (more than 64 MiB or 4500 frames), rather than believe its header
        about an even rate; where a header was wrong, reading says so and names this argument

    Raises
    ------
    FormatError : damaged, cut short, no track of pictures, or a first frame that does not decode
    ResourceError : larger than SIGCONV_MOST_BYTES allows
    MissingExtra : PyAV is not installed
    ArgumentError : a size that is not two whole numbers above 0

    Source: FFmpeg (libavformat, libavcodec, libswscale) through PyAV.
    """
    if size is not None and (len(size) != 2 or any(int(n) != n or n < 1 for n in size)):
        raise ArgumentError(f"size is {size!r}; it is (y, x), two whole numbers above 0")
    path = Path(path)
    suffix = suffix or path.suffix.lower()
    one_of("suffix", suffix, SUFFIXES)
    whole.check(path, suffix)
    state = version(path)
    index, header = _indexed(path, suffix, exact or path.stat().st_size <= READ_THROUGH)
    with pool.lent(path, suffix, index, 0, state) as decoder:
        skipped, first = decoder.beginning()
        facts, warnings, picture = video_facts.look(first, size)
    index = index.behind(skipped)
    time = index.axis(header.origin(index), header.rate)
    notes = {
        "domain": "video",
        "path": str(path),
        "name": path.stem,
        "facts": {**header.facts(index, time), **facts},
        "warnings": (*header.warnings(index, skipped, time), *warnings),
    }
    channels = ("grey",) if picture.grey else ("red", "green", "blue")
    y, x = picture.upright
    axes = (Axis.channel(channels), time, Axis("y", y), Axis("x", x))
    return Recording(axes, Frames(path, suffix, index, picture, state), notes=notes)


def _indexed(path: Path, suffix: str, exact: bool) -> tuple[Index, video_facts.Header]:
    """The file's index and header; a long file's index by the header's promise where there is one to be had."""
    container, stream = opened(path, suffix)
    with closing(container):
        header = video_facts.Header.of(container, stream)
        long = path.stat().st_size > READ_THROUGH or header.expected() > MOST_FRAMES
        if exact or not long:
            return video_index.read_through(path, container, stream), header
        promised = video_index.promised(path, container, stream)
    if promised is not None:
        return promised, header
    container, stream = opened(path, suffix)
    with closing(container):
        return video_index.read_through(path, container, stream), header


DOOR = Door("video", SUFFIXES, known, open, write.SAVE)
