"""Sounds played faster or slower, as by another speaker."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Speed:
    """Each sound resampled about its middle by a factor of its own, and moved in time.

    Pitch, resonances and tempo go along, as from a larger or a smaller speaker. What is not there any more is 0. A
    line joins the samples: it takes up to 4 dB from the highest octave, which is no more than microphones differ by.

    most : largest factor, 1 or more; it lies between 1 / most and most, evenly in octaves
    shift : s, >= 0, most that the sound is moved to either side
    fs : Hz, > 0

    Raises
    ------
    ArgumentError : a value outside these ranges

    Source: Ko et al. (2015), Audio augmentation for speech recognition, Interspeech.

    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> Speed(most=1, shift=0, fs=8000)(x, torch.zeros(1), [np.random.default_rng(0)])[0].tolist()
    [[[0.0, 1.0, 2.0, 3.0, 4.0]]]
    """

    most: float
    shift: float
    fs: float

    def __post_init__(self) -> None:
        if not (1 <= self.most < 4 and 0 <= self.shift < float("inf") and 0 < self.fs < float("inf")):
            raise ArgumentError(
                f"most {self.most}, shift {self.shift} s, fs {self.fs} Hz; allowed: 1 to 4, 0 or more, above 0"
            )

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, time);  y goes through."""
        drawn = np.array([draw.uniform(-1, 1, 2) for draw in draws])
        factor = torch.from_numpy(self.most ** drawn[:, :1]).to(x)
        moved = torch.from_numpy(self.shift * self.fs * drawn[:, 1:]).to(x)
        length = x.shape[-1]
        middle = (length - 1) / 2
        at = (torch.arange(length, device=x.device) - middle) * factor + middle - moved
        before = at.floor()
        inside = ((at >= 0) & (at <= length - 1))[:, None]
        low = before.long().clamp(0, length - 1)[:, None].expand(x.shape)
        part = (at - before)[:, None]
        new = torch.lerp(x.gather(-1, low), x.gather(-1, (low + 1).clamp(max=length - 1)), part)
        return new * inside, y
