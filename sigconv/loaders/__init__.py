"""Loaders: a path becomes a Recording (lazy) or a Signal (whole), with units; EEG so far."""

from collections.abc import Callable
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders import eeg
from sigconv.loaders.edf_write import save as _save_edf
from sigconv.loaders.edf_write import ticks
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Signal, Source

__all__ = ["SUFFIXES", "Recording", "load", "of", "open", "save", "ticks"]

SUFFIXES = eeg.SUFFIXES


def open(path: str | Path) -> Recording:
    """The recording in a file: axes, unit, events and notes are there at once, samples when read.

    Parameters
    ----------
    path : an EDF, EDF+, BDF, GDF, BrainVision (.vhdr), FIF or EEGLAB (.set) file; content goes before the suffix

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError : as it says
    FormatError : not such a file, or damaged (field, found, expected)
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give one file in it")
    if path.stat().st_size == 0:
        raise FormatError(f"{path}: the file is empty (0 bytes)")
    suffix = eeg.kind(path)
    if suffix is None:
        raise FormatError(f"{path}: not a recording that sigconv knows; it reads {', '.join(SUFFIXES)}")
    return eeg.open(path, suffix)


def load(path: str | Path) -> Signal:
    """The whole file as a Signal; see `open` for formats and errors."""
    return open(path).read()


def save(
    signal: Signal | Source, path: str | Path, *, longest: float = 0.0, tick: Callable[[], None] | None = None
) -> None:
    """Write a (channel, time) signal, or a source piece by piece, as EDF+ (.edf); see loaders.edf_write.save."""
    _save_edf(signal, Path(path), longest=longest, tick=tick)
