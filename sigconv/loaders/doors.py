"""Every door of the house: a path finds its reader by content, then by name, or its writer by suffix."""

import stat
from dataclasses import replace
from pathlib import Path

from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders import audio, dicom, eeg, image, kept, mocap, video, volume, wfdb
from sigconv.loaders.door import HEAD, Door
from sigconv.loaders.recording import Recording
from sigconv.signal import Signal, Source

DOORS: tuple[Door, ...] = (
    eeg.DOOR,
    wfdb.DOOR,
    image.DOOR,
    volume.DOOR,
    dicom.DOOR,
    audio.DOOR,
    mocap.DOOR,
    video.DOOR,
)

_HEADERS = (".hea", ".vhdr", ".set")  # of formats whose samples lie in a file beside


def _door_of(path: Path) -> tuple[Door, str] | None:
    """The door whose reader takes this file and the suffix that says how: by content, then by name."""
    with path.open("rb", buffering=0) as file:
        head = file.read(HEAD)
    for door in DOORS:
        if suffix := door.known(head):
            return door, suffix
    for door in DOORS:
        for suffix in door.suffixes:
            if path.name.lower().endswith(suffix):
                return door, suffix
    return None


def open(path: str | Path) -> Recording:
    """The recording in a file: axes, unit, events and notes are there at once, samples when read.

    Parameters
    ----------
    path : a file of any domain, whose content goes before the suffix; or a folder with a DICOM series

    Raises
    ------
    FileNotFoundError, PermissionError : as it says
    IsADirectoryError : a folder without DICOM files
    FormatError : not such a file, or damaged (field, found, expected)
    ResourceError : it tells of more than SIGCONV_MOST_BYTES
    MissingExtra : the package that reads it is not installed

    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "tone.wav"
    >>> save(Signal.from_array(np.zeros((1, 800)), fs=8000), path)
    >>> open(path).shape, open(path).axes[1].rate
    ((1, 800), 8000.0)
    """
    path = Path(path)
    try:
        told = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"{path}: there is no such file") from None
    if stat.S_ISDIR(told.st_mode):
        return dicom.open(path)
    if told.st_size == 0:
        raise FormatError(f"{path}: the file is empty (0 bytes)")
    found = _door_of(path)
    if found is None:
        every = "; ".join(f"{door.domain}: {' '.join(door.suffixes)}" for door in DOORS)
        beside = next((path.with_suffix(s) for s in _HEADERS if path.with_suffix(s).is_file()), None)
        hint = f"; {beside.name} beside it may be the header to open" if beside is not None else ""
        raise FormatError(f"{path}: not a recording that sigconv knows{hint}; it reads {every}")
    door, suffix = found
    return replace(door.open(path, suffix), opened=kept.version_of(path, told))


def load(path: str | Path) -> Signal:
    """The whole file as a Signal; see `open` for formats and errors."""
    return open(path).read()


def save(signal: Signal | Source, path: str | Path) -> None:
    """Write a Signal, or a source piece by piece, in the format of the path's suffix, whole or not at all.

    What is there already is replaced.

    Raises
    ------
    ArgumentError : no such format is written (those that are, are named), or an array without axes
    FormatError, SamplingError : the format cannot hold this signal
    OSError : the folder cannot be written

    >>> import numpy as np
    >>> save(Signal.from_array(np.zeros((1, 800)), fs=8000), "tone.abc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: tone.abc: the suffix is '.abc'; sigconv writes ...
    """
    path = Path(path)
    if not hasattr(signal, "axes"):
        raise ArgumentError(
            f"{path}: given a {type(signal).__name__}, which has no axes; make it a Signal first, as with "
            "Signal.from_array(x, fs=…)"
        )
    writers = {suffix: write for door in DOORS for suffix, write in door.save.items()}
    for suffix in sorted(writers, key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return writers[suffix](signal, path)
    raise ArgumentError(f"{path}: the suffix is {path.suffix!r}; sigconv writes {', '.join(sorted(writers))}")
