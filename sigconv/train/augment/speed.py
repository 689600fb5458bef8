"""Sounds played faster or slower, as by another speaker."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.train.augment.drawn import between, drawn, refuse_outside
from sigconv.train.augment.protocol import Draws
from sigconv.train.augment.stretched import stretched


@dataclass(frozen=True)
class Speed:
    """Each sound resampled about its middle by a factor of its own, and moved in time.

    Pitch, resonances and tempo go along, as from a larger or a smaller speaker. What is not there any more is 0. A
    line joins the samples: it takes up to 4 dB from the highest octave, which is no more than microphones differ by.

    most : largest factor, 1 to 4; it lies between 1 / most and most, evenly in octaves
    shift : s, >= 0, most that the sound is moved to either side
    fs : Hz, >= 1

    Source: Ko et al. (2015), Audio augmentation for speech recognition, Interspeech.

    >>> import numpy as np
    >>> x = torch.arange(5.0).reshape(1, 1, 5)
    >>> Speed(most=1, shift=0, fs=8000)(x, torch.zeros(1), [np.random.default_rng(0)])[0].tolist()
    [[[0.0, 1.0, 2.0, 3.0, 4.0]]]
    """

    most: float
    shift: float
    fs: float

    def __post_init__(self) -> None:
        refuse_outside("most", self.most, 1, 4)
        refuse_outside("shift", self.shift, 0)
        refuse_outside("fs", self.fs, 1)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, time);  y goes through."""
        u = between(-1.0, 1.0, drawn(draws, 2))
        factor = torch.from_numpy(self.most ** u[:, :1]).to(x)
        moved = torch.from_numpy(self.shift * self.fs * u[:, 1:]).to(x)
        new, inside = stretched(x, factor, moved)
        return new * inside, y
