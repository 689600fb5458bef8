"""The numbers of a stack of DICOM slices, of which only the rows of the slices asked for are read."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders import guarded, kept
from sigconv.loaders.dicom.header import Stored
from sigconv.loaders.dicom.place import Slice
from sigconv.loaders.limits import within_limit
from sigconv.loaders.volume.geometry import Turn
from sigconv.signal import Box

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Slices:
    """The samples of a volume, read when called; it can be sent to other processes.

    slices : by position;  stored : how the numbers of each lie
    turn : how columns, rows and slices become z, y, x
    """

    slices: tuple[Slice, ...]
    stored: Stored
    turn: Turn

    @cached_property
    def kind(self) -> np.dtype[Any]:
        """The kind of number that comes out.

        The stored one where nothing is scaled; int16 where a whole number is added and all values fit (a CT of 12
        bits); else float32, or float64 for numbers of 32 bits.
        """
        stored = np.dtype(self.stored.kind).newbyteorder("=")
        scales = {(one.slope, one.intercept) for one in self.slices}
        if scales == {(1.0, 0.0)}:
            return stored
        bits, sign = self.stored.bits, self.stored.kind[1]
        if sign != "f" and all(slope == 1.0 and intercept == int(intercept) for slope, intercept in scales):
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if sign == "i" else (0, (1 << bits) - 1)
            shifts = [intercept for _, intercept in scales]
            if low + min(shifts) >= -(1 << 15) and high + max(shifts) < 1 << 15:
                return np.dtype(np.int16)
        return np.dtype(np.float32 if stored.itemsize <= 2 or stored == np.float32 else np.float64)

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(1, z, y, x) array of the samples in `box`, in the volume's unit."""
        (left, right), (top, bottom), (first, last) = self.turn.box(box)
        shape = [high - low for low, high in box]
        out = np.empty((len(rows), *shape), self.kind)
        within_limit(self.slices[first].path, 2 * out.nbytes, "the piece")
        target = self.turn.back(out[0]).transpose(2, 1, 0)
        raw = self._stored(range(first, last), (top, bottom), (left, right))
        self._scaled(raw, self.slices[first:last], target)
        out[1:] = out[0]
        return out

    def _stored(self, chosen: Sequence[int], rows: tuple[int, int], columns: tuple[int, int]) -> Array:
        """(slice, row, column) of numbers as stored, of which only the bits that count are set."""
        (top, bottom), (left, right) = rows, columns
        raw = np.empty((len(chosen), bottom - top, right - left), self.stored.kind)
        # whole rows are read, into one small place again and again, which stays in the processor's cache
        read = np.empty((bottom - top, self.stored.columns), self.stored.kind)
        view, skipped, whole = read.view(np.uint8).data.cast("B"), top * read.strides[0], right - left == read.shape[1]
        inside = read[:, left:right]
        for number, i in enumerate(chosen):
            one = self.slices[i]
            if one.at < 0:
                raw[number] = decoded(one, self.stored, rows, columns)
            elif whole:
                _fill(one.path, one.at + skipped, raw[number].view(np.uint8).data.cast("B"))
            else:
                _fill(one.path, one.at + skipped, view)
                raw[number] = inside
        return self._counted(raw)

    def _counted(self, raw: Array) -> Array:
        """The bits above and below those that count are someone else's: old files keep overlays there."""
        wide = 8 * raw.dtype.itemsize
        if self.stored.kind[1] == "f" or self.stored.bits == wide:
            return raw
        if self.stored.kind[1] == "u" and self.stored.high == self.stored.bits - 1:
            raw &= raw.dtype.type((1 << self.stored.bits) - 1)
            return raw
        raw <<= wide - 1 - self.stored.high
        raw >>= wide - self.stored.bits
        return raw

    def _scaled(self, raw: Array, slices: Sequence[Slice], target: Array) -> None:
        """Write (slice, row, column) values into `target`."""
        slopes, shifts = ([getattr(one, name) for one in slices] for name in ("slope", "intercept"))
        if self.kind.kind != "f":
            np.add(raw, _each(shifts, self.kind), out=target, dtype=self.kind, casting="unsafe")
        elif self.kind == raw.dtype.newbyteorder("=") and set(slopes) == {1.0} and set(shifts) == {0.0}:
            target[...] = raw
        else:
            np.multiply(raw, _each(slopes, self.kind), out=target, dtype=self.kind, casting="unsafe")
            target += _each(shifts, self.kind)


def _each(numbers: Sequence[float], kind: np.dtype[Any]) -> Array:
    """One number for all slices, or one for each."""
    same = len(set(numbers)) == 1
    return np.array(numbers[:1] if same else numbers).astype(kind)[:, None, None]


def cut(one: Slice, stored: Stored, rows: tuple[int, int], columns: tuple[int, int]) -> Array:
    """(row, column) numbers of one frame as stored, of single bits, too, cut to rows and columns [first, last)."""
    if one.at < 0:
        return decoded(one, stored, rows, columns)
    (top, bottom), (left, right) = rows, columns
    if stored.bits > 1:
        raw = np.empty((bottom - top, stored.columns), stored.kind)
        _fill(one.path, one.at + top * raw.strides[0], raw.reshape(-1).view(np.uint8).data)
        return raw[:, left:right]
    first = (one.frame * stored.rows + top) * stored.columns
    last = first + (bottom - top) * stored.columns
    packed = np.empty(-(-last // 8) - first // 8, np.uint8)
    _fill(one.path, one.at + first // 8, packed.data)
    bits = np.unpackbits(packed, bitorder="little")[first % 8 :][: last - first]
    return bits.reshape(bottom - top, stored.columns)[:, left:right]


def decoded(one: Slice, stored: Stored, rows: tuple[int, int], columns: tuple[int, int]) -> Array:
    """The same of a frame that is compressed, decoded in the guarded child process and kept; it is read-only."""

    def whole() -> Array:
        size = stored.rows * stored.columns * int(stored.kind[2:])
        _, (frame,) = guarded.call(one.path, "dicom frame", {"number": one.frame}, size)
        return frame

    found, expected = kept.once(("frame", one.frame, *kept.version(one.path)), whole), (stored.rows, stored.columns)
    if found.shape != expected or not np.can_cast(found.dtype, stored.kind):
        raise FormatError(
            f"{one.path}: frame {one.frame} is decoded to {found.shape} numbers of {found.dtype}; the header has "
            f"{expected} of {stored.kind}"
        )
    (top, bottom), (left, right) = rows, columns
    return found[top:bottom, left:right]


def _fill(path: Path, at: int, view: memoryview) -> None:
    """Read the bytes from `at` on into `view`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        done = 0
        while done < len(view):
            read = os.preadv(descriptor, [view[done:]], at + done)
            if not read:
                raise FormatError(
                    f"{path}: ends at byte {at + done}; {len(view) - done} more are expected: was it cut?"
                )
            done += read
    finally:
        os.close(descriptor)
