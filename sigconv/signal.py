"""Signal: an array that knows its axes. Frozen; it reads no file and does no maths."""

import copyreg
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Protocol

from sigconv import units
from sigconv.errors import ArgumentError, SamplingError, ShapeError, nearest

Box = tuple[tuple[int, int], ...]  # first sample, and one past the last, along every grid axis


def _frozen(notes: dict[str, Any]) -> "MappingProxyType[str, Any]":
    return MappingProxyType(notes)


# notes are frozen, and go along to worker processes
copyreg.pickle(MappingProxyType, lambda notes: (_frozen, (dict(notes),)))

_MICRO = 1e-6  # of a step: positions that near count as the same


@dataclass(frozen=True)
class Axis:
    """One axis of a Signal: evenly spaced positions in a unit, positions one by one, or a list of labels.

    Parameters
    ----------
    name : "channel", "time", "freq", "x", "y", "z", or a name of your own
    size : int >= 0
    unit : unit of `step` and `start` ("s", "Hz", "mm"; "" for plain counts)
    step : distance between neighbours, > 0; the mean one where `positions` are given
    start : position of the first sample
    labels : a name for each position (channels, markers), or empty
    positions : of every sample, rising, in `unit`, where they are not even (frames of a variable rate); or empty

    Raises
    ------
    ShapeError : `labels` or `positions` are not as many as `size`
    SamplingError : `step` not positive and finite, positions that do not rise, or an unknown unit

    >>> Axis.time(320, fs=160).rate
    160.0
    """

    name: str
    size: int
    unit: str = ""
    step: float = 1.0
    start: float = 0.0
    labels: tuple[str, ...] = ()
    positions: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "positions", tuple(self.positions))
        if self.size < 0:
            raise ShapeError(f"axis {self.name!r} has size {self.size}; a size is 0 or more")
        if not 0 < self.step < float("inf"):
            raise SamplingError(f"axis {self.name!r} has step {self.step}; a step is positive and finite")
        for told, what in ((self.labels, "labels"), (self.positions, "positions")):
            if told and len(told) != self.size:
                raise ShapeError(f"axis {self.name!r} has {len(told)} {what} for {self.size} samples")
        for before, after in pairwise(self.positions):
            if not before < after < float("inf"):
                raise SamplingError(f"axis {self.name!r} has position {after} behind {before}; positions rise")
        units.kind(self.unit)

    @classmethod
    def time(cls, size: int, fs: float, start: float = 0.0) -> "Axis":
        """A time axis in seconds; `fs` is the sampling rate in Hz, > 0."""
        if not 0 < fs < float("inf"):
            raise SamplingError(f"fs is {fs} Hz; a sampling rate is positive and finite")
        return cls("time", size, "s", 1 / fs, start)

    @classmethod
    def channel(cls, labels: Sequence[str]) -> "Axis":
        """A channel axis with one name a channel."""
        return cls("channel", len(labels), labels=tuple(labels))

    @classmethod
    def at_positions(cls, name: str, positions: Sequence[float], unit: str) -> "Axis":
        """An axis with a sample at each of the rising `positions`; even ones (to a thousandth of a step) become a step.

        >>> Axis.at_positions("time", [0, 1, 2], "s").positions, Axis.at_positions("time", [0, 1, 3], "s").step
        ((), 1.5)
        """
        places = tuple(float(position) for position in positions)
        size, start = len(places), places[0] if places else 0.0
        step = (places[-1] - start) / (size - 1) if size > 1 else 1.0
        if not 0 < step < float("inf"):
            raise SamplingError(f"axis {name!r} goes from {start} to {places[-1]}; positions rise")
        if all(abs(place - start - i * step) <= 1e-3 * step for i, place in enumerate(places)):
            places = ()
        return cls(name, size, unit, step, start, positions=places)

    @property
    def rate(self) -> float:
        """Samples per unit: 1 / step (hertz for a time axis).

        Raises
        ------
        SamplingError : the samples are not evenly spaced
        """
        if self.positions:
            gaps = [after - before for before, after in pairwise(self.positions)]
            raise SamplingError(
                f"the {self.name} axis is uneven (steps of {min(gaps):g} to {max(gaps):g} {self.unit}) and has no "
                "rate; resample it to an even one first"
            )
        whole = round(1 / self.step)
        return float(whole) if abs(1 / self.step - whole) < 1e-9 * whole else 1 / self.step

    @property
    def stop(self) -> float:
        """The position one step after the last sample."""
        return self.at(self.size)

    def at(self, index: int) -> float:
        """The position of a sample, counted on beyond either end by whole steps.

        >>> Axis.time(320, fs=160).at(80)
        0.5
        """
        if not self.positions:
            return self.start + index * self.step
        inside = min(max(index, 0), self.size - 1)
        return self.positions[inside] + (index - inside) * self.step

    def nearest(self, position: float) -> int:
        """The number of the sample nearest to a position, counted on beyond either end.

        >>> Axis.time(320, fs=160).nearest(0.5)
        80
        """
        if not self.positions:
            return round((position - self.start) * self.rate)
        index = bisect_left(self.positions, position)
        if index in (0, self.size):
            end = max(0, index - 1)
            return end + round((position - self.positions[end]) / self.step)
        return index - (position - self.positions[index - 1] <= self.positions[index] - position)

    def between(self, start: float, stop: float | None) -> tuple[int, int]:
        """First sample, and one past the last, of the piece from `start` up to but not including `stop`.

        start, stop : positions in the axis' unit; None is the end of the axis

        Raises
        ------
        SamplingError : an empty piece, or one that reaches outside the axis

        >>> Axis.time(320, fs=160).between(0.5, None)
        (80, 320)
        """
        first, last = (self._from(p) if self.positions else self.nearest(p) for p in (start, self._end(stop)))
        if not 0 <= first < last <= self.size:
            raise SamplingError(
                f"start {start:g} {self.unit} and stop {self._end(stop):g} {self.unit}: the {self.name} axis has "
                f"{self.start:g} to {self.stop:g} {self.unit}; allowed: a piece of one sample or more inside"
            )
        return first, last

    def _end(self, stop: float | None) -> float:
        return self.stop if stop is None else stop

    def _from(self, position: float) -> int:
        """The first of the uneven samples at or behind a position; one further for a position beyond the axis."""
        near = _MICRO * self.step
        if not self.start - near <= position <= self.stop + near:
            return -1 if position < self.start else self.size + 1
        return bisect_left(self.positions, position - near)

    def cut(self, first: int, last: int) -> "Axis":
        """The samples from `first` up to but not including `last`, where they were.

        >>> Axis.time(320, fs=160).cut(80, 160).start
        0.5
        """
        if first == 0 and last == self.size:
            return self
        places = self.positions[first:last]
        if places:
            cut = Axis.at_positions(self.name, places, self.unit)
            return replace(cut, labels=self.labels[first:last])
        return replace(self, size=last - first, start=self.at(first), labels=self.labels[first:last])

    def __str__(self) -> str:
        if self.positions:
            return f"{self.name} {self.size} in uneven steps of about {self.step:g} {self.unit}".rstrip()
        if self.unit == "s":
            return f"{self.name} {self.size} @ {self.rate:g} Hz"
        return f"{self.name} {self.size}" + (f" × {self.step:g} {self.unit}" if self.unit else "")

    def resized(self, size: int) -> "Axis":
        """The same axis with another number of samples; labels and positions are kept only where the size is."""
        if size == self.size:
            return self
        return replace(self, size=size, labels=(), positions=())


@dataclass(frozen=True)
class Event:
    """Something that happens in a recording.

    onset : s, on the recording's own time axis;  duration : s, >= 0;  label : what it is
    """

    onset: float
    duration: float
    label: str


@dataclass(frozen=True, eq=False)
class Signal:
    """An array with named axes, a unit, events and notes.

    Parameters
    ----------
    data : (channel, *grid) NumPy array or torch tensor; grid: (time), (freq, time), (y, x), (z, y, x) or (time, y, x)
    axes : one Axis for every axis of data
    unit : unit of the samples ("V", "HU", "" for plain numbers)
    events : what happens when, on the time axis
    notes : anything else that must travel along (file name, electrode positions, start time)

    Raises
    ------
    ShapeError : axes and data do not fit

    >>> import numpy as np
    >>> x = Signal.from_array(np.zeros((2, 320)), fs=160, unit="V", channels=["C3", "C4"])
    >>> x.fs, x.channels, x.shape
    (160.0, ('C3', 'C4'), (2, 320))
    """

    data: Any
    axes: tuple[Axis, ...]
    unit: str = ""
    events: tuple[Event, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "events", tuple(self.events))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        sizes = tuple(axis.size for axis in self.axes)
        if tuple(self.data.shape) != sizes:
            named = ", ".join(f"{axis.name} {axis.size}" for axis in self.axes)
            raise ShapeError(f"data has shape {tuple(self.data.shape)} but its axes are ({named})")
        units.kind(self.unit)

    @classmethod
    def from_array(
        cls, data: Any, fs: float, unit: str = "", channels: Sequence[str] = (), events: Sequence[Event] = ()
    ) -> "Signal":
        """A (channel, time) signal from a 2-D array, or from a 1-D array as its one channel.

        data : (channel, time) or (time) array or tensor;  fs : Hz, > 0;  channels : names, by default "0", "1", …
        """
        if data.ndim not in (1, 2):
            raise ShapeError(f"data has {data.ndim} axes; from_array takes (channel, time) or (time)")
        if data.ndim == 1:
            data = data[None, :]
        names = tuple(channels) or tuple(str(i) for i in range(data.shape[0]))
        return cls(data, (Axis.channel(names), Axis.time(data.shape[1], fs)), unit, tuple(events))

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples along every axis."""
        return tuple(self.data.shape)

    @property
    def fs(self) -> float:
        """The sampling rate of the time axis in Hz."""
        return self.axis("time").rate

    @property
    def channels(self) -> tuple[str, ...]:
        """The labels of the channel axis."""
        return self.axis("channel").labels

    def axis(self, name: str) -> Axis:
        """The axis of that name; ArgumentError lists the names there are."""
        return self.axes[self.index(name)]

    def index(self, name: str) -> int:
        """The position of the axis of that name among the axes."""
        names = [axis.name for axis in self.axes]
        if name not in names:
            raise ArgumentError(f"axis is {name!r}{nearest(name, names)}; this signal has: {', '.join(names)}")
        return names.index(name)

    def with_data(self, data: Any, **changes: Any) -> "Signal":
        """The same signal holding other samples.

        An axis whose length changed keeps step and start; `changes` replace whole fields (axes, unit, events, notes).
        """
        if "axes" not in changes:
            if data.ndim != len(self.axes):
                raise ShapeError(f"data has {data.ndim} axes, the signal {len(self.axes)}; pass axes= as well")
            changes["axes"] = tuple(a.resized(n) for a, n in zip(self.axes, data.shape, strict=True))
        return replace(self, data=data, **changes)

    def __repr__(self) -> str:
        named = ", ".join(str(axis) for axis in self.axes)
        return f"Signal({named}; unit {self.unit or '1'}, {len(self.events)} events)"


class Source(Protocol):
    """What a Signal can be read from piece by piece: a lazy recording, or the same behind a filter."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, *grid) axes of the whole."""

    @property
    def unit(self) -> str:
        """Unit of the samples."""

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that happens in it, in order of onset."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """What travels along: path, electrode positions, subject, start time."""

    def samples(self, box: Box) -> Any:
        """(channel, *grid) array of the samples in `box`, which has a pair for every grid axis; only these are read."""

    def read(self, start: Any = None, stop: Any = None) -> Signal:
        """The samples from `start` up to but not including `stop` along the first grid axis, in its unit.

        None is the beginning and the end; a sequence has a position for each of the first grid axes.
        """
