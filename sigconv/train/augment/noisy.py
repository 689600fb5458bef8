"""Noise: independent numbers added to every sample of a window."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Noisy:
    """White noise over each window, of a strength drawn evenly from none to the most.

    most : standard deviation in the unit of the windows (HU, mm, V), >= 0

    Raises
    ------
    ArgumentError : below 0

    >>> x = torch.ones(1, 1, 4)
    >>> Noisy(0.0)(x, torch.zeros(1), [np.random.default_rng(0)])[0].equal(x)
    True
    """

    most: float

    def __post_init__(self) -> None:
        if not 0 <= self.most < math.inf:
            raise ArgumentError(f"most is {self.most}; allowed: 0 or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew; y goes through."""
        noise = [draw.uniform(0, self.most) * draw.standard_normal(x.shape[1:], np.float32) for draw in draws]
        return x + torch.from_numpy(np.stack(noise)).to(x), y
