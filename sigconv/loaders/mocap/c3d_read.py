"""Samples of a C3D file, read frame by frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sigconv.loaders.limits import within_limit
from sigconv.loaders.mocap.c3d_header import Layout
from sigconv.loaders.mocap.c3d_numbers import Array, floats, words
from sigconv.loaders.records import records
from sigconv.signal import Box

_CHUNK = 1 << 22  # bytes read at once


@dataclass(frozen=True)
class Points:
    """Coordinates of the markers in metres, NaN where a marker was not seen; row 3m + i is coordinate i of marker m.

    metres : the file's unit in metres
    """

    path: Path
    layout: Layout
    metres: float

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64; box is ((first, last),) in frames."""
        ((first, last),) = box
        within_limit(self.path, 8 * len(rows) * (last - first), f"{len(rows)} coordinates of {last - first} frames")
        chosen = np.asarray(rows, np.int64)
        places, seen = chosen // 3 * 4 + chosen % 3, np.unique(chosen // 3)
        states, column = 4 * seen + 3, np.searchsorted(seen, chosen // 3)
        gain = self.metres if self.layout.real else self.metres * self.layout.scale
        out = np.empty((len(rows), last - first))
        for at, frames in _frames(self.path, self.layout, first, last):
            numbers = signed(frames[:, places], self.layout)
            gone = ~(signed(frames[:, states], self.layout) >= 0)
            numbers *= gain
            numbers[gone[:, column]] = np.nan
            out[:, at : at + len(frames)] = numbers.T
        return out


@dataclass(frozen=True)
class States:
    """How well each marker was seen: a row a marker.

    masks : whether to read the cameras that saw it (a bit each, 0 where unknown) or its residual in metres (NaN: gap)
    """

    path: Path
    layout: Layout
    metres: float
    masks: bool

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64 residuals or uint8 masks; box is ((first, last),) in frames.

        Source: c3d.org, 3D Point Residuals: the fourth number's low byte, times the scale; the high byte is the mask.
        """
        ((first, last),) = box
        within_limit(self.path, 8 * len(rows) * (last - first), f"the states of {len(rows)} markers")
        out = np.empty((len(rows), last - first), np.uint8 if self.masks else np.float64)
        for at, frames in _frames(self.path, self.layout, first, last):
            told = signed(frames[:, 4 * np.asarray(rows, np.int64) + 3], self.layout)
            seen = told >= 0
            whole = np.where(seen, np.minimum(told, 0x7FFF), 0).astype(np.int32)
            residual = np.where(seen, (whole & 255) * (self.layout.scale * self.metres), np.nan)
            out[:, at : at + len(frames)] = (whole >> 8 if self.masks else residual).T
        return out


@dataclass(frozen=True)
class Analog:
    """Analog channels: (stored number - offset) * gain, in the unit that each channel has.

    gains, offsets : one a channel;  unsigned : whether whole numbers are
    """

    path: Path
    layout: Layout
    gains: tuple[float, ...]
    offsets: tuple[float, ...]
    unsigned: bool

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64; box is ((first, last),) in analog samples."""
        ((first, last),) = box
        within_limit(self.path, 8 * len(rows) * (last - first), f"{len(rows)} channels of {last - first} samples")
        layout, each = self.layout, self.layout.per_frame
        chosen = np.asarray(rows, np.int64)
        offset, gain = (np.array([values[row] for row in rows]) for values in (self.offsets, self.gains))
        out = np.empty((len(rows), last - first))
        for at, frames in _frames(self.path, layout, first // each, -(-last // each)):
            stored = frames[:, 4 * layout.points :].reshape(-1, layout.channels)[:, chosen]
            samples = stored.astype(np.float64) if self.unsigned and not layout.real else signed(stored, layout)
            samples -= offset
            samples *= gain
            begin = (first // each + at) * each
            low, high = max(first, begin), min(last, begin + len(samples))
            out[:, low - first : high - first] = samples[low - begin : high - begin].T
        return out


def signed(stored: Array, layout: Layout) -> Array:
    """Stored words of a file as float64: reals, or signed whole numbers."""
    if layout.real:
        return floats(stored, layout.processor)
    return stored.view(np.int16).astype(np.float64)


def _frames(path: Path, layout: Layout, first: int, last: int) -> Iterator[tuple[int, Array]]:
    """(frame, word) pieces of the frames from `first` to `last`, and where in the whole each begins."""
    at_once = max(1, _CHUNK // layout.length)
    with path.open("rb", buffering=0) as file:
        for at in range(first, last, at_once):
            count = min(at_once, last - at)
            raw = records(file.fileno(), path, layout.start + at * layout.length, count, layout.length)
            yield at - first, words(raw, layout.processor, layout.wide)
