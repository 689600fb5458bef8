"""EEGLAB: a MATLAB file (.set) with the samples in it, or in a file beside it (.fdt)."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.eeg import matlab
from sigconv.loaders.eeg.electrodes import Place
from sigconv.loaders.eeg.flat import Flat
from sigconv.loaders.eeg.parts import Parts, kind_of
from sigconv.loaders.eeg.renamed import followed
from sigconv.loaders.labels import unique
from sigconv.loaders.recording import Reader, of
from sigconv.signal import Event, Signal

_MICROVOLT = 1e-6
_MOST_CHANNELS = 10_000
_KINDS = ("eeg", "eog", "ecg", "emg", "seeg", "ecog", "dbs", "bio", "misc", "stim", "ref", "resp", "temp", "gsr")


def parts(path: Path) -> Parts:
    """What an EEGLAB data set holds: continuous samples in microvolts, events, channels with their places.

    Raises
    ------
    FormatError : no EEG structure, a field that is missing or wrong, epochs, or samples outside the folder

    Source: EEGLAB's EEG structure (Delorme & Makeig, 2004, J. Neurosci. Methods 134).
    Same as: mne.io.read_raw_eeglab.
    """
    with path.open("rb") as file:
        if file.read(10).startswith((b"MATLAB 7.3", b"\x89HDF\r\n\x1a\n")):
            raise FormatError(f"{path}: is a MATLAB 7.3 (HDF5) file; save it with EEGLAB's option for version 7 or 6")
    found = matlab.variables(path)
    told = found.get("EEG", found)
    if not isinstance(told, Mapping) or "data" not in told:
        raise FormatError(f"{path}: has the variables {', '.join(found)[:200] or 'none'}; expected an EEG structure")
    count, size = _whole(path, told, "nbchan", _MOST_CHANNELS), _whole(path, told, "pnts", 1 << 48)
    fs = _real(told.get("srate"))
    if not fs > 0:
        raise FormatError(f"{path}: srate is {_shown(told.get('srate'))}, expected a number of Hz above 0")
    if (trials := _real(told.get("trials", 1.0))) not in (0.0, 1.0):
        raise FormatError(f"{path}: holds {trials:g} epochs; expected a continuous recording (save it before epoching)")
    warnings: list[str] = []
    reader, holder = _reader(path, told["data"], count, size, fs, warnings)
    locations = _rows(told.get("chanlocs"))
    if locations and len(locations) != count:
        raise FormatError(f"{path}: chanlocs has {len(locations)} channels, expected {count} (nbchan)")
    raw = [_label(row, i) for i, row in enumerate(locations)] or [f"EEG {i:03d}" for i in range(count)]
    labels = unique(raw)
    kinds = [_kind(row, label) for row, label in zip(locations or [{}] * count, raw, strict=True)]
    events, lost = _events(_rows(told.get("event")), fs)
    if lost:
        warnings.append(f"{lost} events have no latency and are left out")
    if cuts := sum(event.label == "boundary" for event in events):
        warnings.append(f"the recording was cut {cuts} times; what follows lies right behind on the time axis")
    subject = told.get("subject")
    return Parts(
        labels,
        kinds,
        size,
        fs,
        reader,
        events,
        code=subject if isinstance(subject, str) else "",
        positions=_positions(dict(zip(labels, locations, strict=False))),
        facts={
            "format": "EEGLAB",
            "data": holder,
            **_fact(told, "setname", "title"),
            **_fact(told, "ref", "reference"),
        },
        warnings=warnings,
    )


def _reader(path: Path, data: Any, count: int, size: int, fs: float, warnings: list[str]) -> tuple[Reader, str]:
    """The reader of the samples, and the name of the file that holds them."""
    scales = (_MICROVOLT,) * count
    if isinstance(data, str):
        if not data.lower().endswith(".fdt"):
            raise FormatError(f"{path}: data is in {data[:80]!r}, expected a .fdt file")
        file = followed(path, data, ".fdt", warnings)
        if file is None:
            raise FormatError(f"{path}: names the file {data[:80]!r} (data), which is not there")
        if (there := file.stat().st_size) != 4 * count * size:
            raise FormatError(
                f"{path}: {file.name} has {there} bytes, expected {4 * count * size} ({count} channels of {size} "
                "samples): cut short, or of another data set"
            )
        return Flat(file, 0, "<f4", count, size, True, scales), file.name
    if not isinstance(data, matlab.Stored | np.ndarray) or math.prod(data.shape) != count * size:
        shape = getattr(data, "shape", type(data).__name__)
        raise FormatError(f"{path}: data is {shape}, expected {count} channels (nbchan) of {size} samples (pnts)")
    if isinstance(data, np.ndarray):
        signal = Signal.from_array(data.reshape(count, size, order="F") * _MICROVOLT, fs)
        return of(signal).reader, path.name
    if data.packed:
        return matlab.Packed(path, data, count, size, _MICROVOLT), path.name
    return Flat(path, data.at, data.kind, count, size, True, scales), path.name


def _real(value: Any) -> float:
    """A MATLAB number; NaN for what is none."""
    if isinstance(value, np.ndarray) and value.size == 1:
        return float(value.reshape(-1)[0])
    return float(value) if isinstance(value, float) else math.nan


def _whole(path: Path, told: Mapping[str, Any], name: str, most: int) -> int:
    value = _real(told.get(name))
    if not (1 <= value <= most and value == int(value)):
        raise FormatError(f"{path}: {name} is {_shown(told.get(name))}, expected a whole number from 1 to {most}")
    return int(value)


def _shown(value: Any) -> str:
    number = _real(value)
    return f"{number:g}" if not math.isnan(number) else repr(value)[:40]


def _rows(value: Any) -> list[Mapping[str, Any]]:
    """An array of structs, however many there are."""
    rows = [value] if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def _label(row: Mapping[str, Any], number: int) -> str:
    label = row.get("labels")
    return label.strip() if isinstance(label, str) and label.strip() else f"EEG {number:03d}"


def _kind(row: Mapping[str, Any], label: str) -> str:
    kind = row.get("type")
    told = kind.strip().lower() if isinstance(kind, str) else ""
    return told if told in _KINDS and told != "eeg" else kind_of(label)


def _events(rows: Sequence[Mapping[str, Any]], fs: float) -> tuple[list[Event], int]:
    """Events at latency - 1 samples, and how many have none."""
    found = []
    for row in rows:
        at, length, kind = _real(row.get("latency")), _real(row.get("duration")), row.get("type")
        if not math.isfinite(at):
            continue
        label = kind if isinstance(kind, str) else f"{_real(kind):g}"
        found.append(Event((at - 1) / fs, max(0.0, length) / fs if math.isfinite(length) else 0.0, label))
    return found, len(rows) - len(found)


def _positions(locations: Mapping[str, Mapping[str, Any]]) -> dict[str, Place]:
    """(x, y, z) m; EEGLAB's x is to the nose, its y to the left ear, in a unit that the size of a head tells."""
    places = {}
    for label, row in locations.items():
        x, y, z = (_real(row.get(axis)) for axis in "XYZ")
        if all(map(math.isfinite, (x, y, z))):
            places[label] = (-y, x, z)
    sizes = [math.hypot(*place) for place in places.values()]
    mean = sum(sizes) / len(sizes) if sizes else 0.0
    scale = 1.0 if mean < 0.25 else 0.1 if mean < 2.5 else 0.01 if mean < 25 else 0.001
    return {label: (x * scale, y * scale, z * scale) for label, (x, y, z) in places.items()}


def _fact(told: Mapping[str, Any], name: str, word: str) -> dict[str, str]:
    value = told.get(name)
    return {word: value[:200]} if isinstance(value, str) and value else {}
