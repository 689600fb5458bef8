"""The frames of a video by number: when each is shown, where decoding can begin."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.video.container import damage
from sigconv.signal import Axis

Ticks = np.ndarray[Any, np.dtype[np.int64]]
_PROBED = 40  # packets in a row that are compared with what a header promises
_NO_KEYS: Ticks = np.empty((0, 2), np.int64)
_FAR = 1 << 61  # ticks behind every file's end


@dataclass(frozen=True, eq=False)
class Index:
    """When every frame is shown, in order of presentation, and the key frames.

    Parameters
    ----------
    shown : (frame) int64, rising, in ticks
    keys : (key frame, 2) int64, when each is shown and its decoding time, in ticks; empty where not known beforehand
    tick : s
    counted : the packets have no presentation times (AVI): frames are told apart by counting
    slack : ticks by which a frame may be off `shown`: 0 where all packets were read
    """

    shown: Ticks
    keys: Ticks
    tick: Fraction
    counted: bool = False
    slack: int = 0

    def number(self, ticks: int | None) -> int | None:
        """The number of the frame shown at that time, or None."""
        if ticks is None or not len(self.shown):
            return None
        at = int(np.searchsorted(self.shown, ticks - self.slack))
        return at if at < len(self.shown) and self.shown[at] <= ticks + self.slack else None

    def seconds(self, number: int) -> float:
        """When a frame is shown, s, on the file's own clock."""
        return float(int(self.shown[number]) * self.tick)

    def starts(self, number: int) -> list[tuple[int, int]]:
        """Places to decode a frame from, best first: frame number and the time to seek to."""
        beginning = (0, -_FAR)
        if not len(self.keys):
            backward = (max(0, number - far) for far in (0, 32, 256))
            return [*((at, int(self.shown[at])) for at in backward), beginning]
        before = self.keys[: int(np.searchsorted(self.keys[:, 0], self.shown[number], side="right"))]
        numbers = np.searchsorted(self.shown, before[:-4:-1, 0])
        found = zip(numbers, before[:-4:-1], strict=True)
        return [*((int(n), int(at)) for n, times in found for at in dict.fromkeys(times)), beginning]

    def same(self, other: "Index") -> bool:
        """Whether both number the frames of one file alike."""
        return len(self.shown) == len(other.shown) and (self.counted, self.slack) == (other.counted, other.slack)

    def behind(self, frames: int) -> "Index":
        """The index without its first frames."""
        return replace(self, shown=self.shown[frames:])

    def axis(self, origin: Fraction, rate: Fraction | None) -> Axis:
        """The time axis in seconds after `origin`; even where the times are, to the file's rounding of them.

        rate : frames a second that the file tells, taken where the times agree with it
        """
        size, first = len(self.shown), int(self.shown[0])
        start = float(first * self.tick - origin)
        passed = self.shown - first
        mean = Fraction(int(passed[-1]), size - 1) * self.tick if size > 1 else None
        told = 1 / rate if rate else None
        for step in (told, mean):
            if step and self._even(passed, step):
                return Axis("time", size, "s", float(step), start)
        places = [float(int(ticks) * self.tick - origin) for ticks in self.shown]
        return Axis.at_positions("time", places, "s")

    def _even(self, passed: Ticks, step: Fraction) -> bool:
        apart = step / self.tick
        off = np.abs(passed - np.arange(len(passed)) * float(apart)).max()
        return bool(off <= max(1.0 if apart >= 4 else 0.0, 1e-3 * float(apart)))


def read_through(path: Path, container: Any, stream: Any) -> Index:
    """The index of a file by reading every packet once; none is decoded.

    Raises
    ------
    FormatError : no frame, packets that are not readable, or times that do not tell frames apart
    """
    shown: list[int | None] = []
    decoded: list[int | None] = []
    keys: list[int] = []
    with damage(path, "its packets are not readable"):
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard or _hidden(stream.codec_context.name, packet):
                continue
            if packet.is_keyframe:
                keys.append(len(shown))
            shown.append(packet.pts)
            decoded.append(packet.dts)
    if not shown:
        raise FormatError(f"{path}: the track of pictures has no frame; expected 1 or more")
    tick = Fraction(stream.time_base)
    counted = None in shown or len(set(shown)) < len(shown)
    if counted and (None in decoded or len(set(decoded)) < len(decoded)):
        raise FormatError(f"{path}: two frames have one time, or one has none; expected a time for each")
    by = np.array(decoded if counted else shown, dtype=np.int64)
    dts = [by[key] if decoded[key] is None else decoded[key] for key in keys]
    places = np.array([(by[key], at) for key, at in zip(keys, dts, strict=True)], dtype=np.int64).reshape(-1, 2)
    return Index(np.sort(by), places[np.argsort(places[:, 0])], tick, counted)


def _hidden(codec: str, packet: Any) -> bool:
    """Whether a VP8 or VP9 packet is for reference alone and shows no frame (RFC 6386, 9.1; VP9, 6.2)."""
    if not codec.startswith(("vp8", "vp9")):
        return False
    content = memoryview(packet)
    if codec == "vp8":
        return not content[0] >> 4 & 1
    several = content[-1] & 0xE0 == 0xC0  # a superframe shows one
    return not several and content[0] & 0x30 != 0x30 and not content[0] & 0x08 and not content[0] & 0x02


def promised(path: Path, container: Any, stream: Any) -> Index | None:
    """The index that the header tells of, where all that is looked at agrees on an even rate; or None.

    Looked at are the first packets, some in the middle, the last ones, and places spread over a list of all packets
    (MP4, AVI). A frame that is shown at another time after all is an error when it is decoded.
    """
    rate, tick = stream.average_rate, Fraction(stream.time_base)
    listed = stream.index_entries
    with damage(path, "its packets are not readable"):
        head = [packet.pts for packet in islice(container.demux(stream), _PROBED) if packet.size]
    if not head or not rate:
        return None
    apart = float(1 / (rate * tick))
    has_list = container.format.name.startswith(("mov", "avi"))
    if has_list and not (0 < len(listed) == stream.frames and _spread(listed, apart)):
        return None
    if None in head:
        shown = listed[0].timestamp + np.arange(len(listed), dtype=np.int64) if has_list and apart == 1 else None
        return None if shown is None else Index(shown, _NO_KEYS, tick, counted=True)
    if rate != stream.base_rate or (apart < 4 and apart != 1):
        return None
    with damage(path, "its end is not readable"):
        container.seek(_FAR, stream=stream)
        tail = [packet.pts for packet in container.demux(stream) if packet.size and packet.pts is not None]
        first, last = min(head), max(tail, default=0)
        container.seek((first + last) // 2, stream=stream)
        middle = [packet.pts for packet in islice(container.demux(stream), _PROBED) if packet.size]
    size = round((last - first) / apart) + 1
    if not 0 < size <= path.stat().st_size or (has_list and size != len(listed)):
        return None
    if None in middle or not all(_on(first, apart, times) for times in (head, middle, tail)):
        return None
    shown = first + np.rint(np.arange(size) * apart).astype(np.int64)
    return Index(shown, _NO_KEYS, tick, slack=int(apart >= 4))


def _spread(listed: Any, apart: float) -> bool:
    """Whether a thousand places in a list of packets are decoded at even times."""
    step = max(1, len(listed) // 1000)
    first = listed[0].timestamp
    return all(
        abs(listed[at].timestamp - first - at * apart) <= 1 for at in (*range(0, len(listed), step), -1 % len(listed))
    )


def _on(first: int, apart: float, times: list[int]) -> bool:
    """Whether successive packets' times lie on an even grid, without gaps but for those that reordering leaves."""
    places = (np.sort(np.array(times, dtype=np.int64)) - first) / apart
    numbers = np.rint(places)
    return bool((np.abs(places - numbers) * apart <= 1).all() and (np.diff(numbers)[4:-8] == 1).all())
