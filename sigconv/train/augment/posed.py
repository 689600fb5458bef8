"""Posing: volumes turned, stretched and shifted by a little, their label maps with them."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws

_DRAWN = 10  # three turns, three stretches, three shifts, one change of size


@dataclass(frozen=True)
class Posed:
    """Volumes (N, channel, z, y, x) behind one affine map each, drawn evenly up to these bounds on either side.

    Values are interpolated linearly; a label map takes the label that has most of a voxel. Beyond its edge a volume
    goes on as it ends.

    turn : degrees about each axis, 0 to 180
    size : natural logarithm of the factor of all axes, 0 to 1
    stretch : natural logarithm of a further factor along each axis, 0 to 1
    shift : voxels along each axis, >= 0

    Raises
    ------
    ArgumentError : a bound outside its range, windows that are no volumes (when called)

    Source: Isensee et al. (2021), Nature Methods 18, supplementary note 4.

    >>> x = torch.zeros(1, 1, 5, 5, 5)
    >>> x[0, 0, 2] = 1
    >>> turned, labels = Posed(turn=30)(x, x[:, 0].long(), [np.random.default_rng(0)])
    >>> turned.shape, labels.unique().tolist(), bool(turned[0, 0, 2, 2, 2] > 0.99)
    (torch.Size([1, 1, 5, 5, 5]), [0, 1], True)
    """

    turn: float = 0.0
    size: float = 0.0
    stretch: float = 0.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("turn", 180.0), ("size", 1.0), ("stretch", 1.0), ("shift", math.inf)):
            if not 0 <= getattr(self, name) <= most:
                raise ArgumentError(f"{name} is {getattr(self, name)}; allowed: 0 to {most:g}")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        if x.ndim != 5:
            raise ArgumentError(f"x has shape {tuple(x.shape)}; Posed takes volumes (N, channel, z, y, x)")
        maps = y.ndim == x.ndim - 1
        seen, labels = torch.empty_like(x), torch.empty_like(y) if maps else y
        for i, draw in enumerate(draws):
            where = self._where(draw.uniform(-1, 1, _DRAWN), x[i : i + 1])
            seen[i] = functional.grid_sample(x[i : i + 1], where, padding_mode="border", align_corners=False)[0]
            if maps:
                labels[i] = _labels(y[i], where)
        return seen, labels

    def _where(self, drawn: "np.ndarray[tuple[int], np.dtype[np.float64]]", x: Tensor) -> Tensor:
        """(1, z, y, x, 3) places in the volume to look at, as grid_sample counts them: x, y, z from -1 to 1."""
        linear = np.eye(3)
        for axis, part in enumerate(drawn[:3]):
            linear = linear @ _turned(axis, math.radians(self.turn) * part)
        linear = linear @ np.diag(np.exp(self.stretch * drawn[3:6] + self.size * drawn[9]))
        half = np.array(x.shape[:1:-1]) / 2
        told = np.column_stack([linear * half / half[:, None], self.shift * drawn[6:9] / half])
        return functional.affine_grid(torch.from_numpy(told).to(x)[None], list(x.shape), align_corners=False)


def _turned(axis: int, angle: float) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """(3, 3) a turn about one axis."""
    out = np.eye(3)
    a, b = (other for other in range(3) if other != axis)
    out[[a, b, a, b], [a, b, b, a]] = math.cos(angle), math.cos(angle), -math.sin(angle), math.sin(angle)
    return out


def _labels(y: Tensor, where: Tensor) -> Tensor:
    """The label with the greatest share of each voxel; (z, y, x) whole numbers, as they were."""
    there = torch.unique(y)
    each = (y[None] == there[1:, None, None, None]).to(where.dtype)
    shares = functional.grid_sample(each[None], where, padding_mode="border", align_corners=False)[0]
    return there[torch.cat([1 - shares.sum(0, keepdim=True), shares]).argmax(0)]
