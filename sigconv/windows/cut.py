"""Windows: an index of pieces of recordings, read only when asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sigconv.core.boundary import ODD, Boundary, BoundaryLike, extend, rule_of
from sigconv.core.geometry import length_after
from sigconv.errors import ArgumentError, FormatError, SamplingError, ShapeError, nearest, one_number
from sigconv.signal import Axis, Box, Source
from sigconv.windows.alike import listed, name_of, same_channels, same_rate

Floats = np.ndarray[Any, np.dtype[np.float32]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Indices = Sequence[int] | Integers

_UNKNOWN: BoundaryLike = ("constant", -1)  # what a label map holds where it was not drawn


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
    targets : for every source its label map, a Source of the same grid; or empty
    boundary : what a window holds where it reaches beyond its recording: "zeros", "edge", ("constant", c) …; labels
        are there -1, not known, unless the rule repeats samples
    """

    sources: tuple[Source, ...]
    where: Any
    labels: Any
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    size: tuple[int, ...]
    targets: tuple[Source, ...] = ()
    boundary: BoundaryLike = "zeros"

    def __len__(self) -> int:
        return len(self.where)

    def __repr__(self) -> str:
        shape = " × ".join(str(n) for n in self.shape)
        told = f"{len(self)} of {shape} samples, {len(self.sources)} recordings, {len(self.classes)} classes"
        return f"Windows({told}, {len(set(self.groups))} groups{', label maps' * bool(self.targets)})"

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, *grid) of one window."""
        return self.sources[0].axes[0].size, *self.size

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels."""
        return self.sources[0].axes[0].labels

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
        return self._samples(self.sources, index, self.boundary)

    def read(self, index: int) -> Floats:
        """One window: (channel, *grid) float32, in the recording's unit."""
        return np.asarray(self.samples(index), dtype=np.float32)

    def target(self, index: int) -> Integers:
        """The label map of one window: (*grid) int64, with a channel axis in front where it has several channels.

        Beyond its recording a label is -1, not known, unless the boundary repeats samples.

        Raises
        ------
        ShapeError : there are no targets
        FormatError : a label that is not a whole number
        """
        if not self.targets:
            raise ShapeError("these windows have no targets; give patches(…, targets=) a label map for every source")
        beyond = self.boundary if _repeats(self.boundary) else _UNKNOWN
        data = self._samples(self.targets, index, beyond)
        if data.dtype.kind == "f" and (odd := _not_whole(data)).size:
            source = self.targets[self.where[index][0]]
            raise FormatError(f"{name_of(source)}: a label map holds {odd[0]:g}; expected whole numbers")
        whole: Integers = np.asarray(data, dtype=np.int64)
        return whole[0] if len(whole) == 1 else whole

    def batch(self, indices: Indices, out: Floats | None = None) -> Floats:
        """Several windows: (window, channel, *grid) float32, in `out` where it is given."""
        out = np.empty((len(indices), *self.shape), dtype=np.float32) if out is None else out
        for row, index in enumerate(indices):
            out[row] = self.samples(int(index))
        return out

    def wanted(self, indices: Indices, out: Integers | None = None) -> Integers:
        """What a network is to say of several windows: (window) int64 classes, or (window, *grid) label maps."""
        if not self.targets:
            return np.asarray(self.labels, dtype=np.int64)[np.asarray(indices, dtype=np.int64)]
        out = np.empty((len(indices), *self.target_shape), dtype=np.int64) if out is None else out
        for row, index in enumerate(indices):
            out[row] = self.target(int(index))
        return out

    @property
    def target_shape(self) -> tuple[int, ...]:
        """The shape of one window's target: () for a class, (*grid) or (channel, *grid) for a label map."""
        if not self.targets:
            return ()
        channels = self.targets[0].axes[0].size
        return self.size if channels == 1 else (channels, *self.size)

    def _samples(self, sources: Sequence[Source], index: int, boundary: BoundaryLike) -> Any:
        source, box = sources[self.where[index][0]], self.box(index)
        inside = tuple((max(0, low), min(high, a.size)) for (low, high), a in zip(box, source.axes[1:], strict=True))
        data = source.samples(inside)
        if inside == box:
            return data
        if data.dtype.kind in "bu" and boundary is _UNKNOWN:
            data = data.astype(np.int64)
        for axis, (told, kept) in enumerate(zip(box, inside, strict=True), 1):
            data = extend(data, kept[0] - told[0], told[1] - kept[1], boundary, axis)
        return data

    def select(self, indices: Indices) -> "Windows":
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
        return Loaded(data, self.wanted(range(len(self))), self.groups, self.classes, self.channels)


@dataclass(frozen=True, eq=False)
class Loaded:
    """Windows in memory: the same `batch`, `select` and labels, no recordings behind them.

    data : (window, channel, *grid) float32;  labels : (window) int64 classes, or (window, *grid) label maps
    groups : (window) str
    channels : their names, or ()
    """

    data: Floats
    labels: Any
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    channels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, *grid) of one window."""
        return tuple(self.data.shape[1:])

    def batch(self, indices: Indices) -> Floats:
        """Several windows: (window, channel, *grid) float32."""
        chosen: Floats = self.data[np.asarray(indices)]
        return chosen

    def load(self, _progress: Callable[[], None] = lambda: None) -> "Loaded":
        """These windows: they are in memory already."""
        return self

    def wanted(self, indices: Indices) -> Integers:
        """What a network is to say of several windows: (window) int64 classes, or (window, *grid) label maps."""
        chosen: Integers = np.asarray(self.labels)[np.asarray(indices, dtype=np.int64)]
        return chosen

    def select(self, indices: Indices) -> "Loaded":
        """The windows at `indices`."""
        chosen = np.asarray(indices, dtype=np.int64)
        groups = tuple(self.groups[i] for i in chosen)
        return replace(self, data=self.data[chosen], labels=self.labels[chosen], groups=groups)


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
    ArgumentError : no window length, times that are no numbers, or an event label that no recording has (those present
        are listed)
    SamplingError : recordings of different rates or channels, a window longer than a recording
    ShapeError : not as many groups as sources

    A window that would begin before its recording or end after it is left out.

    >>> from sigconv.loaders.eeg.generator import motor_imagery
    >>> people = motor_imagery(subjects=2, trials=4)
    >>> around_events(people, {"left": "left", "right": "right"}, 0.5, 2.5, ["S01", "S02"]).batch([0, 7]).shape
    (2, 31, 320)
    """
    sources = tuple(sources)
    rate, start, stop = _agree(sources), _seconds("start", start), _seconds("stop", stop)
    if len(groups) != len(sources):
        raise ShapeError(f"groups has {len(groups)} names for {len(sources)} recordings; give one each")
    size = round((stop - start) * rate)
    if size < 1:
        raise ArgumentError(f"start {start} s and stop {stop} s leave {size} samples at {rate:g} Hz; stop comes later")
    present = {event.label for source in sources for event in source.events}
    if not present:
        raise ArgumentError(f"{name_of(sources[0])}: there is no event to cut windows around; was the file annotated?")
    for label in events:
        if label not in present:
            raise ArgumentError(
                f"events: no recording has an event {label!r}{nearest(label, present)}; present: {listed(present)}"
            )
    classes = tuple(dict.fromkeys(events.values()))
    where, labels, owners = [], [], []
    for number, (source, group) in enumerate(zip(sources, groups, strict=True)):
        time = _time(source)
        if size > time.size:
            raise SamplingError(
                f"{name_of(source)} lasts {time.size / rate:g} s; a window of {size / rate:g} s does not fit"
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

    Parameters
    ----------
    source : (channel, *grid) Recording with a time axis; its other axes are kept whole
    length, step : s, one sample or more
    classes : names, for windows that are to go with others of these classes

    Raises
    ------
    SamplingError : the recording is shorter than one window, or step is less than one sample
    ArgumentError : length or step is no number

    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Signal
    >>> sliding(recording.of(Signal.from_array(np.zeros((2, 320)), fs=160)), 1.0, 0.5).where.tolist()
    [[0, 0], [0, 80], [0, 160]]
    """
    time, length, step = _time(source), _seconds("length", length), _seconds("step", step)
    size, hop = round(length * time.rate), round(step * time.rate)
    if size < 1 or hop < 1:
        raise SamplingError(f"length {length} s and step {step} s must each be one sample or more at {time.rate:g} Hz")
    if size > time.size:
        raise SamplingError(
            f"{name_of(source)} lasts {time.size / time.rate:g} s; a window of {length:g} s does not fit"
        )
    count = length_after(time.size, kernel=size, stride=hop)
    where = np.array([(0, *_behind(source, n * hop)) for n in range(count)], dtype=np.int64)
    owners = (name_of(source),) * count
    return Windows((source,), where, np.full(count, -1), owners, tuple(classes), _whole(source, size))


def _repeats(boundary: BoundaryLike) -> bool:
    """Whether what lies beyond an edge are samples from inside."""
    rule = rule_of(boundary)[0]
    return rule is not Boundary.CONSTANT and rule not in ODD


def _not_whole(data: Any) -> Any:
    """The numbers that are not whole, one after the other; NaN and infinity are among them."""
    with np.errstate(invalid="ignore"):
        return data[~(data - np.trunc(data) == 0)]


def _seconds(name: str, given: object) -> float:
    seconds = one_number(name, given, "in seconds")
    if not math.isfinite(seconds):
        raise ArgumentError(f"{name} is {given!r}; seconds are finite")
    return seconds


def _time(source: Source) -> Axis:
    found = [axis for axis in source.axes if axis.name == "time"]
    if not found:
        raise SamplingError(
            f"{name_of(source)} has no time axis ({', '.join(a.name for a in source.axes)}); cut patches"
        )
    return found[0]


def _behind(source: Source, first: int) -> tuple[int, ...]:
    """The first sample of a window along every grid axis: `first` along time, 0 along the others."""
    return tuple(first if axis.name == "time" else 0 for axis in source.axes[1:])


def _whole(source: Source, size: int) -> tuple[int, ...]:
    return tuple(size if axis.name == "time" else axis.size for axis in source.axes[1:])


def _agree(sources: Sequence[Source]) -> float:
    if not sources:
        raise ArgumentError("sources is empty; give at least one recording")
    rates = [_time(source).rate for source in sources]  # an uneven axis refuses, and says why
    for source in sources[1:]:
        same_rate(sources[0], source)
        if _whole(source, 0) != _whole(sources[0], 0):
            raise SamplingError(
                f"{name_of(source)} has axes of {_whole(source, 0)}, {name_of(sources[0])} of {_whole(sources[0], 0)} "
                "(0 stands for time); bring them to the same"
            )
        same_channels(sources[0], source)
    return rates[0]


def each_axis(argument: str, given: Sequence[int] | int, source: Source) -> tuple[int, ...]:
    """A whole number above 0 for every grid axis of a source; one number stands for all.

    Raises
    ------
    ShapeError : not as many numbers as grid axes, or one that is no whole number above 0
    """
    grid = source.axes[1:]
    told = tuple(given) if isinstance(given, Sequence) else (given,) * len(grid)
    if len(told) != len(grid) or not all(isinstance(n, int | np.integer) and n > 0 for n in told):
        raise ShapeError(
            f"{argument} is {given!r}; it has one whole number above 0 for each grid axis, and {name_of(source)} has "
            f"{', '.join(axis.name for axis in grid)}"
        )
    return tuple(int(n) for n in told)
