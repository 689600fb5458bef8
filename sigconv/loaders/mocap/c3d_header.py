"""C3D: a strict look at the header section before anything is allocated."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.mocap.c3d_numbers import PROCESSORS, Array, floats, words
from sigconv.loaders.mocap.c3d_parameters import Parameters, walk
from sigconv.signal import Event

BLOCK = 512
_KEY = 0x50
_EVENTS_KEY = 12345
_MOST_HEADER_EVENTS = 18


@dataclass(frozen=True)
class Layout:
    """How the samples of a file lie.

    processor : "Intel", "DEC" or "MIPS";  real : whether samples are reals (4 bytes) or whole numbers (2 bytes)
    points : markers, int >= 0;  channels : analog channels, int >= 0;  per_frame : analog samples of each in a frame
    start : byte of the first frame;  frames : int >= 1;  first : number of the first frame in the trial
    rate : frames a second, Hz;  scale : of whole numbers and of residuals, > 0
    """

    processor: str
    real: bool
    points: int
    channels: int
    per_frame: int
    start: int
    frames: int
    first: int
    rate: float
    scale: float

    @property
    def wide(self) -> int:
        """Bytes of one stored number."""
        return 4 if self.real else 2

    @property
    def length(self) -> int:
        """Bytes of one frame: four numbers a point, then the analog samples."""
        return self.wide * (4 * self.points + self.channels * self.per_frame)


@dataclass(frozen=True)
class Checked:
    """What `check` found out.

    layout, parameters : how to read the file;  events : of the header, seconds from its first frame
    warnings : sentences on what is odd
    """

    layout: Layout
    parameters: Parameters
    events: tuple[Event, ...]
    warnings: tuple[str, ...]


def check(path: Path) -> Checked:
    """Layout and parameters of a C3D file; one whose parts contradict each other or the file's length is refused.

    Where the frame counts that a file tells differ (header, POINT:FRAMES, POINT:LONG_FRAMES, TRIAL), the one that
    the file's length confirms holds, and a warning says so.

    Raises
    ------
    FormatError : path, field, what was found and expected; a file cut short names both lengths

    Source: c3d.org, The C3D File Format (2008).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(BLOCK)
        if len(head) < BLOCK:
            raise FormatError(f"{path}: {size} bytes; a C3D header alone has {BLOCK}: not a C3D file, or cut short")
        if head[1] != _KEY or head[0] < 2:
            raise FormatError(f"{path}: begins with {head[:2].hex()}, expected a block number and 50: not a C3D file")
        place = (head[0] - 1) * BLOCK
        file.seek(place)
        opening = file.read(4)
        if len(opening) < 4:
            raise FormatError(f"{path}: parameters begin at byte {place}, the file has {size}: cut short")
        if opening[3] not in PROCESSORS:
            raise FormatError(f"{path}: processor is {opening[3]}, expected 84 (Intel), 85 (DEC) or 86 (MIPS)")
        header = _Header(np.frombuffer(head, np.uint8), PROCESSORS[opening[3]])
        stop = (header.whole(9) - 1) * BLOCK if header.whole(9) else place + opening[2] * BLOCK
        parameters = walk(path, file.read(max(0, min(stop, size) - place - 4)), header.processor)
    warnings = list(parameters.warnings)
    layout = _layout(path, size, header, parameters, warnings)
    return Checked(layout, parameters, header.events(), tuple(warnings))


@dataclass(frozen=True, eq=False)
class _Header:
    """The header's words, counted from 1 as the specification does."""

    raw: Array
    processor: str

    def whole(self, word: int) -> int:
        return int(words(self.raw[2 * word - 2 : 2 * word], self.processor, 2)[0])

    def reals(self, word: int, count: int) -> list[float]:
        raw = self.raw[2 * word - 2 : 2 * word - 2 + 4 * count]
        return [float(value) for value in floats(words(raw, self.processor, 4), self.processor)]

    def events(self) -> tuple[Event, ...]:
        count = self.whole(151)
        if self.whole(150) != _EVENTS_KEY or not 0 < count <= _MOST_HEADER_EVENTS:
            return ()
        labels = [bytes(self.raw[at : at + 4]).decode("latin-1").strip("\0 ") for at in range(396, 468, 4)]
        times = self.reals(153, count)
        return tuple(Event(t, 0.0, name) for t, name in zip(times, labels, strict=False) if math.isfinite(t))


def _layout(path: Path, size: int, header: _Header, parameters: Parameters, warnings: list[str]) -> Layout:
    points, per_frame = header.whole(2), header.whole(10)
    channels = _channels(path, header.whole(3), per_frame, parameters)
    told = parameters.number("POINT", "USED")
    if told is not None and told != points:
        raise FormatError(f"{path}: the header has {points} points, POINT:USED {told:g}; expected the same number")
    if points == 0 and channels == 0:
        turns = parameters.number("ROTATION", "USED")
        but = f"; its {turns:g} rotations of segments are not markers" if turns else ""
        raise FormatError(f"{path}: has 0 points and 0 analog channels, expected one or more{but}")
    stored = _agreed(path, "scale", header.reals(7, 1)[0], parameters.number("POINT", "SCALE"), warnings)
    rate = _agreed(path, "frame rate", header.reals(11, 1)[0], parameters.number("POINT", "RATE"), warnings)
    if not 0 < rate < math.inf:
        raise FormatError(f"{path}: frame rate is {rate:g} Hz, expected above 0")
    if stored == 0:
        raise FormatError(f"{path}: scale is 0, expected above 0 (whole numbers) or below 0 (reals)")
    start = _start(path, header.whole(9), parameters)
    count = header.whole(5) - header.whole(4) + 1 if header.whole(5) < 0xFFFF else 0
    layout = Layout(
        header.processor, stored < 0, points, channels, per_frame, start, 1, header.whole(4), rate, abs(stored)
    )
    first, frames = _frames(path, size - start, layout, count, parameters, warnings)
    return Layout(header.processor, stored < 0, points, channels, per_frame, start, frames, first, rate, abs(stored))


def _channels(path: Path, each_frame: int, per_frame: int, parameters: Parameters) -> int:
    """The number of analog channels: analog numbers in a frame by samples of each."""
    told = parameters.number("ANALOG", "USED")
    if each_frame and (per_frame == 0 or each_frame % per_frame):
        raise FormatError(
            f"{path}: {each_frame} analog numbers in a frame, {per_frame} samples of each channel; expected a multiple"
        )
    channels = each_frame // per_frame if each_frame else 0
    if told is not None and told != channels:
        raise FormatError(f"{path}: the header has {channels} analog channels, ANALOG:USED {told:g}; expected the same")
    return channels


def _agreed(path: Path, what: str, header: float, told: float | None, warnings: list[str]) -> float:
    """The parameter's value, else the header's."""
    value = header if told is None else told
    if not math.isfinite(value):
        raise FormatError(f"{path}: {what} is {value}, expected a finite number")
    if math.isfinite(header) and header * value < 0:
        raise FormatError(f"{path}: {what} is {header:g} in the header and {value:g} in the parameters; expected one")
    if header and not math.isclose(header, value, rel_tol=1e-5):
        warnings.append(f"the {what} is {header:g} in the header and {value:g} in the parameters: the latter is taken")
    return value


def _start(path: Path, header: int, parameters: Parameters) -> int:
    told = parameters.number("POINT", "DATA_START") or 0
    if header and told and header != told:
        raise FormatError(f"{path}: data begin at block {header} (header) or {told:g} (POINT:DATA_START); expected one")
    block = header or int(told)
    if block < 2:
        raise FormatError(f"{path}: data begin at block {block}, expected 2 or more")
    return (block - 1) * BLOCK


def _frames(
    path: Path, room: int, layout: Layout, header: int, parameters: Parameters, warnings: list[str]
) -> tuple[int, int]:
    """The number of the first frame, and how many there are; `room` is the bytes behind the parameters."""
    start, end = (_field(parameters, f"ACTUAL_{name}_FIELD") for name in ("START", "END"))
    first = layout.first if start is None else start
    told = {
        "TRIAL:ACTUAL_END_FIELD": None if end is None or start is None else end - start + 1,
        "POINT:LONG_FRAMES": parameters.number("POINT", "LONG_FRAMES"),
        "POINT:FRAMES": parameters.number("POINT", "FRAMES"),
        "the header": header,
    }
    counts = {name: int(n) for name, n in told.items() if n is not None and math.isfinite(n) and n >= 1}
    if not counts:
        raise FormatError(f"{path}: has no frames: neither header nor parameters tell of one or more")
    filling = {name: n for name, n in counts.items() if 0 <= room - n * layout.length < max(BLOCK, layout.length)}
    name, frames = next(iter((filling or counts).items()))
    if frames * layout.length > room:
        raise FormatError(
            f"{path}: cut short: {layout.start + room} bytes, expected {layout.start + frames * layout.length} "
            f"({frames} frames of {layout.length} bytes from byte {layout.start})"
        )
    if others := [f"{n} ({who})" for who, n in counts.items() if n != frames]:
        warnings.append(f"{frames} frames ({name}) are read; the file also tells of {', '.join(others)}")
    if room - frames * layout.length >= max(BLOCK, layout.length):
        warnings.append(f"{room - frames * layout.length} bytes behind the last frame are not read")
    return first, frames


def _field(parameters: Parameters, name: str) -> int | None:
    """A frame number of the TRIAL group: two halves of a whole number, the lower one first, or one real."""
    halves = parameters.numbers("TRIAL", name)
    if not halves or not all(math.isfinite(half) for half in halves[:2]):
        return None
    return int(halves[0] + (65536 * halves[1] if len(halves) > 1 else 0))
