"""AIFF and AIFF-C headers, looked at strictly before anything is read."""

import math
from pathlib import Path
from typing import IO

from sigconv.errors import FormatError
from sigconv.loaders.audio.chunks import Chunk, chunks, content
from sigconv.loaders.audio.pcm import Layout
from sigconv.loaders.audio.wav import Header
from sigconv.loaders.text import text_of

_TEXTS = {b"NAME": "title", b"AUTH": "artist", b"(c) ": "copyright", b"ANNO": "comment"}
# code -> (kind, least significant byte first)
_PLAIN = {
    b"NONE": ("i", False),
    b"twos": ("i", False),
    b"sowt": ("i", True),
    b"in24": ("i", False),
    b"in32": ("i", False),
    b"42n1": ("i", True),
    b"23ni": ("i", True),
    b"fl32": ("f", False),
    b"FL32": ("f", False),
    b"fl64": ("f", False),
    b"FL64": ("f", False),
    b"raw ": ("u", False),
}


def check(path: Path) -> tuple[Header, Layout]:
    """The header and layout of an AIFF or AIFF-C file of plain numbers; one that contradicts itself is refused.

    Raises
    ------
    FormatError : path, field, what was found and expected; a file cut short names both lengths

    Source: Apple (1989), Audio Interchange File Format; (1991), AIFF-C.
    """
    size, texts = path.stat().st_size, dict[str, str]()
    comm, data, shift = b"", None, 0
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
            raise FormatError(f"{path}: begins with {head!r}, expected FORM and AIFF or AIFC: not an AIFF file")
        for chunk in chunks(path, file, size, True, {}):
            if chunk.name == b"COMM" and not comm:
                comm = content(path, file, chunk, 22 if head[8:] == b"AIFC" else 18)
            elif chunk.name == b"SSND" and data is None:
                data, shift = chunk, _shift(path, file, chunk)
            elif chunk.name in _TEXTS:
                texts[_TEXTS[chunk.name]] = text_of(content(path, file, chunk))
    if not comm or data is None:
        raise FormatError(f"{path}: has no {'SSND' if comm else 'COMM'} chunk in {size} bytes: not AIFF, or cut short")
    layout = _layout(path, comm, data.begin + 8 + shift)
    needed = layout.frames * layout.channels * layout.wide
    there = min(size, data.begin + data.size) - layout.begin
    if needed > there:
        raise FormatError(
            f"{path}: cut short: {max(0, there)} bytes of samples, expected {needed} ({layout.frames} frames of "
            f"{layout.channels * layout.wide} bytes)"
        )
    return Header(layout, "AIFF" if head[8:] == b"AIFF" else "AIFF-C", layout.words, texts), layout


def _shift(path: Path, file: IO[bytes], chunk: Chunk) -> int:
    return int.from_bytes(content(path, file, chunk, 8)[:4], "big")


def _layout(path: Path, comm: bytes, begin: int) -> Layout:
    channels, frames = int.from_bytes(comm[:2], "big"), int.from_bytes(comm[2:6], "big")
    bits, fs = int.from_bytes(comm[6:8], "big"), _extended(comm[8:18])
    code = comm[18:22] or b"NONE"
    if channels == 0 or frames == 0 or not 1 <= fs <= 0xFFFFFFFF or fs != round(fs):
        raise FormatError(f"{path}: {frames} frames of {channels} channels at {fs:g} Hz; expected one or more")
    if code not in _PLAIN:
        raise FormatError(f"{path}: compressed as {code!r}; sigconv reads {', '.join(c.decode() for c in _PLAIN)}")
    kind, small = _PLAIN[code]
    wide = -(-bits // 8)
    if kind == "f":
        wide = 8 if code.lower() == b"fl64" else 4
    if wide not in (1, 2, 3, 4) and not (kind == "f" and wide == 8):
        raise FormatError(f"{path}: {bits} bits a sample; expected 1 to 32")
    return Layout(begin, frames, channels, round(fs), kind, wide, not small)


def _extended(text: bytes) -> float:
    """An 80-bit floating-point number.

    >>> _extended(bytes.fromhex("400bfa00000000000000"))
    8000.0
    """
    exponent, mantissa = int.from_bytes(text[:2], "big"), int.from_bytes(text[2:], "big")
    if exponent & 0x8000 or exponent - 16383 > 64:
        return math.inf
    return math.ldexp(mantissa, exponent - 16383 - 63)
