"""Shifts by whole samples: in time, or as a crop at random of what was padded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError, ShapeError, one_of
from sigconv.train.augment.drawn import drawn, grid_axis, refuse_outside
from sigconv.train.augment.protocol import Draws

BEYOND = ("zeros", "edge", "reflect", "wrap")
IGNORED = -1


@dataclass(frozen=True)
class TimeShift:
    """Every window earlier or later by up to so many seconds.

    seconds : > 0;  fs : samples a second
    boundary : what comes in at the end: "zeros" (and the label −1), "edge", "reflect", "wrap"
    axis : the grid axis that is time

    >>> ahead = TimeShift(0.02, fs=100, boundary="wrap")
    >>> ahead(torch.arange(5.0).view(1, 1, 5), torch.tensor([0]), [np.random.default_rng(2)])[0].tolist()
    [[[1.0, 2.0, 3.0, 4.0, 0.0]]]
    """

    seconds: float
    fs: float
    boundary: str = "zeros"
    axis: int = -1

    def __post_init__(self) -> None:
        refuse_outside("seconds", self.seconds, 0)
        refuse_outside("fs", self.fs, 0)
        one_of("boundary", self.boundary, BEYOND)
        if self.seconds * self.fs < 1:
            raise ArgumentError(
                f"seconds is {self.seconds}; {self.seconds} s is less than one sample at {self.fs:g} Hz"
            )

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows shifted."""
        most = [0] * (x.ndim - 2)
        most[grid_axis(self.axis, x) - 2] = int(self.seconds * self.fs)
        return _moved(x, y, most, drawn(draws, x.ndim - 2), self.boundary, 0.0)


@dataclass(frozen=True)
class RandomCrop:
    """Every window padded at all ends, and cut to its size at a random place.

    padding : samples, >= 1, for every grid axis or one number for all; 0 leaves an axis as it is
    boundary : what is padded with: "zeros" (`fill`, and the label −1), "edge", "reflect", "wrap"
    fill : in the unit of the data, as −1000 for air in HU

    Source: He et al. (2016), section 4.2.

    >>> RandomCrop(4)(torch.ones(1, 3, 32, 32), torch.tensor([0]), [np.random.default_rng(0)])[0].shape
    torch.Size([1, 3, 32, 32])
    """

    padding: int | tuple[int, ...]
    boundary: str = "zeros"
    fill: float = 0.0

    def __post_init__(self) -> None:
        one_of("boundary", self.boundary, BEYOND)
        each = self.padding if isinstance(self.padding, tuple) else (self.padding,)
        if not each or not all(isinstance(n, int) and n >= 0 for n in each):
            raise ArgumentError(f"padding is {self.padding!r}; it is samples, 0 or more for every grid axis")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows cut anew."""
        axes = x.ndim - 2
        most = self.padding if isinstance(self.padding, tuple) else (self.padding,) * axes
        if len(most) != axes:
            raise ShapeError(f"padding is {self.padding!r}; these windows have {axes} grid axes")
        return _moved(x, y, most, drawn(draws, axes), self.boundary, self.fill)


def _moved(x: Tensor, y: Tensor, most: Sequence[int], u: Any, boundary: str, fill: float) -> tuple[Tensor, Tensor]:
    """x and a label map moved by −most … most samples along every grid axis. u : (window, axis), from 0 to 1"""
    offsets = np.floor(u * (2 * np.asarray(most) + 1)).astype(np.int64) - np.asarray(most)
    n = len(x)
    places, inside = [], torch.ones((), dtype=torch.bool, device=x.device)
    for axis, size in enumerate(x.shape[2:]):
        told, within = _seen(np.arange(size) - offsets[:, axis, None], size, boundary)
        shape = [n, *(size if each == axis else 1 for each in range(x.ndim - 2))]
        places.append(torch.from_numpy(told).to(x.device).view(shape))
        inside = inside & torch.from_numpy(within).to(x.device).view(shape)
    window = torch.arange(n, device=x.device).view(n, *(1,) * (x.ndim - 2))
    channel = torch.arange(x.shape[1], device=x.device).view(1, -1, *(1,) * (x.ndim - 2))
    moved = x[(window.unsqueeze(1), channel, *(place.unsqueeze(1) for place in places))]
    labels = y if y.ndim == 1 else y[(window, *places)]
    if boundary != "zeros":
        return moved, labels
    moved = torch.where(inside.unsqueeze(1), moved, fill)
    return moved, labels if y.ndim == 1 else torch.where(inside, labels, IGNORED)


def _seen(places: Any, size: int, boundary: str) -> tuple[Any, Any]:
    """Which sample is seen at places that may lie outside 0 … size − 1, and whether they lie inside."""
    inside = (places >= 0) & (places < size)
    if boundary == "wrap":
        return places % size, inside
    if boundary == "reflect" and size > 1:
        around = places % (2 * size - 2)
        return np.minimum(around, 2 * size - 2 - around), inside
    return np.clip(places, 0, size - 1), inside
