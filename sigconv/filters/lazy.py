"""A filter in front of a recording: pieces are read with a margin, filtered and cropped."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from sigconv.core.rates import resample_poly
from sigconv.errors import ShapeError
from sigconv.filters.in_front import InFront
from sigconv.filters.resampling import rate_ratio
from sigconv.signal import Axis, Box, Signal, Source

Step = Callable[[Signal], Signal]


@dataclass(frozen=True)
class Filtered(InFront):
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

    step: Step
    margin: float = 0.0

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The (channel, time) axes of the source."""
        return self.source.axes

    def samples(self, box: Box) -> Any:
        """(channel, last - first) filtered samples; box is ((first, last),)."""
        return self._piece(*box[0]).data

    def read(self, start: float | None = None, stop: float | None = None) -> Signal:
        """The filtered samples from `start` up to but not including `stop`, s."""
        time = self.source.axes[-1]
        return self._piece(*time.between(time.start if start is None else start, stop))

    def _piece(self, first: int, last: int) -> Signal:
        time = self.source.axes[-1]
        margin = round(self.margin * time.rate)
        lo, hi = max(0, first - margin), min(time.size, last + margin)
        piece = self.source.read(time.start + lo * time.step, time.start + hi * time.step)
        after = self.step(piece)
        if after.shape != piece.shape:
            raise ShapeError(f"step turned shape {piece.shape} into {after.shape}; it must keep the axes")
        kept = replace(time, size=last - first, start=time.start + first * time.step)
        return after.with_data(after.data[..., first - lo : last - lo], axes=(*after.axes[:-1], kept))


@dataclass(frozen=True)
class Resampled(InFront):
    """A source at another rate: pieces are resampled as they are read, and equal the whole resampled and cut.

    Parameters
    ----------
    source : (channel, time) Recording or another source, of two samples or more
    new_rate : Hz, > 0; its ratio to the source's rate is a fraction of whole numbers up to 10000

    Raises
    ------
    SamplingError : a rate not positive, or no such fraction
    ShapeError : fewer than two samples

    >>> import numpy as np
    >>> from sigconv.loaders import recording
    >>> eeg = recording.of(Signal.from_array(np.ones((2, 250)), fs=250))
    >>> Resampled(eeg, 160).read(0.5, 1.0).shape
    (2, 80)
    """

    new_rate: float

    def __post_init__(self) -> None:
        rate_ratio(self.new_rate, self.source.axes[-1].rate)
        if self.source.axes[-1].size < 2:
            raise ShapeError(f"source has {self.source.axes[-1].size} samples; resampling takes two or more")

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The (channel, time) axes, time at the new rate."""
        time = self.source.axes[-1]
        ratio = rate_ratio(self.new_rate, time.rate)
        size = -(-time.size * ratio.numerator // ratio.denominator)
        return (*self.source.axes[:-1], replace(time, size=size, step=1 / self.new_rate, labels=()))

    def samples(self, box: Box) -> Any:
        """(channel, last - first) samples at the new rate; box is ((first, last),)."""
        return self._piece(*box[0]).data

    def read(self, start: float | None = None, stop: float | None = None) -> Signal:
        """The samples at the new rate from `start` up to but not including `stop`, s."""
        time = self.axes[-1]
        return self._piece(*time.between(time.start if start is None else start, stop))

    def _piece(self, first: int, last: int) -> Signal:
        time, old = self.axes[-1], self.source.axes[-1]
        ratio = rate_ratio(self.new_rate, old.rate)
        up, down = ratio.numerator, ratio.denominator
        reach = -(-10 * max(up, down) // up) + 1  # old samples that the low-pass sees to either side
        lo = (first // up * down - reach) // down * down  # at which a new sample lies, too
        hi = -(-last * down // up) + reach
        kept = max(0, lo), min(old.size, hi)
        piece = self.source.read(*(old.start + i * old.step for i in kept))
        x = np.concatenate([self._line(lo, kept[0]), piece.data, self._line(kept[1], hi)], axis=-1)
        skipped = first - lo // down * up
        y = resample_poly(x, up, down, axis=-1)[..., skipped : skipped + last - first]
        axis = replace(time, size=last - first, start=time.start + first * time.step)
        return piece.with_data(y, axes=(*piece.axes[:-1], axis))

    def _line(self, first: int, last: int) -> Any:
        """Samples beyond the ends, on the straight line through the first and the last one of the whole."""
        if last <= first:
            return np.zeros((self.source.axes[0].size, 0))
        time = self.source.axes[-1]
        ends = [self.source.read(*(time.start + i * time.step for i in (n, n + 1))).data for n in (0, time.size - 1)]
        rise = (ends[1] - ends[0]) / (time.size - 1)
        return ends[0] + rise * np.arange(first, last)


def pieces(source: Source, seconds: float = 60.0) -> "list[tuple[float, float]]":
    """Start and stop (s) of consecutive pieces of at most `seconds` that cover the source."""
    time = source.axes[-1]
    size = max(1, round(seconds * time.rate))
    cuts = [*range(0, time.size, size), time.size]
    return [(time.start + a * time.step, time.start + b * time.step) for a, b in pairwise(cuts)]
