"""Tempo: the same movement, done faster or slower."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.train.augment.drawn import between, drawn, refuse_outside
from sigconv.train.augment.protocol import Draws
from sigconv.train.augment.stretched import stretched


@dataclass(frozen=True)
class Tempo:
    """Windows in time stretched or pressed together about their middle, and moved; at their ends they stand still.

    most : largest factor, 1 to 4; it lies between 1 / most and most, evenly in octaves
    shift : s, >= 0, most that a window is moved to either side
    fs : Hz, > 0
    speeds : channels that are metres a second or the like, which grow with the tempo

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> import numpy as np
    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> Tempo(most=1, shift=0, fs=10)(x, torch.zeros(1), [np.random.default_rng(0)])[0].tolist()
    [[[0.0, 1.0, 2.0, 3.0, 4.0]]]
    """

    most: float
    shift: float
    fs: float
    speeds: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        refuse_outside("most", self.most, 1, 4)
        refuse_outside("shift", self.shift, 0)
        refuse_outside("fs", self.fs, 0)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, time);  y goes through."""
        u = between(-1.0, 1.0, drawn(draws, 2))
        factor = torch.from_numpy(self.most ** u[:, :1]).to(x)
        moved = torch.from_numpy(self.shift * self.fs * u[:, 1:]).to(x)
        new, _ = stretched(x, factor, moved)
        if self.speeds:
            new[:, list(self.speeds)] *= factor[:, None]
        return new, y
