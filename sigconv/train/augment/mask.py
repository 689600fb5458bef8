"""Masks: stretches of time, or bands of frequencies, that are not heard."""

from dataclasses import dataclass

from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Mask:
    """Along one axis of the grid, samples in a row put to the window's mean.

    most : samples, >= 0, the longest mask; its length is drawn from 0 to most
    axis : of the grid, from the end: -1 time, -2 the frequencies of a spectrogram

    Raises
    ------
    ArgumentError : most below 0, an axis that is not negative

    Source: Park et al. (2019), SpecAugment, Interspeech.

    >>> import numpy as np
    >>> import torch
    >>> x = torch.arange(4.0).reshape(1, 1, 4)
    >>> Mask(most=4, axis=-1)(x, torch.zeros(1), [np.random.default_rng(0)])[0].tolist()
    [[[1.5, 1.5, 1.5, 3.0]]]
    """

    most: int
    axis: int

    def __post_init__(self) -> None:
        if self.most < 0 or self.axis >= 0:
            raise ArgumentError(f"most {self.most}, axis {self.axis}; allowed: 0 or more, below 0")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, *grid);  y goes through."""
        x = x.clone()
        count = x.shape[self.axis]
        for window, draw in zip(x, draws, strict=True):
            length, place = draw.random(2)
            length = int(length * (min(self.most, count) + 1))
            window.narrow(self.axis, int(place * (count - length + 1)), length).fill_(window.mean())
        return x, y
