"""EDF+ on disk: a signal written whole or not at all, read and stored piece by piece."""

import datetime
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import ArgumentError, SamplingError
from sigconv.files import write_whole
from sigconv.loaders.recording import of
from sigconv.signal import Event, Signal, Source

_AT_ONCE = 1 << 20  # numbers in a piece
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_STEPS = 65535  # from the lowest to the highest number of 16 bits


def save(signal: Signal | Source, path: Path, *, longest: float = 0.0, tick: Callable[[], None] | None = None) -> None:
    """Write a (channel, time) signal as EDF+, whole or not at all.

    Channel names, unit, subject, events and start time are kept. Samples are stored in 16 bits over each channel's own
    range, so none is clipped and each is right to within range / 65535. The range is found first: a source is read
    twice.

    Parameters
    ----------
    signal : (channel, time) Signal or Source, in a unit of voltage or any other
    path : a name that ends in .edf; a file that is there is replaced
    longest : s, pieces are at least this long; behind a filter with a margin, some multiples of it
    tick : called after each of `ticks(signal, longest)` pieces

    Raises
    ------
    ArgumentError : another suffix than .edf, other axes, equal labels, or an event label with control characters
    SamplingError : no sample, samples that are not finite or too large for an EDF header, or a length and rate that
        EDF's records cannot hold exactly
    OSError : the folder cannot be written or is full; nothing is left then

    Source: Kemp & Olivan (2003), EDF+, Clin. Neurophysiol. 114; edfplus.info.

    >>> save(Signal.from_array(np.zeros((1, 160)), fs=160), Path("made.gdf"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: made.gdf: the suffix is '.gdf'; sigconv writes .edf
    """
    if path.suffix.lower() != ".edf":
        raise ArgumentError(f"{path}: the suffix is {path.suffix!r}; sigconv writes .edf")
    source = of(signal) if isinstance(signal, Signal) else signal
    if (names := [axis.name for axis in source.axes]) != ["channel", "time"]:
        raise ArgumentError(f"{path}: the signal has the axes {', '.join(names)}; EDF holds channel, time")
    time, done = source.axes[-1], tick or (lambda: None)
    if time.size == 0:
        raise SamplingError("the signal is empty; EDF holds one sample or more")
    seconds = _record_seconds(time.size, time.rate)
    size = round(seconds * time.rate)
    labels = _labels(source)
    limits = [_range(low, high) for low, high in _ranges(source, size, longest, done)]
    keeping = _annotations(source, time.size // size, seconds)
    low, gain = (np.array(values)[:, None] for values in zip(*_scales(limits), strict=True))

    def content(file: Any) -> None:
        file.write(_header(source, labels, limits, size, seconds, keeping.shape[1]))
        first = 0
        for x in _pieces(source, size, longest):
            stored = np.clip(np.rint((x - low) / gain) - 32768, -32768, 32767).astype("<i2")
            records = stored.reshape(len(stored), -1, size).swapaxes(0, 1).reshape(-1, len(stored) * size)
            notes = keeping[first : first + len(records)].view("<i2")
            file.write(np.concatenate([records, notes], axis=1).tobytes())
            first += len(records)
            done()

    write_whole(path, content)


def ticks(signal: Source, longest: float = 0.0) -> int:
    """How often `save` says that a piece is done."""
    time = signal.axes[-1]
    return 2 * len(_cuts(signal, round(_record_seconds(time.size, time.rate) * time.rate), longest))


def _cuts(source: Source, size: int, longest: float) -> list[tuple[int, int]]:
    """First and last sample of pieces of whole records."""
    channels, time = source.axes
    records = max(1, _AT_ONCE // (size * max(1, channels.size)), math.ceil(longest * time.rate / size))
    return [(a, min(a + records * size, time.size)) for a in range(0, time.size, records * size)]


def _pieces(source: Source, size: int, longest: float) -> Iterator[Any]:
    """(channel, time) float64 pieces of whole records, voltages in microvolts."""
    time = source.axes[-1]
    scale = units.factor(source.unit, "uV") if units.kind(source.unit) == "voltage" else 1.0
    for first, last in _cuts(source, size, longest):
        piece = source.read(time.start + first * time.step, time.start + last * time.step)
        yield np.asarray(piece.data, dtype=np.float64) * scale


def _ranges(source: Source, size: int, longest: float, tick: Callable[[], None]) -> list[tuple[float, float]]:
    low, high = np.full(source.axes[0].size, np.inf), np.full(source.axes[0].size, -np.inf)
    for x in _pieces(source, size, longest):
        if not np.all(np.isfinite(x)):
            raise SamplingError("the signal has samples that are not finite; EDF holds numbers only")
        low, high = np.minimum(low, x.min(1)), np.maximum(high, x.max(1))
        tick()
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _scales(limits: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
    """The lowest number and one step of each channel."""
    return [(float(low), (float(high) - float(low)) / _STEPS) for low, high in limits]


def _labels(source: Source) -> list[str]:
    written = source.notes.get("file_labels", {})
    labels = [_ascii(written.get(name, name), 16) for name in source.axes[0].labels]
    if twice := [name for name, n in Counter(labels).items() if n > 1 and len(name) == 16]:
        raise ArgumentError(f"channels become equal in EDF's 16 characters: {', '.join(twice)}; rename them")
    return labels


def _header(
    source: Source, labels: Sequence[str], limits: Sequence[tuple[str, str]], size: int, seconds: float, notes: int
) -> bytes:
    """What precedes the records: 256 bytes, and 256 for each signal; the last one holds the annotations."""
    count, when = len(labels) + 1, _start(source)
    day = f"{when.day:02d}-{_MONTHS[when.month - 1]}-{when.year}" if when else "X"
    date, clock = (when.strftime("%d.%m.%y"), when.strftime("%H.%M.%S")) if when else ("01.01.85", "00.00.00")
    unit = "uV" if units.kind(source.unit) == "voltage" else source.unit
    fixed: list[tuple[Any, int]] = [
        ("0", 8),
        (f"{_patient(source)} X X X", 80),
        (f"Startdate {day} X X X", 80),
        (date, 8),
        (clock, 8),
    ]
    fixed += [
        (256 * (count + 1), 8),
        ("EDF+C", 44),
        (source.axes[-1].size // size, 8),
        (_plain(seconds), 8),
        (count, 4),
    ]
    each: list[tuple[list[Any], int]] = [
        ([*labels, "EDF Annotations"], 16),
        ([""] * count, 80),
        ([unit] * len(labels) + [""], 8),
        ([*(low for low, _ in limits), "-1"], 8),
        ([*(high for _, high in limits), "1"], 8),
        ([-32768] * count, 8),
        ([32767] * count, 8),
        ([""] * count, 80),
        ([size] * len(labels) + [notes // 2], 8),
        ([""] * count, 32),
    ]
    fields = [*fixed, *((value, width) for values, width in each for value in values)]
    for value, width in fields:
        if len(str(value)) > width:
            raise SamplingError(f"{value!r} does not fit the {width} characters that an EDF header has for it")
    return b"".join(_ascii(str(value), width).ljust(width).encode() for value, width in fields)


def _annotations(source: Source, records: int, seconds: float) -> Any:
    """(record, byte): when each record begins, and its share of the events, padded with zeros."""
    when, start = _start(source), source.axes[-1].start
    begin = Decimal(when.microsecond if when else 0) / 1_000_000
    share = -(-len(source.events) // records)
    texts = []
    for i in range(records):
        told = f"+{_plain(begin + i * Decimal(_plain(seconds)))}\x14\x14\0".encode()
        texts.append(told + b"".join(_told(e, start, begin) for e in source.events[i * share : (i + 1) * share]))
    width = max(map(len, texts))
    width += width % 2
    return np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8).reshape(records, width)


def _told(event: Event, start: float, begin: Decimal) -> bytes:
    if not event.label.isprintable():
        raise ArgumentError(f"the event label {event.label!r} has control characters; EDF+ keeps printable text")
    onset = begin + Decimal(_plain(event.onset - start))
    duration = f"\x15{_plain(event.duration)}" if event.duration else ""
    return f"{'+' if onset >= 0 else ''}{_plain(onset)}{duration}\x14{event.label}\x14\0".encode()


def _plain(value: float | Decimal) -> str:
    """A number without exponent, at most nine places.

    >>> _plain(1.0), _plain(6.30625), _plain(Decimal("0.2500"))
    ('1', '6.30625', '0.25')
    """
    text = f"{value:.9f}"
    return text.rstrip("0").rstrip(".")


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


def _range(low: float, high: float) -> tuple[str, str]:
    """A channel's range, widened to numbers that an EDF header can spell in eight characters."""
    if low == high:
        low, high = low - 1.0, high + 1.0
    return _eight(low, math.floor, -1), _eight(high, math.ceil, 1)


def _eight(value: float, toward: Any, outward: int) -> str:
    """The nearest number of eight characters that is not inside of `value`; scaling rounds, hence the second look."""
    for digits in range(4 if abs(value) < 1e-3 else 6, -1, -1):
        whole = toward(value * 10**digits)
        if (whole / 10**digits - value) * outward < 0:
            whole += outward
        rounded = whole / 10**digits
        text = f"{rounded:.{digits}f}"
        if len(text) <= 8:
            return text
    raise SamplingError(f"the value {value:g} does not fit the eight characters of an EDF header; scale the signal")


def _ascii(label: str, width: int) -> str:
    return label.encode("ascii", "replace").decode()[:width]


def _patient(source: Source) -> str:
    """The subject as EDF+'s patient code: one word of ASCII, or X."""
    told = "_".join(str(source.notes.get("subject") or "").split())
    return told if told.isascii() and told.isprintable() and 0 < len(told) <= 60 else "X"


def _start(source: Source) -> datetime.datetime | None:
    text = source.notes.get("start_time")
    if text is None:
        return None
    when = datetime.datetime.fromisoformat(str(text)) + datetime.timedelta(seconds=source.axes[-1].start)
    return when.replace(tzinfo=None)
