"""Takes: a piece of motion as a network sees it, in the body's own frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.filters.in_front import InFront
from sigconv.filters.resampling import resample
from sigconv.loaders.mocap.markers import markers, positions
from sigconv.recipe.motion.body import Array, facing, lefts, turned, upright
from sigconv.signal import Axis, Box, Signal

_LOOK = 0.3  # s at its beginning that tell which way a body faces


@dataclass(frozen=True)
class Take(InFront):
    """Joints from `start` to `stop`, at another rate, in the middle of `size` samples.

    The body faces along x when the piece begins, its left is y, z is up. Joints are relative to the point on the
    floor below the origin. Three channels stand behind them for the body as a whole: the origin's velocity along x
    and y, in metres a second, and its height. What is shorter stands still before and after; of what is longer the
    middle is taken.

    source : (channel, time) recording of markers in metres, which are whole: x, y, z of one after another
    origin : numbers of the markers whose mean is the origin
    up : "x", "y" or "z", which way is upwards in the recording
    start, stop : s;  rate : Hz;  size : samples, >= 2

    >>> from sigconv.loaders.mocap.generator import walking
    >>> walk = walking(subjects=1, takes=1)[0]
    >>> take = Take(walk, origin=(0,), up="z", start=0.0, stop=4.0, rate=10.0, size=50)
    >>> take.read().shape, take.axes[0].labels[-3:], bool(take.read().data[-3].max() > 0.5)
    ((63, 50), ('body.x', 'body.y', 'body.z'), True)
    """

    origin: tuple[int, ...]
    up: str
    start: float
    stop: float
    rate: float
    size: int

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, time) axes; time begins where the piece does, or before it where the piece is shorter."""
        spare = self.size - self._long()
        channels = Axis.channel([*self.source.axes[0].labels, "body.x", "body.y", "body.z"])
        return channels, Axis.time(self.size, self.rate, self.start - (spare // 2) / self.rate)

    def samples(self, box: Box) -> Any:
        """(channel, last - first) samples; box is ((first, last),)."""
        ((first, last),) = box
        return self._whole()[:, first:last]

    def read(self, start: float | None = None, stop: float | None = None) -> Signal:
        """The samples from `start` up to but not including `stop`, s."""
        channel, time = self.axes
        first, last = time.between(time.start if start is None else start, stop)
        return Signal(self.samples(((first, last),)), (channel, time.cut(first, last)), "m", (), self.notes)

    def _long(self) -> int:
        first, last = self.source.axes[1].between(self.start, self.stop)
        return int(np.ceil((last - first) * self.rate / self.source.axes[1].rate - 1e-9))

    def _whole(self) -> Array:
        """(channel, size) float32."""
        piece = self.source.read(self.start, self.stop)
        names, time = markers(piece.channels), piece.axes[1]
        seen = upright(np.asarray(positions(piece), np.float64), self.up)
        whole = _filled(seen, names, str(self.notes.get("name", "the recording"))).reshape(-1, time.size)
        if time.size > 1:
            whole = np.asarray(resample(whole, self.rate, fs=time.rate))
        places = _middle(whole.reshape(len(names), 3, -1), self.size)
        still = max(0, self.size - self._long()) // 2
        own = in_own_frame(places, lefts(names), self.origin, self.rate, still)
        return np.asarray(own.reshape(-1, self.size), np.float32)


def in_own_frame(
    places: Array, pairs: Sequence[tuple[int, int]], origin: Sequence[int], rate: float, first: int = 0
) -> Array:
    """(joint + 1, 3, frame) of a body that looks along x at frame `first`, and of the body as a whole; see `Take`.

    A body without pairs of joints that mirror each other keeps the heading that it has.
    """
    if pairs:
        looks = facing(places, pairs)[first : first + max(1, round(_LOOK * rate))]
        places = turned(places, -float(np.angle(np.exp(1j * looks).mean())))
    middle = places[list(origin)].mean(0)
    own = places.copy()
    own[:, :2] -= middle[:2]
    middle[:2] = np.gradient(middle[:2], axis=-1) * rate
    return np.concatenate([own, middle[None]])


def _filled(places: Array, names: Sequence[str], where: str) -> Array:
    """What was not seen, by a line from the last sight to the next one, as it was at the ends.

    Raises
    ------
    FormatError : a marker that was never seen
    """
    filled = places.copy()
    for name, rows in zip(names, filled, strict=True):
        seen = np.isfinite(rows).all(0)
        if not seen.any():
            raise FormatError(f"{where}: marker {name} is not seen once in this piece; leave it out by pose.joints")
        if not seen.all():
            times = np.flatnonzero(seen)
            rows[:] = [np.interp(np.arange(len(seen)), times, row[times]) for row in rows]
    return filled


def _middle(places: Array, size: int) -> Array:
    """The middle `size` frames; what is shorter stands still before and after."""
    spare = size - places.shape[-1]
    if spare <= 0:
        return places[..., -spare // 2 : -spare // 2 + size]
    return np.pad(places, ((0, 0), (0, 0), (spare // 2, spare - spare // 2)), mode="edge")
