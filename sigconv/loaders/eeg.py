"""EEG: EDF, EDF+, BDF, GDF, BrainVision, FIF and EEGLAB files as lazy recordings in volts."""

import datetime
import logging
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError, MissingExtra, ResourceError
from sigconv.loaders import edf, edf_read, edf_write
from sigconv.loaders.door import Door
from sigconv.loaders.labels import unique
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.signal import Axis, Box, Event

SUFFIXES = (".edf", ".bdf", ".gdf", ".vhdr", ".fif", ".set")
_VOLTAGES = {"eeg", "eog", "ecg", "emg", "bio", "seeg", "ecog", "dbs"}
_MOST_MIXED = 1 << 29  # bytes of an EDF file of several rates, which cannot be read piece by piece

log = logging.getLogger("sigconv")


def known(head: bytes) -> str | None:
    """The suffix of the EEG format that a file's first bytes tell, or None.

    >>> known(b"0       ")
    '.edf'
    """
    starts = {
        b"0       ": ".edf",
        b"\xffBIOSEMI": ".bdf",
        b"GDF ": ".gdf",
        b"Brain Vision": ".vhdr",
        b"BrainVision": ".vhdr",
    }
    return next((suffix for start, suffix in starts.items() if head.startswith(start)), None)


def open(path: Path, suffix: str) -> Recording:
    """The recording in an EEG file; its samples stay on disk until read.

    Channels that are voltages are kept, in volts; notes["kinds"] tells EEG from EOG, ECG and EMG. Names of the 10-05
    system get its spelling ("Fc5." becomes "FC5") and positions. Channels of lower rates are brought to the highest,
    for which such a file is read at once. notes["left_out"] names the other channels (triggers, other units).

    Parameters
    ----------
    path : the file
    suffix : its format, one of SUFFIXES

    Raises
    ------
    FormatError : damaged, cut short, or without a voltage channel
    ResourceError : channels of several rates in more than 512 MiB
    MissingExtra : MNE-Python is not installed
    """
    try:
        import mne
    except ImportError as error:
        raise MissingExtra("mne", "eeg") from error
    layout = edf.check(path) if suffix in (".edf", ".bdf") else None
    if layout is not None and len({layout.samples[i] for i in layout.voltages}) == 1:
        return _native(mne, path, layout)
    if layout is not None:
        needed = len(layout.signals) * max(layout.samples) * layout.records * 8
        if needed > _MOST_MIXED:
            raise ResourceError(
                f"{path}: channels of several rates are resampled whole, which needs {needed} bytes; allowed: "
                f"{_MOST_MIXED}; write its channels of one rate to a file of their own"
            )
    readers: dict[str, Any] = {
        ".edf": mne.io.read_raw_edf,
        ".bdf": mne.io.read_raw_bdf,
        ".gdf": mne.io.read_raw_gdf,
        ".vhdr": mne.io.read_raw_brainvision,
        ".fif": mne.io.read_raw_fif,
        ".set": mne.io.read_raw_eeglab,
    }
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            raw = readers[suffix](path, preload=layout is not None, verbose="error")
    except OSError as error:
        if isinstance(error, (FileNotFoundError, PermissionError)):
            raise FormatError(f"{path}: needs a file beside it that cannot be read: {error}") from error
        raise FormatError(f"{path}: not readable as {suffix}: {error}") from error
    except Exception as error:
        raise FormatError(f"{path}: not readable as {suffix}: {_one_line(error)}") from error
    for warning in told:
        log.info("%s: %s", path.name, _one_line(warning.message))
    return _recording(mne, raw, path, layout)


def _native(mne: Any, path: Path, layout: edf.Layout) -> Recording:
    """An EDF or BDF file of one rate, without MNE-Python's scan of the whole file."""
    kept = layout.voltages
    every = unique([layout.labels[i] for i in layout.signals])
    labels = [name for i, name in zip(layout.signals, every, strict=True) if i in kept]
    events, fraction = edf_read.events(path, layout)
    began = layout.began + datetime.timedelta(seconds=fraction) if layout.began else None
    size = layout.samples[kept[0]]
    notes = _notes(mne, path, labels, [_kind_of(label) for label in labels], began, layout.patient)
    notes["left_out"] = tuple(name for name in every if name not in labels)
    axes = (Axis.channel(list(notes["kinds"])), Axis.time(layout.records * size, size / layout.seconds))
    return Recording(axes, edf_read.Samples(path, layout, kept), "V", events, notes)


def _kind_of(label: str) -> str:
    """EDF has no channel types; a label that begins or ends with EOG, ECG, EKG or EMG tells its own.

    >>> _kind_of("EOG left"), _kind_of("EMG1"), _kind_of("C3")
    ('eog', 'emg', 'eeg')
    """
    found = re.match(r"(EOG|[HV]EOG|ECG|EKG|EMG)|.*(EOG|ECG|EKG|EMG)$", label.strip().upper())
    if found is None:
        return "eeg"
    return {"ECG": "ecg", "EKG": "ecg", "EMG": "emg"}.get(str(found[1] or found[2]), "eog")


def _notes(
    mne: Any, path: Path, labels: Sequence[str], kinds: Sequence[str], began: datetime.datetime | None, code: str
) -> dict[str, Any]:
    names, places = _placed(mne, labels)
    return {
        "domain": "EEG",
        "path": str(path),
        "name": path.stem,
        "subject": subject_of(path, code),
        "start_time": began.replace(tzinfo=datetime.UTC).isoformat() if began else None,
        "positions": places,
        "kinds": dict(zip(names, kinds, strict=True)),
        "file_labels": dict(zip(names, labels, strict=True)),
    }


def _recording(mne: Any, raw: Any, path: Path, layout: edf.Layout | None) -> Recording:
    kinds = [
        _kind_of(name) if kind == "eeg" else kind
        for name, kind in zip(raw.ch_names, raw.get_channel_types(), strict=True)
    ]
    written = [layout.units[i] for i in layout.signals] if layout else ["V"] * len(kinds)
    kept = [i for i, one in enumerate(kinds) if one in _VOLTAGES and written[i] in edf.VOLTS]
    if not kept or raw.n_times == 0:
        found = ", ".join(sorted({f"{one} in {unit or 'no unit'}" for one, unit in zip(kinds, written, strict=True)}))
        raise FormatError(f"{path}: {len(kinds)} channels ({found}), none a voltage in V, mV or uV with samples")

    def reader(box: Box, rows: Sequence[int]) -> Any:
        ((first, last),) = box
        try:
            return raw.get_data(picks=[kept[row] for row in rows], start=first, stop=last, verbose="error")
        except Exception as error:
            raise FormatError(f"{path}: samples {first} to {last} are not readable: {_one_line(error)}") from error

    labels = [raw.ch_names[i] for i in kept]
    person = (raw.info.get("subject_info") or {}).get("his_id") or ""
    notes = _notes(mne, path, labels, [kinds[i] for i in kept], raw.info["meas_date"], str(person))
    notes["left_out"] = tuple(name for name in raw.ch_names if name not in labels)
    time = Axis.time(raw.n_times, float(raw.info["sfreq"]))
    return Recording((Axis.channel(list(notes["kinds"])), time), reader, "V", _events(raw), notes)


def _events(raw: Any) -> tuple[Event, ...]:
    shift = raw.first_time if raw.annotations.orig_time is not None else 0.0
    every = [
        Event(float(onset) - shift, float(duration), str(label))
        for onset, duration, label in zip(
            raw.annotations.onset, raw.annotations.duration, raw.annotations.description, strict=True
        )
    ]
    return tuple(sorted(every, key=lambda event: event.onset))


def _placed(mne: Any, labels: Sequence[str]) -> tuple[list[str], dict[str, tuple[float, float, float]]]:
    """Names in the 10-05 system's spelling where they are of it, and the positions of those."""
    montage = mne.channels.make_standard_montage("colin27_1005")
    spelt = {name.lower(): name for name in montage.ch_names}
    names = [spelt.get(label.strip(". ").lower(), label) for label in labels]
    if len(set(names)) < len(names):
        names = list(labels)
    return names, positions(mne, montage, [name for name in names if name in spelt.values()])


def positions(mne: Any, montage: Any, names: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """(x, y, z) in metres of electrodes of a montage, in MNE's head frame: x to the right ear, y to the nose, z up."""
    if not names:
        return {}
    with mne.use_log_level("error"):
        info = mne.create_info(list(names), 1.0, "eeg")
        info.set_montage(montage)
    places = {}
    for name, channel in zip(names, info["chs"], strict=True):
        x, y, z = (float(v) for v in channel["loc"][:3])
        places[name] = (x, y, z)
    return places


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


DOOR = Door("EEG", SUFFIXES, known, open, {".edf": edf_write.save})
