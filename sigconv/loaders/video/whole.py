"""Whether a video file is as long as its outermost boxes say."""

from pathlib import Path
from typing import BinaryIO

from sigconv.errors import FormatError

_SEGMENT = b"\x18\x53\x80\x67"


def check(path: Path, suffix: str) -> None:
    """Return if no outermost box reaches beyond the end of the file.

    Raises
    ------
    FormatError : the file is cut short, with the box, where it ends and the file's length
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        ends = {".avi": _riff, ".mkv": _matroska, ".webm": _matroska}.get(suffix, _boxes)(file, length)
    for name, end in ends:
        if end > length:
            raise FormatError(f"{path}: cut short: its {name} ends at byte {end}, the file at byte {length}")


def _riff(file: BinaryIO, _: int) -> list[tuple[str, int]]:
    return [("RIFF list", 8 + int.from_bytes(file.read(8)[4:], "little"))]


def _boxes(file: BinaryIO, length: int) -> list[tuple[str, int]]:
    found, at = [], 0
    while at + 8 <= length:
        file.seek(at)
        head = file.read(16)
        size, kind = int.from_bytes(head[:4]), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:])
        if size < 8:
            break
        at += size
        found.append((f"box {kind.decode('latin-1')!r}", at))
    return found


def _matroska(file: BinaryIO, _: int) -> list[tuple[str, int]]:
    head = file.read(4096)
    at = head.find(_SEGMENT)
    if at < 0 or at + 12 > len(head):
        return []
    wide = 9 - head[at + 4].bit_length() if head[at + 4] else 9
    told = int.from_bytes(head[at + 4 : at + 4 + wide]) & ((1 << 7 * wide) - 1) if wide <= 8 else 0
    unknown = told == (1 << 7 * wide) - 1
    return [] if unknown else [("segment", at + 4 + wide + told)]
