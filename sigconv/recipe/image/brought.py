"""Images of any size and colour brought to what a network sees, read when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.loaders import Recording
from sigconv.recipe.colours import COLOURS, coloured
from sigconv.recipe.image.tables import Image
from sigconv.signal import Axis, Box, Source

Array = np.ndarray[Any, Any]


def brought(image: Source, settings: Image) -> Recording:
    """The image with the recipe's channels and size, from -1 (black) to 1 (white); nothing is read yet.

    Parameters
    ----------
    image : (channel, y, x) with 1 channel (grey), 2 (with alpha), 3 (red, green, blue) or 4

    Raises
    ------
    ShapeError : other axes

    >>> from sigconv.loaders import of
    >>> from sigconv.signal import Signal
    >>> axes = (Axis.channel(["grey"]), Axis("y", 4), Axis("x", 6))
    >>> white = of(Signal(np.full((1, 4, 6), 255, np.uint8), axes))
    >>> small = brought(white, Image(size=4)).read().data
    >>> small.shape, small.min()
    ((3, 4, 4), np.float32(1.0))
    """
    names = [axis.name for axis in image.axes]
    if names != ["channel", "y", "x"] or not 1 <= image.axes[0].size <= 4 or 0 in [a.size for a in image.axes]:
        told = ", ".join(f"{axis.name} {axis.size}" for axis in image.axes)
        raise ShapeError(f"{image.notes.get('name', 'an image')} has axes ({told}); an image is channel 1 to 4, y, x")
    channels = COLOURS if settings.channels == "colour" else ("grey",)
    axes = (Axis.channel(channels), Axis("y", settings.size), Axis("x", settings.size))
    return Recording(axes, Brought(image, settings), notes=image.notes)


@dataclass(frozen=True)
class Brought:
    """What reads an image and brings it to size; it goes along to worker processes."""

    image: Source
    settings: Image

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, y, x) float32 from -1 to 1 of the box ((first, last), (first, last))."""
        (first, last), (left, right) = box
        seen = _sized(coloured(bright(self.image), self.settings.channels == "colour"), self.settings.size)
        signed = np.float32(2) * seen - np.float32(1)
        return (-signed if self.settings.invert else signed)[list(rows), first:last, left:right]


def bright(image: Source) -> Array:
    """The whole image as (channel, y, x) float32 from 0 to 1.

    Raises
    ------
    ArgumentError : signed numbers, or floats outside 0 to 1
    """
    data = np.asarray(image.samples(tuple((0, axis.size) for axis in image.axes[1:])))
    if data.dtype.kind == "u":
        return np.asarray(data.astype(np.float32) / np.float32(np.iinfo(data.dtype).max))
    if not (data.min() >= 0 and data.max() <= 1):
        raise ArgumentError(
            f"{image.notes.get('path', 'an image')} holds {data.dtype} from {data.min():g} to {data.max():g}; "
            "an image is uint8, uint16, or numbers from 0 to 1: scale it first"
        )
    return data.astype(np.float32)


def brightness(image: Source) -> Array:
    """The brightness of each pixel, (y, x) float32 from 0 to 1; raises as `bright`."""
    return np.asarray(coloured(bright(image), colour=False)[0])


def _sized(data: Array, size: int) -> Array:
    """(channel, size, size): the shorter side scaled to `size`, smoothed before where it shrinks, and the middle."""
    height, width = data.shape[1:]
    short = min(height, width)
    if short != size:
        grid = [max(size, round(n * size / short)) for n in (height, width)]
        scaled = torch.nn.functional.interpolate(
            torch.from_numpy(np.ascontiguousarray(data))[None], size=grid, mode="bilinear", antialias=True
        )
        data = scaled[0].numpy()
        height, width = data.shape[1:]
    top, left = (height - size) // 2, (width - size) // 2
    return data[:, top : top + size, left : left + size]
