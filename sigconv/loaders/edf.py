"""EDF and BDF: a strict look at the header before anything is allocated, and writing EDF+."""

import contextlib
import datetime
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import ArgumentError, FormatError, MissingExtra, SamplingError
from sigconv.signal import Signal

_SIGNAL_BYTES = 256
_MOST_SIGNALS = 10_000


def check(path: Path) -> None:
    """Refuse an EDF or BDF file whose header contradicts itself or the file's length.

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
    samples = [_whole(path, "samples in a record", f, 1, 1 << 30) for f in _column(rest, signals, 216, 8)]
    _check_ranges(path, rest, signals)
    expected = header + max(records, 1) * sum(samples) * wide
    if size < expected:
        raise FormatError(
            f"{path}: cut short: {size} bytes, expected {expected} (header {header} and {max(records, 1)} records of "
            f"{sum(samples) * wide} bytes)"
        )


def _check_ranges(path: Path, rest: bytes, signals: int) -> None:
    labels = _column(rest, signals, 0, 16)
    limits = [[_real(path, "range", f) for f in _column(rest, signals, at, 8)] for at in (104, 112, 120, 128)]
    for label, low, high, least, most in zip(labels, *limits, strict=True):
        if not (least < most and low != high) and b"Annotations" not in label:
            name = label.decode("latin-1").strip()
            raise FormatError(
                f"{path}: channel {name!r} maps {least:g}…{most:g} to {low:g}…{high:g}; expected different limits"
            )


def _column(rest: bytes, signals: int, before: int, width: int) -> list[bytes]:
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


def save(signal: Signal, path: Path) -> None:
    """Write a (channel, time) signal as EDF+, whole or not at all.

    Channel names, unit, events and start time are kept. Samples are stored in 16 bits over each channel's own range,
    so none is clipped and each is right to within range / 65535. A last incomplete second is padded by its last value
    only where the length does not fit EDF's records exactly.

    Raises
    ------
    ArgumentError : another suffix than .edf
    SamplingError : samples that are not finite (EDF cannot hold them), or no sample
    OSError : the folder cannot be written or is full; nothing is left then
    """
    if path.suffix.lower() != ".edf":
        raise ArgumentError(f"{path}: the suffix is {path.suffix!r}; sigconv writes .edf")
    data = np.asarray(signal.data, dtype=np.float64)
    if data.shape[1] == 0 or not np.all(np.isfinite(data)):
        raise SamplingError("the signal is empty or has samples that are not finite; EDF holds numbers only")
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            _edf(signal, data).write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _edf(signal: Signal, data: Any) -> Any:
    try:
        import edfio
    except ImportError as error:
        raise MissingExtra("edfio", "eeg") from error
    scale, unit = (
        (units.factor(signal.unit, "uV"), "uV") if units.kind(signal.unit) == "voltage" else (1.0, signal.unit)
    )
    written = signal.notes.get("file_labels", {})
    channels = []
    for name, row in zip(signal.channels, data * scale, strict=True):
        label = _ascii(written.get(name, name), 16)
        channels.append(
            edfio.EdfSignal(row, signal.fs, label=label, physical_dimension=unit, physical_range=_range(row))
        )
    first = signal.axis("time").start
    notes = [edfio.EdfAnnotation(e.onset - first, e.duration or None, e.label) for e in signal.events]
    when = _start(signal.notes.get("start_time"), first)
    recording = edfio.Recording(startdate=when.date()) if when else edfio.Recording()
    length = _record_seconds(data.shape[1], signal.fs)
    return edfio.Edf(
        channels,
        recording=recording,
        starttime=when.time() if when else None,
        annotations=notes,
        data_record_duration=length,
    )


def _record_seconds(samples: int, fs: float) -> float | None:
    """A record length that divides the signal exactly: as near one second as there is one."""
    near = sorted(range(max(1, round(fs / 4)), round(fs * 4) + 1), key=lambda n: abs(n - fs))
    for size in near:
        if samples % size == 0 and len(f"{size / fs:.8g}") <= 8 and float(f"{size / fs:.8g}") == size / fs:
            return size / fs
    return None


def _range(row: Any) -> tuple[float, float]:
    """The row's range, widened to numbers that an EDF header can spell in eight characters."""
    low, high = float(row.min()), float(row.max())
    if low == high:
        low, high = low - 1.0, high + 1.0
    return _eight(low, math.floor), _eight(high, math.ceil)


def _eight(value: float, toward: Any) -> float:
    for digits in range(6, -1, -1):
        rounded = toward(value * 10**digits) / 10**digits
        text = f"{rounded:.{digits}f}"
        if len(text) <= 8:
            return float(text)
    raise SamplingError(f"the value {value:g} does not fit the eight characters of an EDF header; scale the signal")


def _ascii(label: str, width: int) -> str:
    return label.encode("ascii", "replace").decode()[:width]


def _start(text: Any, first: float) -> datetime.datetime | None:
    if text is None:
        return None
    when = datetime.datetime.fromisoformat(str(text)) + datetime.timedelta(seconds=first)
    return when.replace(tzinfo=None)
