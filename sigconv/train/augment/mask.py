"""Masking: pieces or channels of a window that are hidden."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError, ShapeError
from sigconv.train.augment.drawn import drawn, grid_axis, refuse_outside
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Mask:
    """Bands along one grid axis hidden, as wide as the window along the others.

    axis : grid axis, 0 for the first, −1 for the last: of spectrograms (freq, time) 0 hides frequencies, 1 times
    most : samples of the widest band, >= 1; each has a width from 0 to that
    count : bands, >= 1
    fill : what stands there, in the unit of the data

    Source: Park et al. (2019), SpecAugment.

    >>> Mask(-1, most=3)(torch.ones(1, 1, 6), torch.tensor([0]), [np.random.default_rng(1)])[0].tolist()
    [[[1.0, 1.0, 1.0, 1.0, 0.0, 0.0]]]
    """

    axis: int
    most: int
    count: int = 1
    fill: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("most", self.most), ("count", self.count)):
            if not isinstance(value, int) or value < 1:
                raise ArgumentError(f"{name} is {value!r}; it is a whole number, 1 or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows with bands hidden."""
        at = grid_axis(self.axis, x)
        size = x.shape[at]
        u = drawn(draws, 2 * self.count)
        width = np.floor(u[:, ::2] * (min(self.most, size) + 1))
        first = np.floor(u[:, 1::2] * (size - width + 1))
        hidden = _bands(first, first + width, size).any(1)
        shape = [len(x), *(size if each == at else 1 for each in range(1, x.ndim))]
        return torch.where(torch.from_numpy(hidden).to(x.device).view(shape), self.fill, x), y


@dataclass(frozen=True)
class Cutout:
    """A box hidden in every window, at a random centre; what of it lies outside hides nothing.

    size : samples along every grid axis, each >= 1, or one number for all
    fill : what stands there, in the unit of the data

    Source: DeVries & Taylor (2017).

    >>> Cutout(2)(torch.ones(1, 1, 4, 4), torch.tensor([0]), [np.random.default_rng(0)])[0].sum().item()
    12.0
    """

    size: int | tuple[int, ...]
    fill: float = 0.0

    def __post_init__(self) -> None:
        each = self.size if isinstance(self.size, tuple) else (self.size,)
        if not each or not all(isinstance(n, int) and n >= 1 for n in each):
            raise ArgumentError(f"size is {self.size!r}; it is samples, 1 or more along every grid axis")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows with a box hidden."""
        axes = x.ndim - 2
        sizes = self.size if isinstance(self.size, tuple) else (self.size,) * axes
        if len(sizes) != axes:
            raise ShapeError(f"size is {self.size!r}; these windows have {axes} grid axes")
        u, hidden = drawn(draws, axes), torch.ones((), dtype=torch.bool, device=x.device)
        for axis, (n, wide) in enumerate(zip(x.shape[2:], sizes, strict=True)):
            first = np.floor(u[:, axis] * n) - wide // 2
            inside = torch.from_numpy(_bands(first, first + wide, n)).to(x.device)
            hidden = hidden & inside.view(len(x), 1, *(n if each == axis else 1 for each in range(axes)))
        return torch.where(hidden, self.fill, x), y


@dataclass(frozen=True)
class ChannelDrop:
    """Channels hidden, each with its own chance; one at least stays.

    share : of the channels, from 0 up to 1
    fill : what stands there, in the unit of the data

    >>> ChannelDrop(0.5)(torch.ones(1, 4, 1), torch.tensor([0]), [np.random.default_rng(0)])[0].flatten().tolist()
    [1.0, 0.0, 0.0, 0.0]
    """

    share: float
    fill: float = 0.0

    def __post_init__(self) -> None:
        refuse_outside("share", self.share, 0, 1)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows with channels hidden."""
        u = drawn(draws, x.shape[1])
        hidden = (u < self.share) & (u < u.max(1, keepdims=True))
        shape = (*hidden.shape, *(1,) * (x.ndim - 2))
        return torch.where(torch.from_numpy(hidden).to(x.device).view(shape), self.fill, x), y


def _bands(first: Any, end: Any, size: int) -> Any:
    """Whether each of `size` samples lies from first up to, but not, end: (…, size) bool."""
    at = np.arange(size)
    return (at >= first[..., None]) & (at < end[..., None])
