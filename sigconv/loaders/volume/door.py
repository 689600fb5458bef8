"""Volumes: NIfTI, NRRD and MetaImage files as lazy recordings, placed in millimetres."""

import re
from pathlib import Path
from typing import Literal

from sigconv import units
from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders import kept
from sigconv.loaders.door import HEAD, Door
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.loaders.volume import metaimage, nifti, nrrd, write
from sigconv.loaders.volume.header import Volume

SUFFIXES = (*nifti.SUFFIXES, *nrrd.SUFFIXES, *metaimage.SUFFIXES)
_CONTRAST = re.compile(r"_\d{4}$")  # nnU-Net's number of an image of several of one patient


def known(head: bytes) -> str | None:
    """The suffix of the volume format that a file's first bytes tell, or None.

    >>> known(b"ObjectType = Image")
    '.mha'
    """
    return nifti.known(head) or nrrd.known(head) or metaimage.known(head)


def open(path: str | Path, suffix: str = "", unit: str = "", fourth: Literal["", "time", "channel"] = "") -> Recording:
    """The volume in a file as (channel, z, y, x), or (channel, time, z, y, x); its samples stay on disk until read.

    z, y and x ascend towards Superior, Anterior and Right as nearly as the file's axes allow, in mm; `sigconv.space`
    tells what notes["origin"] and notes["directions"] mean. notes["stored"] tells how the file's axes lay, so that a
    mask with these notes is written back onto the very same grid; notes["classes"] names labels, number -> name, where
    the file does. Numbers are the file's own kind, or floats where the file scales them.

    Parameters
    ----------
    path : the file
    suffix : its format, one of SUFFIXES; "" looks into the file, then at its name
    unit : of the samples: "HU" for a CT, of which NIfTI and NRRD know nothing; "" takes what the file tells
    fourth : what a fourth axis is: "time" or "channel"; "" takes what the file tells (NIfTI: time where the header has
        a unit of time; a stack of MR contrasts may say so by mistake)

    Raises
    ------
    FormatError : damaged, cut short, complex or coloured (field, found, expected)
    ArgumentError, SamplingError : no such meaning of a fourth axis, no such unit
    MissingExtra : nibabel is not installed
    """
    if fourth not in ("", "time", "channel"):
        raise ArgumentError(f"fourth is {fourth!r}; allowed: 'time', 'channel', or '' for what the file tells")
    units.kind(unit)
    path = Path(path)
    suffix = suffix or _suffix(path)
    opened, told = kept.version(path), _told(path, suffix, fourth)
    name = _name(path)
    notes = {
        "domain": "volume",
        "path": str(path),
        "name": name,
        "subject": subject_of(path, _CONTRAST.sub("", name)),
        **told.grid.notes,
        "facts": {**told.facts, "orientation": told.grid.turn.codes},
        "warnings": told.warnings,
    }
    if told.classes:
        notes["classes"] = told.classes
    notes["stored"] = {**told.grid.notes["stored"], **told.stored}
    return Recording((*told.lead, *told.grid.axes), told.reader, unit or told.unit, (), notes, opened=opened)


def _suffix(path: Path) -> str:
    with path.open("rb") as file:
        found = known(file.read(HEAD))
    named = [suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)]
    if not (found or named):
        raise FormatError(f"{path}: not a volume that is read here; expected one of {' '.join(SUFFIXES)}")
    return found or named[0]


def _told(path: Path, suffix: str, fourth: str) -> Volume:
    if suffix in nrrd.SUFFIXES:
        return nrrd.read(path, fourth)
    if suffix in metaimage.SUFFIXES:
        return metaimage.read(path, fourth)
    return nifti.read(path, suffix, fourth)


def _name(path: Path) -> str:
    """The file's name without the suffix that it has, which need not be that of its content."""
    lower = path.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if lower.endswith(suffix)), path.suffix)
    return path.name[: len(path.name) - len(suffix)] or path.name


DOOR = Door("volume", SUFFIXES, known, open, write.SAVE)
