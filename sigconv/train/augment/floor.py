"""A floor of noise below which nothing is heard, for spectrograms in dB."""

from dataclasses import dataclass

from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import between, drawn, for_each, refuse_outside
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class NoiseFloor:
    """The floor of every spectrogram raised by up to `rise`, as by a louder room.

    floor : dB, what is the least already;  rise : dB, >= 0

    >>> import numpy as np
    >>> import torch
    >>> quiet = torch.full((1, 1, 1, 1), -60.0)
    >>> NoiseFloor(-60, rise=20)(quiet, torch.tensor([0]), [np.random.default_rng(0)])[0].item()
    -47.26...
    """

    floor: float
    rise: float

    def __post_init__(self) -> None:
        refuse_outside("rise", self.rise, 0)
        if not -float("inf") < self.floor < float("inf"):
            raise ArgumentError(f"floor is {self.floor!r}; allowed: finite, dB")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, freq, time) dB;  y goes through."""
        return x.maximum(for_each(self.floor + between(0.0, self.rise, drawn(draws, 1)[:, 0]), x)), y
