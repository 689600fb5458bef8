"""NRRD: attached and detached headers, read strictly."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import FormatError, SamplingError
from sigconv.loaders.beside import beside
from sigconv.loaders.volume import raw
from sigconv.loaders.volume.geometry import canonical
from sigconv.loaders.volume.header import CHANNELS, EDGE, MOST_HEADER, Volume, part, patterned, reals, whole
from sigconv.signal import Axis

SUFFIXES = (".nrrd", ".nhdr")
_KINDS = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"), "u8"),
    "float": "f4",
    "double": "f8",
}
_ENCODINGS: dict[str, raw.Encoding] = {
    **dict.fromkeys(("raw",), "raw"),
    **dict.fromkeys(("txt", "text", "ascii"), "text"),
    **dict.fromkeys(("gz", "gzip"), "zlib"),
    **dict.fromkeys(("bz2", "bzip2"), "bzip2"),
}
# towards what the first three coordinates of a space grow -> (R, A, S) signs
_SPACES = {
    **dict.fromkeys(("right-anterior-superior", "ras"), (1, 1, 1)),
    **dict.fromkeys(("left-anterior-superior", "las"), (-1, 1, 1)),
    **dict.fromkeys(("left-posterior-superior", "lps"), (-1, -1, 1)),
}
_VECTOR = re.compile(r"\(([^()]*)\)|none")


def known(head: bytes) -> str | None:
    """ ".nrrd" for a file that begins with these bytes, or None.

    >>> known(b"NRRD0004\\n")
    '.nrrd'
    """
    return ".nrrd" if re.match(rb"NRRD\d{4}\r?\n", head) else None


def read(path: Path, fourth: str) -> Volume:
    """What a NRRD header tells; the volume stays on disk.

    Parameters
    ----------
    path : .nrrd, or .nhdr with its data file or files in the same folder
    fourth : what an axis that is not spatial is: "time", "channel", or "" for what its kind says

    Raises
    ------
    FormatError : path, field, found, expected

    Source: teem.sourceforge.net/nrrd/format.html.  Same as: pynrrd (tests).
    """
    fields, after = _fields(path)
    dimension = _whole(path, fields, "dimension", 1, 16)
    sizes = _wholes(path, fields, "sizes", dimension)
    number = _kind(path, fields)
    encoding = _one_of(path, fields, "encoding", _ENCODINGS)
    affine, spatial, notice = _affine(path, fields, dimension)
    roles, lead = _roles(path, fields, sizes, spatial, fourth)
    grid_sizes = tuple(sizes[axis] for axis in spatial) + (1,) * (3 - len(spatial))
    grid = canonical(path, affine, grid_sizes)
    parts = _parts(path, fields, after, encoding, math.prod(sizes) * np.dtype(number).itemsize, dimension, sizes)
    if len(spatial) == 2:
        roles, sizes = (*roles, 2), (*sizes, 1)
    reader = raw.Samples(path, parts, number, sizes, roles, grid.turn)
    reader.check()
    facts = {"format": "NRRD", "number": np.dtype(number).name, "encoding": fields["encoding"]}
    facts |= {"space": fields["space"]} if "space" in fields else {}
    facts |= {"description": fields["content"]} if "content" in fields else {}
    return Volume(reader, grid, lead, "", facts, {"format": "NRRD"}, notice)


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """The fields of the header, and the byte behind it."""
    with path.open("rb") as file:
        text = file.read(MOST_HEADER)
    end = re.search(rb"\r?\n\r?\n", text)
    head = text[: end.start()] if end else text
    if end is None and len(text) == MOST_HEADER:
        raise FormatError(f"{path}: no empty line in the first {MOST_HEADER} bytes; expected one behind the header")
    if known(text[:16]) is None:
        raise FormatError(f"{path}: begins with {text[:9]!r}, expected NRRD0001 to NRRD0005")
    fields: dict[str, str] = {}
    for number, line in enumerate(head.decode("latin-1").splitlines()[1:], 2):
        if line.startswith("#") or ":=" in line.split(": ")[0]:
            continue
        if fields.get("data file", "").lower()[:4] == "list" and ": " not in line:
            fields["names"] = fields.get("names", "") + line.strip() + "\n"
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise FormatError(f"{path}: line {number} is {line[:80]!r}, expected 'field: value'")
        name = _NAMES.get(key := " ".join(name.lower().split()), key)
        if name in fields:
            raise FormatError(f"{path}: line {number} tells {name!r} again; expected it once")
        fields[name] = value.strip()
    return fields, end.end() if end else len(text)


_NAMES = {"datafile": "data file", "byteskip": "byte skip", "lineskip": "line skip", "centerings": "centers"}


def _told(path: Path, fields: dict[str, str], name: str) -> str:
    if name not in fields:
        raise FormatError(f"{path}: the header lacks {name!r}")
    return fields[name]


def _one_of(path: Path, fields: dict[str, str], name: str, allowed: dict[str, Any]) -> Any:
    value = _told(path, fields, name).lower()
    if value not in allowed:
        raise FormatError(f"{path}: {name} is {value[:80]!r}, expected one of {', '.join(allowed)}")
    return allowed[value]


def _whole(path: Path, fields: dict[str, str], name: str, least: int, most: int) -> int:
    return whole(path, name, _told(path, fields, name), least, most)


def _wholes(path: Path, fields: dict[str, str], name: str, count: int) -> tuple[int, ...]:
    words = _told(path, fields, name).split()
    if len(words) != count:
        raise FormatError(f"{path}: {name} has {len(words)} numbers, expected {count}, one for each axis")
    return tuple(whole(path, name, word, 1, EDGE) for word in words)


def _kind(path: Path, fields: dict[str, str]) -> str:
    kind = np.dtype(_one_of(path, fields, "type", _KINDS))
    if kind.itemsize == 1 or fields["encoding" if "encoding" in fields else "type"].lower() in ("txt", "text", "ascii"):
        return str(kind.str)
    order = _one_of(path, fields, "endian", {"little": "<", "big": ">"})
    return str(kind.newbyteorder(order).str)


def _affine(path: Path, fields: dict[str, str], dimension: int) -> tuple[Any, tuple[int, ...], tuple[str, ...]]:
    """(4, 4) from sample numbers to mm RAS, the numbers of the spatial axes, and a warning where one is due."""
    space = fields.get("space", "").lower().removesuffix("-time").replace("rast", "ras")
    space = {"last": "las", "lpst": "lps"}.get(space, space)
    notice: tuple[str, ...] = ()
    if space not in _SPACES:  # ITK, too, takes such files for left-posterior-superior
        notice = (f"the space {space or '(none told)'!r} is taken for left-posterior-superior",)
    if "space directions" in fields:
        columns, spatial = _directions(path, fields, dimension)
    else:
        columns, spatial = _spacings(path, fields, dimension)
    across = len(spatial)
    origin = [0.0] * across
    if "space origin" in fields:
        found = _VECTOR.fullmatch(fields["space origin"])
        origin = reals(path, "space origin", (found[1] or "").split(",") if found else [], across)
    length = _length(path, fields)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for column, vector in enumerate(columns):
        affine[:across, column] = np.array(vector) * length
    affine[:across, 3] = np.array(origin) * length
    affine[:3] *= np.array(_SPACES.get(space, _SPACES["lps"]))[:, None]
    return affine, spatial, notice


def _directions(path: Path, fields: dict[str, str], dimension: int) -> tuple[list[list[float]], tuple[int, ...]]:
    found = [match[1] for match in _VECTOR.finditer(fields["space directions"])]
    spatial = tuple(axis for axis, vector in enumerate(found) if vector is not None)
    if len(found) != dimension or len(spatial) not in (2, 3):
        raise FormatError(
            f"{path}: space directions has {len(found)} entries, {len(spatial)} of them vectors; expected {dimension} "
            "entries (a vector or none), 2 or 3 vectors"
        )
    vectors = [found[axis] or "" for axis in spatial]
    return [reals(path, "space directions", vector.split(","), len(spatial)) for vector in vectors], spatial


def _spacings(path: Path, fields: dict[str, str], dimension: int) -> tuple[list[list[float]], tuple[int, ...]]:
    """Axes without directions: the first three are x, y, z, but for those whose kind is another."""
    kinds = _list(path, fields, "kinds", dimension)
    spatial = tuple(axis for axis, kind in enumerate(kinds) if kind in ("domain", "space", "???", "none", ""))[:3]
    if len(spatial) not in (2, 3):
        raise FormatError(f"{path}: {len(spatial)} axes are spatial, expected 2 or 3")
    words = fields.get("spacings", " ".join(["1"] * dimension)).split()
    steps = reals(path, "spacings", words, dimension)
    across = len(spatial)
    told = [1.0 if math.isnan(steps[axis]) else steps[axis] for axis in spatial]
    return [[told[i] * (i == j) for j in range(across)] for i in range(across)], spatial


def _length(path: Path, fields: dict[str, str]) -> float:
    """mm of the unit in which the space is measured."""
    words = re.findall(r'"([^"]*)"', fields.get("space units", ""))
    told = next((word for word in words if word.strip() not in ("", "???")), "mm")
    try:
        return units.factor({"millimeter": "mm", "microns": "um", "meter": "m"}.get(told, told), "mm")
    except SamplingError:
        raise FormatError(f"{path}: space units has {told!r}, expected a length: mm, cm, m, um") from None


def _list(path: Path, fields: dict[str, str], name: str, count: int) -> list[str]:
    words = fields.get(name, "").lower().split() or [""] * count
    if len(words) != count:
        raise FormatError(f"{path}: {name} has {len(words)} words, expected {count}, one for each axis")
    return words


def _roles(
    path: Path, fields: dict[str, str], sizes: tuple[int, ...], spatial: tuple[int, ...], fourth: str
) -> tuple[tuple[int | str, ...], tuple[Axis, ...]]:
    """What every axis of the file is, and the axes before z, y, x."""
    kinds = _list(path, fields, "kinds", len(sizes))
    others = [axis for axis in range(len(sizes)) if axis not in spatial]
    coloured = [kind for kind in kinds if kind == "complex"]
    if coloured:
        raise FormatError(f"{path}: kinds has {coloured[0]!r}; sigconv reads real numbers")
    role: dict[int, int | str] = {axis: number for number, axis in enumerate(spatial)}
    for axis in others:
        role[axis] = "time" if (fourth or kinds[axis]) == "time" else "channel"
    named = [role[axis] for axis in others]
    if len(set(named)) < len(named):
        raise FormatError(f"{path}: {len(others)} axes are not spatial; expected one of channels, one of time, or none")
    size = {role[axis]: sizes[axis] for axis in others}
    if max(size.values(), default=1) > CHANNELS:
        raise FormatError(f"{path}: sizes has {max(size.values())} channels or times, expected {CHANNELS} or less")
    lead = [Axis.channel([str(number) for number in range(size.get("channel", 1))])]
    if "time" in size:
        axis = next(axis for axis in others if role[axis] == "time")
        step = reals(path, "spacings", fields.get("spacings", "1 " * len(sizes)).split(), len(sizes))[axis]
        lead.append(Axis("time", sizes[axis], "s", step if 0 < step < 1e6 else 1.0))
    return tuple(role[axis] for axis in range(len(sizes))), tuple(lead)


def _parts(
    path: Path, fields: dict[str, str], after: int, encoding: raw.Encoding, size: int, dimension: int, sizes: Any
) -> tuple[raw.Part, ...]:
    """Where the numbers are: behind the header, or in files beside it."""
    if "data file" not in fields:
        return (_part(path, path, fields, after, encoding, size),)
    names = _names(path, fields, dimension)
    if size % len(names) or sizes[-1] % len(names):
        raise FormatError(f"{path}: names {len(names)} data files for {sizes[-1]} samples along the slowest axis")
    each = size // len(names)
    return tuple(_part(path, beside(path, name), fields, 0, encoding, each) for name in names)


def _names(path: Path, fields: dict[str, str], dimension: int) -> list[str]:
    told = fields["data file"]
    words = told.split()
    if words and words[0] == "LIST":
        depth = words[1] if len(words) == 2 else str(dimension - 1)
        names = fields.get("names", "").split("\n")[:-1]
        if not names:
            raise FormatError(f"{path}: data file is LIST, but no names follow")
    elif len(words) in (4, 5) and "%" in words[0]:
        depth = words[4] if len(words) == 5 else str(dimension - 1)
        names = patterned(path, "data file", words)
    else:
        return [told]
    if depth not in (str(dimension - 1), str(dimension)):
        raise FormatError(f"{path}: data file says that each file has {depth[:20]} axes, expected {dimension - 1}")
    return names


def _part(path: Path, body: Path, fields: dict[str, str], start: int, encoding: raw.Encoding, size: int) -> raw.Part:
    lines = whole(path, "line skip", fields.get("line skip", "0"), 0, 1 << 16)
    skipped = whole(path, "byte skip", fields.get("byte skip", "0"), -1, 1 << 40)
    with body.open("rb") as file:
        file.seek(start)
        for _ in range(lines):
            file.readline(MOST_HEADER)
        start = file.tell()
    return part(path, body, start, encoding, skipped, size)
