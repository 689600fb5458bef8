"""MATLAB 5 files: variables as plain values, and large arrays as places in the file."""

import math
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.kept import Key, version
from sigconv.loaders.limits import within_limit
from sigconv.signal import Box

_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _OBJECT, _CHAR = 1, 2, 3, 4
_NUMERIC = range(6, 16)
_SMALL = 1 << 20  # bytes; larger arrays are left where they are
_WINDOW = 1 << 18  # bytes read at once
_MOST_DEEP = 24
_MOST_RATIO = 64  # a stream that grows more is a bomb


@dataclass(frozen=True)
class Stored:
    """A large array that was left in its file.

    kind : NumPy's name of the stored numbers;  shape : as MATLAB has it, first axis fastest
    at : byte in the file, or in the unpacked variable;  packed : (byte, bytes) of the packed variable, or ()
    """

    kind: str
    shape: tuple[int, ...]
    at: int
    packed: tuple[int, ...] = ()


def variables(path: Path) -> dict[str, Any]:
    """The variables of a MATLAB 5 file by name.

    Numbers become NumPy arrays (or Stored, where large), text becomes str, a cell a list, a struct a dict, and an array
    of structs a list of dicts. What is neither (functions, sparse arrays) becomes None; nothing is executed.

    Raises
    ------
    FormatError : not such a file, or damaged: path and byte

    Source: MathWorks (2019), MAT-File Format, chapter 1.  Same as: scipy.io.loadmat(path, squeeze_me=True).
    """
    size = path.stat().st_size
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        file = _File(path, number, size)
        head = file.read(0, 128) if size >= 128 else b""
        if head[126:] not in (b"IM", b"MI") or not head.startswith(b"MATLAB 5.0"):
            raise FormatError(f"{path}: begins with {head[:20]!r}, expected 'MATLAB 5.0 MAT-file'")
        order = "<" if head[126:] == b"IM" else ">"
        found: dict[str, Any] = {}
        at = 128
        while at < size:
            kind, length, start, after = _tag(file, order, at, size)
            if kind == _COMPRESSED:
                content = _unpacked(path, file.read(start, length), start)
                inside = _Bytes(path, content, start, (start, length))
                kind, length, start, _ = _tag(inside, order, 0, len(content))
                after = at + 8 + inside.packed[1]
                name, value = _matrix(inside, order, kind, start, start + length, 0)
            else:
                name, value = _matrix(file, order, kind, start, start + length, 0)
            found[name] = value
            at = after
        return found
    finally:
        os.close(number)


def _unpacked(path: Path, packed: bytes, at: int) -> bytes:
    """A packed variable; what its own tag tells is allocated, not what the stream would grow to."""
    try:
        inflater = zlib.decompressobj()
        tag = inflater.decompress(packed, 8)
        size = 8 + max(struct.unpack("<I", tag[4:8])[0], 0) if len(tag) == 8 else 0
        if not 8 < size <= (1 << 20) + _MOST_RATIO * len(packed):
            raise FormatError(f"{path}: byte {at}: {len(packed)} packed bytes tell of {size}; expected fewer, above 8")
        within_limit(path, size, "a packed variable")
        return tag + inflater.decompress(inflater.unconsumed_tail, size - 8)
    except zlib.error as error:
        raise FormatError(f"{path}: byte {at}: a packed variable is damaged: {error}") from error


class _File:
    """The bytes of a file, read a window at a time."""

    packed: tuple[int, ...] = ()

    def __init__(self, path: Path, number: int, size: int) -> None:
        self.path, self.number, self.size = path, number, size
        self._at, self._window = 0, b""

    def read(self, at: int, size: int) -> bytes:
        if not self._at <= at <= at + size <= self._at + len(self._window):
            self._at, self._window = at, os.pread(self.number, max(size, _WINDOW), at)
        found = self._window[at - self._at : at - self._at + size]
        if len(found) < size:
            raise FormatError(f"{self.path}: ends at byte {at + len(found)}, expected {size} bytes from {at} on")
        return found


class _Bytes:
    """The bytes of an unpacked variable."""

    def __init__(self, path: Path, content: bytes, at: int, packed: tuple[int, int]) -> None:
        self.path, self.content, self.at, self.packed = path, content, at, packed

    def read(self, at: int, size: int) -> bytes:
        return self.content[at : at + size]


Source = _File | _Bytes


def _tag(source: Source, order: str, at: int, end: int) -> tuple[int, int, int, int]:
    """(kind, bytes, first byte, byte after it with its padding) of the element at `at`, which lies before `end`."""
    if at + 8 > end:
        raise FormatError(f"{source.path}: byte {at}: {end - at} bytes are left, expected an element of 8 or more")
    head = source.read(at, 8)
    kind, length = struct.unpack(order + "II", head)
    if kind >> 16:
        kind, length, start, after = kind & 0xFFFF, kind >> 16, at + 4, at + 8
        if length > 4:
            raise FormatError(f"{source.path}: byte {at}: a small element has {length} bytes, expected at most 4")
        return kind, length, start, after
    after = at + 8 + length + (0 if kind == _COMPRESSED else -length % 8)
    if at + 8 + length > end:
        raise FormatError(f"{source.path}: byte {at}: an element has {length} bytes, expected at most {end - at - 8}")
    return kind, length, at + 8, min(after, end)


def _matrix(source: Source, order: str, kind: int, at: int, end: int, deep: int) -> tuple[str, Any]:
    """Name and value of the matrix whose content lies from `at` to `end`."""
    if kind != _MATRIX or deep > _MOST_DEEP:
        what = f"kind {kind}" if kind != _MATRIX else f"{deep} matrices in each other"
        raise FormatError(f"{source.path}: byte {at}: {what}; expected a matrix, at most {_MOST_DEEP} deep")
    if at == end:
        return "", np.zeros((0, 0))
    _, length, start, at = _tag(source, order, at, end)
    if length != 8:
        raise FormatError(f"{source.path}: byte {start}: the flags have {length} bytes, expected 8")
    flags = struct.unpack(order + "I", source.read(start, 4))[0]
    which, is_complex = flags & 0xFF, bool(flags & 0x800)
    if which not in (_CELL, _STRUCT, _OBJECT, _CHAR, *_NUMERIC):
        return "", None
    _, length, start, at = _tag(source, order, at, end)
    shape = struct.unpack(f"{order}{length // 4}i", source.read(start, length // 4 * 4))
    if not 2 <= len(shape) <= 32 or min(shape) < 0:
        raise FormatError(f"{source.path}: byte {start}: dimensions are {shape[:8]}, expected two or more from 0 on")
    _, length, start, at = _tag(source, order, at, end)
    name = source.read(start, length).decode("latin-1")
    count = math.prod(shape)
    if which in (_CELL, _STRUCT, _OBJECT):
        return name, _nested(source, order, which, count, at, end, deep)
    stored, length, start, _ = _tag(source, order, at, end)
    if which == _CHAR:
        return name, _string(source, order, stored, start, length)
    if is_complex:
        return name, None
    if stored not in _NUMBERS or count * np.dtype(_NUMBERS[stored]).itemsize != length:
        raise FormatError(
            f"{source.path}: byte {start}: {length} bytes of kind {stored} for {count} numbers do not fit together"
        )
    kind_of_number = order + _NUMBERS[stored]
    if length > _SMALL:
        return name, Stored(kind_of_number, shape, start, source.packed)
    return name, np.frombuffer(source.read(start, length), kind_of_number).reshape(shape, order="F")


def _nested(source: Source, order: str, which: int, count: int, at: int, end: int, deep: int) -> Any:
    fields = [""]
    if which == _OBJECT:
        _, _, _, at = _tag(source, order, at, end)
    if which != _CELL:
        _, length, start, at = _tag(source, order, at, end)
        width = struct.unpack(order + "i", source.read(start, 4))[0] if length == 4 else 0
        _, length, start, at = _tag(source, order, at, end)
        if width < 1 or length % width:
            raise FormatError(
                f"{source.path}: byte {start}: {length} bytes of field names, {width} each; expected whole"
            )
        names = source.read(start, length)
        fields = [names[i : i + width].split(b"\0")[0].decode("latin-1") for i in range(0, length, width)]
    if count * len(fields) * 8 > end - at:
        raise FormatError(
            f"{source.path}: byte {at}: {count} times {len(fields)} elements in {end - at} bytes; expected 8 or more "
            "each"
        )
    values = []
    for _ in range(count * len(fields)):
        kind, length, start, at = _tag(source, order, at, end)
        values.append(_matrix(source, order, kind, start, start + length, deep + 1)[1])
    if which == _CELL:
        return values
    rows = [dict(zip(fields, values[i : i + len(fields)], strict=True)) for i in range(0, len(values), len(fields))]
    return rows[0] if count == 1 and fields else rows


def _string(source: Source, order: str, stored: int, start: int, length: int) -> str:
    encoding = _TEXTS.get(stored, "latin-1")
    if encoding.startswith(("utf-16", "utf-32")):
        encoding += "-le" if order == "<" else "-be"
    return source.read(start, length).decode(encoding, "replace")


@dataclass(frozen=True)
class Packed:
    """A large (channel, sample) array in a packed variable, unpacked when read; it can be sent to other processes.

    The unpacked variable of the last file is kept, since no piece of it can be reached without the rest.
    """

    path: Path
    stored: Stored
    channels: int
    size: int
    scale: float

    def __call__(self, box: Box, rows: Sequence[int]) -> Any:
        """(row, last - first) float64, scaled; box is ((first, last),)."""
        ((first, last),) = box
        content = _kept(self.path, *self.stored.packed, version(self.path))
        wide = np.dtype(self.stored.kind).itemsize
        if len(content) < self.stored.at + self.channels * self.size * wide:
            raise FormatError(
                f"{self.path}: a packed variable has {len(content)} bytes: was the file changed while open?"
            )
        at, count = self.stored.at + first * self.channels * wide, (last - first) * self.channels
        piece = np.frombuffer(content, self.stored.kind, count, at).reshape(-1, self.channels)
        return np.ascontiguousarray(piece[:, list(rows)].T, dtype=np.float64) * self.scale


@lru_cache(maxsize=1)
def _kept(path: Path, at: int, length: int, _: Key) -> bytes:
    with path.open("rb", buffering=0) as file:
        return _unpacked(path, os.pread(file.fileno(), length, at), at)
