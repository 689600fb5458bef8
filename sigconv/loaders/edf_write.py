"""EDF+ on disk: a signal written whole or not at all."""

import contextlib
import datetime
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import ArgumentError, MissingExtra, SamplingError
from sigconv.signal import Signal


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
