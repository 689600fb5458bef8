"""Windows: an index of pieces of recordings, read only when asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sigconv.core.geometry import length_after
from sigconv.errors import ArgumentError, SamplingError, ShapeError, nearest
from sigconv.signal import Source

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class Windows:
    """Equal-length windows of one or more recordings, with a class and a group each.

    Parameters
    ----------
    sources : the recordings
    where : (window, 2) int64, recording number and first sample
    labels : (window) int64, index into `classes`; -1 where the class is not known
    groups : (window) str, what must never be divided between training and test
    classes : names of the classes
    size : samples a window, >= 1
    """

    sources: tuple[Source, ...]
    where: Any
    labels: Any
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    size: int

    def __len__(self) -> int:
        return len(self.where)

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples) of one window."""
        return self.sources[0].axes[0].size, self.size

    def times(self, index: int) -> tuple[float, float]:
        """Start and stop of one window on its recording's time axis, s."""
        number, first = self.where[index]
        time = self.sources[number].axes[-1]
        return float(time.start + first * time.step), float(time.start + (first + self.size) * time.step)

    def read(self, index: int) -> Floats:
        """One window: (channel, time) float32, in the recording's unit."""
        start, stop = self.times(index)
        data = self.sources[self.where[index][0]].read(start, stop).data
        return np.asarray(data, dtype=np.float32)

    def batch(self, indices: Sequence[int]) -> Floats:
        """Several windows: (window, channel, time) float32."""
        return np.stack([self.read(int(i)) for i in indices])

    def select(self, indices: Sequence[int]) -> "Windows":
        """The windows at `indices`, still unread."""
        chosen = np.asarray(indices, dtype=np.int64)
        return replace(
            self, where=self.where[chosen], labels=self.labels[chosen], groups=tuple(self.groups[i] for i in chosen)
        )

    def load(self, progress: Callable[[], None] = lambda: None) -> "Loaded":
        """All windows read into memory; `progress` is called after each one."""
        data = np.empty((len(self), *self.shape), dtype=np.float32)
        for i in range(len(self)):
            data[i] = self.read(i)
            progress()
        return Loaded(data, self.labels, self.groups, self.classes)


@dataclass(frozen=True, eq=False)
class Loaded:
    """Windows in memory: the same `batch`, `select` and labels, no recordings behind them.

    data : (window, channel, *grid) float32;  labels : (window) int64;  groups : (window) str
    """

    data: Floats
    labels: Any
    groups: tuple[str, ...]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.data)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, *grid) of one window."""
        return tuple(self.data.shape[1:])

    def batch(self, indices: Sequence[int]) -> Floats:
        """Several windows: (window, channel, *grid) float32."""
        chosen: Floats = self.data[np.asarray(indices)]
        return chosen

    def select(self, indices: Sequence[int]) -> "Loaded":
        """The windows at `indices`."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Loaded(self.data[chosen], self.labels[chosen], tuple(self.groups[i] for i in chosen), self.classes)


def around_events(
    sources: Sequence[Source], events: Mapping[str, str], start: float, stop: float, groups: Sequence[str]
) -> Windows:
    """One window for every event that has a class, from `start` to `stop` seconds after its onset.

    Parameters
    ----------
    sources : recordings with the same channels and rate
    events : event label -> class name; two labels may share a class
    start, stop : s after the onset, start < stop; start may be negative
    groups : one name for each source

    Raises
    ------
    ArgumentError : no window length, or an event label that no recording has (those present are listed)
    SamplingError : recordings of different rates or channels, a window longer than a recording
    ShapeError : not as many groups as sources

    A window that would begin before its recording or end after it is left out.
    """
    rate = _agree(sources)
    if len(groups) != len(sources):
        raise ShapeError(f"groups has {len(groups)} names for {len(sources)} recordings; give one each")
    size = round((stop - start) * rate)
    if size < 1:
        raise ArgumentError(f"start {start} s and stop {stop} s leave {size} samples at {rate:g} Hz; stop comes later")
    present = {event.label for source in sources for event in source.events}
    if not present:
        raise ArgumentError(f"{_name(sources[0])}: there is no event to cut windows around; was the file annotated?")
    for label in events:
        if label not in present:
            raise ArgumentError(
                f"events: no recording has an event {label!r}{nearest(label, present)}; present: {_list(present)}"
            )
    classes = tuple(dict.fromkeys(events.values()))
    where, labels, owners = [], [], []
    for number, (source, group) in enumerate(zip(sources, groups, strict=True)):
        time = source.axes[-1]
        if size > time.size:
            raise SamplingError(
                f"{_name(source)} lasts {time.size / rate:g} s; a window of {size / rate:g} s does not fit: shorten it"
            )
        for event in source.events:
            first = time.nearest(event.onset + start)
            if event.label in events and 0 <= first <= time.size - size:
                where.append((number, first))
                labels.append(classes.index(events[event.label]))
                owners.append(group)
    if not where:
        raise SamplingError(f"no event leaves room for a window from {start} to {stop} s after it")
    return Windows(tuple(sources), np.array(where), np.array(labels), tuple(owners), classes, size)


def sliding(source: Source, length: float, step: float, classes: Sequence[str] = ()) -> Windows:
    """Windows of `length` seconds every `step` seconds, from the recording's first sample; labels are -1.

    Raises
    ------
    SamplingError : the recording is shorter than one window, or step is less than one sample
    """
    time = source.axes[-1]
    size, hop = round(length * time.rate), round(step * time.rate)
    if size < 1 or hop < 1:
        raise SamplingError(f"length {length} s and step {step} s must each be one sample or more at {time.rate:g} Hz")
    if size > time.size:
        raise SamplingError(f"{_name(source)} lasts {time.size / time.rate:g} s; a window of {length:g} s does not fit")
    count = length_after(time.size, kernel=size, stride=hop)
    where = np.stack([np.zeros(count, dtype=np.int64), np.arange(count) * hop], axis=1)
    return Windows((source,), where, np.full(count, -1), (_name(source),) * count, tuple(classes), size)


def _agree(sources: Sequence[Source]) -> float:
    if not sources:
        raise ArgumentError("sources is empty; give at least one recording")
    rate, channels = sources[0].axes[-1].rate, sources[0].axes[0].labels
    for source in sources[1:]:
        if source.axes[-1].rate != rate:
            raise SamplingError(
                f"{_name(source)} is sampled at {source.axes[-1].rate:g} Hz, {_name(sources[0])} at {rate:g} Hz; "
                "resample one of them"
            )
        if source.axes[0].labels != channels:
            odd = set(source.axes[0].labels) ^ set(channels)
            what = f"differ in {_list(odd)}" if odd else "stand in another order"
            raise SamplingError(f"the channels of {_name(source)} and {_name(sources[0])} {what}; pick the same ones")
    return rate


def _name(source: Source) -> str:
    return str(source.notes.get("name") or source.notes.get("path") or "the recording")


def _list(names: set[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
