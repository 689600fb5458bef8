"""BIDS: what lies around one recording of a data set that follows the Brain Imaging Data Structure."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.bids_names import ENTITY, entities
from sigconv.loaders.limits import within_limit
from sigconv.signal import Event

_KINDS = {
    "EEG": "eeg",
    "REF": "eeg",
    "EOG": "eog",
    "HEOG": "eog",
    "VEOG": "eog",
    "ECG": "ecg",
    "EMG": "emg",
    "SEEG": "seeg",
    "ECOG": "ecog",
    "DBS": "dbs",
    "TRIG": "stim",
}
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
# to x right, y nose, z up; the other systems of BIDS lie in scanners or atlases
_TURNS = {"CapTrak": (0, 1, 2, 1.0), "CTF": (1, 0, 2, -1.0), "EEGLAB": (1, 0, 2, -1.0)}
_NOTHING = ("", "n/a", "N/A")
_SHOWN = ("TaskName", "EEGReference", "PowerLineFrequency", "Manufacturer", "InstitutionName")


@dataclass(frozen=True)
class Sidecars:
    """What the files around a recording tell; everything is empty where it is in no BIDS data set.

    Parameters
    ----------
    entities : "sub" -> "01", "task" -> "rest" …
    kinds : channel -> "eeg", "eog" …;  bad : channels whose status is bad
    positions : electrode -> (x, y, z) m, x to the right ear, y to the nose, z up
    events : in place of the file's own, or None
    participant : the subject's row of participants.tsv
    facts : what the JSON file says of the recording;  warnings : sentences
    """

    entities: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    bad: frozenset[str] = frozenset()
    positions: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    events: tuple[Event, ...] | None = None
    participant: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def sidecars(path: Path) -> Sidecars:
    """What lies around `sub-…_eeg.*` (or `_ieeg.*`): channels, electrodes, events, participant, settings.

    A file that names fewer entities applies too, in the recording's folder or above it, up to the data set's; of
    several the nearest is taken.

    Raises
    ------
    FormatError : a table or JSON file that cannot be read; the message names it

    Source: BIDS specification 1.10, "EEG", "Common principles: the inheritance principle".
    """
    told, suffix = entities(path)
    if suffix not in ("eeg", "ieeg"):
        return Sidecars()
    folders = _folders(path, told["sub"])
    kinds, bad = _channels(_nearest(folders, told, "channels.tsv"))
    places, warnings = _electrodes(folders, told)
    return Sidecars(
        told,
        kinds,
        bad,
        places,
        _events(_nearest(folders, told, "events.tsv")),
        _participant(folders[-1] / "participants.tsv", told["sub"]),
        _facts(_nearest(folders, told, f"{suffix}.json")),
        warnings,
    )


def _folders(path: Path, subject: str) -> list[Path]:
    """The recording's folder, and those above it up to the one that holds `sub-…`."""
    here = path.absolute().parent
    above = [here, *here.parents]
    for number, folder in enumerate(above[:-1]):
        if folder.name == f"sub-{subject}":
            return above[: number + 2]
    return [here]


def _nearest(folders: list[Path], told: Mapping[str, str], ending: str) -> Path | None:
    for folder in folders:
        fitting = []
        for candidate in sorted(folder.glob(f"*{ending}")):
            *parts, last = candidate.name.split("_")
            named = {found[1]: found[2] for part in parts if (found := ENTITY.fullmatch(part))}
            named.pop("space", None)
            if last == ending and len(named) >= len(parts) - 1 and named.items() <= told.items():
                fitting.append((len(named), candidate))
        if fitting:
            return max(fitting)[1]
    return None


def _text(path: Path) -> str:
    within_limit(path, path.stat().st_size, "this table")
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: byte {error.start} is no UTF-8, as BIDS tables must be") from error


def table(path: Path, needed: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The rows of a BIDS table (.tsv) by column.

    Raises
    ------
    FormatError : a needed column is missing, or a row has more or fewer fields than the head
    """
    rows = csv.reader(io.StringIO(_text(path), newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        head = next(rows, [])
        if missing := [name for name in needed if name not in head]:
            raise FormatError(f"{path}: has no column {', '.join(missing)}; found: {', '.join(head)[:200]}")
        found = []
        for number, row in enumerate(rows, start=2):
            if row and len(row) != len(head):
                raise FormatError(f"{path}: line {number} has {len(row)} fields, expected {len(head)}")
            if row:
                found.append(dict(zip(head, row, strict=True)))
    except csv.Error as error:
        raise FormatError(f"{path}: line {rows.line_num} is not readable: {error}") from error
    return found


def _number(path: Path, row: Mapping[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FormatError(f"{path}: {name} is {row[name]!r}, expected a number")
    return value


def _channels(path: Path | None) -> tuple[dict[str, str], frozenset[str]]:
    if path is None:
        return {}, frozenset()
    rows = table(path, ("name", "type"))
    kinds = {row["name"]: _KINDS.get(row["type"].upper(), row["type"].lower()) for row in rows}
    return kinds, frozenset(row["name"] for row in rows if row.get("status") == "bad")


def _events(path: Path | None) -> tuple[Event, ...] | None:
    if path is None:
        return None
    found = []
    for row in table(path, ("onset", "duration")):
        duration = 0.0 if row["duration"] in _NOTHING else _number(path, row, "duration")
        label = next((row[name] for name in ("trial_type", "value") if row.get(name, "") not in _NOTHING), "n/a")
        found.append(Event(_number(path, row, "onset"), max(0.0, duration), label))
    return tuple(sorted(found, key=lambda event: event.onset))


def _electrodes(
    folders: list[Path], told: Mapping[str, str]
) -> tuple[dict[str, tuple[float, float, float]], tuple[str, ...]]:
    path = _nearest(folders, told, "electrodes.tsv")
    if path is None:
        return {}, ()
    system = _json(_nearest(folders, told, "coordsystem.json"))
    name = next((str(v) for k, v in system.items() if k.endswith("EEGCoordinateSystem")), "not told")
    unit = next((str(v) for k, v in system.items() if k.endswith("EEGCoordinateUnits")), "not told")
    if name not in _TURNS or unit not in _METRES:
        return {}, (f"positions in {path.name} are not used: their system is {name}, their unit {unit}",)
    first, second, third, sign = _TURNS[name]
    places = {}
    for row in table(path, ("name", "x", "y", "z")):
        if not any(row[axis] in _NOTHING for axis in "xyz"):
            at = [_number(path, row, axis) * _METRES[unit] for axis in "xyz"]
            places[row["name"]] = (sign * at[first], at[second], at[third])
    return places, ()


def _participant(path: Path, subject: str) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = [row for row in table(path, ("participant_id",)) if row["participant_id"] == f"sub-{subject}"]
    return {name: value for name, value in rows[0].items() if value not in _NOTHING} if rows else {}


def _json(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        told = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise FormatError(f"{path}: is a {type(told).__name__}, expected names with values")
    return told


def _facts(path: Path | None) -> dict[str, str]:
    told = _json(path)
    return {name: str(told[name])[:200] for name in _SHOWN if name in told}
