"""Vicon's CSV export: the section "Trajectories"."""

import math
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.labels import unique
from sigconv.loaders.mocap.markers import axes, metres
from sigconv.loaders.mocap.rows import Lines, head, lines
from sigconv.loaders.mocap.trc import Columns
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of

_HEADER = 5
_BOM = b"\xef\xbb\xbf"


def known(head: bytes) -> bool:
    """Whether a file's first bytes are those of Vicon's trajectories; no other CSV file is taken.

    >>> known(b"Trajectories\\r\\n100\\r\\n,,LASI,,\\r\\nFrame,Sub Frame,X,Y,Z\\r\\n"), known(b"a,b\\r\\n1,2\\r\\n")
    (True, False)
    """
    told = [line.strip(b", \r") for line in head.removeprefix(_BOM).split(b"\n", 4)]
    return len(told) == 5 and told[0] == b"Trajectories" and told[1].replace(b".", b"", 1).isdigit()


def open(path: Path) -> Recording:
    """The markers of a CSV file that Vicon Nexus exported: three channels each, metres, NaN where a field is empty.

    Five lines of header: "Trajectories", the rate, names (subject:marker), "Frame,Sub Frame,X,Y,Z…", units.

    Raises
    ------
    FormatError : damaged, another kind of CSV file, or without a row
    """
    header = [line.rstrip(b"\r") for line in head(path, _HEADER)]
    if not known(b"\n".join(header)):
        raise FormatError(f"{path}: begins with {header[0][:40]!r}, expected Vicon's trajectories: another kind of CSV")
    rate = float(header[1].strip(b", "))
    if not 0 < rate < math.inf:
        raise FormatError(f"{path}: line 2: the rate is {rate:g} Hz, expected above 0")
    names = [field.strip().decode("utf-8", "replace") for field in header[2].split(b",")][2::3]
    while names and not names[-1]:
        names.pop()
    columns = [b"Frame", b"Sub Frame", *[b"X", b"Y", b"Z"] * len(names)]
    found = [field.strip() for field in header[3].split(b",")]
    if not names or not all(names) or found[: len(columns)] != columns or any(found[len(columns) :]):
        raise FormatError(f"{path}: lines 3 and 4 do not give X, Y and Z for each of {len(names)} names")
    told = {field.strip().decode("latin-1") for field in header[4].split(b",")[2 : len(columns)]}
    if len(told) != 1:
        raise FormatError(f"{path}: line 5: the units are {', '.join(sorted(told))[:60]!r}, expected one for all")
    (unit,) = told
    names = unique(names)
    count, first = _counted(path)
    notes: dict[str, Any] = {
        "domain": "motion capture",
        "path": str(path),
        "name": path.stem,
        "subject": subject_of(path),
        "markers": tuple(names),
        "first_frame": first,
        "facts": {"format": "CSV, Vicon's trajectories", "markers": f"{len(names)}, in the file in {unit}"},
        "warnings": (),
    }
    reader = Columns(path, Lines(_HEADER, b",", count, len(columns)), metres(path, unit))
    return Recording(axes(names, count, rate), reader, "m", (), notes)


def _counted(path: Path) -> tuple[int, int]:
    """How many rows there are, and the first one's frame number; a row that does not follow the last is refused."""
    count, first = 0, 0
    for number, line in lines(path, _HEADER):
        told = line.split(b",", 1)[0].strip()
        if not told.isdigit() or len(told) > 12:
            raise FormatError(
                f"{path}, line {number}: begins with {line[:40]!r}, expected a frame number; other sections "
                "(model outputs, devices) belong in files of their own"
            )
        first = first if count else int(told)
        if int(told) != first + count:
            raise FormatError(f"{path}, line {number}: frame {int(told)}, expected {first + count}")
        count += 1
    if count == 0:
        raise FormatError(f"{path}: no row of numbers behind the header")
    return count, first
