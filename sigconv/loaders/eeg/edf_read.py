"""Samples and annotations of an EDF or BDF file, read piece by piece."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.loaders.eeg.edf_layout import Layout
from sigconv.loaders.eeg.interpolation import raised
from sigconv.loaders.eeg.triggers import BITS
from sigconv.loaders.eeg.triggers import events as trigger_events
from sigconv.loaders.limits import within_limit
from sigconv.loaders.records import exactly
from sigconv.loaders.text import decoded
from sigconv.signal import Box, Event

_CHUNK = 1 << 23  # bytes read at once
_LARGE = 1 << 15  # bytes of a record of which single channels are read alone
_TAL = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?))?\x14([^\x00]*)\x14\x00")

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Samples:
    """The samples of an EDF or BDF file's signals on the grid of the highest rate among them, read when called.

    Signals of lower rates are interpolated (`interpolation.raised`); the gaps of a discontinuous file are NaN. It can
    be sent to other processes.

    Same as: mne.io.read_raw_edf(path).get_data(signals, first, last), where the rates are equal.
    """

    path: Path
    layout: Layout
    signals: tuple[int, ...]

    @cached_property
    def size(self) -> int:
        """Samples of a record on the grid."""
        return max(self.layout.samples[signal] for signal in self.signals)

    @cached_property
    def places(self) -> tuple[tuple[int, int, int], ...]:
        """(first sample on the grid, first record, one past the last record) of every piece without a gap."""
        rate, found, end = self.size / self.layout.seconds, [], 0
        for first, last, begin in self.layout.runs or ((0, self.layout.records, 0.0),):
            at = max(end, round(begin * rate))
            found.append((at, first, last))
            end = at + (last - first) * self.size
        return tuple(found)

    @property
    def total(self) -> int:
        """Samples on the grid, gaps included."""
        at, first, last = self.places[-1]
        return at + (last - first) * self.size

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64 volts of the signals numbered `rows` among these; box is ((first, last),).

        Raises
        ------
        FormatError : the file has become shorter than its header says
        """
        ((first, last),) = box
        within_limit(self.path, len(rows) * (last - first) * 8, "this piece")
        signals = [self.signals[row] for row in rows]
        out = np.empty((len(rows), last - first))
        if len(self.places) > 1:
            out.fill(np.nan)
        with _Records(self.path, self.layout) as records:
            for at, begin, end in self.places:
                low, high = max(first, at), min(last, at + (end - begin) * self.size)
                if low < high:
                    self._fill(out[:, low - first : high - first], signals, records.within(begin, end), low - at)
        return out

    def _fill(self, out: Array, signals: Sequence[int], records: "_Records", first: int) -> None:
        """Fill (row, sample) with the samples from `first` on of one piece without a gap."""
        last = first + out.shape[1]
        for row, end, block in _blocks(self.layout.samples, tuple(signals)):
            size = self.layout.samples[block.start]
            if size == self.size:
                records.read(out[row:end], block, first)
            else:
                total = (records.end - records.begin) * size
                for at, piece in raised(partial(records.volts, block), size, self.size, total, first, last):
                    out[row:end, at : at + piece.shape[1]] = piece


@lru_cache(maxsize=64)
def _blocks(samples: tuple[int, ...], signals: tuple[int, ...]) -> tuple[tuple[int, int, slice], ...]:
    """(first row, one past the last, signals) of every run of signals of one rate that lie behind one another."""
    found: list[tuple[int, int, slice]] = []
    for row, signal in enumerate(signals):
        begin, _, block = found[-1] if found else (0, 0, slice(-1, -1))
        if block.stop == signal and samples[signal - 1] == samples[signal]:
            found[-1] = (begin, row + 1, slice(block.start, signal + 1))
        else:
            found.append((row, row + 1, slice(signal, signal + 1)))
    return tuple(found)


class _Records:
    """An open file, for the samples of neighbouring signals of one rate in a run of records."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout, self.begin, self.end = path, layout, 0, layout.records
        self.length = sum(layout.samples) * layout.wide

    def __enter__(self) -> "_Records":
        self.number = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)

    def within(self, begin: int, end: int) -> "_Records":
        self.begin, self.end = begin, end
        return self

    def volts(self, signals: slice, first: int, last: int) -> Array:
        """(signal, sample) float64 in volts."""
        out = np.empty((signals.stop - signals.start, last - first))
        self.read(out, signals, first)
        return out

    def read(self, out: Array, signals: slice, first: int) -> None:
        """Fill (signal, sample) float64 with volts from sample `first` of the run on."""
        gain, offset, volt = self.layout.scaling
        for at, numbers in self.numbers(signals, first, first + out.shape[1]):
            np.multiply(numbers, gain[signals], out=out[:, at : at + numbers.shape[1]])
        out += offset[signals]
        out *= volt[signals]

    def numbers(self, signals: slice, first: int, last: int) -> Iterator[tuple[int, Array]]:
        """(where, (signal, sample) whole numbers as stored) pieces; only the records that hold them are read."""
        size = self.layout.samples[signals.start]
        stop, at_once = -(-last // size), max(1, _CHUNK // self.length)
        for record in range(first // size, stop, at_once):
            count = min(at_once, stop - record)
            block = self._block(signals, self.begin + record, count)
            rows = block.reshape(count, -1, size).swapaxes(0, 1).reshape(-1, count * size)
            low, high = max(first, record * size), min(last, (record + count) * size)
            yield low - first, rows[:, low - record * size : high - record * size]

    def _block(self, signals: slice, record: int, count: int) -> Array:
        """(record, number) of neighbouring signals; of large records only the bytes that are needed are read."""
        layout, length = self.layout, self.length
        begin, end = layout.begins[signals.start], layout.begins[signals.stop]
        at, span = layout.header + record * length, (end - begin) * layout.wide
        if length > _LARGE and 4 * span < length:
            places = range(at + begin * layout.wide, at + begin * layout.wide + count * length, length)
            content = b"".join(exactly(self.number, self.path, place, span) for place in places)
            return _numbers(content, layout.numbers).reshape(count, -1)
        content = exactly(self.number, self.path, at, count * length)
        return _numbers(content, layout.numbers).reshape(count, -1)[:, begin:end]


def _numbers(content: bytes, kind: str) -> Array:
    """Numbers as stored; whole ones of three bytes are the upper ones of four, the lowest of which is dropped."""
    if kind != "<i3":
        return np.frombuffer(content, kind)
    padded = b"\0" + content
    return np.ndarray(len(content) // 3, "<i4", padded, strides=(3,)) >> 8


def triggers(path: Path, layout: Layout, signal: int) -> tuple[Event, ...] | None:
    """The events of a trigger channel, at its own rate; None where it changes so often that it holds none.

    BDF's numbers are taken as stored, EDF's in their unit; of either the lower 17 bits.

    Same as: mne.find_events(mne.io.read_raw_bdf(path), shortest_event=1).
    """
    size, rate = layout.samples[signal], layout.samples[signal] / layout.seconds
    gain, offset = (1.0, 0.0) if layout.numbers == "<i3" else layout.scales[signal]
    found: list[Event] = []
    with _Records(path, layout) as records:
        for begin, end, seconds in layout.runs or ((0, layout.records, 0.0),):
            pieces = records.within(begin, end).numbers(slice(signal, signal + 1), 0, (end - begin) * size)
            one = trigger_events((_bits(piece[0] * gain + offset) for _, piece in pieces), rate)
            if one is None:
                return None
            found += [Event(seconds + event.onset, 0.0, event.label) for event in one]
    return tuple(found)


def _bits(values: Array) -> Array:
    return values.astype(np.int64) & BITS


def events(path: Path, layout: Layout) -> tuple[tuple[Event, ...], float]:
    """Every annotation, in order of onset, in seconds from the first sample; and that sample's fraction of a second.

    An annotation of single channels ("spike@@Cz") comes once, without them.

    Source: Kemp & Olivan (2003), EDF+, Clin. Neurophysiol. 114.  Same as: mne.read_annotations(path).
    """
    found: dict[tuple[Event, int], None] = {}
    began: float | None = None
    for text in _annotations(path, layout):
        for onset, duration, labels in _TAL.findall(text):
            if began is None:
                began = 0.0 if labels else float(onset)
            for label in filter(None, labels.split(b"\x14")):
                name, _, channel = decoded(label).rpartition("@@")
                shared = bool(name) and channel in layout.labels
                event = Event(float(onset) - began, float(duration or 0), name if shared else decoded(label))
                found[event, 0 if shared else 1 + len(found)] = None
    return tuple(sorted((event for event, _ in found), key=lambda event: event.onset)), began or 0.0


def _annotations(path: Path, layout: Layout) -> Iterator[bytes]:
    """The bytes of the annotation signals, of many records at once with a zero behind each; nothing else is read."""
    length = sum(layout.samples) * layout.wide
    spans = [(layout.begins[i] * layout.wide, layout.samples[i] * layout.wide) for i in layout.annotations]
    if not spans:
        return
    at_once = max(1, _CHUNK // sum(size for _, size in spans))
    with path.open("rb", buffering=0) as file:
        number, end = file.fileno(), layout.header + layout.records * length
        for at in range(layout.header, end, at_once * length):
            records = range(at, min(at + at_once * length, end), length)
            yield b"\0".join([os.pread(number, size, place + start) for place in records for start, size in spans])
