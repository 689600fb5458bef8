"""DICOM trees: every series below a folder, found by its UID."""

import os
from dataclasses import dataclass
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders import dicom
from sigconv.loaders.collections.collection import Collection
from sigconv.loaders.collections.listing import files_below, shown
from sigconv.loaders.recording import Recording


@dataclass(frozen=True, eq=False)
class SeriesFolders:
    """What opens a series by its UID in the folder that holds all its files; it goes along to worker processes."""

    folders: dict[str, Path]

    def __call__(self, uid: str) -> Recording:
        """The volume of the series of that UID."""
        return dicom.open(self.folders[uid], series=uid)


def dicom_tree(folder: str | Path) -> Collection:
    """Every DICOM series below a folder, however its files are called and spread; only headers are read.

    Returns
    -------
    Collection whose names are UIDs, with the fields patient, description and modality; the patient is the group, or
    the series where no patient is told

    Raises
    ------
    FormatError : no DICOM file (what was found is named), or a damaged one
    FileNotFoundError : no such folder
    MissingExtra : pydicom is not installed
    """
    folder = Path(folder)
    every, _ = files_below(folder)
    found = [one for one in dicom.series(folder) if one.files]
    if not found:
        raise FormatError(f"{folder}: no DICOM series; looked for files with DICM at byte 128, found {shown(every)}")
    fields = {
        "patient": tuple(one.patient for one in found),
        "description": tuple(one.description for one in found),
        "modality": tuple(one.modality for one in found),
        "group": tuple(one.patient or one.uid for one in found),
    }
    files: dict[str, list[Path]] = {}  # of all stacks of a series, by which dicom numbers them
    for one in found:
        files.setdefault(one.uid.partition("#")[0], []).extend(one.files)
    folders = {one.uid: Path(os.path.commonpath([f.parent for f in files[one.uid.partition("#")[0]]])) for one in found}
    return Collection(tuple(folders), SeriesFolders(folders), fields)
