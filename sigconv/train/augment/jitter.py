"""Jitter: what an inexact sensor adds to every sample."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Jitter:
    """Independent normal noise on every sample of a window.

    deviation : standard deviation in the windows' own unit (m, V, HU), >= 0

    Raises
    ------
    ArgumentError : below 0, or not finite

    >>> x = torch.ones(1, 1, 4)
    >>> Jitter(0)(x, torch.zeros(1), [np.random.default_rng(0)])[0].equal(x)
    True
    """

    deviation: float

    def __post_init__(self) -> None:
        if not 0 <= self.deviation < float("inf"):
            raise ArgumentError(f"deviation is {self.deviation}; allowed: 0 or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, *grid);  y goes through."""
        noise = np.stack([draw.standard_normal(x.shape[1:], np.float32) for draw in draws])
        return x + self.deviation * torch.from_numpy(noise).to(x), y
