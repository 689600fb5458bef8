"""What the header of a volume tells, whatever its format."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.volume import raw
from sigconv.loaders.volume.geometry import Canonical
from sigconv.signal import Axis

EDGE = 1 << 20  # samples along one axis, at the most
CHANNELS = 1 << 16  # or times, at the most
MOST_HEADER = 1 << 20  # bytes of text
_FILES = 1 << 16  # that a pattern names, at the most


@dataclass(frozen=True)
class Volume:
    """A header's content as the house holds it.

    reader : of the samples;  grid : where they lie;  lead : a channel axis, and a time axis where there is one
    unit : of the samples;  facts : for people;  stored : what writing back needs;  warnings : sentences
    classes : names of the labels, where it tells them
    """

    reader: raw.Samples
    grid: Canonical
    lead: tuple[Axis, ...]
    unit: str
    facts: dict[str, str]
    stored: dict[str, Any]
    warnings: tuple[str, ...] = ()
    classes: Mapping[int, str] = field(default_factory=dict)


def whole(path: Path, name: str, text: str, least: int, most: int) -> int:
    """The whole number that a field tells; `path` and `name` are for the FormatError of another, or of none.

    >>> whole(Path("scan.mha"), "NDims", "3", 2, 5)
    3
    """
    if not re.fullmatch(r"[+-]?\d{1,18}", text.strip()) or not least <= int(text) <= most:
        raise FormatError(f"{path}: {name} is {text[:80]!r}, expected a whole number from {least} to {most}")
    return int(text)


def reals(path: Path, name: str, words: Sequence[str], count: int) -> list[float]:
    """The numbers that a field tells; `path` and `name` are for the FormatError of others, or of too many or few.

    >>> reals(Path("scan.mha"), "Offset", ["0", "1.5"], 2)
    [0.0, 1.5]
    """
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise FormatError(f"{path}: {name} has {' '.join(words)[:80]!r}, expected {count} numbers")
    return numbers


def patterned(path: Path, name: str, words: Sequence[str]) -> list[str]:
    """The files that a pattern with one %d, a first, a last and a step name.

    Raises
    ------
    FormatError : another pattern, or more files than 65536

    >>> patterned(Path("scan.mhd"), "ElementDataFile", ["slice%03d.raw", "9", "11", "1"])
    ['slice009.raw', 'slice010.raw', 'slice011.raw']
    """
    first, last, step = (whole(path, name, word, -(1 << 31), 1 << 31) for word in words[1:4])
    spread = range(first, last + (1 if step > 0 else -1), step) if step else range(0)
    pattern = re.fullmatch(r"([^%]*)%(0?)(\d?)d([^%]*)", words[0])
    if pattern is None or not 1 <= len(spread) <= _FILES:
        raise FormatError(
            f"{path}: {name} is {' '.join(words)[:80]!r}, expected a pattern with one %d, first last step"
        )
    fill = "0" if pattern[2] else " "
    return [pattern[1] + str(n).rjust(int(pattern[3] or 0), fill) + pattern[4] for n in spread]


def part(path: Path, body: Path, start: int, encoding: raw.Encoding, skipped: int, size: int) -> raw.Part:
    """The numbers of one file; `skipped` of -1 says that they are its last bytes.

    Raises
    ------
    FormatError : the last bytes of a compressed file, or of one that is too short
    """
    if skipped != -1:
        return raw.Part(body, start, encoding, skipped, size)
    if encoding != "raw":
        raise FormatError(
            f"{path}: the numbers are said to be the last bytes of a file that is {encoding}; expected raw"
        )
    there = body.stat().st_size
    if there < size:
        raise FormatError(f"{path}: cut short: {body.name} has {there} bytes, expected {size} of numbers")
    return raw.Part(body, there - size, encoding, 0, size)
