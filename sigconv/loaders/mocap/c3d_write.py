"""C3D on disk: markers written whole or not at all."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.files import write_whole
from sigconv.loaders.mocap.c3d_header import BLOCK
from sigconv.loaders.mocap.markers import markers, pieces
from sigconv.loaders.recording import of
from sigconv.signal import Event, Signal, Source

_MOST = 255  # entries that one axis of a parameter holds
_LONGEST = 120  # bytes of a name
_MOST_EVENTS = 255

Parameter = tuple[str, int, tuple[int, ...], bytes]  # name, type, sizes, bytes


def save(signal: Signal | Source, path: Path) -> None:
    """Write markers as C3D (Intel, real, millimetres in single precision), whole or not at all.

    Names, rate, first frame and events are kept; a missing marker is (0, 0, 0) with residual -1, as the format has it.
    Analog channels and residuals are left out.

    Parameters
    ----------
    signal : (channel, time) Signal or Source in a unit of length; channels "name.x", "name.y", "name.z" of each marker
    path : a file that is there is replaced

    Raises
    ------
    ShapeError : the channels are not whole markers
    ArgumentError : a name of more than 120 bytes, more than 65535 markers, or more than 255 events
    SamplingError : another unit, no frame, an uneven time axis, or a number that is infinite
    OSError : the folder cannot be written or is full; nothing is left then

    Source: c3d.org, The C3D File Format (2008).
    """
    source = of(signal) if isinstance(signal, Signal) else signal
    names, time = markers(source.axes[0].labels), source.axes[-1]
    if len(names) > 0xFFFF or len(source.events) > _MOST_EVENTS:
        raise ArgumentError(f"{len(names)} markers and {len(source.events)} events; C3D holds 65535 and {_MOST_EVENTS}")
    origin = max(int(source.notes.get("first_frame", 1)), 1)
    first = origin + round(time.start * time.rate)
    last = first + max(time.size, 1) - 1
    if not 0 < first <= last < 1 << 32:
        raise ArgumentError(f"frames {first} to {last}; C3D counts from 1 to {(1 << 32) - 1}")
    start = 3
    while len(section := _section(source, names, first, last, start)) > (start - 2) * BLOCK:
        start = 2 + -(-len(section) // BLOCK)
    head = struct.pack(
        "<BBHHHHHfHHf", 2, 0x50, len(names), 0, min(first, 0xFFFF), min(last, 0xFFFF), 0, -1.0, start, 0, time.rate
    )

    def content(file: Any) -> None:
        file.write(head.ljust(BLOCK, b"\0") + section.ljust((start - 2) * BLOCK, b"\0"))
        for places in pieces(source, "mm"):
            stored = np.zeros((places.shape[2], len(names), 4), "<f4")
            gone = np.isnan(places[:, 0])
            stored[..., :3] = np.where(gone[:, None], 0, places).transpose(2, 0, 1)
            stored[..., 3] = -1.0 * gone.T
            file.write(stored.tobytes())

    write_whole(path, content)


def _section(source: Source, names: Sequence[str], first: int, last: int, start: int) -> bytes:
    """The parameter section for data that begin at block `start`."""
    time = source.axes[-1]
    point = [
        _whole("USED", len(names)),
        _real("SCALE", [-1.0]),
        _real("RATE", [time.rate]),
        _whole("DATA_START", start),
        _whole("FRAMES", min(time.size, 0xFFFF)),
        _texts("UNITS", ["mm"]),
    ]
    for i in range(0, len(names), _MOST):
        number = "" if i == 0 else str(i // _MOST + 1)
        point += [_texts(f"LABELS{number}", names[i : i + _MOST])]
        point += [_texts(f"DESCRIPTIONS{number}", [" "] * len(names[i : i + _MOST]))]
    if up := source.notes.get("up"):
        point += [_texts("X_SCREEN", ["+Y" if up == "x" else "+X"]), _texts("Y_SCREEN", [f"+{str(up).upper()}"])]
    trial = [_halves("ACTUAL_START_FIELD", first), _halves("ACTUAL_END_FIELD", last)]
    groups = {
        "POINT": point,
        "ANALOG": [_whole("USED", 0), *_no_analog()],
        "FORCE_PLATFORM": [_whole("USED", 0)],
        "TRIAL": trial,
    }
    if source.events:
        groups["EVENT"] = _events(source.events, time.start - (first - 1) / time.rate)
    body = b"".join(
        _entry(-number, name, b"") + b"".join(_entry(number, p[0], _body(p)) for p in parameters)
        for number, (name, parameters) in enumerate(groups.items(), start=1)
    )
    return bytes([1, 0x50, min(start - 2, 255), 84]) + body + b"\0\0"


def _events(events: Sequence[Event], origin: float) -> list[Parameter]:
    times = [part for event in events for part in divmod(event.onset - origin, 60.0)]
    return [
        _whole("USED", len(events)),
        _texts("LABELS", [event.label for event in events]),
        _texts("CONTEXTS", [" "] * len(events)),
        ("TIMES", 4, (2, len(events)), np.asarray(times, "<f4").tobytes()),
    ]


def _no_analog() -> list[Parameter]:
    return [_real("GEN_SCALE", [1.0]), _real("RATE", [0.0])]


def _entry(number: int, name: str, body: bytes) -> bytes:
    """A group (number below 0) or parameter: name, the step to the next, the body, an empty description."""
    return struct.pack("<bb", len(name), number) + name.encode() + struct.pack("<H", len(body) + 3) + body + b"\0"


def _body(parameter: Parameter) -> bytes:
    _, kind, sizes, data = parameter
    return struct.pack("<bB", kind, len(sizes)) + bytes(sizes) + data


def _whole(name: str, value: int) -> Parameter:
    return name, 2, (), struct.pack("<H", value)


def _halves(name: str, value: int) -> Parameter:
    return name, 2, (2,), struct.pack("<I", value)


def _real(name: str, values: Sequence[float]) -> Parameter:
    return name, 4, () if len(values) == 1 else (len(values),), np.asarray(values, "<f4").tobytes()


def _texts(name: str, values: Sequence[str]) -> Parameter:
    raw = [value.encode() for value in values]
    width = max(map(len, raw))
    if width > _LONGEST:
        longest = max(values, key=len)
        raise ArgumentError(f"the name {longest[:40]!r}… has {width} bytes; C3D holds {_LONGEST}")
    sizes = (width,) if len(raw) == 1 and name == "UNITS" else (width, len(raw))
    return name, -1, sizes, b"".join(one.ljust(width) for one in raw)
