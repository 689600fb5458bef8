"""Plain audio samples: numbers as they lie in a WAV or AIFF file become samples in [-1, 1]."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.limits import within_limit
from sigconv.signal import Box

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Layout:
    """Where the frames of a file lie, and how; a frame is one number for every channel.

    begin : byte of the first frame;  frames : how many;  channels, fs : int >= 1, int >= 1 Hz
    kind : "u" unsigned, "i" signed integers, "f" floating;  wide : bytes of a number;  big : the most significant first
    """

    begin: int
    frames: int
    channels: int
    fs: int
    kind: str
    wide: int
    big: bool = False

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """float32, or float64 for what does not fit it: integers of more than 24 bits, and double precision."""
        return np.float64 if self.wide > 3 and (self.kind != "f" or self.wide > 4) else np.float32

    @property
    def words(self) -> str:
        """What a person calls it: "16-bit integers"."""
        kinds = {"u": "unsigned integers", "i": "integers", "f": "floating-point numbers"}
        return f"{8 * self.wide}-bit {kinds[self.kind]}" + (", big-endian" if self.big else "")


@dataclass(frozen=True)
class Frames:
    """The samples of a file of plain numbers, read when called; it can be sent to other processes."""

    path: Path
    layout: Layout

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float32 or float64; box is ((first, last),)."""
        ((first, last),) = box
        layout = self.layout
        frame = layout.channels * layout.wide
        needed = (last - first) * frame
        within_limit(self.path, (last - first) * len(rows) * np.dtype(layout.dtype).itemsize + needed, "this piece")
        content = _read(self.path, layout.begin + first * frame, needed)
        if len(content) < needed:
            raise FormatError(
                f"{self.path}: has become shorter: {len(content)} bytes from byte {layout.begin + first * frame} on, "
                f"expected {needed}"
            )
        return samples(content, layout, rows)


def _read(path: Path, begin: int, size: int) -> bytes:
    """The bytes from `begin` on, `size` of them or as many as there are, by as few calls as can be."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    try:
        content = os.pread(number, size, begin)
        while 0 < len(content) < size:  # one call gives 2 GiB at most
            more = os.pread(number, size - len(content), begin + len(content))
            if not more:
                break
            content += more
        return content
    finally:
        os.close(number)


def samples(content: bytes, layout: Layout, rows: Sequence[int]) -> Array:
    """(row, frame) samples of whole frames as they lie in a file: integers over the largest of their width, floating
    numbers as they are (beyond 1, too).

    >>> samples(bytes([0, 128, 255]), Layout(0, 3, 1, 8000, "u", 1), [0])
    array([[-1.       ,  0.       ,  0.9921875]], dtype=float32)
    """
    wide, order = layout.wide, ">" if layout.big else "<"
    if wide == 3:
        padded = np.zeros((len(content) // 3, 4), np.uint8)
        padded[:, slice(0, 3) if layout.big else slice(1, 4)] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        numbers, wide = padded.view(f"{order}i4")[:, 0], 4
    else:
        numbers = np.frombuffer(content, f"{order}{layout.kind}{wide}")
    frames = numbers.reshape(-1, layout.channels).T
    if len(rows) != layout.channels or any(i != row for i, row in enumerate(rows)):
        frames = frames[list(rows)]
    if layout.kind == "f":
        return np.ascontiguousarray(frames, layout.dtype)
    made = np.empty(frames.shape, layout.dtype)
    np.multiply(frames, made.dtype.type(2.0 ** (1 - 8 * wide)), out=made, casting="unsafe", dtype=layout.dtype)
    if layout.kind == "u":
        made -= 1
    return made
