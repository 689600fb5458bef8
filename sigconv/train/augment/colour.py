"""Sounds heard through another microphone: random smooth frequency responses."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import refuse_outside
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Colour:
    """Each sound through a frequency response of its own, zero phase: straight lines in dB between a few knots.

    spread : dB, >= 0, standard deviation of the gain at a knot
    knots : how many, evenly from 0 to half the rate, 2 or more

    Source: Nam et al. (2022), FilterAugment, ICASSP.

    >>> x = torch.ones(1, 1, 8)
    >>> Colour(spread=0, knots=4)(x, torch.zeros(1), [np.random.default_rng(0)])[0].allclose(x)
    True
    """

    spread: float
    knots: int

    def __post_init__(self) -> None:
        _refuse(self.spread, self.knots)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, time);  y goes through."""
        spectrum = torch.fft.rfft(x)
        gains = _curves(self.spread, self.knots, spectrum.shape[-1], draws).to(x)
        return torch.fft.irfft(spectrum * 10 ** (gains[:, None] / 20), x.shape[-1]), y


@dataclass(frozen=True)
class ColourLevels:
    """As `Colour`, for spectrograms in dB: a curve over the bands is added to each.

    spread : dB, >= 0;  knots : evenly from the first band to the last, 2 or more

    >>> x = torch.ones(1, 1, 8, 3)
    >>> ColourLevels(spread=0, knots=4)(x, torch.zeros(1), [np.random.default_rng(0)])[0].equal(x)
    True
    """

    spread: float
    knots: int

    def __post_init__(self) -> None:
        _refuse(self.spread, self.knots)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, freq, time) dB;  y goes through."""
        return x + _curves(self.spread, self.knots, x.shape[2], draws).to(x)[:, None, :, None], y


def _curves(spread: float, knots: int, count: int, draws: Draws) -> Tensor:
    """(N, count) random curves: normal numbers at the knots, straight lines between them.

    >>> _curves(1.0, 2, 3, [np.random.default_rng(0)]).shape
    torch.Size([1, 3])
    """
    drawn = torch.from_numpy(np.array([draw.normal(0, spread, knots) for draw in draws]))
    return torch.nn.functional.interpolate(drawn[:, None], count, mode="linear", align_corners=True)[:, 0]


def _refuse(spread: float, knots: int) -> None:
    refuse_outside("spread", spread, 0)
    if knots < 2:
        raise ArgumentError(f"knots is {knots!r}; allowed: 2 or more")
