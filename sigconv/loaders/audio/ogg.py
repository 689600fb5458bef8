"""Ogg: every page of a stream, because a missing one would shift what follows in silence."""

import zlib
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from sigconv.errors import FormatError
from sigconv.loaders.kept import Key, version

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_MOST_PAGE = 27 + 255 + 255 * 255
_CODECS = {b"\x01vorbis": "Vorbis", b"OpusHead": "Opus", b"\x7fFLAC": "FLAC"}


class Page(NamedTuple):
    """A page.  flags : 1 continued, 2 first, 4 last;  serial : of its stream;  number : from 0;  size : bytes"""

    flags: int
    serial: int
    number: int
    size: int


def codec_of(head: bytes) -> str | None:
    """The codec of an Ogg file from its first bytes, or None where it is no audio that can be read.

    >>> codec_of(b"OggS" + bytes(23) + b"OpusHead")
    'Opus'
    """
    if head[:4] != b"OggS" or len(head) < 28:
        return None
    text = head[27 + head[26] :]
    return next((name for start, name in _CODECS.items() if text.startswith(start)), None)


def ends_whole(path: Path) -> bool:
    """Whether the file ends with the last page of its stream, as its writer does unless it is stopped.

    Raises
    ------
    FormatError : several streams in the file, of which a decoder would read the first alone; no page at its end
    """
    with path.open("rb") as file:
        began = _page(path, file.read(_MOST_PAGE), 0)
        end = file.seek(0, 2)
        file.seek(max(0, end - 2 * _MOST_PAGE))
        tail = file.read()
    at = len(tail)
    while (at := tail.rfind(b"OggS", 0, at)) >= 0:
        if len(tail) - at >= 27:
            last = _page(path, tail[at:], end - len(tail) + at)
            if last.serial != began.serial:
                raise FormatError(f"{path}: holds several streams one after the other or side by side; expected one")
            return bool(last.flags & 4) and last.size <= len(tail) - at
    raise FormatError(f"{path}: no page of Ogg in its last {len(tail)} bytes; expected one")  # a decoder would look on


def check(path: Path) -> None:
    """Look at every page of the one stream: its number and its checksum.

    Raises
    ------
    FormatError : a page that is missing or damaged, by its byte and number, or another stream
    """
    _check(path, version(path))


@lru_cache(maxsize=64)
def _check(path: Path, _: Key) -> None:
    at, number, serial = 0, 0, None
    with path.open("rb") as file:
        while text := _whole(path, file, at):
            page = _page(path, text, at)
            if serial is None:
                serial, number = page.serial, page.number
            if page.serial != serial:
                raise FormatError(f"{path}: holds several streams, the second from byte {at} on; expected one")
            if page.number != number:
                raise FormatError(
                    f"{path}: page {page.number} at byte {at}, expected page {number}: a piece is missing"
                )
            if _crc(text[:22] + bytes(4) + text[26:]) != int.from_bytes(text[22:26], "little"):
                raise FormatError(f"{path}: page {number} at byte {at} is damaged: its checksum does not fit")
            at, number = at + page.size, number + 1


def _whole(path: Path, file: IO[bytes], at: int) -> bytes:
    """The page at a byte; nothing behind the last whole one."""
    file.seek(at)
    head = file.read(27)
    if len(head) < 27:
        return b""
    lengths = file.read(head[26])
    size = sum(lengths)
    content = file.read(size)
    if head[:4] != b"OggS":
        raise FormatError(f"{path}: {head[:4]!r} at byte {at}, expected a page of Ogg")
    return head + lengths + content if len(content) == size and len(lengths) == head[26] else b""


def _page(path: Path, text: bytes, at: int) -> Page:
    if text[:4] != b"OggS" or len(text) < 27:
        raise FormatError(f"{path}: {text[:4]!r} at byte {at}, expected a page of Ogg")
    serial, number = (int.from_bytes(text[first : first + 4], "little") for first in (14, 18))
    return Page(text[5], serial, number, 27 + text[26] + sum(text[27 : 27 + text[26]]))


def _crc(text: bytes) -> int:
    """Ogg's checksum is zlib's with all bits in the opposite order, and without its inversions."""
    crc = zlib.crc32(text.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)
