"""PNG: a strict look at its chunks before anything is inflated."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sigconv.errors import FormatError
from sigconv.loaders.archive import Member

MAGIC = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 1_000_000
_MOST_PROFILE = 1 << 22
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # colour type -> bits


@dataclass(frozen=True)
class Header:
    """What the chunks of a PNG tell.

    width, height : pixels;  depth : bits a channel;  colour : 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
    transparent : has a colour key or palette alphas;  exif, icc : as they are, or b""
    dpi : dots an inch along x and y, or None;  frames : more than 1 where it is animated
    warnings : what is odd about it
    """

    width: int
    height: int
    depth: int
    colour: int
    transparent: bool = False
    exif: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    frames: int = 1
    warnings: tuple[str, ...] = ()


def header(path: Path | Member, file: IO[bytes]) -> Header:
    """The chunks of a PNG, walked from its signature to IEND without inflating pixels or texts.

    Raises
    ------
    FormatError : a chunk is cut short, missing or out of order, or IHDR holds what no PNG may

    Source: W3C, Portable Network Graphics (third edition, 2025).
    """
    told: dict[str, Any] = {}
    warnings = []
    for kind, size, at in _chunks(path, file):
        if kind == b"IHDR":
            told |= _ihdr(path, _take(path, file, size, 13, at))
        elif kind == b"tRNS":
            told["transparent"] = True
        elif kind == b"eXIf":
            told["exif"] = _take(path, file, size, 1 << 20, at)
        elif kind == b"pHYs" and size == 9:
            across, down, unit = struct.unpack(">IIB", _take(path, file, size, 9, at))
            told["dpi"] = (across * 0.0254, down * 0.0254) if unit == 1 else None
        elif kind == b"acTL" and size == 8:
            told["frames"] = int.from_bytes(_take(path, file, 4, 8, at), "big")
        elif kind == b"iCCP":
            told["icc"], odd = _profile(_take(path, file, size, _MOST_PROFILE, at))
            warnings += odd
    return Header(**told, warnings=tuple(warnings))


def essentials(path: Path | Member, file: IO[bytes]) -> bytes:
    """The PNG with the chunks that make its pixels alone, each of which agrees with its checksum.

    So a decoder meets no compressed text, profile or animation.

    Raises
    ------
    FormatError : a checksum differs (byte offset, found, expected), or as `header` says
    """
    kept = [MAGIC]
    for kind, size, at in _chunks(path, file):
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            content = file.read(size)
            found, told = zlib.crc32(content, zlib.crc32(kind)), file.read(4)
            if told != found.to_bytes(4, "big"):
                raise FormatError(
                    f"{path}: chunk {_name(kind)} at byte {at} has checksum {found:08x}, expected {told.hex()}"
                )
            kept += [size.to_bytes(4, "big"), kind, content, told]
    return b"".join(kept)


def _chunks(path: Path | Member, file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Kind, size and offset of every chunk, the file standing at its content."""
    end = file.seek(0, 2)
    file.seek(0)
    if file.read(8) != MAGIC:
        raise FormatError(f"{path}: does not begin with the signature of a PNG")
    at, seen = 8, set()
    for number in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or at + 12 + size > end:
            raise FormatError(
                f"{path}: cut short: chunk {_name(kind)} at byte {at} ends at {at + 12 + size}, the file at {end}"
            )
        if (kind == b"IHDR") != (number == 0):
            raise FormatError(f"{path}: chunk {_name(kind)} at byte {at}; expected IHDR first and once")
        seen.add(kind)
        yield kind, size, at
        if kind == b"IEND":
            if b"IDAT" not in seen:
                raise FormatError(f"{path}: IEND at byte {at} comes before any pixels (IDAT)")
            return
        at += 12 + size
    raise FormatError(f"{path}: more than {_MOST_CHUNKS} chunks; expected an IEND before")


def _ihdr(path: Path | Member, content: bytes) -> dict[str, int]:
    if len(content) != 13:
        raise FormatError(f"{path}: IHDR has {len(content)} bytes, expected 13")
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", content)
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise FormatError(f"{path}: IHDR tells of {width} × {height} pixels; expected 1 to 2147483647 each")
    if depth not in _DEPTHS.get(colour, ()) or rest[0] or rest[1] or rest[2] > 1:
        raise FormatError(
            f"{path}: IHDR has bit depth {depth}, colour type {colour}, compression {rest[0]}, filter {rest[1]}, "
            f"interlace {rest[2]}; expected a depth of {_DEPTHS.get(colour, 'a known colour type')}, 0, 0 and 0 or 1"
        )
    return {"width": width, "height": height, "depth": depth, "colour": colour}


def _take(path: Path | Member, file: IO[bytes], size: int, most: int, at: int) -> bytes:
    if size > most:
        raise FormatError(f"{path}: the chunk at byte {at} has {size} bytes; expected at most {most}")
    return file.read(size)


def _profile(content: bytes) -> tuple[bytes, list[str]]:
    inflate = zlib.decompressobj()
    try:
        icc = inflate.decompress(content[content.index(0) + 2 :], _MOST_PROFILE)
    except (ValueError, zlib.error):
        return b"", ["its ICC profile is damaged and left out"]
    if inflate.unconsumed_tail:
        return b"", [f"its ICC profile inflates to more than {_MOST_PROFILE} bytes and is left out"]
    return icc, []


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "replace") if kind.isalpha() else repr(kind)
