"""Sounds made louder or softer."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Loudness:
    """Each window times a factor of its own.

    most : dB, >= 0, by which it becomes louder or softer at most

    Raises
    ------
    ArgumentError : below 0

    >>> x, _ = Loudness(0)(torch.ones(1, 1, 2), torch.zeros(1), [np.random.default_rng(0)])
    >>> x.tolist()
    [[[1.0, 1.0]]]
    """

    most: float

    def __post_init__(self) -> None:
        if not 0 <= self.most < float("inf"):
            raise ArgumentError(f"most is {self.most} dB; allowed: 0 or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, *grid);  y goes through."""
        decibels = np.array([draw.uniform(-self.most, self.most) for draw in draws])
        factor = torch.from_numpy(10 ** (decibels / 20)).to(x)
        return x * factor.reshape(-1, *[1] * (x.ndim - 1)), y
