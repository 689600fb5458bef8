"""Door: what a domain's loader tells the house, so that a path finds its reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sigconv.loaders.recording import Recording
from sigconv.signal import Signal, Source


@dataclass(frozen=True)
class Door:
    """The formats of one domain.

    Parameters
    ----------
    domain : "EEG", "audio", "motion capture", "spectrogram", "image", "volume", "video"
    suffixes : of the files it reads, lower case, longest first where one ends another (".nii.gz", ".gz")
    known : (first HEAD bytes of a file) -> the suffix whose format they are, or None; content goes before names
    open : (path, suffix) -> Recording; reads no samples
    save : suffix -> function that writes a Signal or a Source there, whole or not at all
    """

    domain: str
    suffixes: tuple[str, ...]
    known: Callable[[bytes], str | None]
    open: Callable[[Path, str], Recording]
    save: Mapping[str, Callable[[Signal | Source, Path], None]] = field(default_factory=dict)


HEAD = 4096  # bytes that `known` sees
