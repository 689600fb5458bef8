"""Recording: a file that is opened but not read; pieces become Signals when asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from sigconv.errors import ArgumentError
from sigconv.signal import Axis, Event, Signal

# (first sample, one past the last, channel numbers) -> (channel, time) array in the recording's unit
Reader = Callable[[int, int, Sequence[int]], Any]


@dataclass(frozen=True, eq=False)
class Recording:
    """What a recording holds, and a way to read parts of it.

    Parameters
    ----------
    axes : (channel, time) axes of the whole
    reader : (first, last, channel numbers) -> (channel, time) array
    unit : unit of the samples, "V" for EEG
    events : in order of onset
    notes : path, name, subject, start_time, positions (channel -> (x, y, z) m), kinds (channel -> "eeg" …)
    rows : channel numbers in the reader's own count; by default all
    """

    axes: tuple[Axis, Axis]
    reader: Reader
    unit: str = ""
    events: tuple[Event, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        object.__setattr__(self, "rows", tuple(self.rows) or tuple(range(self.axes[0].size)))

    def __repr__(self) -> str:
        channel, time = self.axes
        return (
            f"Recording({self.notes.get('name', '')}: channel {channel.size}, time {time.size} @ {time.rate:g} Hz; "
            f"unit {self.unit or '1'}, {len(self.events)} events)"
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels."""
        return self.axes[0].labels

    @property
    def fs(self) -> float:
        """The sampling rate in Hz."""
        return self.axes[1].rate

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.axes[1].size * self.axes[1].step

    def read(self, start: float = 0.0, stop: float | None = None) -> Signal:
        """The samples from `start` up to but not including `stop`, in seconds; only these are read.

        Returns
        -------
        (channel, time) Signal whose time axis begins at `start`; its events are those with an onset inside

        Raises
        ------
        SamplingError : an empty piece, or one that reaches outside the recording

        >>> import numpy as np
        >>> of(Signal.from_array(np.zeros((2, 320)), fs=160)).read(0.5, 1.0).shape
        (2, 80)
        """
        channel, time = self.axes
        first, last = time.between(start, stop)
        began = time.start + first * time.step
        cut = replace(time, size=last - first, start=began)
        events = tuple(e for e in self.events if began <= e.onset < cut.stop)
        return Signal(self.reader(first, last, self.rows), (channel, cut), self.unit, events, self.notes)

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
        return replace(self, axes=(Axis.channel(channels), self.axes[1]), rows=rows)


def of(signal: Signal) -> Recording:
    """A (channel, time) Signal in memory, read like a file."""
    if [axis.name for axis in signal.axes] != ["channel", "time"]:
        raise ArgumentError(f"signal has axes {[axis.name for axis in signal.axes]}; a recording is (channel, time)")

    def reader(first: int, last: int, rows: Sequence[int]) -> Any:
        return signal.data[list(rows), first:last]

    return Recording((signal.axes[0], signal.axes[1]), reader, signal.unit, signal.events, signal.notes)
