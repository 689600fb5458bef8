"""Samples and annotations of an EDF or BDF file, read piece by piece."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.loaders.edf import VOLTS, Layout
from sigconv.loaders.records import records
from sigconv.signal import Box, Event

_CHUNK = 1 << 23  # bytes read at once
_TAL = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?))?\x14([^\x00]*)\x14\x00")

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Samples:
    """The samples of signals of one rate, read when called; it can be sent to other processes.

    Same as: mne.io.read_raw_edf(path).get_data(signals, first, last).
    """

    path: Path
    layout: Layout
    signals: tuple[int, ...]

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64 volts of the signals numbered `rows` among these; box is ((first, last),)."""
        ((first, last),) = box
        return samples(self.path, self.layout, first, last, [self.signals[row] for row in rows])


def samples(path: Path, layout: Layout, first: int, last: int, signals: Sequence[int]) -> Array:
    """(len(signals), last - first) float64, in volts, of signals of one rate; only their records are read.

    Raises
    ------
    FormatError : the file has become shorter than its header says
    """
    size = layout.samples[signals[0]]
    length = sum(layout.samples) * layout.wide
    begins = np.concatenate([[0], np.cumsum(layout.samples)]) * layout.wide
    out = np.empty((len(signals), last - first))
    at_once = max(1, _CHUNK // length)
    stop = -(-last // size)
    with path.open("rb", buffering=0) as file:
        for record in range(first // size, stop, at_once):
            count = min(at_once, stop - record)
            block = records(file.fileno(), path, layout.header + record * length, count, length)
            low, high = max(first, record * size), min(last, (record + count) * size)
            for row, signal in enumerate(signals):
                piece = _numbers(block[:, begins[signal] : begins[signal + 1]], layout.wide)
                out[row, low - first : high - first] = piece.ravel()[low - record * size : high - record * size]
    for row, signal in enumerate(signals):
        gain, offset = layout.scales[signal]
        out[row] *= gain
        out[row] += offset
        out[row] *= VOLTS[layout.units[signal]]
    return out


def _numbers(block: Array, wide: int) -> Array:
    """(record, byte) little-endian whole numbers of 2 or 3 bytes as (record, sample)."""
    if wide == 2:
        return np.ascontiguousarray(block).view("<i2")
    triples = block.reshape(len(block), -1, 3).astype(np.int32)
    return triples[..., 0] | triples[..., 1] << 8 | (triples[..., 2] ^ 0x80) - 0x80 << 16


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
                name, _, channel = _text(label).rpartition("@@")
                shared = bool(name) and channel in layout.labels
                event = Event(float(onset) - began, float(duration or 0), name if shared else _text(label))
                found[event, 0 if shared else 1 + len(found)] = None
    return tuple(sorted((event for event, _ in found), key=lambda event: event.onset)), began or 0.0


def _annotations(path: Path, layout: Layout) -> Iterator[bytes]:
    """The bytes of every annotation signal of every record; nothing else is read."""
    length = sum(layout.samples) * layout.wide
    begins = np.concatenate([[0], np.cumsum(layout.samples)]) * layout.wide
    places = [(int(begins[i]), layout.samples[i] * layout.wide) for i in layout.annotations]
    if not places:
        return
    with path.open("rb", buffering=0) as file:
        for record in range(layout.records):
            for start, size in places:
                yield os.pread(file.fileno(), size, layout.header + record * length + start)


def _text(label: bytes) -> str:
    try:
        return label.decode("utf-8")
    except UnicodeDecodeError:
        return label.decode("latin-1")
