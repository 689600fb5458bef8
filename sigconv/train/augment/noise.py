"""Noise: white and Gaussian, in the unit of the data or relative to each window."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.train.augment.drawn import between, drawn, for_each, refuse_outside, refuse_span
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Noise:
    """White noise of a standard deviation from 0 up to `most`, drawn for each window.

    most : > 0, in the unit of the data: 20 in HU, 2e-6 in volts

    >>> Noise(20.0)(torch.zeros(1, 1, 4), torch.tensor([0]), [np.random.default_rng(0)])[0].shape
    torch.Size([1, 1, 4])
    """

    most: float

    def __post_init__(self) -> None:
        refuse_outside("most", self.most, 0)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows with noise."""
        deviation = between(0.0, self.most, drawn(draws, 1)[:, 0])
        return x + for_each(deviation, x) * _white(x, draws), y


@dataclass(frozen=True)
class NoiseRatio:
    """White noise at a signal-to-noise ratio drawn for each window.

    decibels : (low, high), ratio of the window's mean square to the noise's; a window of zeros gets none

    >>> NoiseRatio((10.0, 30.0))(torch.ones(1, 1, 4), torch.tensor([0]), [np.random.default_rng(0)])[0].shape
    torch.Size([1, 1, 4])
    """

    decibels: tuple[float, float]

    def __post_init__(self) -> None:
        refuse_span("decibels", self.decibels, -200)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows with noise."""
        decibels = between(*self.decibels, drawn(draws, 1)[:, 0])
        power = np.array([float(window.square().mean()) for window in x])
        return x + for_each(np.sqrt(power * 10 ** (-decibels / 10)), x) * _white(x, draws), y


def _white(x: Tensor, draws: Draws) -> Tensor:
    noise = np.stack([draw.standard_normal(tuple(x.shape[1:]), np.float32) for draw in draws])
    return torch.from_numpy(noise).to(x.device)
