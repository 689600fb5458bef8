"""C3D: markers in metres, their residuals, analog channels as lazy recordings of their own."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sigconv import units
from sigconv.errors import FormatError, SamplingError
from sigconv.loaders.labels import unique
from sigconv.loaders.mocap.c3d_header import Checked, check
from sigconv.loaders.mocap.c3d_read import Analog, Points, States
from sigconv.loaders.mocap.markers import axes, metres
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.signal import Axis, Event

_MOST_EVENTS = 10_000


def known(head: bytes) -> bool:
    """Whether a file's first bytes are a C3D header with its parameters.

    >>> known(bytes([2, 0x50]) + bytes(513) + bytes([84]))
    True
    """
    if len(head) < 2 or head[1] != 0x50 or head[0] < 2:
        return False
    return head[(head[0] - 1) * 512 + 3 :][:1] in (b"\x54", b"\x55", b"\x56")


def open(path: Path) -> Recording:
    """The markers of a C3D file: three channels each ("LASI.x", "LASI.y", "LASI.z"), metres, NaN where not seen.

    Samples stay on disk until read. Integer and real files of Intel, DEC and MIPS processors. Events are those of the
    header and of the EVENT group, on a time axis that begins at 0 with the first frame. notes: "markers", "analog" (a
    Recording at their own rate, where there are analog channels), "up" ("x", "y" or "z": the axis that the file draws
    upright), "first_frame", "descriptions", "force_plates".

    Raises
    ------
    FormatError : damaged, cut short, or without a marker
    """
    checked = check(path)
    layout = checked.layout
    if layout.points == 0:
        raise FormatError(f"{path}: has 0 points; its {layout.channels} analog channels are read by c3d.analog(path)")
    warnings = list(checked.warnings)
    names, unit = _markers(checked), _unit(checked, warnings)
    notes = _notes(path, checked, names, unit)
    if layout.channels:
        analog_recording = _analog(path, checked, warnings)
        notes["analog"] = analog_recording
        notes["facts"]["analog"] = f"{layout.channels} channels @ {analog_recording.fs:g} Hz"
    notes["warnings"] = tuple(warnings)
    shape = axes(names, layout.frames, layout.rate)
    return Recording(shape, Points(path, layout, metres(path, unit)), "m", _events(checked), notes)


def residuals(path: Path) -> Recording:
    """How far the rays of the cameras miss each marker: (marker, time) in metres, 0 where it was filled in by hand.

    NaN where the marker was not seen.
    """
    return _states(path, masks=False)


def cameras(path: Path) -> Recording:
    """Which cameras saw each marker: (marker, time) uint8, a bit for each of the first seven, 0 where not told."""
    return _states(path, masks=True)


def analog(path: Path) -> Recording:
    """The analog channels (force plates, EMG …) at their own rate: (channel, time).

    Its unit is the channels' own if all have the same and sigconv knows it, else none; notes["units"] has each one's.

    Raises
    ------
    FormatError : damaged, cut short, or without analog channels
    """
    checked = check(path)
    if checked.layout.channels == 0:
        raise FormatError(f"{path}: has no analog channels")
    warnings = list(checked.warnings)
    recording = _analog(path, checked, warnings)
    return replace(recording, notes={**recording.notes, "warnings": tuple(warnings)})


def _states(path: Path, masks: bool) -> Recording:
    checked = check(path)
    if checked.layout.points == 0:
        raise FormatError(f"{path}: has 0 points")
    warnings = list(checked.warnings)
    names, unit = _markers(checked), _unit(checked, warnings)
    time = Axis.time(checked.layout.frames, checked.layout.rate)
    notes = {**_notes(path, checked, names, unit), "warnings": tuple(warnings)}
    reader = States(path, checked.layout, metres(path, unit), masks)
    return Recording((Axis.channel(names), time), reader, "" if masks else "m", _events(checked), notes)


def _notes(path: Path, checked: Checked, names: Sequence[str], unit: str) -> dict[str, Any]:
    layout, parameters = checked.layout, checked.parameters
    told = [*parameters.texts("SUBJECTS", "NAMES"), *parameters.texts("SUBJECT", "NAME")]
    plates = _force_plates(checked)
    maker = [text for name in ("COMPANY", "SOFTWARE") for text in parameters.texts("MANUFACTURER", name)]
    notes: dict[str, Any] = {
        "domain": "motion capture",
        "path": str(path),
        "name": path.stem,
        "subject": subject_of(path, told[0] if len(told) == 1 else ""),
        "markers": tuple(names),
        "first_frame": layout.first,
        "facts": {
            "format": f"C3D, {layout.processor}, {'real' if layout.real else 'integer'}",
            "markers": f"{len(names)}, in the file in {unit}",
            "software": ", ".join(maker),
        },
    }
    up = next(iter(parameters.texts("POINT", "Y_SCREEN")), "")
    if len(up) == 2 and up[0] in "+-" and up[1] in "XYZ":
        notes["up"] = up[1].lower()  # the sign is wrong in real files
    told = parameters.texts("POINT", "DESCRIPTIONS")
    if about := {name: text for name, text in zip(names, told, strict=False) if text}:
        notes["descriptions"] = about
    if plates:
        notes["force_plates"] = plates
        notes["facts"]["force plates"] = f"{len(plates)} (types {', '.join(str(one['type']) for one in plates)})"
    return notes


def _markers(checked: Checked) -> list[str]:
    return _named(checked.parameters.texts("POINT", "LABELS"), checked.layout.points, "marker")


def _named(labels: Sequence[str], count: int, what: str) -> list[str]:
    """As many names as there are channels; where the file has none, their number."""
    names = [*labels[:count], *[""] * (count - len(labels))]
    return unique([name or f"{what}{i + 1}" for i, name in enumerate(names)])


def _unit(checked: Checked, warnings: list[str]) -> str:
    told = next(iter(checked.parameters.texts("POINT", "UNITS")), "")
    if not told:
        warnings.append("the file does not tell its unit of length: millimetres are assumed")
    return told or "mm"


def _analog(path: Path, checked: Checked, warnings: list[str]) -> Recording:
    layout, parameters = checked.layout, checked.parameters
    rate = layout.rate * layout.per_frame
    if (told := parameters.number("ANALOG", "RATE")) and not math.isclose(told, rate, rel_tol=1e-4):
        warnings.append(
            f"ANALOG:RATE is {told:g} Hz; {layout.per_frame} samples a frame are {rate:g} Hz, which is taken"
        )
    names = _named(parameters.texts("ANALOG", "LABELS"), layout.channels, "channel")
    unsigned = parameters.texts("ANALOG", "FORMAT")[:1] == ["UNSIGNED"]
    gains = _one_each(parameters.numbers("ANALOG", "SCALE"), layout.channels, 1.0, "ANALOG:SCALE", warnings)
    offsets = parameters.numbers("ANALOG", "OFFSET", signed=not unsigned)
    offsets = _one_each(offsets, layout.channels, 0.0, "ANALOG:OFFSET", warnings)
    every = parameters.number("ANALOG", "GEN_SCALE")
    gains = [gain * (1.0 if every is None else every) for gain in gains]
    each = [*parameters.texts("ANALOG", "UNITS"), *[""] * layout.channels][: layout.channels]
    reader = Analog(path, layout, tuple(gains), tuple(offsets), unsigned)
    notes = {
        "domain": "motion capture",
        "path": str(path),
        "name": path.stem,
        "units": dict(zip(names, each, strict=True)),
        "facts": {"format": f"C3D, {layout.processor}, {'real' if layout.real else 'integer'}"},
    }
    time = Axis.time(layout.frames * layout.per_frame, rate)
    return Recording((Axis.channel(names), time), reader, _shared(each), _events(checked), notes)


def _one_each(values: list[float], count: int, else_: float, what: str, warnings: list[str]) -> list[float]:
    if len(values) < count:
        warnings.append(f"{what} has {len(values)} values for {count} channels: {else_:g} is taken for the others")
    return [*values[:count], *[else_] * (count - len(values))]


def _shared(each: Sequence[str]) -> str:
    """The unit of all channels if they have the same and sigconv knows it, else none."""
    if len(set(each)) != 1:
        return ""
    try:
        units.kind(each[0])
    except SamplingError:
        return ""
    return each[0]


def _events(checked: Checked) -> tuple[Event, ...]:
    """Events of header and EVENT group; those of the group count from the trial's first frame, which may be cut off."""
    layout, parameters = checked.layout, checked.parameters
    times = parameters.numbers("EVENT", "TIMES")
    count = min(int(min(parameters.number("EVENT", "USED") or 0, _MOST_EVENTS)), len(times) // 2)
    labels = parameters.texts("EVENT", "LABELS")[:count]
    contexts = [*parameters.texts("EVENT", "CONTEXTS"), *[""] * count]
    began = (max(layout.first, 1) - 1) / layout.rate
    found = [
        Event(60 * times[2 * i] + times[2 * i + 1] - began, 0.0, f"{contexts[i]} {label}".strip())
        for i, label in enumerate(labels)
        if math.isfinite(times[2 * i] + times[2 * i + 1])
    ]
    near = 0.5 / layout.rate
    more = [event for event in checked.events if all(abs(event.onset - other.onset) > near for other in found)]
    return tuple(sorted([*found, *more], key=lambda event: event.onset))


def _force_plates(checked: Checked) -> tuple[dict[str, Any], ...]:
    """What the file tells of its force plates: type, analog channels, corners (four x, y, z in the file's unit)."""
    parameters = checked.parameters
    count = int(min(parameters.number("FORCE_PLATFORM", "USED") or 0, 64))
    kinds = parameters.numbers("FORCE_PLATFORM", "TYPE")[:count]
    corners = parameters.numbers("FORCE_PLATFORM", "CORNERS")
    channels = parameters.numbers("FORCE_PLATFORM", "CHANNEL")
    each = len(channels) // count if count else 0
    return tuple(
        {
            "type": int(kind) if math.isfinite(kind) else 0,
            "channels": tuple(int(c) for c in channels[i * each : (i + 1) * each] if math.isfinite(c)),
            "corners": tuple(tuple(corners[j : j + 3]) for j in range(12 * i, 12 * i + 12, 3) if j + 3 <= len(corners)),
        }
        for i, kind in enumerate(kinds)
    )
