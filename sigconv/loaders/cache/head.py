"""What a cache entry keeps of a recording besides its samples, as JSON."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.signal import Axis, Event, Source

_PLAIN = (str, int, float, bool, type(None))


def described(
    signal: Source | Any, before: Mapping[str, Any], same: Callable[[object, object], bool]
) -> dict[str, Any]:
    """Axes, unit, events and those notes that are not as `before`.

    Raises
    ------
    ArgumentError : a new note that is no number, text, array, or list, tuple or dict of them
    """
    notes = signal.notes
    changed = {
        name: _told(name, value) for name, value in notes.items() if name not in before or not same(value, before[name])
    }
    return {
        "axes": [asdict(axis) for axis in signal.axes],
        "unit": signal.unit,
        "events": [asdict(event) for event in signal.events],
        "notes": changed,
        "dropped": [name for name in before if name not in notes],
    }


def restored(facts: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Recording: axes, unit, events, notes."""
    kept = {name: value for name, value in before.items() if name not in facts["dropped"]}
    return {
        "axes": tuple(Axis(**axis) for axis in facts["axes"]),
        "unit": facts["unit"],
        "events": tuple(Event(**event) for event in facts["events"]),
        "notes": kept | {name: _back(value) for name, value in facts["notes"].items()},
    }


def _told(name: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list):
        return [_told(name, one) for one in value]
    if isinstance(value, tuple):
        return {"tuple": [_told(name, one) for one in value]}
    if isinstance(value, Mapping):
        return {"dict": [[_told(name, key), _told(name, one)] for key, one in value.items()]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        content = base64.b64encode(np.ascontiguousarray(value).data.cast("B") if value.size else b"").decode()
        return {"array": [value.dtype.str, list(value.shape), content]}
    way = "; give cached(filters.Spectrogram(recording, transform)) instead" if name == "spectrogram" else ""
    raise ArgumentError(
        f"the transform's note {name!r} holds a {type(value).__name__}; a cached recording keeps numbers, texts, "
        f"arrays, and lists, tuples and dicts of them{way}"
    )


def _back(value: Any) -> Any:
    if isinstance(value, list):
        return [_back(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(_back(one) for one in value["tuple"])
    if "dict" in value:
        return {_back(key): _back(one) for key, one in value["dict"]}
    kind, shape, content = value["array"]
    return np.frombuffer(base64.b64decode(content), np.dtype(kind)).reshape(shape).copy()
