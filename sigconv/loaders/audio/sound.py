"""Coded audio: FLAC, Ogg, MP3 and companded WAV through libsndfile, exact to the sample wherever a piece begins."""

import io
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders.audio import mp3, ogg
from sigconv.loaders.kept import version
from sigconv.loaders.limits import within_limit
from sigconv.signal import Box

Array = np.ndarray[Any, Any]
Way = Literal["seek", "near", "forward"]
_LEAD = 8192  # frames, the longest block of Vorbis: what a decoder that begins there has forgotten where it began
_AT_ONCE = 1 << 16  # frames
_KEPT = 4  # open decoders of a thread
_own = threading.local()


@dataclass(frozen=True)
class Told:
    """What libsndfile tells of a file.  frames, channels, fs : its size;  codec : in words;  texts : title, artist …"""

    frames: int
    channels: int
    fs: int
    codec: str
    texts: dict[str, str]


@dataclass(frozen=True)
class Coded:
    """The samples of a coded file, decoded when called; it can be sent to other processes.

    Parameters
    ----------
    path : the file;  frames, channels : of it
    way : "seek" where a decoder's own seek is exact (FLAC); "near" begins a little before the piece (Vorbis);
        "forward" decodes from the beginning, or from where the last piece ended (MP3, Opus), because there a seek
        shifts or alters samples
    head, begin : the file is read as if `head` stood in the place of its first `begin` bytes
    whole : "Ogg" or "MP3": all of the file is looked at before its first piece is read; "" where its decoder does that
    """

    path: Path
    frames: int
    channels: int
    way: Way
    head: bytes = b""
    begin: int = 0
    whole: str = ""

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float32; box is ((first, last),).

        Raises
        ------
        FormatError : a damaged file, or one that holds fewer samples than it tells
        """
        ((first, last),) = box
        _CHECKS[self.whole](self)
        within_limit(self.path, 4 * (last - first) * (self.channels + len(rows)), "this piece")
        lead = min(first, _LEAD) if self.way == "near" else 0
        try:
            if self.way == "near":
                with opened(self.path) as file:
                    if first > lead:
                        file.jump(first - lead)
                    frames = file.read(last - first + lead, dtype="float32", always_2d=True)
            else:
                frames = self._from(first, last - first)
        except _refusals() as error:
            raise FormatError(
                f"{self.path}: samples {first} to {last} cannot be decoded: {' '.join(str(error).split())}"
            ) from error
        if len(frames) < last - first + lead:
            raise FormatError(
                f"{self.path}: the file tells of {self.frames} samples, but decoding ended at sample "
                f"{first - lead + len(frames)}: damaged or cut short"
            )
        return np.ascontiguousarray(frames[lead:, list(rows)].T)

    def _from(self, first: int, count: int) -> Array:
        """Frames by a decoder that stays open: it seeks, or goes on from where it is and begins again where that is
        further on."""
        kept: OrderedDict[Any, Any] = _own.__dict__.setdefault("decoders", OrderedDict())
        key = (os.getpid(), self, version(self.path))
        file, at = kept.pop(key, (None, 0))
        if file is None or (self.way == "forward" and at > first):
            if file is not None:
                file.close()
            file, at = opened(self.path, self.head, self.begin), 0
        if self.way == "seek":
            file.jump(first)
            at = first
        while at < first:
            skipped = len(file.read(min(_AT_ONCE, first - at), dtype="float32", always_2d=True))
            if not skipped:
                break
            at += skipped
        frames = file.read(count, dtype="float32", always_2d=True) if at == first else np.zeros((0, self.channels))
        kept[key] = file, at + len(frames)
        while len(kept) > _KEPT:
            kept.popitem(last=False)[1][0].close()
        return frames


def _frames_of_mp3(reader: Coded) -> None:
    stream = mp3.check(reader.path)
    if not reader.head and not stream.info:
        raise FormatError(f"{reader.path}: {'; '.join(stream.warnings)}")


_CHECKS: dict[str, Callable[[Coded], object]] = {
    "Ogg": lambda reader: ogg.check(reader.path),
    "MP3": _frames_of_mp3,
    "": lambda _: None,
}


class _Spliced(io.RawIOBase):
    """A file whose first bytes are others."""

    def __init__(self, path: Path, head: bytes, begin: int) -> None:
        self._file, self._head, self._begin, self._at = path.open("rb"), head, begin, 0
        self._size = len(head) + path.stat().st_size - begin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = len(buffer)
        text = self._head[self._at : self._at + wanted]
        if len(text) < wanted:
            self._file.seek(max(0, self._at - len(self._head)) + self._begin)
            text += self._file.read(wanted - len(text))
        buffer[: len(text)] = text
        self._at += len(text)
        return len(text)

    def close(self) -> None:
        self._file.close()
        super().close()


@lru_cache(maxsize=1)
def _soundfile() -> Any:
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtra("soundfile", "audio") from error
    return soundfile


@lru_cache(maxsize=1)
def _refusals() -> tuple[type[Exception], ...]:
    # what soundfile raises beside its own error where a length or position makes no sense
    return (_soundfile().SoundFileError, RuntimeError, ValueError, OverflowError, MemoryError)


@lru_cache(maxsize=1)
def _decoder() -> Any:
    """soundfile.SoundFile, but it does not seek to where it is after every read, which makes lossy decoders stumble."""

    class Decoder(_soundfile().SoundFile):  # type: ignore[misc]
        def seekable(self) -> bool:
            return False

        def jump(self, frame: int) -> None:
            self.seek(frame)

        def __del__(self) -> None:
            if not sys.is_finalizing():  # then its library is gone, and the system closes the file
                super().__del__()

    return Decoder


def opened(path: Path, head: bytes = b"", begin: int = 0) -> Any:
    """libsndfile's reader of the file, as if `head` stood in the place of its first `begin` bytes.

    Raises
    ------
    FormatError : libsndfile refuses it;  MissingExtra : soundfile is not installed
    """
    decoder = _decoder()
    try:
        return decoder(_Spliced(path, head, begin) if begin else str(path))
    except _refusals() as error:
        raise FormatError(f"{path}: not readable: {' '.join(str(error).split())}") from error


def told(path: Path, head: bytes = b"", begin: int = 0) -> Told:
    """What the file tells of itself to libsndfile; no samples are read."""
    with opened(path, head, begin) as file:
        texts = {name: text for name, text in file.copy_metadata().items() if text}
        return Told(file.frames, file.channels, file.samplerate, file.subtype_info, texts)
