"""Recording: a file that is opened but not read; pieces become Signals when asked for."""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import EllipsisType, MappingProxyType
from typing import Any

from sigconv.errors import ArgumentError, FormatError, ShapeError, one_number
from sigconv.loaders.kept import Key, version_of
from sigconv.signal import Axis, Box, Event, Signal

# (box, channel numbers) -> (channel, *grid) array in the recording's unit
Reader = Callable[[Box, Sequence[int]], Any]
Position = float | Sequence[float | None] | None


@dataclass(frozen=True, eq=False)
class Recording:
    """What a recording holds, and a way to read parts of it.

    Parameters
    ----------
    axes : (channel, *grid) axes of the whole; grid: (time) · (freq, time) · (y, x) · (z, y, x) · (time, y, x)
    reader : (box, channel numbers) -> (channel, *grid) array; box has (first, last) for every grid axis
    unit : unit of the samples: "V" for EEG, "HU" for CT, "" for plain numbers
    events : in order of onset, on the time axis
    notes : domain ("EEG", "audio" …), path, name, subject and what else the loader tells
    rows : channel numbers in the reader's own count; by default all
    opened : the file whose header told all this, as it was then (`kept.version`): samples of a file that has changed
        since are refused; by default none is looked at
    """

    axes: tuple[Axis, ...]
    reader: Reader
    unit: str = ""
    events: tuple[Event, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    opened: Key = field(default=(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        object.__setattr__(self, "rows", tuple(self.rows) or tuple(range(self.axes[0].size)))

    def __repr__(self) -> str:
        named = ", ".join(str(axis) for axis in self.axes)
        return f"Recording({self.notes.get('name', '')}: {named}; unit {self.unit or '1'}, {len(self.events)} events)"

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples along every axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels."""
        return self.axes[0].labels

    def axis(self, name: str) -> Axis:
        """The axis of that name; ArgumentError lists the names there are."""
        found = [axis for axis in self.axes if axis.name == name]
        if not found:
            raise ArgumentError(f"axis is {name!r}; this recording has: {', '.join(a.name for a in self.axes)}")
        return found[0]

    @property
    def fs(self) -> float:
        """The sampling rate of the time axis in Hz."""
        return self.axis("time").rate

    @property
    def duration(self) -> float:
        """The length in seconds."""
        time = self.axis("time")
        return time.stop - time.start

    def samples(self, box: Box) -> Any:
        """(channel, *grid) array of the samples in `box`: (first, last) for every grid axis, inside the recording.

        Raises
        ------
        FormatError : the file has changed since it was opened; or what its reader raises
        """
        found = self.reader(box, self.rows)
        if self.opened and version_of(path := str(self.opened[0]), os.stat(path)) != self.opened:
            raise FormatError(f"{path}: the file has changed since it was opened; open it again")
        return found

    def read(self, start: Position = None, stop: Position = None) -> Signal:
        """The samples from `start` up to but not including `stop`; only these are read.

        Parameters
        ----------
        start, stop : positions along the first grid axis in its unit (s, mm), None for its beginning and its end;
            or a sequence of them for the first few grid axes

        Returns
        -------
        (channel, *grid) Signal whose axes tell where it lies; its events are those with an onset inside

        Raises
        ------
        SamplingError : an empty piece, or one that reaches outside the recording
        ArgumentError : more positions than grid axes, or one that is not a number

        >>> import numpy as np
        >>> of(Signal.from_array(np.zeros((2, 320)), fs=160)).read(0.5, 1.0).shape
        (2, 80)
        """
        grid = self.axes[1:]
        starts, stops = (_each(name, p, grid) for name, p in (("start", start), ("stop", stop)))
        return self._piece(
            tuple(
                axis.between(axis.start if low is None else low, high)
                for axis, low, high in zip(grid, starts, stops, strict=True)
            )
        )

    def __getitem__(self, key: Any) -> Signal:
        """The piece at these sample numbers, as NumPy counts: recording[channels, first:last, …], steps of 1.

        A whole number keeps its axis, one sample long; channels may also be names or a list of names.

        >>> import numpy as np
        >>> of(Signal.from_array(np.zeros((2, 320)), fs=160, channels=["C3", "C4"]))["C4", -80:].shape
        (1, 80)
        """
        keys = list(key) if isinstance(key, tuple) else [key]
        if sum(isinstance(k, EllipsisType) for k in keys) > 1:
            raise ArgumentError("recording[…] takes one … only")
        dots = next((i for i, k in enumerate(keys) if isinstance(k, EllipsisType)), len(keys))
        missing = len(self.axes) - len([k for k in keys if not isinstance(k, EllipsisType)])
        if missing < 0:
            raise ArgumentError(f"recording[…] has {len(keys)} indices; there are {len(self.axes)} axes")
        full = [*keys[:dots], *[slice(None)] * missing, *keys[dots + 1 :]]
        box = tuple(_between(one, axis) for one, axis in zip(full[1:], self.axes[1:], strict=True))
        return self._chosen(full[0])._piece(box)

    def _chosen(self, key: Any) -> "Recording":
        if isinstance(key, slice) and key == slice(None):
            return self
        if isinstance(key, str) or (isinstance(key, Sequence) and all(isinstance(k, str) for k in key)):
            return self.pick([key] if isinstance(key, str) else list(key))
        first, last = _between(key, self.axes[0])
        return replace(self, axes=(self.axes[0].cut(first, last), *self.axes[1:]), rows=self.rows[first:last])

    def _piece(self, box: Box) -> Signal:
        axes = (self.axes[0], *(axis.cut(*pair) for axis, pair in zip(self.axes[1:], box, strict=True)))
        times = [axis for axis in axes if axis.name == "time"]
        events = tuple(e for e in self.events if all(axis.start <= e.onset < axis.stop for axis in times))
        return Signal(self.samples(box), axes, self.unit, events, self.notes)

    def pick(self, channels: Sequence[str]) -> "Recording":
        """The same recording with these channels in this order.

        Raises
        ------
        ArgumentError : a channel that is not there (all missing ones are named)
        """
        missing = [name for name in channels if name not in self.channels]
        if missing or not channels:
            shown = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
            raise ArgumentError(
                f"{self.notes.get('name', 'the recording')} lacks the channels: {shown or '(none asked for)'}; "
                f"it has {len(self.channels)}: {', '.join(self.channels[:24])}{' …' * (len(self.channels) > 24)}"
            )
        rows = tuple(self.rows[self.channels.index(name)] for name in channels)
        return replace(self, axes=(Axis.channel(channels), *self.axes[1:]), rows=rows)


def _each(name: str, given: object, grid: Sequence[Axis]) -> list[float | None]:
    """One position or None for every grid axis."""
    told = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    if len(told) > len(grid):
        raise ArgumentError(
            f"{name} has {len(told)} positions; the grid has {len(grid)} axes: {', '.join(axis.name for axis in grid)}"
        )
    positions = [None if one is None else _position(name, one) for one in told]
    return [*positions, *[None] * (len(grid) - len(told))]


def _position(name: str, given: object) -> float:
    position = one_number(name, given, "a position in the axis' unit")
    if not math.isfinite(position):
        raise ArgumentError(f"{name} is {given!r}; positions are finite")
    return position


def _between(key: Any, axis: Axis) -> tuple[int, int]:
    if isinstance(key, slice):
        if key.step not in (None, 1):
            raise ArgumentError(f"the step along {axis.name} is {key.step}; recording[…] reads every sample (step 1)")
        try:
            first, last, _ = key.indices(axis.size)
        except TypeError:
            raise ArgumentError(
                f"the index along {axis.name} is {key!r}; recording[…] takes whole numbers below {axis.size}, "
                f"recording.read(start, stop) positions in {axis.unit or 'samples'}"
            ) from None
    else:
        try:
            if isinstance(key, bool):
                raise TypeError
            first = range(axis.size)[key]
        except (IndexError, TypeError):
            names = ", a name or a list of names" if axis.labels else ""
            raise ArgumentError(
                f"the index along {axis.name} is {key!r}; it is a slice, a whole number below {axis.size}{names}"
            ) from None
        last = first + 1
    if last <= first:
        raise ArgumentError(f"the index along {axis.name} is {key!r}: no sample of its {axis.size}")
    return first, last


@dataclass(frozen=True, eq=False)
class _Held:
    """Samples that are in memory already."""

    data: Any

    def __call__(self, box: Box, rows: Sequence[int]) -> Any:
        return self.data[(list(rows), *(slice(first, last) for first, last in box))]


def of(signal: Signal) -> Recording:
    """A (channel, *grid) Signal in memory, read like a file.

    Raises
    ------
    ShapeError : the first axis is not channel, or there is no other

    >>> import numpy as np
    >>> of(Signal.from_array(np.zeros((2, 320)), fs=160)).read(0.5, 1.0).shape
    (2, 80)
    """
    if not signal.axes or signal.axes[0].name != "channel" or len(signal.axes) < 2:
        raise ShapeError(f"signal has axes {[axis.name for axis in signal.axes]}; a recording is (channel, *grid)")
    return Recording(signal.axes, _Held(signal.data), signal.unit, signal.events, signal.notes)
