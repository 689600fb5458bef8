"""Windows: an index of pieces of recordings, read only when asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from sigconv.core.geometry import length_after
from sigconv.errors import ArgumentError, SamplingError, ShapeError, nearest
from sigconv.signal import Axis, Box, Source

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class Windows:
    """Equal-sized windows of one or more recordings, with a class and a group each, read only when asked for.

    Parameters
    ----------
    sources : the recordings
    where : (window, 1 + grid axes) int64, recording number and first sample along every grid axis
    labels : (window) int64, index into `classes`; -1 where the class is not known
    groups : (window) str, what must never be divided between training and test
    classes : names of the classes
    size : samples of a window along every grid axis, each >= 1
    """

    sources: tuple[Source, ...]
    where: Any
    labels: Any
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    size: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.where)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, *grid) of one window."""
        return self.sources[0].axes[0].size, *self.size

    def box(self, index: int) -> Box:
        """First sample, and one past the last, of one window along every grid axis of its recording."""
        return tuple((int(first), int(first) + n) for first, n in zip(self.where[index][1:], self.size, strict=True))

    def times(self, index: int) -> tuple[float, float]:
        """Start and stop of one window on its recording's time axis, s."""
        axes = self.sources[self.where[index][0]].axes[1:]
        at = next(i for i, axis in enumerate(axes) if axis.name == "time")
        first, last = self.box(index)[at]
        return axes[at].at(first), axes[at].at(last)

    def samples(self, index: int) -> Any:
        """One window as it is stored: (channel, *grid), in the recording's unit and own kind of number."""
        return self.sources[self.where[index][0]].samples(self.box(index))

    def read(self, index: int) -> Floats:
        """One window: (channel, *grid) float32, in the recording's unit."""
        return np.asarray(self.samples(index), dtype=np.float32)

    def batch(self, indices: Sequence[int]) -> Floats:
        """Several windows: (window, channel, *grid) float32."""
        out = np.empty((len(indices), *self.shape), dtype=np.float32)
        for row, index in enumerate(indices):
            out[row] = self.samples(int(index))
        return out

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
            data[i] = self.samples(i)
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
    sources : recordings with the same channels, rate and other axes (frequencies, rows, columns), which are kept whole
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
        time = _time(source)
        if size > time.size:
            raise SamplingError(
                f"{_name(source)} lasts {time.size / rate:g} s; a window of {size / rate:g} s does not fit: shorten it"
            )
        for event in source.events:
            first = time.nearest(event.onset + start)
            if event.label in events and 0 <= first <= time.size - size:
                where.append((number, *_behind(source, first)))
                labels.append(classes.index(events[event.label]))
                owners.append(group)
    if not where:
        raise SamplingError(f"no event leaves room for a window from {start} to {stop} s after it")
    return Windows(tuple(sources), np.array(where), np.array(labels), tuple(owners), classes, _whole(sources[0], size))


def sliding(source: Source, length: float, step: float, classes: Sequence[str] = ()) -> Windows:
    """Windows of `length` seconds every `step` seconds, from the recording's first sample; labels are -1.

    Axes other than time are kept whole.

    Raises
    ------
    SamplingError : the recording is shorter than one window, or step is less than one sample
    """
    time = _time(source)
    size, hop = round(length * time.rate), round(step * time.rate)
    if size < 1 or hop < 1:
        raise SamplingError(f"length {length} s and step {step} s must each be one sample or more at {time.rate:g} Hz")
    if size > time.size:
        raise SamplingError(f"{_name(source)} lasts {time.size / time.rate:g} s; a window of {length:g} s does not fit")
    count = length_after(time.size, kernel=size, stride=hop)
    where = np.array([(0, *_behind(source, n * hop)) for n in range(count)], dtype=np.int64)
    owners = (_name(source),) * count
    return Windows((source,), where, np.full(count, -1), owners, tuple(classes), _whole(source, size))


def patches(sources: Sequence[Source], size: Sequence[int], step: Sequence[int], groups: Sequence[str]) -> Windows:
    """Patches of `size` samples, one every `step` samples along every grid axis, and one flush with each far end.

    So every sample of every source is in a patch; labels are -1.

    Parameters
    ----------
    sources : recordings with the same channels and the same number of grid axes
    size, step : int >= 1 for every grid axis
    groups : one name for each source

    Raises
    ------
    ShapeError : not as many sizes, steps or groups as axes or sources, or a patch larger than a source
    SamplingError : other channels, or an uneven axis

    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Axis, Signal
    >>> grid = (Axis.channel(["grey"]), Axis("y", 5), Axis("x", 4))
    >>> patches([recording.of(Signal(np.zeros((1, 5, 4)), grid))], (2, 4), (2, 4), ["a"]).where.tolist()
    [[0, 0, 0], [0, 2, 0], [0, 3, 0]]
    """
    if not sources:
        raise ArgumentError("sources is empty; give at least one recording")
    if len(groups) != len(sources):
        raise ShapeError(f"groups has {len(groups)} names for {len(sources)} recordings; give one each")
    where: list[tuple[int, ...]] = []
    for number, source in enumerate(sources):
        grid = source.axes[1:]
        if not len(size) == len(step) == len(grid) or min(*size, *step) < 1:
            raise ShapeError(
                f"size {tuple(size)} and step {tuple(step)} have one whole number above 0 for each grid axis; "
                f"{_name(source)} has {', '.join(axis.name for axis in grid)}"
            )
        if source.axes[0].labels != sources[0].axes[0].labels:
            raise SamplingError(f"the channels of {_name(source)} and {_name(sources[0])} differ; pick the same ones")
        starts = []
        for axis, n, hop in zip(grid, size, step, strict=True):
            if axis.size < n:
                raise ShapeError(f"{_name(source)} has {axis.size} samples along {axis.name}; a patch of {n} is larger")
            _ = axis.rate  # an uneven axis refuses, and says why
            last = axis.size - n
            starts.append(sorted({*range(0, last + 1, hop), last}))
        where += [(number, *first) for first in product(*starts)]
    owners = tuple(groups[number] for number, *_ in where)
    return Windows(tuple(sources), np.array(where), np.full(len(where), -1), owners, (), tuple(size))


def _time(source: Source) -> Axis:
    found = [axis for axis in source.axes if axis.name == "time"]
    if not found:
        raise SamplingError(f"{_name(source)} has no time axis ({', '.join(a.name for a in source.axes)}); cut patches")
    return found[0]


def _behind(source: Source, first: int) -> tuple[int, ...]:
    """The first sample of a window along every grid axis: `first` along time, 0 along the others."""
    return tuple(first if axis.name == "time" else 0 for axis in source.axes[1:])


def _whole(source: Source, size: int) -> tuple[int, ...]:
    return tuple(size if axis.name == "time" else axis.size for axis in source.axes[1:])


def _agree(sources: Sequence[Source]) -> float:
    if not sources:
        raise ArgumentError("sources is empty; give at least one recording")
    rate, channels = _time(sources[0]).rate, sources[0].axes[0].labels
    for source in sources[1:]:
        if _time(source).rate != rate:
            raise SamplingError(
                f"{_name(source)} is sampled at {_time(source).rate:g} Hz, {_name(sources[0])} at {rate:g} Hz; "
                "resample one of them"
            )
        if _whole(source, 0) != _whole(sources[0], 0):
            raise SamplingError(
                f"{_name(source)} has axes of {_whole(source, 0)}, {_name(sources[0])} of {_whole(sources[0], 0)} "
                "(0 stands for time); bring them to the same"
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
