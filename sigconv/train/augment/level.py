"""Levels: how loud, bright or steep a window is."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import between, drawn, for_each, refuse_outside, refuse_span
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Gain:
    """Every window louder or softer by up to so many decibels of amplitude.

    decibels : > 0; 6 is half to twice

    >>> import numpy as np
    >>> Gain(6.0)(torch.ones(1, 1, 2), torch.tensor([0]), [np.random.default_rng(0)])[0]
    tensor([[[1.2083, 1.2083]]])
    """

    decibels: float

    def __post_init__(self) -> None:
        refuse_outside("decibels", self.decibels, 0, 200)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows at their new levels."""
        decibels = between(-self.decibels, self.decibels, drawn(draws, 1)[:, 0])
        return x * for_each(10 ** (decibels / 20), x), y


@dataclass(frozen=True)
class Intensity:
    """Brightness, contrast and gamma of pictures and volumes.

    brightness : added, up to so much up or down, in the unit of the data (50 in HU, 0.1 of a picture in [0, 1])
    contrast : (low, high), what the distance from the window's mean is multiplied by
    gamma : (low, high), the power that is taken of a window between its own least and greatest number

    >>> import numpy as np
    >>> brighter = Intensity(brightness=0.1, contrast=(0.8, 1.25), gamma=(0.7, 1.5))
    >>> brighter(torch.rand(2, 3, 8, 8), torch.tensor([0, 1]), [np.random.default_rng(i) for i in (0, 1)])[0].shape
    torch.Size([2, 3, 8, 8])
    """

    brightness: float = 0.0
    contrast: tuple[float, float] = (1.0, 1.0)
    gamma: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        refuse_outside("brightness", self.brightness, 0)
        refuse_span("contrast", self.contrast, 0)
        refuse_span("gamma", self.gamma, 0)
        if (self.brightness, self.contrast, self.gamma) == (0, (1, 1), (1, 1)):
            raise ArgumentError("brightness, contrast and gamma are all as if there were none; give one of them")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows at their new levels."""
        u = drawn(draws, 3)
        # window by window: sums and powers of a whole batch would depend on how many windows it has
        return torch.stack([self._one(window, *mine) for window, mine in zip(x, u.tolist(), strict=True)]), y

    def _one(self, x: Tensor, bright: float, steep: float, power: float) -> Tensor:
        if self.gamma != (1, 1):
            low, high = x.min(), x.max()
            spread = torch.where(high > low, high - low, 1)
            x = low + spread * ((x - low) / spread) ** between(*self.gamma, power)
        if self.contrast != (1, 1):
            mean = x.mean()
            x = mean + (x - mean) * between(*self.contrast, steep)
        return x + between(-self.brightness, self.brightness, bright) if self.brightness else x
