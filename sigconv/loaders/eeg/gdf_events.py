"""The event table of a GDF file, which lies behind its records."""

import math
import struct
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.eeg.edf_layout import Layout
from sigconv.signal import Event


def events(path: Path, layout: Layout, rate: float) -> list[Event]:
    """The events of the table: labels are the numbers of their types.

    rate : Hz, of positions where the table does not tell its own

    Raises
    ------
    FormatError : the table is cut short
    """
    at = layout.header + layout.records * sum(layout.samples) * layout.wide
    left = path.stat().st_size - at
    if left < 8:
        return []
    with path.open("rb") as file:
        file.seek(at)
        mode, *head = struct.unpack("<4B4s", file.read(8))
        told = head[0] | head[1] << 8 | head[2] << 16
        if float(layout.kind[4:]) < 1.94:
            count, own = struct.unpack("<I", head[3])[0], float(told)
        else:
            count, own = told, struct.unpack("<f", head[3])[0]
        if mode not in (1, 3) or count == 0:
            return []
        each = 12 if mode == 3 else 6
        if 8 + count * each > left:
            raise FormatError(f"{path}: the event table at byte {at} has {left} bytes, expected {8 + count * each}")
        table = file.read(count * each)
    rate = own if math.isfinite(own) and own > 0 else rate
    begins = np.frombuffer(table, "<u4", count).astype(np.int64) - 1
    kinds = np.frombuffer(table, "<u2", count, 4 * count)
    lengths = np.frombuffer(table, "<u4", count, 8 * count) if mode == 3 else np.ones(count)
    return [
        Event(int(begin) / rate, max(1, int(length)) / rate, str(kind))
        for begin, length, kind in zip(begins, lengths, kinds, strict=True)
    ]
