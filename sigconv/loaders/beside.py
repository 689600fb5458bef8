"""Files that a header names: they lie in the header's own folder, or they are refused."""

import os
from pathlib import Path

from sigconv.errors import FormatError


def beside(path: Path, name: str) -> Path:
    """The file `name` in the folder of `path` or below it.

    Parameters
    ----------
    path : the header
    name : as the header tells it

    Raises
    ------
    FormatError : an absolute name, one with "..", one that leads out of the folder (by a link, too), or no such file

    >>> beside(Path("scan.nhdr"), "../secret.raw")
    Traceback (most recent call last):
    sigconv.errors.FormatError: scan.nhdr: names the file '../secret.raw'; expected one in its own folder
    """
    told = name.replace("\\", "/")
    outside = not told or os.path.isabs(told) or told[1:2] == ":" or "\0" in told or ".." in told.split("/")
    if outside:
        raise FormatError(f"{path}: names the file {name[:80]!r}; expected one in its own folder")
    folder = path.parent.resolve()
    try:
        found = (folder / told).resolve(strict=True)
    except (OSError, RuntimeError):
        raise FormatError(f"{path}: names the file {name[:80]!r}, which is not there") from None
    if not found.is_relative_to(folder):
        raise FormatError(f"{path}: names the file {name!r}, a link out of its folder; expected one inside")
    if not found.is_file():
        raise FormatError(f"{path}: names {name!r}, which is no regular file")
    return found
