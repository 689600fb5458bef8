"""Lines of numbers: text made into an array, row by row."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.kept import version
from sigconv.loaders.limits import within_limit

Array = np.ndarray[Any, Any]

_MOST_KEPT = 1 << 26  # bytes of parsed files that a thread keeps
_NUMBER = b"+-.0123456789eE"
_MOST_HEAD = 1 << 20
_BLANK = b"\t ,;\r\n"
_MISSING = {b"", b"nan", b"NaN", b"NAN"}
_thread = threading.local()  # each thread keeps its own, so that none waits and a fork finds no lock held


def numbers(where: str, fields: Sequence[bytes], missing: bool) -> list[float]:
    """Fields of one line as numbers.

    where : path and line, for the message;  missing : whether a field may be empty or NaN, which becomes NaN

    Raises
    ------
    FormatError : a field that is not a finite number

    >>> numbers("a.trc, line 7", [b"1.5", b""], missing=True)
    [1.5, nan]
    """
    try:
        if b"".join(fields).translate(None, _NUMBER) == b"":  # Python's float takes "1_0" and "infinity", too
            found = [float(field) if field else np.nan for field in fields] if missing else list(map(float, fields))
        else:
            found = [_number(field.strip(), missing) for field in fields]
    except ValueError:
        wrong = next((f for f in fields if not _is_number(f.strip(), missing)), b"")
        raise FormatError(f"{where}: {wrong[:40]!r} is not a number") from None
    if np.inf in found or -np.inf in found:
        raise FormatError(f"{where}: a number is too large for 64 bits")
    return found


def _number(field: bytes, missing: bool) -> float:
    if missing and field in _MISSING:
        return np.nan
    if field.translate(None, _NUMBER):
        raise ValueError
    return float(field)


def _is_number(field: bytes, missing: bool) -> bool:
    try:
        _number(field, missing)
    except ValueError:
        return False
    return True


def lines(path: Path, skipped: int) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line) of the lines that hold anything but separators, behind the first `skipped` ones."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if number > skipped and line.strip(_BLANK):
                yield number, line.rstrip(b"\r\n")


def once(path: Path, parse: Callable[[], Array], *key: object) -> Array:
    """The parsed samples of a text file, kept while it does not change and others do not need the room.

    Parameters
    ----------
    path : the file;  parse : makes its read-only array;  key : what else the array depends on
    """
    name = (*version(path), *key)
    kept: OrderedDict[tuple[object, ...], Array] = _thread.__dict__.setdefault("kept", OrderedDict())
    if name in kept:
        kept.move_to_end(name)
        return kept[name]
    samples = kept[name] = parse()
    samples.flags.writeable = False
    while len(kept) > 1 and sum(one.nbytes for one in kept.values()) > _MOST_KEPT:
        kept.popitem(last=False)
    return samples


@dataclass(frozen=True)
class Lines:
    """How the rows of a text file lie.

    skipped : lines before the first row;  separator : of fields, None for any white space
    count : rows;  width : fields read of each
    missing : whether fields may be empty or NaN;  more : whether other fields may follow
    """

    skipped: int
    separator: bytes | None
    count: int
    width: int
    missing: bool = True
    more: bool = False


def table(path: Path, told: Lines) -> Array:
    """(row, column) float64, NaN where a field is empty.

    Raises
    ------
    FormatError : a row that is too short, holds something else, or is missing
    """
    count, width = told.count, told.width
    within_limit(path, 8 * count * width, f"{count} rows of {width} numbers")
    out = np.empty((count, width))
    row = 0
    for number, line in lines(path, told.skipped):
        where = f"{path}, line {number}"
        if row == count:
            raise FormatError(f"{where}: has more than {count} rows")
        fields = line.split(told.separator, width)
        if len(fields) < width or (not told.more and fields[width:] and fields[width].strip(_BLANK)):
            raise FormatError(
                f"{where}: {len(fields)} fields, expected {width}{': cut short?' * (len(fields) < width)}"
            )
        out[row] = numbers(where, fields[:width], missing=told.missing)
        row += 1
    if row < count:
        raise FormatError(f"{path}: {row} rows, expected {count}: cut short?")
    return out


def head(path: Path, count: int) -> list[bytes]:
    """The first `count` lines without their ends, or as many as there are; at most a megabyte."""
    with path.open("rb") as file:
        found = file.read(_MOST_HEAD).split(b"\n", count)[:count]
    return [line.rstrip(b"\r") for line in found]
