"""Tempo: the same movement, done faster or slower."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


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

    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> Tempo(most=1, shift=0, fs=10)(x, torch.zeros(1), [np.random.default_rng(0)])[0].tolist()
    [[[0.0, 1.0, 2.0, 3.0, 4.0]]]
    """

    most: float
    shift: float
    fs: float
    speeds: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not (1 <= self.most <= 4 and 0 <= self.shift < float("inf") and 0 < self.fs < float("inf")):
            raise ArgumentError(
                f"most {self.most}, shift {self.shift} s, fs {self.fs} Hz; allowed: 1 to 4, 0 or more, above 0"
            )

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, time);  y goes through."""
        drawn = np.array([draw.uniform(-1, 1, 2) for draw in draws])
        factor = torch.from_numpy(self.most ** drawn[:, :1]).to(x)
        moved = torch.from_numpy(self.shift * self.fs * drawn[:, 1:]).to(x)
        last = x.shape[-1] - 1
        at = (torch.arange(last + 1, device=x.device) - last / 2) * factor + last / 2 - moved
        before = at.clamp(0, last).floor()
        part = (at.clamp(0, last) - before)[:, None]
        low = before.long()[:, None].expand(x.shape)
        new = torch.lerp(x.gather(-1, low), x.gather(-1, (low + 1).clamp(max=last)), part)
        if self.speeds:
            new[:, list(self.speeds)] *= factor[:, None]
        return new, y
