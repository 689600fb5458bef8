"""EDF and BDF: a strict look at the header before anything is allocated."""

import datetime
import math
from dataclasses import replace
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.eeg import edf_gaps
from sigconv.loaders.eeg.edf_layout import Layout

_SIGNAL_BYTES = 256
_MOST_SIGNALS = 10_000
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_UNTOLD = "01.01.8500.00.00"  # what EDF+ files without a date have in its place


def check(path: Path) -> Layout:
    """The layout of an EDF or BDF file; one whose header contradicts itself or the file's length is refused.

    Raises
    ------
    FormatError : path, field, what was found and expected; a file cut short names both lengths

    Source: Kemp et al. (1992), Electroencephalogr. Clin. Neurophysiol. 82; edfplus.info.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(256)
        if len(head) < 256:
            raise FormatError(
                f"{path}: {size} bytes; an EDF header alone has 256 or more: not an EDF file, or cut short"
            )
        wide = 3 if head[0] == 0xFF else 2
        if not (head[:8] == b"0       " or head[:8] == b"\xffBIOSEMI"):
            raise FormatError(f"{path}: begins with {head[:8]!r}, expected '0' or BIOSEMI: not an EDF or BDF file")
        signals = _whole(path, "number of signals", head[252:256], 1, _MOST_SIGNALS)
        header = _whole(path, "bytes in header", head[184:192], 0, 1 << 40)
        if header != 256 + signals * _SIGNAL_BYTES:
            raise FormatError(
                f"{path}: bytes in header is {header}, expected {256 * (signals + 1)} for {signals} signals"
            )
        rest = file.read(header - 256)
    if len(rest) < header - 256:
        raise FormatError(f"{path}: cut short inside its header: {size} bytes of {header}")
    records = _whole(path, "number of data records", head[236:244], -1, 1 << 40)
    seconds = _real(path, "duration of a data record", head[244:252])
    if seconds < 0 or records == 0:
        raise FormatError(f"{path}: {records} data records of {seconds:g} s; expected one or more")
    samples = [_whole(path, "samples in a record", f, 1, 1 << 30) for f in column(rest, signals, 216, 8)]
    scales = _scales(path, rest, signals)
    expected = header + max(records, 1) * sum(samples) * wide
    if size < expected:
        raise FormatError(
            f"{path}: cut short: {size} bytes, expected {expected} (header {header} and {max(records, 1)} records of "
            f"{sum(samples) * wide} bytes)"
        )
    labels, units = (
        tuple(field.decode("latin-1").strip("\0 ") for field in column(rest, signals, before, width))
        for before, width in ((0, 16), (96, 8))
    )
    if records < 0:
        records = (size - header) // (sum(samples) * wide)
    layout = Layout(
        *(header, records, seconds, labels, units, tuple(samples), wide, scales, _began(head), _patient(head)),
        kind=_kind(head),
        numbers=f"<i{wide}",
    )
    if seconds == 0 and layout.signals:
        raise FormatError(f"{path}: duration of a data record is 0 s; expected more where there are signals")
    if head[192:197] in (b"EDF+D", b"BDF+D"):
        return replace(layout, runs=edf_gaps.runs(path, layout))
    return layout


def _kind(head: bytes) -> str:
    plain = "BDF" if head[0] == 0xFF else "EDF"
    told = head[192:197].decode("latin-1")
    return told if told in (f"{plain}+C", f"{plain}+D") else plain


def _patient(head: bytes) -> str:
    """The patient code: the first word of EDF+'s four, or the whole field of plain EDF."""
    text = head[8:88].decode("latin-1").strip("\0 ")
    return text.split(" ")[0] if b"+" in head[192:197] and text else text


def _scales(path: Path, rest: bytes, signals: int) -> tuple[tuple[float, float], ...]:
    labels = column(rest, signals, 0, 16)
    limits = [[_real(path, "range", f) for f in column(rest, signals, at, 8)] for at in (104, 112, 120, 128)]
    for label, low, high, least, most in zip(labels, *limits, strict=True):
        if not (least < most and low != high) and b"Annotations" not in label:
            name = label.decode("latin-1").strip()
            raise FormatError(
                f"{path}: channel {name!r} maps {least:g}…{most:g} to {low:g}…{high:g}; expected different limits"
            )
    return tuple(scale(*each) for each in zip(*limits, strict=True))


def scale(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """Gain and offset that turn the stored numbers `least` … `most` into `low` … `high`."""
    gain = (high - low) / (most - least) if most != least else 1.0
    return gain, low - least * gain


def _began(head: bytes) -> datetime.datetime | None:
    """When the recording began: the date of the EDF+ recording field, else the two-digit year (85 to 84)."""
    text = head.decode("latin-1")
    recording, date, time = text[88:168].split(), text[168:176], text[176:184]
    try:
        hour, minute, second = (int(part) for part in time.split("."))
    except ValueError:
        hour = minute = second = 0
    try:
        told = len(recording) == 5 and recording[0] == "Startdate"
        if told and recording[1] == "X" and text[168:184] == _UNTOLD:
            return None
        if told and recording[1] != "X":
            day, month, year = recording[1].split("-")
            return datetime.datetime(int(year), _MONTHS.index(month.upper()) + 1, int(day), hour, minute, second)
        day, month, year = date.split(".")
        century = 2000 if int(year) < 85 else 1900
        return datetime.datetime(century + int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None


def column(rest: bytes, signals: int, before: int, width: int) -> list[bytes]:
    """One field of `width` bytes of every signal; fields of `before` bytes a signal come before them."""
    start = before * signals
    return [rest[start + i * width : start + (i + 1) * width] for i in range(signals)]


def _whole(path: Path, name: str, text: bytes, least: int, most: int) -> int:
    try:
        value = int(text.decode("ascii").strip("\0 "))
    except ValueError:
        raise FormatError(f"{path}: {name} is {text!r}, expected a whole number") from None
    if not least <= value <= most:
        raise FormatError(f"{path}: {name} is {value}, expected {least} to {most}")
    return value


def _real(path: Path, name: str, text: bytes) -> float:
    try:
        value = float(text.decode("ascii").strip("\0 ").replace(",", "."))
    except ValueError:
        raise FormatError(f"{path}: {name} is {text!r}, expected a number") from None
    if not math.isfinite(value):
        raise FormatError(f"{path}: {name} is {text!r}, expected a finite number")
    return value
