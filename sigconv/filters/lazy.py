"""A filter in front of a recording: pieces are read with a margin, filtered and cropped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sigconv.errors import ShapeError
from sigconv.signal import Axis, Event, Signal, Source

Step = Callable[[Signal], Signal]


@dataclass(frozen=True)
class Filtered:
    """A source whose pieces pass through `step` as they are read, so the whole never has to be in memory.

    The piece is read `margin` seconds longer on both sides (as far as the recording goes) and cropped after the
    step: with a margin as long as the filter's memory the result equals filtering the whole and cutting.

    Parameters
    ----------
    source : (channel, time) Recording or another Filtered
    step : Signal -> Signal of the same axes
    margin : s, >= 0, how far the step looks to either side

    Raises
    ------
    ShapeError : the step changed the shape

    >>> import numpy as np
    >>> from sigconv.loaders import recording
    >>> eeg = recording.of(Signal.from_array(np.ones((2, 320)), fs=160))
    >>> Filtered(eeg, lambda s: s.with_data(2 * s.data)).read(0.5, 1.0).shape
    (2, 80)
    """

    source: Source
    step: Step
    margin: float = 0.0

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The (channel, time) axes of the source."""
        return self.source.axes

    @property
    def unit(self) -> str:
        """Unit of the samples."""
        return self.source.unit

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the source."""
        return self.source.events

    @property
    def notes(self) -> Mapping[str, Any]:
        """The notes of the source."""
        return self.source.notes

    def read(self, start: float = 0.0, stop: float | None = None) -> Signal:
        """The filtered samples from `start` up to but not including `stop`, s."""
        time = self.source.axes[-1]
        first, last = time.between(start, stop)
        margin = round(self.margin * time.rate)
        lo, hi = max(0, first - margin), min(time.size, last + margin)
        piece = self.source.read(time.start + lo * time.step, time.start + hi * time.step)
        after = self.step(piece)
        if after.shape != piece.shape:
            raise ShapeError(f"step turned shape {piece.shape} into {after.shape}; it must keep the axes")
        kept = replace(time, size=last - first, start=time.start + first * time.step)
        return after.with_data(after.data[..., first - lo : last - lo], axes=(*after.axes[:-1], kept))


def pieces(source: Source, seconds: float = 60.0) -> "list[tuple[float, float]]":
    """Start and stop (s) of consecutive pieces of at most `seconds` that cover the source."""
    time = source.axes[-1]
    size = max(1, round(seconds * time.rate))
    cuts = [*range(0, time.size, size), time.size]
    return [(time.start + a * time.step, time.start + b * time.step) for a, b in pairwise(cuts)]
