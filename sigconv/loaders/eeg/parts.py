"""What every EEG format tells, made into a recording the same way."""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.eeg.electrodes import Place, placed
from sigconv.loaders.eeg.sidecars import sidecars
from sigconv.loaders.recording import Reader, Recording
from sigconv.loaders.subject import subject_of
from sigconv.signal import Axis, Event

VOLTAGES = ("eeg", "eog", "ecg", "emg", "bio", "seeg", "ecog", "dbs")
# the units that are turned into volts; a field left empty is taken for volts, as MNE-Python does
VOLTS = {
    "V": 1.0,
    "mV": 1e-3,
    "uV": 1e-6,
    "\u00b5V": 1e-6,
    "\u03bcV": 1e-6,
    "\x83\xcaV": 1e-6,
    "": 1.0,
    "nV": 1e-9,
}
_KINDS = {"EKG": "ecg", "ECOG": "ecog", "SEEG": "seeg", "DBS": "dbs", "ECG": "ecg", "EMG": "emg"}
_TOLD = re.compile(r"(EOG|[HV]EOG|ECG|EKG|EMG|(?:ECOG|SEEG|DBS)(?= ))|.*(EOG|ECG|EKG|EMG)$")


@dataclass(frozen=True)
class Parts:
    """What a format's reader finds out.

    Parameters
    ----------
    labels, kinds : of the channels in the reader's order; those of a kind that is none of VOLTAGES are left out
    size, fs : samples, Hz
    reader : (box, rows) -> (row, sample) volts
    events : in any order
    began : start of the recording, or None;  code : the header's patient code
    positions : (x, y, z) m in MNE-Python's head frame that the file itself has, by label
    left_out : label -> why, of those channels and of others that the reader does not know
    facts : what `sigconv info` shows;  warnings : sentences
    domain : "EEG", or "biosignal" where most records are of the heart
    """

    labels: Sequence[str]
    kinds: Sequence[str]
    size: int
    fs: float
    reader: Reader
    events: Sequence[Event] = ()
    began: datetime.datetime | None = None
    code: str = ""
    positions: Mapping[str, Place] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    domain: str = "EEG"


def recording(path: Path, parts: Parts) -> Recording:
    """The recording, with what lies beside it where the file is part of a BIDS data set.

    Channel types, positions and events of BIDS go before those of the file; channels that it calls no voltage are left
    out.

    Raises
    ------
    FormatError : no voltage channel with samples, or a damaged file of BIDS
    """
    around = sidecars(path)
    kinds = [
        around.kinds.get(label, kind) if kind in VOLTAGES else kind
        for label, kind in zip(parts.labels, parts.kinds, strict=True)
    ]
    kept = [row for row, kind in enumerate(kinds) if kind in VOLTAGES]
    left_out = {label: kind for label, kind in zip(parts.labels, kinds, strict=True) if kind not in VOLTAGES}
    left_out |= parts.left_out
    if not kept or parts.size < 1:
        found = _list(sorted({f"{label} ({why})" for label, why in left_out.items()})) or "no sample"
        raise FormatError(f"{path}: no channel with samples is a voltage in V, mV, uV or nV; found: {found}")
    labels = [parts.labels[row] for row in kept]
    names, places = list(labels), dict[str, Place]()
    if any(kinds[row] == "eeg" for row in kept):  # a record of the heart needs no MNE-Python
        names, places = placed(labels, around.positions or parts.positions)
    events = parts.events if around.events is None else around.events
    warnings = [*parts.warnings, *around.warnings]
    if left_out:
        named = _list([f"{name} ({why})" for name, why in left_out.items()])
        warnings.append(f"{len(left_out)} {'channel' if len(left_out) == 1 else 'channels'} left out: {named}")
    if outside := [e for e in events if not 0 <= e.onset < parts.size / parts.fs]:
        warnings.append(f"{len(outside)} events lie outside the recording, the first at {outside[0].onset:g} s")
    notes: dict[str, Any] = {
        "domain": parts.domain,
        "path": str(path),
        "name": path.stem,
        "subject": subject_of(path, parts.code),
        "start_time": parts.began.replace(tzinfo=datetime.UTC).isoformat() if parts.began else None,
        "positions": places,
        "kinds": dict(zip(names, (kinds[row] for row in kept), strict=True)),
        "file_labels": dict(zip(names, labels, strict=True)),
        "left_out": tuple(left_out),
        "bad_channels": tuple(n for n, label in zip(names, labels, strict=True) if label in around.bad),
        "participant": dict(around.participant),
        "facts": {**parts.facts, **_counted([kinds[row] for row in kept]), **around.facts},
        "warnings": tuple(warnings),
    }
    axes = (Axis.channel(names), Axis.time(parts.size, parts.fs))
    ordered = tuple(sorted(events, key=lambda event: event.onset))
    return Recording(axes, parts.reader, "V", ordered, notes, tuple(kept))


def _counted(kinds: Sequence[str]) -> dict[str, str]:
    return {"channels": ", ".join(f"{n} {kind}" for kind, n in Counter(kinds).items())}


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def stored(kind: str) -> str:
    """What NumPy's name of a stored kind of number means.

    >>> stored("<i3"), stored("<f4")
    ('24-bit whole numbers', '32-bit floating-point numbers')
    """
    return f"{8 * int(kind[2:])}-bit " + ("floating-point numbers" if kind[1] == "f" else "whole numbers")


def kind_of(label: str) -> str:
    """Where a format has no channel types, a label that begins or ends with EOG, ECG, EKG or EMG tells its own.

    >>> kind_of("EOG left"), kind_of("EMG1"), kind_of("C3"), kind_of("ECoG 12")
    ('eog', 'emg', 'eeg', 'ecog')
    """
    found = _TOLD.match(label.strip().upper())
    if found is None:
        return "eeg"
    return _KINDS.get(str(found[1] or found[2]), "eog")
