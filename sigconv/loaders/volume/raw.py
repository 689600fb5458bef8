"""Grids whose numbers lie in a file one after the other: read as boxes, turned, and scaled to their unit."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.limits import within_limit
from sigconv.loaders.volume import inflate
from sigconv.loaders.volume.geometry import Turn
from sigconv.signal import Box

Array = np.ndarray[Any, Any]
Encoding = Literal["raw", "zlib", "bzip2", "text"]

KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")
_SMALL = 1 << 16  # bytes: shorter runs are read with what lies between them
_TEXT = 1 << 20  # bytes of text read at a time
_WORD = 400  # characters of a number
_RATIO = {"raw": 1, "zlib": 1032, "bzip2": 1 << 20, "text": 8}  # inflated bytes a stored one can become, at the most


@dataclass(frozen=True)
class Part:
    """Numbers in one file, from a byte on.

    path : the file;  start : byte at which they, or the compressed stream, begin;  encoding : how they lie there
    skipped : inflated bytes before the first number;  size : bytes of its numbers
    """

    path: Path
    start: int
    encoding: Encoding
    skipped: int
    size: int

    def check(self) -> None:
        """Refuse a file that cannot hold that many numbers.

        Raises
        ------
        FormatError : it is shorter, or could not become as long
        """
        there = self.path.stat().st_size - self.start
        if there * _RATIO[self.encoding] < self.size:
            raise FormatError(
                f"{self.path}: cut short: {max(there, 0)} bytes ({self.encoding}) from byte {self.start} on; "
                f"expected {self.size} bytes of numbers"
            )

    def fill(self, file: BinaryIO, first: int, view: memoryview, kind: str) -> None:
        """Write the bytes of the numbers from byte `first` on into `view`; `file` is this part's, open."""
        if self.encoding == "text":
            done = self._from_text(first, view, kind)
        elif self.encoding == "raw":
            file.seek(self.start + self.skipped + first)
            done = 0
            while done < len(view) and (read := file.readinto(view[done:])):  # type: ignore[attr-defined]
                done += read
        else:
            done = inflate.fill(self.path, self.start, self.encoding, self.skipped + first, view)
        if done < len(view):
            raise FormatError(
                f"{self.path}: cut short: its numbers end at byte {first + done}; expected {self.size} bytes of them"
            )

    def _from_text(self, first: int, view: memoryview, kind: str) -> int:
        """Numbers written in ASCII are read from the first one on, each time."""
        wide = np.dtype(kind).itemsize
        at, done = -(first // wide), 0
        for words in self._words():
            wanted = words[max(0, -at) : max(0, len(view) // wide - at)]
            at += len(words)
            try:
                numbers = np.array([float(word) if kind[1] == "f" else int(word) for word in wanted], dtype=kind)
            except (ValueError, OverflowError) as error:
                raise FormatError(f"{self.path}: numbers in text: {str(error)[:200]}; expected {kind}") from None
            view[done : done + numbers.nbytes] = numbers.tobytes()
            done += numbers.nbytes
            if done == len(view):
                break
        return done

    def _words(self) -> Iterator[list[bytes]]:
        rest = b""
        with self.path.open("rb") as file:
            file.seek(self.start + self.skipped)
            while text := file.read(_TEXT):
                *words, rest = re.split(rb"[\s,]+", rest + text)
                if len(rest) > _WORD:
                    raise FormatError(f"{self.path}: {len(rest)} bytes of text without a space; expected numbers")
                yield [word for word in words if word]
        if rest:
            yield [rest]


@dataclass(frozen=True)
class Samples:
    """The samples of a grid, read when called; it can be sent to other processes.

    path : of the header;  parts : the files that hold the numbers, each as many as the others
    kind : NumPy's name of the stored number ("<i2")
    sizes : of the axes as they lie, the one that runs fastest first
    roles : of these axes: 0, 1, 2 for the spatial ones (as `turn` counts them), "time" or "channel"
    turn : how the spatial axes become z, y, x;  slope, intercept : from stored numbers to the unit
    """

    path: Path
    parts: tuple[Part, ...]
    kind: str
    sizes: tuple[int, ...]
    roles: tuple[int | str, ...]
    turn: Turn
    slope: float = 1.0
    intercept: float = 0.0

    def check(self) -> None:
        """Refuse files that cannot hold the grid; see `Part.check`."""
        for part in self.parts:
            with self._named(part):
                part.check()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The kind of number that comes out: the stored one, or a float that holds it where it is scaled."""
        stored = np.dtype(self.kind).newbyteorder("=")
        if (self.slope, self.intercept) == (1.0, 0.0):
            return stored
        return np.dtype(np.float32 if stored.itemsize <= 2 or stored == np.float32 else np.float64)

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(channel, *grid) array of the samples in `box`, in the unit; grid is (z, y, x) or (time, z, y, x)."""
        spatial = self.turn.box(box[-3:])
        where: dict[int | str, tuple[int, int]] = dict(enumerate(spatial))
        where["time"] = box[0] if len(box) == 4 else (0, 1)
        where["channel"] = (min(rows), max(rows) + 1)
        ranges = [where[role] for role in self.roles]
        count = math.prod(last - first for first, last in ranges)
        within_limit(self.path, count * max(self.dtype.itemsize, np.dtype(self.kind).itemsize), "the piece")
        stored = self._box(ranges)
        order = [role for role in ("channel", "time", 0, 1, 2) if role in self.roles]
        data = stored.transpose([stored.ndim - 1 - self.roles.index(role) for role in order])
        if "channel" not in self.roles:
            data = data[None]
        data = self.turn.forth(data)
        if list(rows) != list(range(min(rows), max(rows) + 1)):  # a list of indices copies
            data = data[[row - min(rows) for row in rows]]
        if (self.slope, self.intercept) == (1.0, 0.0):
            return np.ascontiguousarray(data, dtype=self.dtype)
        scaled = data.astype(self.dtype, order="C")
        scaled *= self.slope
        scaled += self.intercept
        return scaled

    def _box(self, ranges: Sequence[tuple[int, int]]) -> Array:
        """The stored numbers of a box, its slowest axis first, by as few reads as are sensible."""
        wide = np.dtype(self.kind).itemsize
        lengths = [last - first for first, last in ranges]
        out = np.empty(lengths[::-1], dtype=self.kind)
        whole = 0  # axes that are read whole, so that what lies in them is one run
        while whole < len(ranges) - 1 and lengths[whole] == self.sizes[whole]:
            whole += 1
        run = math.prod(self.sizes[:whole]) * wide
        if whole + 1 < len(ranges) and run * lengths[whole] < _SMALL:
            return self._spans(out, ranges, whole, run)
        flat = memoryview(out.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        length = run * lengths[whole]
        wanted = (
            (at * wide + ranges[whole][0] * run, flat[number * length : (number + 1) * length])
            for number, at in enumerate(self._starts(ranges, whole + 1))
        )
        for _ in self._filled(wanted):
            pass
        return out

    def _spans(self, out: Array, ranges: Sequence[tuple[int, int]], whole: int, run: int) -> Array:
        """Short runs: whole rows are read at once and cut in memory."""
        wide = np.dtype(self.kind).itemsize
        first, last = ranges[whole]
        low, high = ranges[whole + 1]
        row = run * self.sizes[whole]
        span = np.empty((high - low, self.sizes[whole], run // wide), dtype=self.kind)
        view = memoryview(span.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        cut = out.reshape(-1, high - low, last - first, run // wide)
        wanted = ((at * wide + low * row, view) for at in self._starts(ranges, whole + 2))
        for number, _ in enumerate(self._filled(wanted)):
            cut[number] = span[:, first:last]
        return out

    def _starts(self, ranges: Sequence[tuple[int, int]], axis: int) -> Iterator[int]:
        """The number of the first sample of every run, for the axes from `axis` on, in the order they lie."""
        strides = [math.prod(self.sizes[:i]) for i in range(axis, len(self.sizes))]
        for place in product(*(range(*pair) for pair in reversed(ranges[axis:]))):
            yield sum(i * stride for i, stride in zip(place, reversed(strides), strict=True))

    def _filled(self, wanted: Iterable[tuple[int, memoryview]]) -> Iterator[None]:
        """Fill each view with bytes of the whole grid from a number on, across parts; one file is open at a time."""
        size, opened, file = self.parts[0].size, -1, None
        with ExitStack() as stack:
            for first, view in wanted:
                done = 0
                while done < len(view):
                    number, at = divmod(first + done, size)
                    part = self.parts[number]
                    if file is None or number != opened:
                        stack.close()
                        file, opened = stack.enter_context(part.path.open("rb", buffering=0)), number
                    length = min(len(view) - done, size - at)
                    with self._named(part):
                        part.fill(file, at, view[done : done + length], self.kind)
                    done += length
                yield

    @contextmanager
    def _named(self, part: Part) -> Iterator[None]:
        """A refusal of a file beside the header names the header, too: it is the one that was opened."""
        try:
            yield
        except FormatError as error:
            if part.path == self.path:
                raise
            raise FormatError(f"{self.path}: {error}") from error
