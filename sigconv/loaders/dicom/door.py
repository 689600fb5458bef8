"""DICOM: a folder with a series, or one file, as a lazy volume in Hounsfield units and millimetres."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sigconv.errors import ArgumentError, FormatError, nearest
from sigconv.loaders.dicom import directory
from sigconv.loaders.dicom import header as dicom_header
from sigconv.loaders.dicom.header import DIRECTORY, SEGMENTATIONS, Header
from sigconv.loaders.dicom.pixels import Slices
from sigconv.loaders.dicom.segment import segmentation
from sigconv.loaders.dicom.segment_write import save_segmentation
from sigconv.loaders.dicom.stack import Series, placed, sorted_into_series
from sigconv.loaders.door import Door
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.signal import Axis

__all__ = ["DOOR", "SUFFIXES", "Series", "known", "open", "save_segmentation", "segmentation", "series"]

SUFFIXES = (".dcm", ".dicom")
_HEAD = 1 << 13  # bytes in which the series' UID is looked for
_LISTED = 12  # series that a message names


def known(head: bytes) -> str | None:
    """The suffix of DICOM where a file's first bytes are its, or None.

    >>> known(bytes(128) + b"DICM")
    '.dcm'
    """
    return ".dcm" if head[128:132] == b"DICM" else None


def series(folder: str | Path) -> list[Series]:
    """Every series in the DICOM files of a folder and of those below it, or in the files that a DICOMDIR names.

    Only headers are read, about 0.7 ms for each file. Links to other folders are not followed.

    Returns
    -------
    in order of UID; each has .uid .description .modality .patient and .files by position. Slices of another direction
    or size (localisers), or further ones at the same positions (phases), are a series of their own: "UID#2", …

    Raises
    ------
    FileNotFoundError : as it says
    FormatError : a damaged DICOM file
    MissingExtra : pydicom is not installed

    >>> from pydicom.data import get_testdata_file
    >>> [str(len(one.slices)) + one.modality for one in series(get_testdata_file("DICOMDIR", download=False))][:3]
    ['1CT', '1CT', '5CT']
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    paths = directory.files(folder) if folder.is_file() else list(_dicom_in(folder))
    headers = (dicom_header.read(path) for path in paths)
    return sorted_into_series(header for header in headers if header.kind != DIRECTORY)


def open(path: str | Path, series: str = "") -> Recording:
    """The volume in a folder, in one file, or in the files that a DICOMDIR names, as (channel, z, y, x).

    z, y and x ascend towards Superior, Anterior and Right as nearly as the slices allow, in mm; `sigconv.space` tells
    what notes["origin"] and notes["directions"] mean. Slices of a tilted gantry are sheared, uneven ones have a
    position each. Values are slope × stored + intercept of each slice: Hounsfield units for CT. Pixels outside what was
    scanned keep the value the scanner gave them, which notes["padding"] tells: a NaN there would spread through every
    convolution. notes["warnings"] tells of missing, uneven and doubled slices, and of what was left out.

    A segmentation has a label for each segment; see `segmentation`.

    Parameters
    ----------
    path : a folder with one series, one file (of one slice, or of many frames), or a DICOMDIR
    series : UID of the one to take where there are several, as `series()` lists them

    Raises
    ------
    IsADirectoryError : a folder without DICOM files
    ArgumentError : several series and none chosen (they are listed), or one that is not there
    FormatError : damaged, in colours, or without places in space (field, found, expected)
    MissingExtra : pydicom is not installed

    >>> from pydicom.data import get_testdata_file
    >>> open(get_testdata_file("CT_small.dcm", download=False))
    Recording(CT_small: channel 1, z 1 × 5 mm, y 128 × 0.661468 mm, x 128 × 0.661468 mm; unit HU, 0 events)
    """
    path = Path(path)
    if path.is_file():
        header = dicom_header.read(path)
        if header.kind != DIRECTORY:
            return _one_file(path, header, series)
    every = _every(path)
    images = [one for one in every if one.slices and one.header.kind not in SEGMENTATIONS]
    chosen, odd = _chosen(path, images or [one for one in every if one.slices], every, series)
    return _recording(path, chosen, odd)


def _every(path: Path) -> list[Series]:
    found = series(path)
    if not found and path.is_file():
        raise FormatError(f"{path}: names only directories; expected images")
    if not found:
        raise IsADirectoryError(f"{path} is a folder without DICOM files; give one file, or a folder with a series")
    return found


def _dicom_in(folder: Path) -> Iterator[Path]:
    """The DICOM files below a folder, by content, or by suffix where the first bytes do not tell."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if not path.is_file():
                continue
            with path.open("rb") as file:
                head = file.read(132)
            if known(head) or (head and path.suffix.lower() in SUFFIXES):
                yield path


def _one_file(path: Path, header: Header, series: str) -> Recording:
    stacks = sorted_into_series([header])
    chosen, odd = _chosen(path, [one for one in stacks if one.slices], stacks, series)
    more = _beside(path, header.series) if len(header.slices) == 1 else 0
    if more:
        odd.append(f"files of its series that lie beside it: {more}; open the folder for the volume")
    return _recording(path, chosen, odd)


def _beside(path: Path, uid: str) -> int:
    """How many other files in the folder have the series' UID in their first bytes."""
    count, mark = 0, uid.encode()
    for other in os.scandir(path.parent):
        if mark and other.name != path.name and other.is_file():
            with Path(other).open("rb") as file:
                count += mark in file.read(_HEAD)
    return count


def _chosen(path: Path, images: Sequence[Series], every: Sequence[Series], uid: str) -> tuple[Series, list[str]]:
    """The series to open, and what is told about it."""
    if uid:
        found = [one for one in every if one.uid == uid and one.slices]
        if not found:
            names = [one.uid for one in every if one.slices]
            raise ArgumentError(f"{path}: series is {uid!r}{nearest(uid, names)}; it has:\n{_listed(every)}")
        return found[0], _twins(found[0])
    if not images:
        raise FormatError(f"{path}: no images; it has:\n{_listed(every)}")
    first = images[0]
    rest = [one for one in images if one is not first]
    if any(one.uid.partition("#")[0] != first.uid or len(one.slices) == len(first.slices) for one in rest):
        raise ArgumentError(
            f"{path}: {len(images)} series; choose one: dicom.open(path, series=UID) with one of\n{_listed(images)}"
        )
    left = [f"left out of the series: {one}: open it with series={one.uid!r}" for one in rest]
    return first, [*_twins(first), *left]


def _twins(one: Series) -> list[str]:
    if not one.copies:
        return []
    names = ", ".join(path.name for path in one.copies[:3]) + ", …" * (len(one.copies) > 3)
    return [f"files that are not read, as another one holds the same image: {len(one.copies)} ({names})"]


def _listed(every: Sequence[Series]) -> str:
    lines = [f"  {one}" for one in every[:_LISTED]]
    return "\n".join(lines + [f"  and {len(every) - _LISTED} more"] * (len(every) > _LISTED))


def _recording(path: Path, chosen: Series, odd: Sequence[str]) -> Recording:
    header = chosen.header
    if header.kind in SEGMENTATIONS:
        found = segmentation(chosen.files[0])
        return replace(found, notes={**found.notes, "warnings": (*odd, *found.notes["warnings"])})
    assert header.stored is not None
    grid, told = placed(path, chosen)
    if header.modality == "CT" and not header.unit:
        told.append("no rescale to Hounsfield units is told: values are as stored")
    notes = {
        "domain": "volume",
        "path": str(path),
        "name": path.name.removesuffix(".dcm"),
        "subject": subject_of(path, header.patient),
        "series": chosen.uid,
        "patient": header.patient,
        **grid.notes,
        "padding": header.padding,
        "facts": {**header.facts, "orientation": grid.turn.codes, "slices": str(len(chosen.slices))},
        "warnings": (*odd, *told),
    }
    reader = Slices(chosen.slices, header.stored, grid.turn)
    axes = (Axis.channel([header.modality or "image"]), *grid.axes)
    return Recording(axes, reader, header.unit, (), notes)


def _door(path: Path, _suffix: str) -> Recording:
    return open(path)


DOOR = Door("volume", SUFFIXES, known, _door)
