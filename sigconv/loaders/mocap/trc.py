"""TRC: lines of marker positions, separated by tabs or commas."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.labels import unique
from sigconv.loaders.mocap.markers import axes, metres
from sigconv.loaders.mocap.rows import Array, Lines, head, lines, once, table
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.signal import Box

_HEADER = 5
_MOST_MARKERS = 10_000


def known(head: bytes) -> bool:
    """Whether a file's first bytes are those of a TRC file.

    >>> known(b"PathFileType\\t4\\t(X/Y/Z)\\ta.trc")
    True
    """
    return head.startswith((b"PathFileType\t", b"PathFileType,"))


def open(path: Path) -> Recording:
    """The markers of a TRC file: three channels each, metres, NaN where a field is empty.

    Opening counts the rows; numbers are read when asked for. Columns without a name are left out; notes["warnings"]
    says so.

    Raises
    ------
    FormatError : damaged, cut short inside its header, or without a row

    Source: Motion Analysis Corporation, TRC; OpenSim's documentation of it.
    """
    header = head(path, _HEADER)
    separator = b"\t" if b"\t" in header[0] else b","
    if not known(header[0]) or len(header) < _HEADER:
        raise FormatError(
            f"{path}: {len(header)} lines that begin with {header[0][:20]!r}, expected the {_HEADER} of a TRC header: "
            "not a TRC file, or cut short"
        )
    told = _told(path, header, separator)
    names, markers = _names(path, header[3], separator), told["NumMarkers"]
    if len(names) > markers or markers > _MOST_MARKERS:
        raise FormatError(f"{path}: NumMarkers is {markers:g}, line 4 names {len(names)}; expected as many")
    warnings = []
    if len(names) < markers:
        warnings.append(f"NumMarkers is {markers:g}, {len(names)} have a name: columns without one are left out")
    rate, factor = told["DataRate"], metres(path, str(told["Units"]))
    count, first = _counted(path, separator, rate, told["NumFrames"], warnings)
    if told["CameraRate"] != rate:
        warnings.append(f"CameraRate is {told['CameraRate']:g} Hz, DataRate {rate:g} Hz: the latter is taken")
    rows = Lines(_HEADER, separator, count, 2 + 3 * len(names), more=len(names) < markers)
    notes: dict[str, Any] = {
        "domain": "motion capture",
        "path": str(path),
        "name": path.stem,
        "subject": subject_of(path),
        "markers": tuple(names),
        "first_frame": first,
        "facts": {
            "format": "TRC, tabs" if separator == b"\t" else "TRC, commas",
            "markers": f"{len(names)}, in the file in {told['Units']}",
        },
        "warnings": tuple(warnings),
    }
    return Recording(axes(names, count, rate), Columns(path, rows, factor), "m", (), notes)


@dataclass(frozen=True)
class Columns:
    """Positions in the columns of a text file, behind two that count frames; parsed when first read.

    metres : the file's unit in metres
    """

    path: Path
    rows: Lines
    metres: float

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64 metres; box is ((first, last),) in frames."""
        ((first, last),) = box
        return once(self.path, self._parsed, self)[list(rows), first:last]

    def _parsed(self) -> Array:
        columns: Array = table(self.path, self.rows)[:, 2:].T.copy()
        columns *= self.metres
        return columns


def _told(path: Path, header: Sequence[bytes], separator: bytes) -> dict[str, Any]:
    """The values of the third line by the names in the second."""
    keys, values = ([f.strip().decode("latin-1") for f in line.split(separator, 64)] for line in header[1:3])
    told: dict[str, Any] = dict(zip(keys, values, strict=False))
    for key in ("DataRate", "CameraRate", "NumFrames", "NumMarkers"):
        least = 0.0 if key.endswith("Rate") else 1.0
        try:
            number = float(told[key])
        except (KeyError, ValueError):
            raise FormatError(f"{path}: line 3: {key} is {told.get(key)!r}, expected a number") from None
        if not (least <= number < math.inf and number > 0) or (least and number % 1):
            raise FormatError(f"{path}: line 3: {key} is {told[key]}, expected a positive number")
        told[key] = number
    if not told.get("Units"):
        raise FormatError(f"{path}: line 3: Units is missing, expected mm, cm or m")
    return told


def _names(path: Path, line: bytes, separator: bytes) -> list[str]:
    """Names of the markers: one in every third column behind "Frame#" and "Time"."""
    fields = [field.strip().decode("utf-8", "replace") for field in line.split(separator, 2 + 3 * _MOST_MARKERS)]
    found = fields[2::3]
    while found and not found[-1]:
        found.pop()
    astray = [f for i, f in enumerate(fields[2:]) if i % 3 and f]
    if not found or not all(found) or astray or not fields[0].lower().startswith("frame"):
        wrong = astray[0] if astray else fields[0]
        raise FormatError(
            f"{path}: line 4 has {wrong[:40]!r} where it should name Frame#, Time, and a marker in every third column"
        )
    return unique(found)


def _counted(path: Path, separator: bytes, rate: float, told: float, warnings: list[str]) -> tuple[int, int]:
    """How many rows there are, and the number of the first; frame numbers and times that disagree make warnings."""
    count, first, last = 0, b"", b""
    for _, line in lines(path, _HEADER):
        first = first or line
        last = line
        count += 1
    if count == 0:
        raise FormatError(f"{path}: no row of numbers behind the header")
    (began, start), (ended, stop) = (_frame(path, line, separator) for line in (first, last))
    if count != told:
        warnings.append(f"NumFrames is {told:g}, {count} rows are there and read")
    if ended - began != count - 1:
        warnings.append(f"frames are numbered {began:g} to {ended:g} in {count} rows: some may be missing")
    if abs((stop - start) * rate - (count - 1)) > 0.5 + 0.01 * count:
        warnings.append(f"times run from {start:g} to {stop:g} s, {count} frames at {rate:g} Hz do not")
    return count, int(began)


def _frame(path: Path, line: bytes, separator: bytes) -> tuple[float, float]:
    fields = line.split(separator, 2)
    try:
        number, time = float(fields[0]), float(fields[1])
    except (ValueError, IndexError):
        raise FormatError(f"{path}: a row begins with {line[:40]!r}, expected a frame number and a time") from None
    if not (math.isfinite(number) and math.isfinite(time)):
        raise FormatError(f"{path}: a row begins with {line[:40]!r}, expected a frame number and a time")
    return number, time
