"""Clips: some frames of a video as a network sees them, read when asked for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sigconv.errors import ShapeError
from sigconv.filters.in_front import InFront
from sigconv.recipe.colours import COLOURS, coloured
from sigconv.signal import Axis, Box, Signal

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Frames(InFront):
    """`count` frames from `start` on at an even rate: of each moment the frame that the video shows.

    Before its first and behind its last frame a video stands still. The clip has mean 0 and standard deviation 1 over
    all of its numbers.

    source : (channel, time, y, x) video of 1 or 3 channels
    start : s;  rate : Hz;  count : frames;  size : pixels a side, to which frames are scaled
    colour : three channels, else their brightness

    Raises
    ------
    ShapeError : another number of channels (when read)

    >>> from sigconv.loaders.video.generator import moving_shapes
    >>> clip = Frames(moving_shapes(1, 1, frames=8, size=16)[0], start=0.0, rate=12.5, count=4, size=8, colour=False)
    >>> clip.read().shape, abs(float(clip.read().data.mean())) < 1e-5
    ((1, 4, 8, 8), True)
    """

    start: float
    rate: float
    count: int
    size: int
    colour: bool

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, time, y, x) axes."""
        names = COLOURS if self.colour else ("grey",)
        time = Axis.time(self.count, self.rate, self.start)
        return Axis.channel(names), time, Axis("y", self.size), Axis("x", self.size)

    def samples(self, box: Box) -> Any:
        """(channel, time, y, x) samples; box has a pair for time, y and x."""
        inside = tuple(slice(first, last) for first, last in box)
        return self._whole()[(slice(None), *inside)]

    def read(self, start: Any = None, stop: Any = None) -> Signal:
        """The frames from `start` up to but not including `stop`, s."""
        channel, time, y, x = self.axes
        first, last = time.between(time.start if start is None else start, stop)
        data = self.samples(((first, last), (0, y.size), (0, x.size)))
        return Signal(data, (channel, time.cut(first, last), y, x), "", (), self.notes)

    def shown(self) -> list[int]:
        """The numbers of the video's frames that are taken.

        >>> from sigconv.loaders.video.generator import moving_shapes
        >>> Frames(moving_shapes(1, 1, frames=6, size=16)[0], 0.04, 12.5, 4, 16, False).shown()
        [1, 3, 5, 5]
        """
        time = self.source.axes[1]
        near = 1e-6 * time.step
        moments = self.start + np.arange(self.count) / self.rate
        return [min(max(_showing(time, moment + near), 0), time.size - 1) for moment in moments.tolist()]

    def _whole(self) -> Array:
        """(channel, time, y, x) float32."""
        numbers = self.shown()
        first, last = min(numbers), max(numbers) + 1
        channel, _, y, x = self.source.axes
        if channel.size not in (1, 3):
            raise ShapeError(f"{self.notes.get('name', 'a video')} has {channel.size} channels; a video has 1 or 3")
        data = self.source.samples(((first, last), (0, y.size), (0, x.size)))
        frames = np.asarray(data[:, [number - first for number in numbers]], np.float32)
        frames = _scaled(coloured(frames, self.colour), self.size)
        frames = frames - frames.mean(dtype=np.float64)
        spread = float(frames.std(dtype=np.float64))
        return np.asarray(frames / (spread or 1.0), np.float32)


def _showing(time: Axis, moment: float) -> int:
    """The number of the last frame that began at or before a moment."""
    if time.positions:
        return int(np.searchsorted(time.positions, moment, side="right")) - 1
    return int(np.floor((moment - time.start) / time.step))


def _scaled(frames: Array, size: int) -> Array:
    """(channel, time, size, size), smoothed before where it shrinks."""
    if frames.shape[2:] == (size, size):
        return frames
    tensor = torch.from_numpy(np.ascontiguousarray(frames))
    scaled = torch.nn.functional.interpolate(tensor, size=(size, size), mode="bilinear", antialias=True)
    return scaled.numpy()
