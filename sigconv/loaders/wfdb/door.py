"""WFDB records of PhysioNet: a text header (.hea) that names files of samples (.dat), with beats beside it (.atr)."""

import datetime
import math
import re
from dataclasses import dataclass
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.beside import beside
from sigconv.loaders.door import Door
from sigconv.loaders.eeg import parts as eeg_parts
from sigconv.loaders.eeg.parts import VOLTS, Parts, kind_of
from sigconv.loaders.labels import unique
from sigconv.loaders.recording import Recording
from sigconv.loaders.wfdb.marks import marks
from sigconv.loaders.wfdb.read import FORMATS, Group, Samples

_MOST_TEXT = 1 << 20  # bytes of a header
_MOST_SIGNALS = 10_000
_NUMBER = r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_RECORD = re.compile(
    rf"(\S+?)(?:/(\d+))? +(\d{{1,6}})(?: +({_NUMBER})(?:/\S*)?(?: +(\d{{1,15}})(?: +([\d:.]+)(?: +([\d/]+))?)?)?)? *"
)
_SIGNAL = re.compile(
    rf"(\S+) +(\d{{1,4}})(?:x(\d{{1,6}}))?(?::(\d+))?(?:\+(\d{{1,12}}))?"
    rf"(?: +({_NUMBER})(?:\((-?\d{{1,12}})\))?(?:/(\S+))?(.*))?"
)
_LEAD = re.compile(r"(m?l?i{1,3}|ml?v\d|v\d{0,2}|v[xyz]|d\d|avr|avl|avf|ecg.*)", re.IGNORECASE)
_STEPS_A_MILLIVOLT = 200.0  # where a header tells no gain


@dataclass(frozen=True)
class Line:
    """One signal of a header.

    file, format, each, at : its file, format, numbers in a frame, and the byte where they begin
    zero, step, unit : the stored number of 0, what one step is, in which unit;  label : its name
    initial : its first number, as the header has it
    """

    file: str
    format: int
    each: int
    at: int
    zero: float
    step: float
    unit: str
    label: str
    initial: int


def open(path: Path, suffix: str) -> Recording:
    """The voltages of a WFDB record, in volts; its samples stay on disk until read.

    Beats and rhythms of the .atr file beside it are events, labelled by their symbols ("N", "V", "+ (AFIB").

    Parameters
    ----------
    path : the header (.hea);  suffix : ".hea"

    Raises
    ------
    FormatError : damaged, cut short, without a voltage, of several segments, or with files outside the folder
    """
    if suffix not in DOOR.suffixes:
        raise FormatError(f"{path}: {suffix} is no header of a WFDB record; expected {DOOR.suffixes[0]}")
    return eeg_parts.recording(path, parts(path))


def parts(path: Path) -> Parts:
    """What a WFDB record holds.

    Source: Moody (2022), WFDB Applications Guide, header(5), signal(5), annot(5).  Same as: wfdb.rdrecord.
    """
    name, fs, told_frames, began, lines = header(path)
    names = unique([line.label or f"signal {i}" for i, line in enumerate(lines)])
    groups, places, lengths = _groups(path, lines)
    frames = told_frames or min(lengths)
    if frames < 1 or min(lengths) < frames:
        short = groups[lengths.index(min(lengths))].path
        raise FormatError(f"{short}: holds {min(lengths)} samples, expected {max(frames, 1)} ({path.name}): cut short")
    kept = [i for i, line in enumerate(lines) if line.unit in VOLTS]
    left_out = {names[i]: line.unit for i, line in enumerate(lines) if i not in kept}
    top = max((lines[i].each for i in kept), default=1)
    scales = tuple((lines[i].zero, lines[i].step * VOLTS[lines[i].unit]) for i in kept)
    events, beside_it = marks(path.with_suffix(".atr"), fs)
    formats = sorted({line.format for line in lines})
    return Parts(
        [names[i] for i in kept],
        ["ecg" if _LEAD.fullmatch(lines[i].label) else _other(lines[i].label) for i in kept],
        frames * top,
        fs * top,
        Samples(groups, tuple(places[i] for i in kept), scales, frames, top),
        events,
        began,
        left_out=left_out,
        facts={"format": "WFDB", "numbers": f"format {', '.join(map(str, formats))}", "record": name, **beside_it},
        domain="biosignal",
    )


def _other(label: str) -> str:
    return "bio" if kind_of(label) == "eeg" and not label.upper().startswith("EEG") else kind_of(label)


def header(path: Path) -> tuple[str, float, int, datetime.datetime | None, list[Line]]:
    """Name, frames a second, frames (0 where not told), begin and signals of a record.

    Raises
    ------
    FormatError : a line that is no header's, several segments, or formats that are not read
    """
    if (size := path.stat().st_size) > _MOST_TEXT:
        raise FormatError(f"{path}: {size} bytes, expected a text of at most {_MOST_TEXT}")
    text = path.read_bytes().decode("latin-1")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = _RECORD.fullmatch(lines[0]) if lines else None
    if found is None:
        raise FormatError(f"{path}: begins with {text[:60]!r}, expected the line of a WFDB record")
    name, segments, count, rate, frames, time, date = found.groups()
    if segments is not None:
        raise FormatError(f"{path}: is put together from {segments} segments; give the header of one of them")
    fs = float(rate or 250)
    if not (math.isfinite(fs) and fs > 0) or not 1 <= int(count) <= _MOST_SIGNALS:
        raise FormatError(f"{path}: {count} signals at {rate} Hz; expected 1 to {_MOST_SIGNALS} at more than 0 Hz")
    if len(lines) - 1 < int(count):
        raise FormatError(f"{path}: has {len(lines) - 1} lines of signals, expected {count}: cut short")
    signals = [_line(path, line) for line in lines[1 : int(count) + 1]]
    return name, fs, int(frames or 0), _began(time, date), signals


def _line(path: Path, text: str) -> Line:
    found = _SIGNAL.fullmatch(text)
    if found is None:
        raise FormatError(f"{path}: {text[:60]!r} is no signal of a WFDB header")
    file, number, each, skew, at, gain, baseline, unit, rest = found.groups()
    if int(number) not in FORMATS:
        raise FormatError(f"{path}: format {number} is not read; these are: {', '.join(map(str, FORMATS))}")
    if int(skew or 0):
        raise FormatError(f"{path}: a signal is shifted by {skew} samples (skew), which is not read; expected 0")
    if int(each or 1) < 1:
        raise FormatError(f"{path}: a signal has {each} samples in a frame, expected 1 or more")
    # resolution, zero, first value, checksum, block size, name
    fields = (rest or "").split(maxsplit=5)
    zero, initial = [*fields[1:3], "0", "0"][:2]
    if not all(re.fullmatch(r"-?\d{1,12}", one) for one in (zero, initial)):
        raise FormatError(
            f"{path}: zero and first value of a signal are {zero[:20]!r}, {initial[:20]!r}; expected numbers"
        )
    steps = float(gain or 0) or _STEPS_A_MILLIVOLT
    if not math.isfinite(steps) or not math.isfinite(1 / steps):
        raise FormatError(f"{path}: the gain of a signal is {gain}, expected a finite number")
    label = fields[5].strip() if len(fields) > 5 else ""
    return Line(
        *(file, int(number), int(each or 1), int(at or 0), float(baseline or zero), 1 / steps, unit or "mV", label),
        initial=int(initial),
    )


def _groups(path: Path, lines: list[Line]) -> tuple[tuple[Group, ...], list[tuple[int, int]], list[int]]:
    """The files, the (file, place in it) of every signal, and the frames that each file holds."""
    together: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        together.setdefault(line.file, []).append(number)
    groups, places, lengths = list[Group](), dict[int, tuple[int, int]](), list[int]()
    for file, members in together.items():
        first = lines[members[0]]
        if any(lines[i].format != first.format for i in members):
            raise FormatError(f"{path}: signals in {file} have several formats; expected one")
        target = beside(path, file)
        each = tuple(lines[i].each for i in members)
        packing, size = FORMATS[first.format], target.stat().st_size - first.at
        most = max(0, size) // packing.wide * packing.count + packing.count
        lengths.append(
            next(n for n in range(most // sum(each), -1, -1) if packing.bytes_of(n * sum(each)) <= max(0, size))
        )
        places |= {member: (len(groups), place) for place, member in enumerate(members)}
        groups.append(Group(target, first.at, first.format, each, tuple(lines[i].initial for i in members)))
    return tuple(groups), [places[i] for i in range(len(lines))], lengths


def _began(time: str | None, date: str | None) -> datetime.datetime | None:
    try:
        day, month, year = (int(part) for part in (date or "").split("/"))
        hour, minute, second = [*(float(part) for part in (time or "0").split(":")), 0.0, 0.0][:3]
        return datetime.datetime(year, month, day) + datetime.timedelta(hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None


def _unknown(head: bytes) -> None:
    """A header has no mark of its own; its name tells."""


DOOR = Door("biosignal", (".hea",), _unknown, open)
