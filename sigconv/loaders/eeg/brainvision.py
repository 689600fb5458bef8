"""BrainVision: a text header (.vhdr) that names a file of samples (.eeg) with its markers (.vmrk)."""

import datetime
import math
import re
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.eeg.electrodes import Place
from sigconv.loaders.eeg.flat import Flat
from sigconv.loaders.eeg.parts import VOLTS, Parts, kind_of, stored
from sigconv.loaders.eeg.renamed import followed
from sigconv.loaders.labels import unique
from sigconv.signal import Event

_KINDS = {"INT_16": "i2", "UINT_16": "u2", "INT_32": "i4", "IEEE_FLOAT_32": "f4", "IEEE_FLOAT_64": "f8"}
_FIRST = re.compile(
    r"\ufeff?Brain ?Vision( Core| V-Amp)? Data( Exchange)? (Header|Marker) File,? *Version [12]\.0", re.I
)
_MOST_TEXT = 1 << 25  # bytes of a header or marker file
_MOST_CHANNELS = 10_000
_HEAD = 0.095  # m, the radius of a head whose electrodes are told by their directions only

Sections = dict[str, dict[str, str]]


def parts(path: Path) -> Parts:
    """What a BrainVision recording holds, from its header and markers.

    Raises
    ------
    FormatError : a field that is missing or wrong, samples that are not as many as told, a file outside the folder

    Source: Brain Products, BrainVision Core Data Format 1.0 (2018).  Same as: mne.io.read_raw_brainvision.
    """
    told, warnings = _sections(path), list[str]()
    common = told.get("common infos", {})
    count = _whole(path, common, "NumberOfChannels", 1, _MOST_CHANNELS)
    interval = _real(path, "SamplingInterval", _needed(path, common, "SamplingInterval"))
    if not 0 < interval < 1e12:
        raise FormatError(f"{path}: SamplingInterval is {interval:g} µs, expected more than 0")
    name = _needed(path, common, "DataFile").replace("$b", path.stem)
    data = followed(path, name, ".eeg", warnings)
    if data is None:
        raise FormatError(f"{path}: names the file {name[:80]!r} (DataFile), which is not there")
    kind, multiplexed = _kind(path, told, common)
    size = _size(path, data, count, int(kind[-1]), common, warnings)
    labels, units, scales = _channels(path, told.get("channel infos", {}), count)
    kinds = ["misc" if unit not in VOLTS else kind_of(label) for label, unit in zip(labels, units, strict=True)]
    fs = 1e6 / interval
    events, began, jumps = _markers(path, common, fs, warnings)
    if jumps:
        warnings.append(f"the recording was stopped {jumps} times; what follows lies right behind on the time axis")
    volts = tuple(scale * VOLTS.get(unit, 1.0) for scale, unit in zip(scales, units, strict=True))
    names = unique(labels)
    return Parts(
        names,
        kinds,
        size,
        fs,
        Flat(data, 0, kind, count, size, multiplexed, volts),
        events,
        began,
        positions=_positions(path, told.get("coordinates", {}), names),
        left_out={name: unit for name, unit in zip(names, units, strict=True) if unit not in VOLTS},
        facts={"format": "BrainVision", "numbers": stored(kind), "data": data.name},
        warnings=warnings,
    )


def _sections(path: Path) -> Sections:
    """Section -> key -> value, names in lower case; `;` begins a comment. The free text at the end is left out."""
    if (size := path.stat().st_size) > _MOST_TEXT:
        raise FormatError(f"{path}: {size} bytes, expected a text of at most {_MOST_TEXT}")
    content = path.read_bytes()
    codepage = re.search(rb"^codepage=([\w-]+)", content, re.IGNORECASE | re.MULTILINE)
    name = codepage[1].decode() if codepage else "utf-8"
    try:
        text = content.decode("utf-8" if name.lower().replace("-", "") == "utf8" else "cp1252")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = text.splitlines()
    if not lines or _FIRST.match(lines[0]) is None:
        raise FormatError(f"{path}: begins with {text[:60]!r}, expected 'BrainVision Data Exchange … File Version 1.0'")
    sections: Sections = {}
    section: dict[str, str] | None = None
    for line in lines[1:]:
        if line.startswith("[") and line.rstrip().endswith("]"):
            heading = line.strip()[1:-1].lower()
            section = None if heading == "comment" else sections.setdefault(heading, {})
        elif section is not None and not line.startswith(";") and "=" in line:
            key, _, value = line.partition("=")
            section[key.strip().lower()] = value.strip()
    return sections


def _needed(path: Path, common: dict[str, str], name: str) -> str:
    if name.lower() not in common:
        raise FormatError(f"{path}: has no {name}; expected one")
    return common[name.lower()]


def _whole(path: Path, common: dict[str, str], name: str, least: int, most: int) -> int:
    text = _needed(path, common, name)
    if not re.fullmatch(r"\d{1,15}", text) or not least <= int(text) <= most:
        raise FormatError(f"{path}: {name} is {text[:40]!r}, expected a whole number from {least} to {most}")
    return int(text)


def _real(path: Path, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FormatError(f"{path}: {name} is {text[:40]!r}, expected a number")
    return value


def _kind(path: Path, told: Sections, common: dict[str, str]) -> tuple[str, bool]:
    """The stored kind of number, and whether the samples of one moment lie together."""
    if common.get("dataformat", "BINARY").upper() != "BINARY":
        raise FormatError(f"{path}: DataFormat is {common['dataformat']!r}; BINARY is read: export it so")
    if common.get("datatype", "TIMEDOMAIN").upper() != "TIMEDOMAIN":
        raise FormatError(f"{path}: DataType is {common['datatype']!r}; expected TIMEDOMAIN")
    order = common.get("dataorientation", "MULTIPLEXED").upper()
    if order not in ("MULTIPLEXED", "VECTORIZED"):
        raise FormatError(f"{path}: DataOrientation is {order!r}; expected MULTIPLEXED or VECTORIZED")
    binary = told.get("binary infos", {})
    kind = binary.get("binaryformat", "INT_16").upper()
    if kind not in _KINDS:
        raise FormatError(f"{path}: BinaryFormat is {kind!r}; expected one of {', '.join(_KINDS)}")
    big = binary.get("usebigendianorder", "NO").upper() == "YES"
    return (">" if big else "<") + _KINDS[kind], order == "MULTIPLEXED"


def _size(path: Path, data: Path, count: int, wide: int, common: dict[str, str], warnings: list[str]) -> int:
    """Samples of each channel; the file holds whole moments, and as many as DataPoints says."""
    there = data.stat().st_size
    size, rest = divmod(there, count * wide)
    if rest:
        raise FormatError(
            f"{path}: {data.name} has {there} bytes, expected a multiple of {count * wide} ({count} channels of {wide} "
            "bytes): cut short?"
        )
    if "datapoints" in common:
        told = _whole(path, common, "DataPoints", 0, 1 << 48)
        if told > size:
            raise FormatError(f"{path}: {data.name} has {size} samples, expected {told} (DataPoints): cut short")
        if told < size:
            warnings.append(f"DataPoints is {told}, but {data.name} has {size} samples; all are read")
    return size


def _channels(path: Path, told: dict[str, str], count: int) -> tuple[list[str], list[str], list[float]]:
    labels, units, scales = [], [], []
    for number in range(1, count + 1):
        if f"ch{number}" not in told:
            raise FormatError(f"{path}: Channel Infos has no Ch{number}; expected {count} channels")
        name, _, scale, unit = [*(part.strip() for part in told[f"ch{number}"].split(",")), "", "", "", ""][:4]
        labels.append(name.replace(r"\1", ",") or f"Ch{number}")
        units.append((unit or "µV").replace("\u00c2", ""))
        scales.append(_real(path, f"resolution of Ch{number}", scale) if scale else 1.0)
    return labels, units, scales


def _positions(path: Path, told: dict[str, str], labels: list[str]) -> dict[str, Place]:
    """(x, y, z) m from radius (mm, or 1 for a direction only), theta (from the top) and phi (from the right ear)."""
    places = {}
    for number, label in enumerate(labels, start=1):
        fields = told.get(f"ch{number}", "").split(",")
        if len(fields) < 3:
            continue
        radius, theta, phi = (_real(path, f"Coordinates of Ch{number}", part) for part in fields[:3])
        if radius > 0:
            metres = _HEAD if radius == 1 else radius / 1000
            down, around = math.radians(theta), math.radians(phi)
            flat = metres * math.sin(down)
            places[label] = (flat * math.cos(around), flat * math.sin(around), metres * math.cos(down))
    return places


def _markers(
    path: Path, common: dict[str, str], fs: float, warnings: list[str]
) -> tuple[list[Event], datetime.datetime | None, int]:
    """Events "Type/Description", when the recording began, and how often it was stopped."""
    name = common.get("markerfile", "").replace("$b", path.stem)
    file = followed(path, name, ".vmrk", warnings) if name else None
    if file is None:
        return [], None, 0
    told = _sections(file).get("marker infos", {})
    events, began, jumps = [], None, 0
    numbered = [(int(key[2:]), value) for key, value in told.items() if re.fullmatch(r"mk\d{1,9}", key)]
    for position, (number, value) in enumerate(sorted(numbered)):
        kind, text, at, length, *rest = [*value.split(","), "", "", "", ""][: max(4, value.count(",") + 1)]
        if not re.fullmatch(r" *-?\d{1,15} *", at):
            raise FormatError(f"{file}: the position of Mk{number} is {at[:40]!r}, expected a whole number")
        if kind == "New Segment":
            began = began or _began(rest[-1] if len(rest) > 1 else "")
            jumps += position > 0
            if position == 0:
                continue
        label = f"{kind}/{text}".replace(r"\1", ",")
        duration = int(length) / fs if re.fullmatch(r"\d{1,15}", length) else 0.0
        events.append(Event((int(at) - 1) / fs, duration, label))
    return events, began, jumps


def _began(text: str) -> datetime.datetime | None:
    """Twenty digits: year, month, day, hour, minute, second, microseconds."""
    try:
        return datetime.datetime.strptime(text.strip(), "%Y%m%d%H%M%S%f")
    except ValueError:
        return None
