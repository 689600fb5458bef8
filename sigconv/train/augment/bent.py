"""Bending: a picture turned, stretched, slanted and shifted by a little."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Bent:
    """Pictures (N, channel, y, x) behind one affine map each, drawn evenly up to these bounds on either side.

    turn : degrees, 0 to 180
    stretch : natural logarithm of the factor, along y and along x, 0 to 1
    slant : pixels along x for a pixel along y, 0 to 1
    shift : pixels along y and along x, >= 0
    outside : what shows beyond the picture, as a number of x

    Raises
    ------
    ArgumentError : a bound outside its range; label maps (when called)

    >>> import numpy as np
    >>> x = torch.zeros(1, 1, 5, 5)
    >>> x[0, 0, 2] = 1
    >>> bool(Bent(turn=180)(x, torch.zeros(1), [np.random.default_rng(0)])[0][0, 0, 2, 2] > 0.9)
    True
    """

    turn: float = 0.0
    stretch: float = 0.0
    slant: float = 0.0
    shift: float = 0.0
    outside: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("turn", 180.0), ("stretch", 1.0), ("slant", 1.0), ("shift", math.inf)):
            if not 0 <= getattr(self, name) <= most:
                raise ArgumentError(f"{name} is {getattr(self, name)}; allowed: 0 to {most:g}")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        if y.ndim > 1:
            raise ArgumentError("Bent turns pictures that have a class; label maps would need whole numbers behind it")
        drawn = torch.from_numpy(np.stack([draw.uniform(-1, 1, 6) for draw in draws])).to(x)
        angle, slant = math.radians(self.turn) * drawn[:, 0], self.slant * drawn[:, 1]
        across, along = (self.stretch * drawn[:, 2:4]).exp().T
        zero = torch.zeros_like(angle)
        turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).reshape(-1, 2, 2)
        bend = torch.stack([across, slant, zero, along], 1).reshape(-1, 2, 2)
        half = torch.tensor([x.shape[-1] / 2, x.shape[-2] / 2]).to(x)  # an affine grid counts in halves of the picture
        linear = (turn @ bend) * half / half[:, None]
        where = functional.affine_grid(
            torch.cat([linear, (self.shift * drawn[:, 4:6] / half)[:, :, None]], 2), list(x.shape), align_corners=False
        )
        seen = functional.grid_sample(x - self.outside, where, mode="bicubic", align_corners=False) + self.outside
        # bicubic lines overshoot beside an edge
        low, high = (f(x.flatten(1), 1)[..., None, None, None] for f in (torch.amin, torch.amax))
        return seen.clamp(low.clamp(max=self.outside), high.clamp(min=self.outside)), y
