"""Twins of a clip: a single frame of it, and its frames in another order."""

from dataclasses import dataclass
from typing import Any

from sigconv.filters.in_front import InFront
from sigconv.signal import Axis, Box, Signal
from sigconv.train.draws import generator


@dataclass(frozen=True)
class Still(InFront):
    """The middle frame of a clip: a picture.

    source : (channel, time, y, x)

    >>> import numpy as np
    >>> from sigconv.loaders.video.generator import moving_shapes
    >>> Still(moving_shapes(1, 1, frames=4, size=16)[0]).read().shape
    (3, 16, 16)
    """

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, y, x) axes."""
        channel, _, y, x = self.source.axes
        return channel, y, x

    def samples(self, box: Box) -> Any:
        """(channel, y, x) samples; box has a pair for y and x."""
        middle = self.source.axes[1].size // 2
        return self.source.samples(((middle, middle + 1), *box))[:, 0]

    def read(self, start: Any = None, stop: Any = None) -> Signal:  # noqa: ARG002 - a picture is read whole
        """The whole picture."""
        _, y, x = self.axes
        return Signal(self.samples(((0, y.size), (0, x.size))), self.axes, self.unit, (), self.notes)


@dataclass(frozen=True)
class Shuffled(InFront):
    """A clip with its frames in another order, drawn for its number.

    source : (channel, time, y, x);  number : of the clip, int >= 0

    >>> from sigconv.loaders.video.generator import moving_shapes
    >>> clip = moving_shapes(1, 1, frames=8, size=16)[0]
    >>> mixed = Shuffled(clip, number=0).read().data
    >>> bool((mixed == clip.read().data).all()), float(mixed.mean()) == float(clip.read().data.mean())
    (False, True)
    """

    number: int

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, time, y, x) axes of the clip."""
        return self.source.axes

    def samples(self, box: Box) -> Any:
        """(channel, time, y, x) samples; box has a pair for time, y and x."""
        count = self.source.axes[1].size
        first, last = box[0]
        order = generator(0, "order of frames", self.number).permutation(count)
        return self.source.samples(((0, count), *box[1:]))[:, order[first:last]]

    def read(self, start: Any = None, stop: Any = None) -> Signal:
        """The frames from `start` up to but not including `stop`, s."""
        channel, time, y, x = self.axes
        first, last = time.between(time.start if start is None else start, stop)
        data = self.samples(((first, last), (0, y.size), (0, x.size)))
        return Signal(data, (channel, time.cut(first, last), y, x), self.unit, (), self.notes)
