"""FLAC: the length that the header tells, checked against the last frame of the file."""

from pathlib import Path
from typing import NamedTuple

from sigconv.errors import FormatError

_INFO = 42  # bytes of the mark "fLaC" and the first block, STREAMINFO
_MOST_FRAME = 1 << 20  # bytes at the end of the file in which the last frame begins


class Stream(NamedTuple):
    """A FLAC stream.

    begin : byte at which "fLaC" lies (tags may precede it);  frames : samples a channel, found at the end of the file
    head : the first 42 bytes as they should be, where the file's own tell another length; else nothing
    warnings : what is odd
    """

    begin: int
    frames: int
    head: bytes
    warnings: tuple[str, ...]


def check(path: Path, begin: int) -> Stream:
    """The stream whose "fLaC" lies at byte `begin`.

    A header that tells 0 samples (written to a pipe) or fewer than there are would make a decoder leave samples out in
    silence: the true number is found in the last frame.

    Raises
    ------
    FormatError : cut short (fewer samples than the header tells), or no such header

    Source: RFC 9639, Free Lossless Audio Codec.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(begin)
        head = file.read(_INFO)
        tail_begin = max(begin + len(head), size - _MOST_FRAME)
        longest = int.from_bytes(head[15:18], "big")
        if longest:
            tail_begin = max(tail_begin, size - longest - 512)
        file.seek(tail_begin)
        tail = file.read()
    if len(head) < _INFO or head[:4] != b"fLaC" or head[4] & 0x7F != 0 or head[5:8] != b"\0\0\x22":
        raise FormatError(f"{path}: {head[:8]!r} at byte {begin}, expected fLaC and a STREAMINFO block of 34 bytes")
    fields = int.from_bytes(head[18:26], "big")
    told, even = fields & (1 << 36) - 1, int.from_bytes(head[8:10], "big")
    if fields >> 44 == 0:
        raise FormatError(f"{path}: a sampling rate of 0 Hz in STREAMINFO; expected one or more")
    ends = [(at, end) for at in _syncs(tail) if (end := _end(tail[at : at + 16], even)) is not None]
    if told and any(end == told for _, end in ends):
        return Stream(begin, told, b"", ())
    without_tag = tail[:-128] if tail[-128:-125] == b"TAG" else tail
    whole = [end for at, end in ends if _crc16(without_tag[at:]) == 0]
    if not whole or whole[0] < told:
        found = f"the last whole frame ends at sample {whole[0]}" if whole else "no whole frame lies at the end"
        raise FormatError(f"{path}: cut short: the header tells {told or 'no number of'} samples, but {found}")
    patched = head[:18] + (fields >> 36 << 36 | whole[0]).to_bytes(8, "big") + head[26:]
    odd = f"the header tells {told} samples, but there are {whole[0]}; all were read"
    return Stream(begin, whole[0], patched, (odd,) if told else ())


def _syncs(tail: bytes) -> list[int]:
    """Where a frame may begin, last first."""
    found, at = [], len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9"):
            found.append(at)
    return found


def _end(head: bytes, even: int) -> int | None:
    """The sample behind a frame, from its header; None where the bytes are no header.

    head : its first 16 bytes;  even : samples of a frame, where all but the last have the same number
    """
    if len(head) < 6 or head[3] & 1 or head[2] >> 4 == 0 or head[2] & 15 == 15:
        return None
    size, rate = head[2] >> 4, head[2] & 15
    extra = 7 - (head[4] ^ 0xFF).bit_length() if head[4] >= 0x80 else 0  # bytes of the number that follow its first
    if (extra == 0 and head[4] >= 0x80) or extra > 6:
        return None
    number = head[4] if head[4] < 0x80 else head[4] & (0x3F >> extra)
    at = 5 + extra
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    sizes = {1: 192, **{n: 576 << n - 2 for n in range(2, 6)}, **{n: 256 << n - 8 for n in range(8, 16)}}
    wide = {6: 1, 7: 2}.get(size, 0)
    samples = int.from_bytes(head[at : at + wide], "big") + 1 if wide else sizes[size]
    at += wide + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return (number if head[1] & 1 else number * even) + samples


def _crc8(text: bytes) -> int:
    crc = 0
    for byte in text:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x107 if crc & 0x80 else 0)) & 0xFF
    return crc


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x18005 if crc & 0x8000 else 0)) & 0xFFFF
        rows.append(crc)
    return tuple(rows)


_CRC16 = _table()


def _crc16(text: bytes) -> int:
    """0 for a whole frame, whose last two bytes are its own checksum."""
    crc = 0
    for byte in text:
        crc = (crc << 8 & 0xFF00) ^ _CRC16[crc >> 8 ^ byte]
    return crc
