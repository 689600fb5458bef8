"""The file of one cache entry: samples in bricks, each with a checksum, which are read by mapping the file.

    brick, brick, … | JSON: shapes, checksums of the bricks, the recording | magic, length and checksum of the JSON

A brick holds all channels and a box of the grid, so that a patch touches few pages of a large volume. Bricks at the
far ends are filled up with zeros. What says that a file is an entry is at its end, which one that was cut short lacks.
"""

import fcntl
import json
import math
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import IO, Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.signal import Box

Array = np.ndarray[Any, Any]

MAGIC = b"sigconv1"
_END = struct.Struct("<8sQI")  # magic, bytes of the JSON, its checksum
_NUMBERS = 32768  # in a brick, about: 128 KiB of float32
_KINDS = "biufc"


@dataclass(frozen=True)
class Bricks:
    """How samples are laid out.

    shape : (channel, *grid) of the whole;  brick : samples of a brick along every grid axis
    """

    shape: tuple[int, ...]
    brick: tuple[int, ...]

    @classmethod
    def of(cls, shape: Sequence[int]) -> "Bricks":
        """Cubes of about 32 768 numbers, such that the last along an axis is nearly full.

        >>> Bricks.of((1, 300, 512, 35)).brick
        (30, 32, 18)
        """
        channels, *grid = shape
        edge = max(1, round((_NUMBERS / max(1, channels)) ** (1 / len(grid))))
        return cls(tuple(shape), tuple(-(-n // max(1, -(-n // edge))) or 1 for n in grid))

    @property
    def counts(self) -> tuple[int, ...]:
        """Bricks along every grid axis."""
        return tuple(-(-n // b) for n, b in zip(self.shape[1:], self.brick, strict=True))

    @property
    def numbers(self) -> int:
        """Numbers in one brick."""
        return self.shape[0] * math.prod(self.brick)

    def cut(self, slab: Array) -> Iterator[Array]:
        """The bricks of a piece that begins with one, and has the whole of all axes but the first."""
        starts = [range(0, n, b) for n, b in zip(slab.shape[1:], self.brick, strict=True)]
        for first in product(*starts):
            inside = slab[(slice(None), *(slice(a, a + b) for a, b in zip(first, self.brick, strict=True)))]
            if inside.shape[1:] != self.brick:
                full = np.zeros((self.shape[0], *self.brick), slab.dtype)
                full[tuple(slice(n) for n in inside.shape)] = inside
                inside = full
            yield np.ascontiguousarray(inside)


def write(file: IO[bytes], bricks: Bricks, slabs: Iterator[Array], facts: Mapping[str, Any]) -> None:
    """Write samples that come in slabs along the first grid axis, and what else is to be kept.

    Raises
    ------
    FormatError : slabs of different kinds of number, or of one that cannot be mapped
    """
    checksums, kind = [], None
    for slab in slabs:
        kind = kind or slab.dtype
        if slab.dtype != kind or kind.kind not in _KINDS:
            raise FormatError(f"samples are {slab.dtype}, those before {kind}; expected one kind of plain numbers")
        for brick in bricks.cut(slab):
            content = brick.data.cast("B")
            checksums.append(zlib.crc32(content))
            file.write(content)
    told = {"shape": bricks.shape, "brick": bricks.brick, "kind": np.dtype(kind).str, "checksums": checksums, **facts}
    head = json.dumps(told).encode()
    file.write(head + _END.pack(MAGIC, len(head), zlib.crc32(head)))


class Damaged(Exception):  # noqa: N818 - never leaves the cache
    """An entry is not what was written."""


class Mapped:
    """An open entry. Other processes can use it too, and it stays readable when its name is removed.

    Parameters
    ----------
    path : the entry

    Raises
    ------
    Damaged : cut short, spoilt or not an entry
    OSError : not there
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # tells a cleaner that it is in use, for as long as it is mapped
            size = os.fstat(file.fileno()).st_size
            self.facts = _facts(file, size)
            shared = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bricks = Bricks(tuple(self.facts["shape"]), tuple(self.facts["brick"]))
        kind, count = np.dtype(self.facts["kind"]), math.prod(self._bricks.counts)
        if count != len(self.facts["checksums"]) or size < count * self._bricks.numbers * kind.itemsize:
            raise Damaged("bricks are missing")
        flat = np.frombuffer(shared, kind, count * self._bricks.numbers)
        self._data = flat.reshape(count, self._bricks.shape[0], *self._bricks.brick)
        self._sound = bytearray(count)

    def samples(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, *grid) samples in a box, in memory of their own.

        Raises
        ------
        Damaged : a brick that this process touches for the first time does not fit its checksum
        """
        whole = list(rows) == list(range(self._bricks.shape[0]))
        chosen: Any = slice(None) if whole else list(rows)
        out = np.empty((len(rows), *(last - first for first, last in box)), self._data.dtype)
        steps = [
            [_piece(i, pair, edge) for i in range(pair[0] // edge, -(-pair[1] // edge))]
            for pair, edge in zip(box, self._bricks.brick, strict=True)
        ]
        counts = self._bricks.counts
        for pieces in product(*steps):
            number = 0
            for (i, _, _), count in zip(pieces, counts, strict=True):
                number = number * count + i
            if not self._sound[number]:
                self._check(number)
            there = (slice(None), *(piece[2] for piece in pieces))
            out[there] = self._data[number][(chosen, *(piece[1] for piece in pieces))]
        return out

    def _check(self, number: int) -> None:
        if zlib.crc32(self._data[number].data.cast("B")) != self.facts["checksums"][number]:
            raise Damaged(f"brick {number} does not fit its checksum")
        self._sound[number] = 1


def _piece(i: int, pair: tuple[int, int], edge: int) -> tuple[int, slice, slice]:
    """Brick i along an axis: where a box lies in it, and where that lies in the box."""
    low, high = max(pair[0], i * edge), min(pair[1], (i + 1) * edge)
    return i, slice(low - i * edge, high - i * edge), slice(low - pair[0], high - pair[0])


def _facts(file: IO[bytes], size: int) -> dict[str, Any]:
    """The JSON at the end."""
    if size < _END.size:
        raise Damaged("shorter than its end")
    magic, length, checksum = _END.unpack(os.pread(file.fileno(), _END.size, size - _END.size))
    if magic != MAGIC or length > size - _END.size:
        raise Damaged("does not end as an entry does")
    head = os.pread(file.fileno(), length, size - _END.size - length)
    if zlib.crc32(head) != checksum:
        raise Damaged("its description does not fit its checksum")
    told: dict[str, Any] = json.loads(head)
    return told
