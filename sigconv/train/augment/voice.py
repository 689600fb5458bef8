"""Mel spectrograms as of another voice: frequencies and time stretched."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import between, drawn, refuse_outside
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Voice:
    """Each spectrogram with all frequencies times a factor, as from a shorter or longer vocal tract, in another tempo.

    tract : largest factor of the frequencies, 1 to 4; it lies between 1 / tract and tract, evenly in octaves
    tempo : largest factor of the tempo, likewise, about the middle
    shift : s, >= 0, most that the sound is moved to either side
    bands : Hz, rising, the centres of the bands; beyond the ends the last band is repeated
    hop : s, > 0, from frame to frame
    outside : dB, what there is before and after

    Source: Jaitly & Hinton (2013), Vocal tract length perturbation, ICML workshop.

    >>> x = torch.rand(1, 1, 3, 5)
    >>> same = Voice(tract=1, tempo=1, shift=0, bands=(100, 200, 400), hop=0.01, outside=-60)
    >>> same(x, torch.zeros(1), [np.random.default_rng(0)])[0].allclose(x, atol=1e-5)
    True
    """

    tract: float
    tempo: float
    shift: float
    bands: tuple[float, ...]
    hop: float
    outside: float

    def __post_init__(self) -> None:
        refuse_outside("tract", self.tract, 1, 4)
        refuse_outside("tempo", self.tempo, 1, 4)
        refuse_outside("shift", self.shift, 0)
        if not 0 < self.hop < float("inf"):
            raise ArgumentError(f"hop is {self.hop!r}; allowed: above 0 s")
        if len(self.bands) < 2 or not (np.diff(self.bands) > 0).all():
            raise ArgumentError(f"bands is {self.bands}; allowed: the rising centres of two bands or more, Hz")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, channel, freq, time) dB;  y goes through."""
        u = between(-1.0, 1.0, drawn(draws, 3))
        bands, frames = x.shape[2:]
        heard = np.array(self.bands) / self.tract ** u[:, :1]
        row = np.interp(heard, self.bands, np.arange(bands))
        middle = (frames - 1) / 2
        column = (np.arange(frames) - middle) * self.tempo ** u[:, 1:2] + middle - u[:, 2:] * self.shift / self.hop
        # the place of every band and frame as grid_sample counts: -1 and 1 are the outer edges
        places = np.empty((len(x), bands, frames, 2), np.float32)
        places[..., 0] = ((2 * column + 1) / frames - 1)[:, None, :]
        places[..., 1] = ((2 * row + 1) / bands - 1)[:, :, None]
        grid = torch.from_numpy(places).to(x)
        return torch.nn.functional.grid_sample(x - self.outside, grid, align_corners=False) + self.outside, y
