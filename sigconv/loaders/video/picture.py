"""A decoded frame as rows of numbers: red, green and blue, upright, to the size that was asked for."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.signal import Box

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
_STRAIGHT = {"yuv420p", "yuvj420p"}  # whose conversion to planes equals the one to packed colours


@dataclass(frozen=True)
class Picture:
    """How the frames of one video become arrays.

    Parameters
    ----------
    size : (y, x) of the frames as decoded, pixels
    kind : FFmpeg's name of their pixels ("yuv420p", "gray10le")
    grey : one channel instead of red, green and blue
    turns : quarter turns counterclockwise that bring them upright
    mirrored : left and right change places before the turns
    scaled : (y, x) to which they are resized before the turns, or None
    """

    size: tuple[int, int]
    kind: str
    grey: bool = False
    turns: int = 0
    mirrored: bool = False
    scaled: tuple[int, int] | None = None

    @property
    def upright(self) -> tuple[int, int]:
        """(y, x) of the frames as read."""
        y, x = self.scaled or self.size
        return (x, y) if self.turns % 2 else (y, x)

    @property
    def planar(self) -> bool:
        """Whether FFmpeg converts to one plane a channel, which it does wrongly for widths that 16 does not divide."""
        return self.kind in _STRAIGHT and self.size[1] % 16 == self.size[0] % 2 == 0 and not self.scaled

    def empty(self, rows: int, box: Box) -> Bytes:
        """(channel, time, y, x) to write frames into, laid out in memory as they come."""
        sizes = [last - first for first, last in box]
        if self.grey or self.planar:
            return np.empty((rows, *sizes), np.uint8)
        return np.moveaxis(np.empty((*sizes, rows), np.uint8), -1, 0)

    def channels(self, frame: Any, reformatter: Any) -> Bytes | list[Bytes]:
        """(channel, y, x) of a frame, upright: an array, or a plane a channel; valid as long as `frame` is held."""
        y, x = self.scaled or self.size
        kind = "gray" if self.grey else "gbrp" if self.planar else "rgb24"
        made = reformatter.reformat(frame, width=x, height=y, format=kind, threads=1)
        if kind == "rgb24":
            (packed,) = made.planes
            rows = np.frombuffer(packed, np.uint8).reshape(-1, packed.line_size)[:y, : 3 * x]
            return self._turned(rows.reshape(y, x, 3).transpose(2, 0, 1))
        planes = [np.frombuffer(p, np.uint8).reshape(-1, p.line_size)[:y, :x] for p in made.planes]
        return [self._turned(planes[at]) for at in ((0,) if self.grey else (2, 0, 1))]

    def _turned(self, pixels: Bytes) -> Bytes:
        return np.rot90(pixels[..., ::-1] if self.mirrored else pixels, self.turns, axes=(-2, -1))
