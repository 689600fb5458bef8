"""EEG: EDF, EDF+, BDF, GDF, BrainVision, FIF and EEGLAB files as lazy recordings in volts."""

import datetime
import logging
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError, MissingExtra, ResourceError
from sigconv.loaders import edf, edf_read
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Event

SUFFIXES = (".edf", ".bdf", ".gdf", ".vhdr", ".fif", ".set")
_VOLTAGES = {"eeg", "eog", "ecg", "emg", "bio", "seeg", "ecog", "dbs"}
_MOST_MIXED = 1 << 29  # bytes of an EDF file of several rates, which cannot be read piece by piece

log = logging.getLogger("sigconv")


def kind(path: Path) -> str | None:
    """The suffix of the EEG format that the first bytes (then the name) tell, or None.

    >>> kind(Path("notes.txt")) is None
    True
    """
    starts = {
        b"0       ": ".edf",
        b"\xffBIOSEMI": ".bdf",
        b"GDF ": ".gdf",
        b"Brain Vision": ".vhdr",
        b"BrainVision": ".vhdr",
    }
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(16)
        for start, suffix in starts.items():
            if head.startswith(start):
                return suffix
    return path.suffix.lower() if path.suffix.lower() in SUFFIXES else None


def open(path: Path, suffix: str) -> Recording:
    """The recording in an EEG file; its samples stay on disk until read.

    Channels that are voltages are kept, in volts; notes["kinds"] tells EEG from EOG, ECG and EMG. Names of the 10-05
    system get its spelling ("Fc5." becomes "FC5") and positions. Channels of lower rates are brought to the highest,
    for which such a file is read at once. notes["left_out"] names the other channels (triggers, other units).

    Parameters
    ----------
    path : the file
    suffix : its format, from `kind`

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
    if layout is not None and path.stat().st_size > _MOST_MIXED:
        raise ResourceError(
            f"{path}: channels of several rates are resampled whole, and {path.stat().st_size} bytes are more than the "
            f"{_MOST_MIXED} allowed for that; write its channels of one rate to a file of their own"
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
    unique = _unique([layout.labels[i] for i in layout.signals])
    labels = [name for i, name in zip(layout.signals, unique, strict=True) if i in kept]
    events, fraction = edf_read.events(path, layout)
    began = layout.began + datetime.timedelta(seconds=fraction) if layout.began else None
    size = layout.samples[kept[0]]
    notes = _notes(mne, path, labels, ["eeg"] * len(labels), began)
    notes["left_out"] = tuple(name for name in unique if name not in labels)
    axes = (Axis.channel(list(notes["kinds"])), Axis.time(layout.records * size, size / layout.seconds))
    return Recording(axes, edf_read.Samples(path, layout, kept), "V", events, notes)


def _unique(labels: Sequence[str]) -> list[str]:
    """Labels that occur twice get "-0", "-1", … behind them, as MNE-Python does."""
    seen: Counter[str] = Counter()
    names = []
    for label in labels:
        names.append(f"{label}-{seen[label]}" if labels.count(label) > 1 else label)
        seen[label] += 1
    return names


def _notes(
    mne: Any, path: Path, labels: Sequence[str], kinds: Sequence[str], began: datetime.datetime | None
) -> dict[str, Any]:
    names, places = _placed(mne, labels)
    return {
        "path": str(path),
        "name": path.stem,
        "subject": path.parent.name,
        "start_time": began.replace(tzinfo=datetime.UTC).isoformat() if began else None,
        "positions": places,
        "kinds": dict(zip(names, kinds, strict=True)),
        "file_labels": dict(zip(names, labels, strict=True)),
    }


def _recording(mne: Any, raw: Any, path: Path, layout: edf.Layout | None) -> Recording:
    kinds = raw.get_channel_types()
    written = [layout.units[i] for i in layout.signals] if layout else ["V"] * len(kinds)
    kept = [i for i, one in enumerate(kinds) if one in _VOLTAGES and written[i] in edf.VOLTS]
    if not kept or raw.n_times == 0:
        found = ", ".join(sorted({f"{one} in {unit or 'no unit'}" for one, unit in zip(kinds, written, strict=True)}))
        raise FormatError(f"{path}: {len(kinds)} channels ({found}), none a voltage in V, mV or uV with samples")

    def reader(first: int, last: int, rows: Sequence[int]) -> Any:
        try:
            return raw.get_data(picks=[kept[row] for row in rows], start=first, stop=last, verbose="error")
        except Exception as error:
            raise FormatError(f"{path}: samples {first} to {last} are not readable: {_one_line(error)}") from error

    labels = [raw.ch_names[i] for i in kept]
    notes = _notes(mne, path, labels, [kinds[i] for i in kept], raw.info["meas_date"])
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
