"""Chunks: the boxes with a four-letter name of which WAV, RF64 and AIFF files are made."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from sigconv.errors import FormatError

_MOST = 10_000  # chunks in one file
_MOST_TEXT = 1 << 16  # bytes of a chunk that describes


class Chunk(NamedTuple):
    """One box.  name : four bytes;  begin : byte of its content;  size : bytes as told;  there : bytes that are."""

    name: bytes
    begin: int
    size: int
    there: int


def chunks(path: Path, file: IO[bytes], size: int, big: bool, wide: dict[bytes, int]) -> Iterator[Chunk]:
    """The chunks of a file behind its first twelve bytes, in order.

    Parameters
    ----------
    path : for messages;  file : open at any place;  size : of the whole file, bytes
    big : sizes are stored most significant byte first
    wide : sizes told elsewhere (RF64's ds64); may be filled while the chunks are read

    Raises
    ------
    FormatError : more than 10000 of them
    """
    at, count = 12, 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, told = head[:4], int.from_bytes(head[4:], "big" if big else "little")
        if told == 0xFFFFFFFF and name in wide:
            told = wide[name]
        there = min(told, size - at - 8)
        yield Chunk(name, at + 8, told, there)
        at += 8 + told + told % 2
        count += 1
        if count > _MOST:
            raise FormatError(f"{path}: more than {_MOST} chunks, the last one {name!r} at byte {at}")


def content(path: Path, file: IO[bytes], chunk: Chunk, least: int = 0) -> bytes:
    """The bytes of a chunk that describes, at most 64 KiB of them.

    Raises
    ------
    FormatError : fewer than `least` bytes
    """
    file.seek(chunk.begin)
    found = file.read(min(chunk.there, _MOST_TEXT))
    if len(found) < least:
        name = chunk.name.decode("latin-1")
        raise FormatError(f"{path}: chunk {name!r} at byte {chunk.begin} has {len(found)} bytes, expected {least}")
    return found


def inside(text: bytes, big: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of the small chunks within one.

    >>> list(inside(b"INAM" + bytes([3, 0, 0, 0]) + b"abc" + bytes(1)))
    [(b'INAM', b'abc')]
    """
    at = 0
    while at + 8 <= len(text):
        size = int.from_bytes(text[at + 4 : at + 8], "big" if big else "little")
        yield text[at : at + 4], text[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
