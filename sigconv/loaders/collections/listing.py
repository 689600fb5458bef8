"""Listing: the files below a folder, in an order that is the same everywhere, and what is odd among them."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders import doors

_SHOWN = 3
IN_A_RECIPE = " (in a recipe: data.skip=true)"
_DIGITS = re.compile(r"[0-9]+")


def files_below(folder: Path, levels: int | None = None) -> tuple[list[str], list[str]]:
    """Paths of the files below a folder, in order (9.png before 10.png), and those of its empty folders.

    Parts are divided by "/". Names that begin with a dot are left out. Links are followed, for whoever made the folder
    put them there; a folder that is met again on its own path is not entered twice.

    Parameters
    ----------
    levels : how many folders deep to look; None for all

    Raises
    ------
    FileNotFoundError, NotADirectoryError, PermissionError : as it says
    """
    if not folder.exists():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; give a folder")
    found: list[str] = []
    empty: list[str] = []
    waiting = [("", frozenset([_identity(folder)]))]
    while waiting:
        inside, above = waiting.pop()
        held = False
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                held = True
                name = f"{inside}{entry.name}"
                if not entry.is_dir():
                    found.append(name)
                elif (levels is None or name.count("/") < levels) and (it := _identity(entry)) not in above:
                    waiting.append((f"{name}/", above | {it}))
        if inside and not held:
            empty.append(inside.rstrip("/"))
    return in_order(found), sorted(empty)


def in_order(names: Iterable[str]) -> list[str]:
    """Names sorted with digits as numbers.

    >>> in_order(["b10", "b9", "a"])
    ['a', 'b9', 'b10']
    """
    return sorted(names, key=lambda name: (_DIGITS.sub(lambda digits: digits[0].zfill(20), name), name))


def _identity(folder: Path | os.DirEntry[str]) -> tuple[int, int]:
    told = folder.stat()
    return told.st_dev, told.st_ino


def readable(folder: Path, names: Iterable[str], skip: bool) -> tuple[list[str], tuple[str, ...]]:
    """The names of files that a loader may read, and the others with the reason.

    Raises
    ------
    FormatError : there are others and `skip` is False; they are counted and the first are named
    """
    endings = tuple(suffix for door in doors.DOORS for suffix in door.suffixes)
    root, kept, odd = os.fspath(folder), [], []
    for name in names:
        reason = _fault(os.path.join(root, name)) if name.lower().endswith(endings) else "no loader reads it"
        if reason:
            odd.append(f"{name} ({reason})")
        else:
            kept.append(name)
    if odd and not skip:
        raise FormatError(
            f"{folder}: {len(odd)} of {len(kept) + len(odd)} files cannot be read: {shown(odd)}. Remove them, or pass "
            f"skip=True{IN_A_RECIPE} to leave them out"
        )
    return kept, tuple(odd)


def _fault(path: str) -> str:
    try:
        told = os.stat(path)
    except OSError as error:
        return str(error.strerror)
    if not os.access(path, os.R_OK):
        return "not readable for you"
    return "" if told.st_size else "empty"


def shown(names: Sequence[str], most: int = _SHOWN) -> str:
    """The first names of many, in words.

    >>> shown(["a", "b", "c", "d"]), shown([])
    ('a, b, c and 1 more', 'none')
    """
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + rest
