"""Contrast: the levels of a picture or a volume, stretched, shifted and bent."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Contrast:
    """Each window's levels behind one rising curve, drawn evenly up to these bounds on either side.

        y = mean + gain (bent(x) - mean) + offset        bent(x) = low + (high - low) ((x - low) / (high - low))^gamma

    gain : natural logarithm of the factor about the window's mean, 0 to 2
    offset : in the unit of the windows (HU of a CT, standard deviations of what was standardised), >= 0
    gamma : natural logarithm of the exponent, between the window's lowest and highest level, 0 to 2

    Raises
    ------
    ArgumentError : a bound outside its range

    Source: Isensee et al. (2021), Nature Methods 18, supplementary note 4.

    >>> x, _ = Contrast(offset=1)(torch.zeros(1, 1, 2), torch.zeros(1), [np.random.default_rng(0)])
    >>> bool(x[0, 0, 0] == x[0, 0, 1]), bool(x.abs().max() <= 1)
    (True, True)
    """

    gain: float = 0.0
    offset: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("gain", 2.0), ("offset", math.inf), ("gamma", 2.0)):
            if not 0 <= getattr(self, name) <= most:
                raise ArgumentError(f"{name} is {getattr(self, name)}; allowed: 0 to {most:g}")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew; y goes through."""
        drawn = torch.from_numpy(np.stack([draw.uniform(-1, 1, 3) for draw in draws])).to(x)
        gain, offset, gamma = (each.reshape(-1, *[1] * (x.ndim - 1)) for each in drawn.T)
        axes = tuple(range(1, x.ndim))
        if self.gamma:
            low, high = x.amin(axes, keepdim=True), x.amax(axes, keepdim=True)
            range_ = (high - low).clamp(min=torch.finfo(x.dtype).tiny)
            x = low + range_ * ((x - low) / range_) ** (self.gamma * gamma).exp()
        mean = x.mean(axes, keepdim=True)
        return mean + (x - mean) * (self.gain * gain).exp() + self.offset * offset, y
