"""Signal: an array that knows its axes. Frozen; it reads no file and does no maths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

from sigconv import units
from sigconv.errors import ArgumentError, SamplingError, ShapeError, nearest


@dataclass(frozen=True)
class Axis:
    """One axis of a Signal: evenly spaced positions in a unit, or a list of labels.

    Parameters
    ----------
    name : "channel", "time", "freq", "x", "y", "z", or a name of your own
    size : int >= 0
    unit : unit of `step` and `start` ("s", "Hz", "mm"; "" for plain counts)
    step : distance between neighbours, > 0
    start : position of the first sample
    labels : a name for each position (channels, markers), or empty

    Raises
    ------
    ShapeError : `labels` is not as long as `size`
    SamplingError : `step` not positive and finite, or an unknown unit

    >>> Axis.time(320, fs=160).rate
    160.0
    """

    name: str
    size: int
    unit: str = ""
    step: float = 1.0
    start: float = 0.0
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        if self.size < 0:
            raise ShapeError(f"axis {self.name!r} has size {self.size}; a size is 0 or more")
        if not 0 < self.step < float("inf"):
            raise SamplingError(f"axis {self.name!r} has step {self.step}; a step is positive and finite")
        if self.labels and len(self.labels) != self.size:
            raise ShapeError(f"axis {self.name!r} has {len(self.labels)} labels for {self.size} positions")
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

    @property
    def rate(self) -> float:
        """Samples per unit: 1 / step (hertz for a time axis)."""
        whole = round(1 / self.step)
        return float(whole) if abs(1 / self.step - whole) < 1e-9 * whole else 1 / self.step

    @property
    def stop(self) -> float:
        """The position one step after the last sample."""
        return self.start + self.size * self.step

    def nearest(self, position: float) -> int:
        """The number of the sample nearest to a position, counted on beyond either end.

        >>> Axis.time(320, fs=160).nearest(0.5)
        80
        """
        return round((position - self.start) * self.rate)

    def between(self, start: float, stop: float | None) -> tuple[int, int]:
        """First sample, and one past the last, of the piece from `start` up to but not including `stop`.

        start, stop : positions in the axis' unit; None is the end of the axis

        Raises
        ------
        SamplingError : an empty piece, or one that reaches outside the axis

        >>> Axis.time(320, fs=160).between(0.5, None)
        (80, 320)
        """
        first, last = self.nearest(start), self.size if stop is None else self.nearest(stop)
        if not 0 <= first < last <= self.size:
            end = self.stop if stop is None else stop
            raise SamplingError(
                f"start {start:g} {self.unit} and stop {end:g} {self.unit}: the {self.name} axis has {self.start:g} to "
                f"{self.stop:g} {self.unit}; allowed: a piece of one sample or more inside"
            )
        return first, last

    def resized(self, size: int) -> "Axis":
        """The same axis with another number of samples; labels are kept only where the size is."""
        return replace(self, size=size, labels=self.labels if size == self.size else ())


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
        named = ", ".join(f"{a.name} {a.size}" + (f" @ {a.rate:g} Hz" if a.unit == "s" else "") for a in self.axes)
        return f"Signal({named}; unit {self.unit or '1'}, {len(self.events)} events)"


class Source(Protocol):
    """What a Signal can be read from piece by piece: a lazy recording, or the same behind a filter."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, time) axes of the whole."""

    @property
    def unit(self) -> str:
        """Unit of the samples."""

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that happens in it, in order of onset."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """What travels along: path, electrode positions, subject, start time."""

    def read(self, start: float = 0.0, stop: float | None = None) -> Signal:
        """The samples from `start` up to but not including `stop`, in seconds; None reads to the end."""
