"""Warping: windows pulled about smoothly, as tissue is by cutting and by breathing."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sigconv.errors import ArgumentError, ShapeError
from sigconv.train.augment.protocol import Draws

_CURVES = {2: "bicubic", 3: "trilinear"}


@dataclass(frozen=True)
class Warped:
    """Pictures (N, channel, y, x) or volumes (N, channel, z, y, x) behind a smooth random field, label maps with them.

    Displacements are drawn at knots and interpolated between them (cubic in two dimensions, linear in three). Values
    are interpolated linearly, a label map takes its nearest label, and beyond its edge a window is mirrored.

    spread : samples, >= 0, standard deviation of the displacement at a knot, along every axis
    apart : samples from one knot to the next, >= 1

    Raises
    ------
    ArgumentError : a value outside its range
    ShapeError : windows of another number of axes (when called)

    Source: Simard, Steinkraus & Platt (2003), ICDAR; Ronneberger et al. (2015), section 3.1.

    >>> x = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> Warped(spread=0, apart=2)(x, torch.zeros(1), [np.random.default_rng(0)])[0].allclose(x, atol=1e-5)
    True
    """

    spread: float
    apart: float

    def __post_init__(self) -> None:
        if not (0 <= self.spread < math.inf and 1 <= self.apart < math.inf):
            raise ArgumentError(f"spread {self.spread}, apart {self.apart} samples; allowed: 0 or more, 1 or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        grid = tuple(x.shape[2:])
        if len(grid) not in _CURVES:
            raise ShapeError(f"windows have {len(grid)} grid axes {grid}; Warped takes pictures of 2 and volumes of 3")
        knots = [2 + math.ceil(n / self.apart) for n in grid]
        fields = np.stack([draw.standard_normal((len(grid), *knots), np.float32) for draw in draws])
        smooth = functional.interpolate(
            torch.from_numpy(fields).to(x), size=grid, mode=_CURVES[len(grid)], align_corners=True
        )
        # grid_sample counts in halves of the window, and names the last axis first
        still = torch.meshgrid(*(torch.linspace(-1, 1, 2 * n + 1, device=x.device)[1::2] for n in grid), indexing="ij")
        moved = [s + self.spread * smooth[:, i] * 2 / n for i, (s, n) in enumerate(zip(still, grid, strict=True))]
        where = torch.stack(moved[::-1], -1)
        seen = _sampled(x, where, "bilinear")
        if y.ndim != x.ndim - 1:
            return seen, y
        return seen, _sampled(y[:, None].to(x.dtype), where, "nearest")[:, 0].to(y.dtype)


def _sampled(x: Tensor, where: Tensor, mode: str) -> Tensor:
    return functional.grid_sample(x, where, mode=mode, padding_mode="reflection", align_corners=False)
