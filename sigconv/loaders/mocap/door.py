"""Motion capture: C3D, BVH, TRC and Vicon's CSV as lazy recordings in metres."""

from pathlib import Path

from sigconv.loaders.door import Door
from sigconv.loaders.mocap import bvh, c3d, c3d_write, trc, trc_write, vicon_csv
from sigconv.loaders.recording import Recording

SUFFIXES = (".c3d", ".bvh", ".trc")
_KNOWN = {".c3d": c3d.known, ".bvh": bvh.known, ".trc": trc.known, ".csv": vicon_csv.known}
_OPEN = {".c3d": c3d.open, ".trc": trc.open, ".csv": vicon_csv.open}


def known(head: bytes) -> str | None:
    """The suffix of the motion capture format that a file's first bytes tell, or None.

    >>> known(b"HIERARCHY\\nROOT Hips\\n")
    '.bvh'
    """
    return next((suffix for suffix, knows in _KNOWN.items() if knows(head)), None)


def open(path: Path, suffix: str) -> Recording:
    """The recording in a motion capture file; its samples stay on disk until read.

    Every marker or joint is three channels ("LASI.x", "LASI.y", "LASI.z") in metres, NaN where it was not seen;
    `markers.positions` makes them (marker, 3, time).

    Parameters
    ----------
    path : the file
    suffix : its format: ".c3d", ".bvh", ".trc" or ".csv" (Vicon's trajectories)

    Raises
    ------
    FormatError : damaged, cut short, or without a marker
    """
    return bvh.open(path) if suffix == ".bvh" else _OPEN[suffix](path)


DOOR = Door("motion capture", SUFFIXES, known, open, {".trc": trc_write.save, ".c3d": c3d_write.save})
