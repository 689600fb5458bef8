"""MetaImage: .mha files, or .mhd headers with their data file, read strictly."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.beside import beside
from sigconv.loaders.volume import raw
from sigconv.loaders.volume.geometry import canonical
from sigconv.loaders.volume.header import CHANNELS, EDGE, MOST_HEADER, Volume, part, patterned, reals, whole
from sigconv.signal import Axis

SUFFIXES = (".mha", ".mhd")
_KINDS = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    # a long has 4 bytes on every machine that writes MetaImage
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_SAME = {
    "ElementByteOrderMSB": "BinaryDataByteOrderMSB",
    "Rotation": "TransformMatrix",
    "Orientation": "TransformMatrix",
    "Origin": "Offset",
    "Position": "Offset",
}
_MOST = (EDGE, EDGE, EDGE, CHANNELS)  # samples along each axis
_YES = {"true": True, "1": True, "false": False, "0": False}


def known(head: bytes) -> str | None:
    """ ".mha" for a file that begins with these bytes, or None.

    >>> known(b"ObjectType = Image")
    '.mha'
    """
    return ".mha" if re.match(rb"\s*(ObjectType|NDims)\s*=", head) else None


def read(path: Path, fourth: str) -> Volume:
    """What a MetaImage header tells; the volume stays on disk.

    Parameters
    ----------
    path : .mha, or .mhd with its data file or files in the same folder
    fourth : what a fourth axis is: "time", or "channel" and "" for channels

    Raises
    ------
    FormatError : path, field, found, expected

    Source: itk.org/Wiki/ITK/MetaIO/Documentation.  Same as: SimpleITK, its LPS turned into RAS.
    """
    fields, behind, after = _fields(path)
    dimension = whole(path, "NDims", _told(path, fields, "NDims"), 2, 4)
    words = _told(path, fields, "DimSize").split()
    if len(words) != dimension:
        raise FormatError(f"{path}: DimSize has {len(words)} numbers, expected {dimension}")
    sizes = tuple(whole(path, "DimSize", word, 1, most) for word, most in zip(words, _MOST, strict=False))
    number = _kind(path, fields)
    roles, lead, lying = _roles(path, fields, sizes, fourth)
    grid = canonical(path, _affine(path, fields, dimension), (*sizes[:3], 1)[:3])
    bytes_told = math.prod(lying) * np.dtype(number).itemsize
    reader = raw.Samples(
        path, _parts(path, fields, behind, after, bytes_told, sizes[-1]), number, lying, roles, grid.turn
    )
    reader.check()
    modality = fields.get("Modality", "")
    facts = {"format": "MetaImage", "number": np.dtype(number).name, "encoding": reader.parts[0].encoding}
    facts |= {"modality": modality.removeprefix("MET_MOD_")} if modality else {}
    facts |= {"description": fields["Comment"]} if fields.get("Comment") else {}
    told = fields.get("AnatomicalOrientation", "RAI")
    warning = f"AnatomicalOrientation {told[:20]!r} is not followed: without a TransformMatrix axes are taken for LPS"
    odd = "TransformMatrix" not in fields and told not in ("RAI", "???", "")
    unit = "HU" if modality == "MET_MOD_CT" else ""
    return Volume(reader, grid, lead, unit, facts, {"format": "MetaImage"}, (warning,) if odd else ())


def _fields(path: Path) -> tuple[dict[str, str], bytes, int]:
    """The fields of the header, what is read behind its last line, and the byte behind that."""
    with path.open("rb") as file:
        text = file.read(MOST_HEADER)
    end = re.search(rb"(?m)^[ \t]*ElementDataFile[ \t]*=[^\n]*\n?", text)
    if end is None:
        raise FormatError(f"{path}: no ElementDataFile in the first {len(text)} bytes; expected it at the header's end")
    fields: dict[str, str] = {}
    for number, line in enumerate(text[: end.end()].decode("latin-1").splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        name = _SAME.get(name.strip(), name.strip())
        if not equals:
            raise FormatError(f"{path}: line {number} is {line[:80]!r}, expected 'Field = value'")
        if name in fields:
            raise FormatError(f"{path}: line {number} tells {name!r} again; expected it once")
        fields[name] = value.strip()
    if fields.get("ObjectType", "Image") != "Image":
        raise FormatError(f"{path}: ObjectType is {fields['ObjectType'][:80]!r}, expected Image")
    return fields, text[end.end() :], end.end()


def _told(path: Path, fields: dict[str, str], name: str) -> str:
    if name not in fields:
        raise FormatError(f"{path}: the header lacks {name!r}")
    return fields[name]


def _yes(path: Path, fields: dict[str, str], name: str, otherwise: str) -> bool:
    told = fields.get(name, otherwise)
    if told.lower() not in _YES:
        raise FormatError(f"{path}: {name} is {told[:80]!r}, expected True or False")
    return _YES[told.lower()]


def _kind(path: Path, fields: dict[str, str]) -> str:
    told = _told(path, fields, "ElementType")
    if told not in _KINDS:
        raise FormatError(f"{path}: ElementType is {told[:80]!r}, expected one of {', '.join(_KINDS)}")
    if not _yes(path, fields, "BinaryData", "False"):
        return np.dtype(_KINDS[told]).str
    return (
        np.dtype(_KINDS[told]).newbyteorder(">" if _yes(path, fields, "BinaryDataByteOrderMSB", "False") else "<").str
    )


def _roles(
    path: Path, fields: dict[str, str], sizes: tuple[int, ...], fourth: str
) -> tuple[tuple[int | str, ...], tuple[Axis, ...], tuple[int, ...]]:
    """What every axis is, the axes before z, y, x, and the sizes of all as they lie, channels first."""
    channels = whole(path, "ElementNumberOfChannels", fields.get("ElementNumberOfChannels", "1"), 1, CHANNELS)
    roles: list[int | str] = [0, 1, 2]
    lying = [*sizes[:3], *[1] * (3 - len(sizes))]
    lead = []
    if len(sizes) == 4 and fourth == "time":
        step = reals(path, "ElementSpacing", fields.get("ElementSpacing", "1 1 1 1").split(), 4)[3]
        lead.append(Axis("time", sizes[3], "s", step if 0 < step < 1e6 else 1.0))
        roles.append("time")
        lying.append(sizes[3])
    elif len(sizes) == 4:
        if channels > 1:
            raise FormatError(f"{path}: NDims is 4 and ElementNumberOfChannels is {channels}; expected 3 or 1")
        channels = sizes[3]
        roles.append("channel")
        lying.append(sizes[3])
    if "channel" not in roles:
        roles.insert(0, "channel")
        lying.insert(0, channels)
    return tuple(roles), (Axis.channel([str(n) for n in range(channels)]), *lead), tuple(lying)


def _affine(path: Path, fields: dict[str, str], dimension: int) -> Any:
    """(4, 4) from sample numbers to mm RAS; the file's own is left-posterior-superior, a row for each axis."""
    plain = " ".join("1" if i == j else "0" for i in range(dimension) for j in range(dimension))
    count = {"TransformMatrix": dimension**2}
    rows, steps, origin = (
        reals(path, name, fields.get(name, default).split(), count.get(name, dimension))
        for name, default in (
            ("TransformMatrix", plain),
            ("ElementSpacing", fields.get("ElementSize", "1 " * dimension)),
            ("Offset", "0 " * dimension),
        )
    )
    across = min(dimension, 3)
    affine = np.eye(4)
    matrix = np.array(rows).reshape(dimension, dimension)[:across, :across]
    affine[:across, :across] = matrix.T * np.array(steps[:across])
    affine[:across, 3] = origin[:across]
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def _parts(
    path: Path, fields: dict[str, str], behind: bytes, after: int, size: int, slices: int
) -> tuple[raw.Part, ...]:
    """Where the numbers are: behind the header, or in files beside it."""
    skipped = whole(path, "HeaderSize", fields.get("HeaderSize", "0"), -1, 1 << 40)
    encoding: raw.Encoding = "raw" if _yes(path, fields, "BinaryData", "False") else "text"
    if _yes(path, fields, "CompressedData", "False"):
        encoding = "zlib"
    told = fields["ElementDataFile"]
    words = told.split()
    if told.upper() == "LOCAL":
        return (part(path, path, after, encoding, skipped, size),)
    if words and words[0] == "LIST":
        found = [name.strip() for name in behind.decode("latin-1").splitlines() if name.strip()]
    elif len(words) == 4 and "%" in words[0]:
        found = patterned(path, "ElementDataFile", words)
    else:
        found = [told]
    if not found or slices % len(found):
        raise FormatError(f"{path}: names {len(found)} data files for {slices} samples along the slowest axis")
    each = size // len(found)
    return tuple(part(path, beside(path, name), 0, encoding, skipped, each) for name in found)
