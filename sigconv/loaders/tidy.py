"""Tidying a fetched data set: archives unpacked once, tables that a Collection reads."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError, MissingExtra
from sigconv.files import write_whole
from sigconv.loaders.archive import extract


def unpacked(archive: Path, folder: Path, most: int) -> bool:
    """Extract an archive into a folder of its own unless that is there; False where the archive was not fetched.

    most : bytes that its files may take together

    Raises
    ------
    FormatError, ResourceError, OSError : as archive.extract, which leaves nothing then
    """
    if folder.is_dir():
        return True
    if not archive.is_file():
        return False
    extract(archive, folder, most)
    return True


def write_manifest(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV with a header, whole or not at all, as `loaders.Collection` reads it.

    Raises
    ------
    FormatError : no row;  OSError : the folder cannot be written
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    count = 0
    for row in rows:
        table.writerow(row)
        count += 1
    if not count:
        raise FormatError(f"{path}: there is nothing to list; was the data set fetched whole?")
    write_whole(path, text.getvalue().encode())


def images_as_zip(path: Path, images: Iterable[tuple[str, Any]]) -> None:
    """Write a zip of PNG files, whole or not at all, unless it is there.

    images : (name inside, (y, x) or (y, x, colour) uint8 array) pairs

    Raises
    ------
    MissingExtra : Pillow is not installed;  OSError : the folder cannot be written
    """
    if path.is_file():
        return
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error

    def write(file: Any) -> None:
        with zipfile.ZipFile(file, "w") as made:
            for name, image in images:
                content = io.BytesIO()
                Image.fromarray(image).save(content, "PNG")
                made.writestr(zipfile.ZipInfo(name), content.getvalue())

    write_whole(path, write)
