"""EDF+ on disk: a signal written whole or not at all."""

import datetime
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import ArgumentError, MissingExtra, SamplingError
from sigconv.files import write_whole
from sigconv.signal import Signal


def save(signal: Signal, path: Path) -> None:
    """Write a (channel, time) signal as EDF+, whole or not at all.

    Channel names, unit, events and start time are kept. Samples are stored in 16 bits over each channel's own range,
    so none is clipped and each is right to within range / 65535.

    Parameters
    ----------
    signal : (channel, time), in a unit of voltage or any other
    path : a name that ends in .edf; a file that is there is replaced

    Raises
    ------
    ArgumentError : another suffix than .edf, or an event label with control characters
    SamplingError : no sample, samples that are not finite or too large for an EDF header, or a length and rate that
        EDF's records cannot hold exactly
    OSError : the folder cannot be written or is full; nothing is left then
    MissingExtra : edfio is not installed

    Source: Kemp & Olivan (2003), EDF+, Clin. Neurophysiol. 114, written by edfio.

    >>> save(Signal.from_array(np.zeros((1, 160)), fs=160), Path("made.gdf"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: made.gdf: the suffix is '.gdf'; sigconv writes .edf
    """
    if path.suffix.lower() != ".edf":
        raise ArgumentError(f"{path}: the suffix is {path.suffix!r}; sigconv writes .edf")
    data = np.asarray(signal.data, dtype=np.float64)
    if data.shape[1] == 0 or not np.all(np.isfinite(data)):
        raise SamplingError("the signal is empty or has samples that are not finite; EDF holds numbers only")
    write_whole(path, _edf(signal, data).write)


def _edf(signal: Signal, data: Any) -> Any:
    try:
        import edfio
    except ImportError as error:
        raise MissingExtra("edfio", "eeg") from error
    scale, unit = (
        (units.factor(signal.unit, "uV"), "uV") if units.kind(signal.unit) == "voltage" else (1.0, signal.unit)
    )
    written = signal.notes.get("file_labels", {})
    labels = [_ascii(written.get(name, name), 16) for name in signal.channels]
    if twice := [name for name, n in Counter(labels).items() if n > 1 and len(name) == 16]:
        raise ArgumentError(f"channels become equal in EDF's 16 characters: {', '.join(twice)}; rename them")
    channels = []
    for label, row in zip(labels, data * scale, strict=True):
        channels.append(
            edfio.EdfSignal(row, signal.fs, label=label, physical_dimension=unit, physical_range=_range(row))
        )
    first = signal.axis("time").start
    notes = [edfio.EdfAnnotation(e.onset - first, e.duration or None, e.label) for e in signal.events]
    when = _start(signal.notes.get("start_time"), first)
    recording = edfio.Recording(startdate=when.date()) if when else edfio.Recording()
    for event in signal.events:
        if not event.label.isprintable():
            raise ArgumentError(f"the event label {event.label!r} has control characters; EDF+ keeps printable text")
    try:
        return edfio.Edf(
            channels,
            recording=recording,
            starttime=when.time() if when else None,
            annotations=notes,
            data_record_duration=_record_seconds(data.shape[1], signal.fs),
        )
    except ValueError as error:
        raise SamplingError(f"{data.shape[1]} samples at {signal.fs:g} Hz do not fit EDF: {error}") from error


def _record_seconds(samples: int, fs: float) -> float:
    """A record length that divides the signal exactly and fits the header's eight characters, near one second.

    >>> _record_seconds(1600, 160), _record_seconds(1009, 160)
    (1.0, 6.30625)
    """
    small = [n for n in range(1, math.isqrt(samples) + 1) if samples % n == 0]
    for size in sorted({*small, *(samples // n for n in small)}, key=lambda n: abs(math.log(n / fs))):
        text = np.format_float_positional(size / fs, precision=7, trim="0")
        if len(text) <= 8 and math.isclose(float(text), size / fs, rel_tol=1e-12):
            return float(text)
    raise SamplingError(
        f"{samples} samples at {fs:g} Hz cannot be divided into EDF records exactly; cut the signal to whole seconds"
    )


def _range(row: Any) -> tuple[float, float]:
    """The row's range, widened to numbers that an EDF header can spell in eight characters."""
    low, high = float(row.min()), float(row.max())
    if low == high:
        low, high = low - 1.0, high + 1.0
    return _eight(low, math.floor, -1), _eight(high, math.ceil, 1)


def _eight(value: float, toward: Any, outward: int) -> float:
    """The nearest number of eight characters that is not inside of `value`; scaling rounds, hence the second look."""
    # edfio spells smaller numbers with an exponent, which is too long
    for digits in range(4 if abs(value) < 1e-3 else 6, -1, -1):
        whole = toward(value * 10**digits)
        if (whole / 10**digits - value) * outward < 0:
            whole += outward
        rounded = whole / 10**digits
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
