"""Manifests: a CSV or TSV table that names recordings, with labels and groups."""

import csv
import os
from collections.abc import Iterable, Mapping
from functools import cache
from io import StringIO
from pathlib import Path

from sigconv.errors import ArgumentError, FormatError, nearest
from sigconv.loaders.archive import inner
from sigconv.loaders.collections.collection import Collection, Files
from sigconv.loaders.collections.listing import readable, shown
from sigconv.loaders.limits import within_limit

_KNOWN = ("path", "label", "group", "part", "mask")
_SEPARATORS = ("\t", ";", ",")


def manifest(
    path: str | Path,
    columns: Mapping[str, str] | None = None,
    folder: str | Path = "",
    outside: bool = False,
    skip: bool = False,
) -> Collection:
    """The recordings that a table names, one a row, with its other columns as fields.

    Parameters
    ----------
    path : UTF-8 text whose first row names the columns, divided by tabs, semicolons or commas; a column "path" is
        needed, "label", "group", "part" and "mask" mean what they say in a Collection
    columns : names of your own for these five: {"path": "filename", "label": "category"}
    folder : what the paths are relative to; by default the table's own folder
    outside : allow paths that are absolute or lead out of that folder
    skip : leave out rows whose file is missing, empty or of no known kind

    Raises
    ------
    FormatError : no such column, rows of other lengths, a path that leaves the folder (line numbers are told), files
        that are not there (they are counted and the first are named), or text that is not UTF-8
    ArgumentError : `columns` names something other than these five
    FileNotFoundError : no such table

    A link in the folder may point anywhere when you put it there; a path in the table that goes through it may not.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("a.wav", "b.wav"):
    ...     _ = (folder / name).write_bytes(b"not empty")
    >>> _ = (folder / "table.csv").write_text("path,label,group\\na.wav,yes,theo\\nb.wav,no,mia\\n")
    >>> manifest(folder / "table.csv").groups
    ('theo', 'mia')
    """
    path = Path(path)
    folder = Path(folder) if folder else path.parent
    names, rows = table(path)
    wanted = dict(columns or {})
    for key in wanted:
        if key not in _KNOWN:
            raise ArgumentError(f"columns has {key!r}{nearest(key, _KNOWN)}; it names {', '.join(_KNOWN)}")
    names = _renamed(path, names, wanted)
    fields = {name: tuple(row[i] for _, row in rows) for i, name in enumerate(names)}
    paths = fields.pop("path")
    for column in (paths, fields.get("mask", ())):
        _inside(path, folder, column, [line for line, _ in rows], outside, column is not paths)
    if len(set(paths)) < len(paths):
        twice = [name for name in dict.fromkeys(paths) if paths.count(name) > 1][:1]
        raise FormatError(f"{path}: {twice[0]!r} comes twice; a recording has one row")
    kept, odd = readable(folder, paths, skip)
    every = Collection(paths, Files(folder), fields, odd)
    if len(kept) == len(paths):
        return every
    there = set(kept)
    return every.select([i for i, name in enumerate(paths) if name in there])


def table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The column names of a CSV or TSV file, and its rows, each with its line number; empty lines are left out.

    Raises
    ------
    FormatError : not UTF-8, a column twice or without a name, a row of another length, no row
    """
    within_limit(path, path.stat().st_size, "this table")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: byte {error.start} is {content[error.start]:#04x}, which is no UTF-8; save the table as UTF-8"
        ) from None
    first = text.partition("\n")[0]
    separator = next((mark for mark in _SEPARATORS if mark in first), ",")
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise FormatError(f"{path}: line {reader.line_num}: {error}") from None
    if len(rows) < 2:
        raise FormatError(f"{path}: {len(rows)} rows with text; expected one with the columns' names and one or more")
    (_, names), *rest = rows
    if "" in names or len(set(names)) < len(names):
        raise FormatError(
            f"{path}: its columns are called {', '.join(map(repr, names))}; expected a name for each, once"
        )
    for line, row in rest:
        if len(row) != len(names):
            raise FormatError(f"{path}: line {line} has {len(row)} cells, expected {len(names)}: {', '.join(names)}")
    return names, rest


def _renamed(path: Path, names: list[str], wanted: Mapping[str, str]) -> list[str]:
    """The column names with the known five called as they are called here."""
    own = {wanted.get(known, known).lower(): known for known in _KNOWN}
    found = [own.get(name.lower(), name) for name in names]
    for known in dict.fromkeys(["path", *wanted]):
        if known not in found:
            name = wanted.get(known, known)
            told = f" (in a recipe: data.{known}=COLUMN)" if known != "path" else "; or call it so"
            raise FormatError(
                f"{path}: has no column {name!r}{nearest(name, names)}; its columns are {shown(names, 12)}. "
                f"Tell which one it is: columns={{{known!r}: …}}{told}"
            )
    if len(set(found)) < len(found):
        raise FormatError(f"{path}: two of its columns mean the same: {', '.join(names)}")
    return found


def _inside(path: Path, folder: Path, names: Iterable[str], lines: list[int], outside: bool, optional: bool) -> None:
    """Refuse a path that leaves the folder, by itself or through a link."""
    root = os.path.realpath(folder)

    @cache
    def real(parent: str) -> str:
        return os.path.realpath(os.path.join(root, parent))

    for line, name in zip(lines, names, strict=False):
        if not name and optional:
            continue
        if not name or "\0" in name:
            raise FormatError(f"{path}: line {line} has no path")
        if outside:
            continue
        parent, _, last = name.rpartition("/")
        place = os.path.join(real(parent), last)
        if os.path.islink(place):
            place = os.path.realpath(place)
        if inner(name) is None or not f"{place}/".startswith(f"{root}/"):
            raise FormatError(
                f"{path}: line {line} names {name!r}, which is not below {folder}; paths have '/' and no '..'. "
                "Pass outside=True if you trust the table"
            )
