"""DICOMDIR: which files a DICOM disc or export folder says it has."""

from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.beside import beside
from sigconv.loaders.dicom.file import Where, opened


def files(path: Path) -> list[Path]:
    """The images a DICOMDIR names, each in its folder or below it.

    Raises
    ------
    FormatError : not a DICOMDIR, damaged, or it names a file that is not there or lies outside its folder

    Source: DICOM PS3.3 F.3 (basic directory), PS3.10 section 8.
    """
    with opened(path) as (dataset, _, _):
        records = Where(path, dataset).items("DirectoryRecordSequence")
        names = [_name(Where(path, record)) for record in records if "ReferencedFileID" in record]
    if not names:
        raise FormatError(f"{path}: field DirectoryRecordSequence names no file; expected images")
    return [beside(path, name) for name in dict.fromkeys(names)]


def _name(record: Where) -> str:
    parts: Any = record.dataset.ReferencedFileID
    parts = [parts] if isinstance(parts, str) else list(parts)
    if any("/" in part or "\\" in part or part in ("", ".", "..") for part in parts):
        raise record.refused("ReferencedFileID", parts, "names of folders and of a file")
    return "/".join(parts)
