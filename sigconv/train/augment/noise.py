"""Noise laid over windows."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class NoiseBelow:
    """White noise over each window, some decibels below the window's own mean power.

    least, most : dB, least <= most; how far below is drawn evenly between them

    Raises
    ------
    ArgumentError : least above most

    >>> x = torch.ones(1, 1, 4)
    >>> NoiseBelow(300, 300)(x, torch.zeros(1), [np.random.default_rng(0)])[0].equal(x)
    True
    """

    least: float
    most: float

    def __post_init__(self) -> None:
        if not -float("inf") < self.least <= self.most < float("inf"):
            raise ArgumentError(f"least {self.least} dB, most {self.most} dB; allowed: least up to most")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, *grid);  y goes through."""
        below = torch.from_numpy(np.array([draw.uniform(self.least, self.most) for draw in draws])).to(x)
        axes = tuple(range(1, x.ndim))
        strength = x.square().mean(axes).sqrt() * 10 ** (-below / 20)
        return x + strength.reshape(-1, *[1] * len(axes)) * _white(x, draws), y


@dataclass(frozen=True)
class NoiseLevels:
    """For spectrograms in dB: each is given a floor of noise, below which nothing is heard, and a rough surface.

    floor : dB, the floor that is there already
    rise : dB, >= 0, by how much it comes up at most
    rough : dB, >= 0, standard deviation of what is added to every level

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> x = torch.ones(1, 1, 4, 3)
    >>> NoiseLevels(-60, 20, 0)(x, torch.zeros(1), [np.random.default_rng(0)])[0].equal(x)
    True
    """

    floor: float
    rise: float
    rough: float

    def __post_init__(self) -> None:
        if not (abs(self.floor) < float("inf") and 0 <= self.rise < float("inf") and 0 <= self.rough < float("inf")):
            raise ArgumentError(
                f"floor {self.floor} dB, rise {self.rise} dB, rough {self.rough} dB; allowed: finite, 0 or more"
            )

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, freq, time) dB;  y goes through."""
        rises = torch.from_numpy(np.array([draw.uniform(0, self.rise) for draw in draws])).to(x)
        return x.maximum(self.floor + rises[:, None, None, None]) + self.rough * _white(x, draws), y


def _white(x: Tensor, draws: Draws) -> Tensor:
    """Independent normal numbers in the shape of x."""
    return torch.from_numpy(np.stack([draw.standard_normal(x.shape[1:], np.float32) for draw in draws])).to(x)
