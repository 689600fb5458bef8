"""Samples that lie in a file as one plain array."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.loaders.limits import within_limit
from sigconv.loaders.records import exactly
from sigconv.signal import Box

_AT_ONCE = 1 << 22  # bytes read at once

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Flat:
    """The samples of a plain array on disk, read when called; it can be sent to other processes.

    Parameters
    ----------
    path : the file
    at : byte where the array begins
    kind : NumPy's name of the stored numbers ("<i2", "<f4" …)
    channels, size : channels, and samples of each
    multiplexed : whether the samples of one moment lie together (else those of one channel)
    scales : for each channel, from stored numbers to the recording's unit
    """

    path: Path
    at: int
    kind: str
    channels: int
    size: int
    multiplexed: bool
    scales: tuple[float, ...]

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64 in the recording's unit; box is ((first, last),).

        Raises
        ------
        FormatError : the file has become shorter
        """
        ((first, last),) = box
        within_limit(self.path, len(rows) * (last - first) * 8, "this piece")
        out = np.empty((len(rows), last - first))
        number = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if self.multiplexed:
                chosen = slice(None) if list(rows) == list(range(self.channels)) else list(rows)
                step = max(1, _AT_ONCE // (self.channels * np.dtype(self.kind).itemsize))
                for low in range(first, last, step):
                    high = min(low + step, last)
                    piece = self._numbers(number, low * self.channels, (high - low) * self.channels)
                    out[:, low - first : high - first] = piece.reshape(-1, self.channels)[:, chosen].T
            else:
                for to, row in zip(out, rows, strict=True):
                    to[:] = self._numbers(number, row * self.size + first, last - first)
        finally:
            os.close(number)
        out *= np.array([self.scales[row] for row in rows])[:, None]
        return out

    def _numbers(self, number: int, first: int, count: int) -> Array:
        wide = np.dtype(self.kind).itemsize
        content = exactly(number, self.path, self.at + first * wide, count * wide)
        return np.frombuffer(content, self.kind)
