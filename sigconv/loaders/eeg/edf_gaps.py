"""EDF+D: where a discontinuous file has its gaps."""

import os
import re
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.eeg.edf_layout import Layout

_ONSET = re.compile(rb"([+-]\d{1,12}(?:\.\d{0,12})?)\x14")
_TOLERANCE = 1e-3  # s; a record that near to where the last one ended follows on it


def runs(path: Path, layout: Layout) -> tuple[tuple[int, int, float], ...]:
    """(first record, one past the last, seconds after the first record's begin) of every piece without a gap.

    Each record says when it begins in its first annotation signal; only those bytes are read.

    Raises
    ------
    FormatError : a record that does not say when it begins, or begins before the one before it ends

    Source: Kemp & Olivan (2003), EDF+, Clin. Neurophysiol. 114, section 2.1.1.
    """
    if not layout.annotations:
        raise FormatError(
            f"{path}: says {layout.kind} (discontinuous) but has no annotations that tell when records begin"
        )
    keeper = layout.annotations[0]
    before, length = sum(layout.samples[:keeper]) * layout.wide, sum(layout.samples) * layout.wide
    width = min(64, layout.samples[keeper] * layout.wide)
    found: list[tuple[int, int, float]] = []
    zero = expected = 0.0
    with path.open("rb", buffering=0) as file:
        for number in range(layout.records):
            at = layout.header + number * length + before
            told = _ONSET.match(os.pread(file.fileno(), width, at))
            if told is None:
                raise FormatError(f"{path}: record {number} does not say when it begins at byte {at}, as EDF+D must")
            zero = float(told[1]) if number == 0 else zero
            onset = float(told[1]) - zero
            if onset < expected - _TOLERANCE:
                raise FormatError(
                    f"{path}: record {number} (byte {at}) begins at {onset + zero:g} s, expected {expected + zero:g} s "
                    "or later, where the record before it ends"
                )
            if not found or onset > expected + _TOLERANCE:
                found.append((number, number + 1, onset))
            else:
                found[-1] = (found[-1][0], number + 1, found[-1][2])
            expected = found[-1][2] + (number + 1 - found[-1][0]) * layout.seconds
    return tuple(found)
