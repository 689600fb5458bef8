"""NIfTI-1 and NIfTI-2: a strict look at the header before anything of the volume is read."""

import math
import re
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders.beside import beside
from sigconv.loaders.volume import inflate, raw
from sigconv.loaders.volume.geometry import canonical
from sigconv.loaders.volume.header import CHANNELS, EDGE, Volume
from sigconv.signal import Axis

SUFFIXES = (".nii.gz", ".nii", ".hdr.gz", ".hdr", ".img.gz", ".img")
# size of header -> (version, magic of a single file, magic of a pair, offset of the magic)
_FORMS = {348: (1, b"n+1\0", b"ni1\0", 344), 540: (2, b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n", 4)}
_KINDS = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_OTHERS = {1: "bits", 32: "complex", 128: "RGB", 1536: "float128", 1792: "complex", 2048: "complex", 2304: "RGBA"}
_LENGTHS = {0: 1.0, 1: 1e3, 2: 1.0, 3: 1e-3}  # code of the unit of length -> mm
_LENGTH_NAMES = {0: "unknown", 1: "m", 2: "mm", 3: "um"}
_TIMES = {8: 1.0, 16: 1e-3, 24: 1e-6}  # code of the unit of time -> s
_SPACES = {0: "none", 1: "scanner", 2: "aligned", 3: "Talairach", 4: "MNI", 5: "template"}
_LABEL = re.compile(rb'<Label Key="(\d{1,9})"[^<>]{0,400}><!\[CDATA\[([^\]]{1,200})\]\]>')
_MOST_EXTENSIONS = 1 << 24  # bytes between header and volume


def known(head: bytes) -> str | None:
    """The suffix of the NIfTI file that begins with these bytes, or None.

    >>> known(bytes([92, 1, 0, 0]) + bytes(340) + b"n+1" + bytes(1))
    '.nii'
    """
    if head.startswith(b"\x1f\x8b"):
        try:
            inner = zlib.decompressobj(31).decompress(head, 540)
        except zlib.error:
            return None
        found = known(inner)
        return f"{found}.gz" if found else None
    for size, (_, single, pair, at) in _FORMS.items():
        if size in (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")):
            magic = head[at : at + len(single)]
            return ".nii" if magic == single else ".hdr" if magic == pair else None
    return None


def read(path: Path, suffix: str, fourth: str) -> Volume:
    """What the header of a NIfTI file, or of a pair of files, tells; the volume stays on disk.

    Parameters
    ----------
    path : .nii, .nii.gz, or one of a pair .hdr and .img (.gz)
    suffix : one of SUFFIXES
    fourth : what the fourth axis of the file is: "time", "channel", or "" for time where its unit is one

    Raises
    ------
    FormatError : path, field, found, expected
    MissingExtra : nibabel is not installed
    """
    try:
        from nibabel import nifti1, nifti2
    except ImportError as error:
        raise MissingExtra("nibabel", "volume") from error
    head, body = _pair(path, suffix)
    packed = _is_gzip(head)
    first = _head_bytes(head, packed, 540)
    size, order = _order(head, first)
    version, single, _, _ = _FORMS[size]
    if len(first) < size:
        raise FormatError(f"{head}: cut short: {len(first)} bytes; a NIfTI-{version} header has {size}")
    inside = first[_FORMS[size][3] :].startswith(single)
    kind = nifti1.Nifti1Header if version == 1 else nifti2.Nifti2Header
    header = kind(first[:size], endianness=order, check=False)
    sizes = _sizes(head, header)
    number = _kind(head, header, order)
    least = (size + 4) if inside else 0
    offset = _offset(head, header, least)
    classes: dict[int, str] = {}
    if inside:
        classes = _classes(head, _head_bytes(head, packed, offset - size, size), size, order)
        body = head
    slope, intercept = _scale(head, header)
    length, affine, about = _affine(head, header)
    grid = canonical(head, np.concatenate([affine[:3] * length, affine[3:]]), sizes[:3])
    lead, roles = _lead(head, header, sizes, fourth)
    bytes_there = math.prod(sizes) * np.dtype(number).itemsize
    zipped = _is_gzip(body)
    part = raw.Part(body, 0, "zlib", offset, bytes_there) if zipped else raw.Part(body, offset, "raw", 0, bytes_there)
    reader = raw.Samples(
        path, (part,), number, (*sizes[:3], *(axis.size for axis in reversed(lead))), roles, grid.turn, slope, intercept
    )
    reader.check()
    facts, stored = _told(header, version, order, number, slope, intercept, about)
    warning = (
        () if about != "none" else ("neither sform nor qform tells how the head lies; left and right are a guess",)
    )
    return Volume(reader, grid, lead, "", facts, stored, warning, classes)


def _pair(path: Path, suffix: str) -> tuple[Path, Path]:
    """The header's file and the volume's, which lies beside it under the same name."""
    if suffix.startswith(".nii"):
        return path, path
    found = re.fullmatch(r"(.+)\.(hdr|img)(\.gz)?", path.name, re.IGNORECASE)
    stem, kind = (found[1], found[2]) if found else (path.name, "hdr")
    other = {"hdr": "img", "HDR": "IMG", "img": "hdr", "IMG": "HDR"}.get(kind, "img")
    named = [f"{stem}.{other}{more}" for more in ("", ".gz", ".GZ")]
    there = beside(path, next((name for name in named if (path.parent / name).exists()), named[0]))
    return (there, path) if kind.lower() == "img" else (path, there)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _head_bytes(path: Path, packed: bool, most: int, first: int = 0) -> bytes:
    """At most so many bytes of the (inflated) file, from number `first` on."""
    if packed:  # who opens many files keeps nothing of each
        return inflate.beginning(path, "zlib", first + most)[first:]
    with path.open("rb") as file:
        file.seek(first)
        return file.read(most)


def _order(path: Path, head: bytes) -> tuple[int, Literal["<", ">"]]:
    """The size of the header that its first number tells, and the order of bytes in which it does."""
    orders: tuple[Literal["<"], Literal[">"]] = ("<", ">")
    for order in orders:
        size = int.from_bytes(head[:4], "little" if order == "<" else "big")
        if size in _FORMS:
            _, single, pair, at = _FORMS[size]
            magic = head[at : at + len(single)]
            if magic in (single, pair):
                return size, order
            if size == 348 and not magic.strip(b"\0"):
                raise FormatError(
                    f"{path}: an ANALYZE 7.5 header (no magic at byte 344), which does not tell left from right; "
                    "expected 'n+1' or 'ni1': turn it into NIfTI first"
                )
            raise FormatError(f"{path}: magic is {magic!r} at byte {at}, expected {single!r} or {pair!r}")
    raise FormatError(f"{path}: begins with {head[:4]!r}; a NIfTI header begins with its size, 348 or 540")


def _sizes(path: Path, header: Any) -> tuple[int, ...]:
    """The five sizes x, y, z, time, channel; those that the file leaves out are 1."""
    dim = [int(number) for number in header["dim"]]
    if not 1 <= dim[0] <= 7:
        raise FormatError(f"{path}: dim[0] is {dim[0]}, expected 1 to 7 axes")
    sizes = dim[1 : dim[0] + 1] + [1] * (7 - dim[0])
    for number, size in enumerate(sizes, 1):
        most = (EDGE, EDGE, EDGE, CHANNELS, CHANNELS, 1, 1)[number - 1]
        if not 1 <= size <= most:
            raise FormatError(f"{path}: dim[{number}] is {size}, expected 1 to {most}")
    return tuple(sizes[:5])


def _kind(path: Path, header: Any, order: Literal["<", ">"]) -> str:
    code, bits = int(header["datatype"]), int(header["bitpix"])
    if code in _OTHERS:
        raise FormatError(f"{path}: datatype is {code} ({_OTHERS[code]}); sigconv reads one real number a voxel")
    if code not in _KINDS:
        raise FormatError(f"{path}: datatype is {code}, expected one of {', '.join(map(str, _KINDS))}")
    kind = np.dtype(_KINDS[code]).newbyteorder(order)
    if bits not in (0, 8 * kind.itemsize):
        raise FormatError(f"{path}: bitpix is {bits}, expected {8 * kind.itemsize} for datatype {code}")
    return kind.str


def _offset(path: Path, header: Any, least: int) -> int:
    told = float(header["vox_offset"])
    offset = least if told == 0 else told
    if not (math.isfinite(offset) and offset == int(offset) and least <= offset <= least + _MOST_EXTENSIONS):
        raise FormatError(
            f"{path}: vox_offset is {told:g}, expected a whole number from {least} to {least + _MOST_EXTENSIONS}"
        )
    return int(offset)


def _classes(path: Path, block: bytes, before: int, order: str) -> dict[int, str]:
    """The names of labels that an extension of Connectome Workbench tells; extensions follow each other up to the end.

    block : from the flag of extensions, at byte `before`, to the volume
    """
    at, classes = 4, {}
    while block[:1] != b"\0" and at + 8 <= len(block):
        length = int.from_bytes(block[at : at + 4], "little" if order == "<" else "big")
        if length < 16 or at + length > len(block):
            raise FormatError(
                f"{path}: the extension at byte {before + at} has {length} bytes; expected 16 to {len(block) - at}, "
                "before the volume"
            )
        for key, name in _LABEL.findall(block[at : at + length]):
            classes[int(key)] = name.decode("utf-8", "replace")
        at += length
    return classes


def _scale(path: Path, header: Any) -> tuple[float, float]:
    """Slope and intercept; a slope of 0, or one that is not finite, means that nothing is scaled."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        return 1.0, 0.0
    if not math.isfinite(intercept):
        raise FormatError(f"{path}: scl_inter is {intercept} beside scl_slope {slope:g}; expected a finite number")
    return slope, intercept


def _affine(path: Path, header: Any) -> tuple[float, Any, str]:
    """mm of its unit of length, the affine in that unit, and which of the header's it is: sform before qform."""
    code = int(header["xyzt_units"]) & 7
    if code not in _LENGTHS:
        raise FormatError(f"{path}: xyzt_units has a length of code {code}, expected 0 to 3")
    about = "sform" if header["sform_code"] else "qform" if header["qform_code"] else "none"
    try:
        with np.errstate(all="ignore"):
            affine = np.asarray(header.get_best_affine(), dtype=np.float64)
    except Exception as error:
        raise FormatError(f"{path}: {about} cannot be read: {' '.join(str(error).split())[:200]}") from error
    return _LENGTHS[code], affine, about


def _lead(
    path: Path, header: Any, sizes: tuple[int, ...], fourth: str
) -> tuple[tuple[Axis, ...], tuple[int | str, ...]]:
    """The axes before z, y, x, and the roles of the file's axes; one of fourth and fifth has one sample, or both."""
    code, step = int(header["xyzt_units"]) & 56, float(header["pixdim"][4])
    timed = sizes[3] > 1 and (fourth == "time" or (fourth == "" and code in _TIMES))
    channels = sizes[4] if timed else sizes[3] * sizes[4]
    if not timed and min(sizes[3:]) > 1:
        raise FormatError(
            f"{path}: dim[4] is {sizes[3]} and dim[5] is {sizes[4]} without a unit of time; expected a 1 in one"
        )
    channel = Axis.channel([str(number) for number in range(channels)])
    if not timed:
        return (channel,), (0, 1, 2, "channel")
    seconds = step * _TIMES.get(code, 1.0)
    if not 0 < seconds < 1e6:
        raise FormatError(f"{path}: pixdim[4] is {step:g}, expected a time from one volume to the next, above 0")
    return (channel, Axis("time", sizes[3], "s", seconds)), (0, 1, 2, "time", "channel")


def _told(
    header: Any, version: int, order: str, number: str, slope: float, intercept: float, about: str
) -> tuple[dict[str, str], dict[str, Any]]:
    """Facts for people, and what writing back needs."""
    codes = {name: int(header[f"{name}_code"]) for name in ("sform", "qform")}
    measured = int(header["xyzt_units"])
    stored: dict[str, Any] = {"format": f"NIfTI-{version}", "units": measured, **codes}
    if codes["sform"] and codes["qform"]:
        stored["other"] = _other(header)
    facts = {
        "format": f"NIfTI-{version}",
        "number": np.dtype(number).name + (" big-endian" if order == ">" else ""),
        "orientation from": about,
        **{name: f"{value} ({_SPACES.get(value, 'unknown')})" for name, value in codes.items()},
        "unit of length": _LENGTH_NAMES[measured & 7],
    }
    if (slope, intercept) != (1.0, 0.0):
        facts["scaled by"] = f"× {slope:g} + {intercept:g}"
    if text := bytes(header["descrip"]).split(b"\0")[0].decode("latin-1").strip():
        facts["description"] = text
    return facts, stored


def _other(header: Any) -> tuple[tuple[float, ...], ...] | None:
    """(4, 4) from the sform's world to the qform's, where they differ and both can be inverted."""
    try:
        with np.errstate(all="ignore"):
            sform, qform = header.get_sform(), header.get_qform()
            between = qform @ np.linalg.inv(sform)
    except Exception:  # the qform is not what places the volume; one that cannot be read is left out
        return None
    if not np.isfinite(between).all() or np.allclose(sform, qform, atol=1e-4):
        return None
    return tuple(tuple(float(number) for number in row) for row in between)
