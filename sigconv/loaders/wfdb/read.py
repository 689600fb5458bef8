"""Samples of a WFDB record: how each format packs its numbers."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.loaders.eeg.interpolation import raised
from sigconv.loaders.limits import within_limit
from sigconv.loaders.records import exactly
from sigconv.signal import Box

_AT_ONCE = 1 << 20  # numbers unpacked at once

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Packing:
    """How a format packs numbers: `count` of them in a block of `wide` bytes; `lowest` marks a missing one.

    used : bytes that hold the first 1, 2 … numbers of a block, for the last one of a file
    unpack : bytes of whole blocks -> numbers
    """

    count: int
    wide: int
    used: tuple[int, ...]
    lowest: int
    unpack: Callable[[bytes], Array]

    def bytes_of(self, numbers: int) -> int:
        """Bytes that hold so many numbers.

        >>> FORMATS[212].bytes_of(499)
        749
        """
        whole, rest = divmod(numbers, self.count)
        return whole * self.wide + (self.used[rest - 1] if rest else 0)


def _plain(kind: str, shift: int, content: bytes) -> Array:
    return np.frombuffer(content, kind).astype(np.int64) - shift


def _three_bytes(content: bytes) -> Array:
    return np.ndarray(len(content) // 3, "<i4", b"\0" + content, strides=(3,)) >> 8


def _signed(values: Array, bits: int) -> Array:
    """Numbers of so many bits, the upper half of which are negative."""
    values = values.astype(np.int64) & (1 << bits) - 1
    return values - ((values >> bits - 1) << bits)


def _twelve(content: bytes) -> Array:
    """Two in three bytes: the middle one has the upper four bits of either."""
    a, b, c = np.frombuffer(content, np.uint8).reshape(-1, 3).T.astype(np.int32)
    return _signed(np.stack([a | (b & 15) << 8, c | (b >> 4) << 8], axis=1).ravel(), 12)


def _ten(content: bytes) -> Array:
    """Three in two words of 16 bits: ten bits from the second on of either, and the upper five of both."""
    a, b = np.frombuffer(content, "<u2").reshape(-1, 2).T.astype(np.int32)
    return _signed(np.stack([a >> 1, b >> 1, a >> 11 | b >> 11 << 5], axis=1).ravel(), 10)


def _ten_in_turn(content: bytes) -> Array:
    """Three in one word of 32 bits, the first lowest."""
    word = np.frombuffer(content, "<u4").astype(np.int64)
    return _signed(np.stack([word, word >> 10, word >> 20], axis=1).ravel(), 10)


DIFFERENCES = 8  # the one format that stores what each number adds to the one before it

FORMATS = {
    DIFFERENCES: Packing(1, 1, (), -(1 << 8), partial(_plain, "i1", 0)),
    16: Packing(1, 2, (), -(1 << 15), partial(_plain, "<i2", 0)),
    24: Packing(1, 3, (), -(1 << 23), _three_bytes),
    32: Packing(1, 4, (), -(1 << 31), partial(_plain, "<i4", 0)),
    61: Packing(1, 2, (), -(1 << 15), partial(_plain, ">i2", 0)),
    80: Packing(1, 1, (), -(1 << 7), partial(_plain, "u1", 1 << 7)),
    160: Packing(1, 2, (), -(1 << 15), partial(_plain, "<u2", 1 << 15)),
    212: Packing(2, 3, (2,), -(1 << 11), _twelve),
    310: Packing(3, 4, (2, 4), -(1 << 9), _ten),
    311: Packing(3, 4, (2, 3), -(1 << 9), _ten_in_turn),
}


@dataclass(frozen=True)
class Group:
    """The signals that share a file: in every frame `each` has the numbers of each, one signal behind another.

    path, at : the file, and the byte where its numbers begin;  format : one of FORMATS
    initial : what the first difference of each is added to, for DIFFERENCES
    """

    path: Path
    at: int
    format: int
    each: tuple[int, ...]
    initial: tuple[int, ...]


@dataclass(frozen=True)
class Samples:
    """The samples of a WFDB record's signals, read when called; it can be sent to other processes.

    Signals of lower rates are interpolated (`interpolation.raised`); numbers that the format calls missing are NaN.

    Parameters
    ----------
    groups : the files
    signals : (group, place in it) of every channel
    scales : (stored number of 0 V, volts of one step) of every channel
    frames : of the whole;  top : samples in a frame of the signal that has most
    """

    groups: tuple[Group, ...]
    signals: tuple[tuple[int, int], ...]
    scales: tuple[tuple[float, float], ...]
    frames: int
    top: int

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64 volts; box is ((first, last),).

        Raises
        ------
        FormatError : a file has become shorter
        """
        ((first, last),) = box
        within_limit(self.groups[0].path, len(rows) * (last - first) * 8, "this piece")
        out = np.empty((len(rows), last - first))
        for number, group in enumerate(self.groups):
            inside = [(to, self.signals[row][1]) for to, row in enumerate(rows) if self.signals[row][0] == number]
            even = [(to, place) for to, place in inside if group.each[place] == self.top]
            for at, piece in _pieces(group, [place for _, place in even], self.frames, first, last):
                out[[to for to, _ in even], at : at + piece.shape[1]] = piece
            for to, place in inside:
                if (size := group.each[place]) != self.top:
                    read = partial(_whole, group, place, self.frames)
                    for at, piece in raised(read, size, self.top, self.frames * size, first, last):
                        out[to, at : at + piece.shape[1]] = piece[0]
        zero, step = (np.array(each)[:, None] for each in zip(*(self.scales[row] for row in rows), strict=True))
        out -= zero
        out *= step
        return out


def _whole(group: Group, place: int, frames: int, first: int, last: int) -> Array:
    return np.concatenate([piece for _, piece in _pieces(group, [place], frames, first, last)], axis=1)


def _pieces(group: Group, places: Sequence[int], frames: int, first: int, last: int) -> Iterator[tuple[int, Array]]:
    """(where, (signal, sample) numbers as stored) of signals of one rate, a bounded number of frames at a time."""
    if not places:
        return
    size, width, packing = group.each[places[0]], sum(group.each), FORMATS[group.format]
    begins = [sum(group.each[:place]) for place in places]
    carried = np.array([group.initial[place] for place in places], dtype=np.float64)[:, None]
    from_the_start = group.format == DIFFERENCES
    stop, step = -(-last // size), max(1, _AT_ONCE // width)
    number = os.open(group.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for frame in range(0 if from_the_start else first // size, stop, step):
            end = min(frame + step, stop)
            numbers = _numbers(group, packing, number, frame * width, end * width, frames * width)
            block = numbers.reshape(end - frame, width)
            rows = np.stack([block[:, begin : begin + size].ravel() for begin in begins])
            if from_the_start:
                rows = carried + rows.cumsum(axis=1)
                carried = rows[:, -1:]
            low, high = max(first, frame * size), min(last, end * size)
            if low >= high:
                continue
            yield low - first, rows[:, low - frame * size : high - frame * size]
    finally:
        os.close(number)


def _numbers(group: Group, packing: Packing, number: int, first: int, last: int, total: int) -> Array:
    """Numbers `first` to `last` of a file's `total` as float64; the last block may be cut to what it needs."""
    begin = first // packing.count
    blocks = math.ceil(last / packing.count) - begin
    at = begin * packing.wide
    size = min(blocks * packing.wide, packing.bytes_of(total) - at)
    content = exactly(number, group.path, group.at + at, size).ljust(blocks * packing.wide, b"\0")
    skipped = first - begin * packing.count
    numbers = packing.unpack(content)[skipped : skipped + last - first].astype(np.float64)
    numbers[numbers == packing.lowest] = np.nan
    return numbers
