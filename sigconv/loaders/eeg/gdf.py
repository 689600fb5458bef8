"""GDF 1 or 2, the General Data Format for Biosignals: a strict look at its header before anything is read."""

import datetime
import math
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.eeg import edf_parts
from sigconv.loaders.eeg.edf import column, scale
from sigconv.loaders.eeg.edf_layout import Layout
from sigconv.loaders.eeg.gdf_events import events
from sigconv.loaders.eeg.parts import Parts

_MOST_SIGNALS = 10_000
_NUMBERS = {
    1: "<i1",
    2: "<u1",
    3: "<i2",
    4: "<u2",
    5: "<i4",
    6: "<u4",
    7: "<i8",
    8: "<u8",
    16: "<f4",
    17: "<f8",
    279: "<i3",
}
_UNITS = {0: "", 512: "", 4256: "V", 4274: "mV", 4275: "uV", 4276: "nV"}
_DAY = 2.0**-32


def parts(path: Path) -> Parts:
    """What a GDF file holds, from its header and its event table.

    Raises
    ------
    FormatError : the header contradicts itself or the file's length, or no channel is a voltage

    Source: Schlögl (2006), GDF: a general dataformat for biosignals, arXiv cs/0608052.  Same as: mne.io.read_raw_gdf.
    """
    layout = check(path)
    rate = max(layout.samples) / layout.seconds
    return edf_parts.made(path, layout, events(path, layout, rate), 0.0)


def check(path: Path) -> Layout:
    """The layout of a GDF file; one whose header contradicts itself or the file's length is refused.

    Raises
    ------
    FormatError : path, field, what was found and expected; a file cut short names both lengths
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(256)
        found = re.fullmatch(rb"GDF ([12]\.\d\d)", head[:8])
        if found is None:
            raise FormatError(f"{path}: begins with {head[:8]!r}, expected 'GDF 1.25' or the like")
        if len(head) < 256:
            raise FormatError(f"{path}: {size} bytes; a GDF header alone has 256 or more: cut short")
        version = float(found[1])
        second = version >= 1.9
        header = struct.unpack_from("<H", head, 184)[0] * 256 if second else struct.unpack_from("<q", head, 184)[0]
        signals = struct.unpack_from("<H" if second else "<I", head, 252)[0]
        records, up, down = struct.unpack_from("<qII", head, 236)
        if not 1 <= signals <= _MOST_SIGNALS:
            raise FormatError(f"{path}: number of signals is {signals}, expected 1 to {_MOST_SIGNALS}")
        if not 256 * (signals + 1) <= header <= size:
            raise FormatError(
                f"{path}: the header has {header} bytes, expected {256 * (signals + 1)} or more for {signals} signals, "
                f"within the file's {size}"
            )
        rest = file.read(256 * signals)
    if up == 0 or down == 0:
        raise FormatError(f"{path}: duration of a data record is {up}/{down} s; expected numbers above 0")
    labels = tuple(_text(field) for field in column(rest, signals, 0, 16))
    samples = tuple(int(n) for n in _numbers(rest, signals, 216, "<i4"))
    if min(samples) < 1:
        raise FormatError(f"{path}: samples in a record are {min(samples)} to {max(samples)}, expected 1 or more")
    number = _stored(path, _numbers(rest, signals, 220, "<i4"))
    wide = int(number[2:])
    length = sum(samples) * wide
    if records < 0:
        records = (size - header) // length
    if records < 1 or header + records * length > size:
        raise FormatError(
            f"{path}: cut short: {size} bytes, expected {header + max(records, 1) * length} (header {header} and "
            f"{max(records, 1)} records of {length} bytes)"
        )
    began = _second_began(head) if second else _first_began(head)
    return Layout(
        *(header, records, up / down, labels, _units(rest, signals, second=second), samples, wide),
        _scales(path, rest, signals, labels, second=second),
        began,
        _text(head[8 : 74 if second else 88]).split(" ")[0],
        kind=f"GDF {version:.2f}",
        numbers=number,
    )


def _stored(path: Path, types: Any) -> str:
    found = sorted({int(kind) for kind in types})
    if len(found) > 1 or found[0] not in _NUMBERS:
        raise FormatError(f"{path}: stored kinds of number are {found}; expected one of {sorted(_NUMBERS)} for all")
    return _NUMBERS[found[0]]


def _units(rest: bytes, signals: int, *, second: bool) -> tuple[str, ...]:
    if second:
        return tuple(_UNITS.get(int(code), f"code {code}") for code in _numbers(rest, signals, 102, "<u2"))
    return tuple(_text(field) for field in column(rest, signals, 96, 8))


def _scales(
    path: Path, rest: bytes, signals: int, labels: tuple[str, ...], *, second: bool
) -> tuple[tuple[float, float], ...]:
    stored = "<f8" if second else "<i8"
    columns = [_numbers(rest, signals, at, "<f8").tolist() for at in (104, 112)]
    columns += [_numbers(rest, signals, at, stored).astype(float).tolist() for at in (120, 128)]
    for label, low, high, least, most in zip(labels, *columns, strict=True):
        if not (least < most and low != high) or not all(map(math.isfinite, (low, high, least, most))):
            raise FormatError(
                f"{path}: channel {label!r} maps {least:g}…{most:g} to {low:g}…{high:g}; expected different limits"
            )
    return tuple(scale(*each) for each in zip(*columns, strict=True))


def _first_began(head: bytes) -> datetime.datetime | None:
    """Sixteen digits: year, month, day, hour, minute, second, hundredths."""
    text = _text(head[168:184])
    try:
        return datetime.datetime.strptime(text[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return None


def _second_began(head: bytes) -> datetime.datetime | None:
    """Days since the year 0, in 2^-32 of a day."""
    days = struct.unpack_from("<Q", head, 168)[0] * _DAY
    try:
        return datetime.datetime(1, 1, 1) + datetime.timedelta(days - 367) if days else None
    except OverflowError:
        return None


def _numbers(rest: bytes, signals: int, before: int, kind: str) -> Any:
    return np.frombuffer(rest, kind, signals, before * signals)


def _text(field: bytes) -> str:
    return field.decode("latin-1").split("\0")[0].strip()
