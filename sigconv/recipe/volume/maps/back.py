"""The way back: from what a network says on its own grid to a label map in the scan's geometry, in a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import filters, loaders, space
from sigconv.errors import ArgumentError
from sigconv.loaders import dicom
from sigconv.signal import Axis, Signal, Source

Array = np.ndarray[Any, Any]

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".dcm")


def on_scan(said: Array, seen: Source, scan: Source, names: Sequence[str]) -> Signal:
    """The most likely label of every voxel of a scan, from probabilities on the grid that the network saw.

    Parameters
    ----------
    said : (class, z, y, x) float, on the grid of `seen`
    seen : the scan as the network saw it
    scan : the scan as it was taken: tilted, turned, of other spacing
    names : of the classes, the background first

    Returns
    -------
    (1, z, y, x) uint8 Signal on the scan's grid, 0 for the background; notes["classes"] names the labels
    """
    try:
        space.same_grid(seen, scan)
        found = said.argmax(0)
    except (ValueError, ArgumentError):
        found = _interpolated(said, seen, scan)
    kept = {name: scan.notes[name] for name in ("origin", "directions", "stored") if name in scan.notes}
    notes = {"domain": "volume", **kept, "classes": dict(enumerate(names[1:], 1))}
    axes = (Axis.channel(["label"]), *space.grid(scan))
    return Signal(found.astype(np.uint8)[None], axes, notes=notes)


def _interpolated(said: Array, seen: Source, scan: Source) -> Array:
    """(z, y, x) labels: each class's probability brought onto the scan, one at a time, the greatest kept."""
    axes, notes = (Axis.channel(["p"]), *space.grid(seen)), seen.notes
    best, found = None, np.zeros(0, np.uint8)
    for number, one in enumerate(said):
        there = filters.onto(Signal(one[None], axes, notes=notes), scan, outside=float(number == 0)).data[0]
        if best is None:
            best, found = there, np.zeros(there.shape, np.uint8)
        else:
            more = there > best
            best[more], found[more] = there[more], number
    return found


def write(labels: Signal, scan: Any, out: Path, names: Sequence[str]) -> str | None:
    """Write a label map in the scan's geometry, whole or not at all; why it was not written, or None.

    out : one of SUFFIXES; .dcm is a DICOM segmentation, which refers to the scan's own slices
    names : of the classes, the background first
    """
    if out.suffix.lower() == ".dcm":
        if not np.asarray(labels.data).any():
            return f"{out}: not written, as nothing was found, and a DICOM segmentation cannot be empty"
        dicom.save_segmentation(labels, scan, out, list(names[1:]))
        return None
    loaders.save(labels, out)
    return None
