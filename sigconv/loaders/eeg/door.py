"""EEG: EDF, EDF+, BDF, GDF, BrainVision, FIF and EEGLAB files as lazy recordings in volts."""

from pathlib import Path

from sigconv.loaders.door import Door
from sigconv.loaders.eeg import brainvision, edf_parts, edf_write, eeglab, fif, gdf
from sigconv.loaders.eeg import parts as eeg_parts
from sigconv.loaders.recording import Recording

_PARTS = {
    ".edf": edf_parts.parts,
    ".bdf": edf_parts.parts,
    ".gdf": gdf.parts,
    ".vhdr": brainvision.parts,
    ".fif": fif.parts,
    ".set": eeglab.parts,
}
SUFFIXES = tuple(_PARTS)
_STARTS = {
    b"0       ": ".edf",
    b"\xffBIOSEMI": ".bdf",
    b"GDF ": ".gdf",
    b"Brain Vision Data Exchange Header": ".vhdr",
    b"BrainVision Data Exchange Header": ".vhdr",
    b"\xef\xbb\xbfBrain Vision Data Exchange Header": ".vhdr",
    b"\xef\xbb\xbfBrainVision Data Exchange Header": ".vhdr",
    b"\x00\x00\x00\x64\x00\x00\x00\x1f\x00\x00\x00\x14": ".fif",
}


def known(head: bytes) -> str | None:
    """The suffix of the EEG format that a file's first bytes tell, or None.

    >>> known(b"0       ")
    '.edf'
    """
    return next((suffix for start, suffix in _STARTS.items() if head.startswith(start)), None)


def open(path: Path, suffix: str) -> Recording:
    """The recording in an EEG file; its samples stay on disk until read.

    Channels that are voltages are kept, in volts; notes["kinds"] tells EEG from EOG, ECG and EMG, notes["left_out"]
    names the other channels. Names of the 10-05 system get its spelling ("Fc5." becomes "FC5"); positions are the
    file's own, or else that system's. Annotations, markers and the steps of a trigger channel are events. Channels of
    lower rates are brought to the highest; gaps are NaN, and an event "BAD_ACQ_SKIP" tells of each. Types, positions
    and events of a BIDS data set around the file go before its own.

    Parameters
    ----------
    path : the file
    suffix : its format, one of SUFFIXES

    Raises
    ------
    FormatError : damaged, cut short, or without a voltage channel
    MissingExtra : MNE-Python is not installed
    """
    return eeg_parts.recording(path, _PARTS[suffix](path))


DOOR = Door("EEG", SUFFIXES, known, open, {".edf": edf_write.save})
