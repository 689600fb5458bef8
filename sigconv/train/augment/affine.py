"""Rotation, scale, translation: one resampling that moves a window with its label map."""

from dataclasses import dataclass
from itertools import combinations
from math import log
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from sigconv.errors import ArgumentError, ShapeError, one_of
from sigconv.train.augment.drawn import between, drawn, refuse_outside, refuse_span
from sigconv.train.augment.protocol import Draws

PADDING = {"zeros": "zeros", "edge": "border", "reflect": "reflection"}
IGNORED = -1


@dataclass(frozen=True)
class Affine:
    """Windows turned, scaled and moved about their middle, linearly interpolated; label maps take the nearest sample.

    degrees : rotation, up to so much either way, in the plane of each two grid axes; of one axis there is none
    scale : (low, high), > 0; 2 shows everything twice as large
    stretch : (low, high), > 0; the same along each grid axis on its own, so that shapes change as well
    shift : up to so much either way along every grid axis, in the unit of `spacing`
    spacing : distance of samples along every grid axis (mm, s), so that a rotation stays one where they differ;
        () for 1 along each
    share : of the windows, from 0 to 1; the others stay as they are to the last bit
    boundary : what lies outside: "zeros" (`fill`, and the label −1), "edge", "reflect"
    fill : in the unit of the data, as −1000 for air in HU

    >>> turn = Affine(degrees=15, scale=(0.9, 1.1), shift=2)
    >>> x, y = torch.rand(2, 1, 8, 8), torch.zeros(2, 8, 8, dtype=torch.int64)
    >>> [part.shape for part in turn(x, y, [np.random.default_rng(i) for i in (0, 1)])]
    [torch.Size([2, 1, 8, 8]), torch.Size([2, 8, 8])]
    """

    degrees: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    spacing: tuple[float, ...] = ()
    share: float = 1.0
    boundary: str = "zeros"
    fill: float = 0.0
    stretch: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        refuse_outside("degrees", self.degrees, 0, 180)
        refuse_span("scale", self.scale, 0)
        refuse_span("stretch", self.stretch, 0)
        refuse_outside("shift", self.shift, 0)
        refuse_outside("share", self.share, 0, 1)
        one_of("boundary", self.boundary, PADDING)
        if not all(number > 0 for number in (self.scale[0], self.stretch[0], *self.spacing)):
            raise ArgumentError(
                f"scale is {self.scale!r}, stretch {self.stretch!r}, spacing {self.spacing!r}; all of them are above 0"
            )

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows where they lie now."""
        axes = x.ndim - 2
        spacing = self.spacing or (1.0,) * axes
        if len(spacing) != axes or axes > 3:
            raise ShapeError(
                f"spacing is {self.spacing!r}; these windows have {axes} grid axes, and 1 to 3 can be moved"
            )
        own = axes * (self.stretch != (1, 1))
        u = drawn(draws, 2 + axes + axes * (axes - 1) // 2 + own)
        some = np.flatnonzero(u[:, 0] < self.share)
        if not len(some):
            return x, y
        chosen = torch.from_numpy(some).to(x.device)
        moves = [_inverse(self, np.asarray(spacing), each[1:]) for each in u[some]]
        grid = _places(moves, x)
        moved = _sampled(x[chosen], grid, "bilinear", self.boundary, self.fill)
        labels = y
        if y.ndim > 1:
            nearest = _sampled(y[chosen].unsqueeze(1).float(), grid, "nearest", self.boundary, IGNORED)
            labels = y.index_copy(0, chosen, nearest.squeeze(1).to(y.dtype))
        return x.index_copy(0, chosen, moved), labels


def _inverse(move: Affine, spacing: Any, u: Any) -> tuple[Any, Any]:
    """Where a sample comes from, counted in samples from the middle: matrix and offset."""
    axes = len(spacing)
    factor = np.exp(between(log(move.scale[0]), log(move.scale[1]), u[0]))
    offset = between(-move.shift, move.shift, u[1 : 1 + axes])
    turn = np.eye(axes)
    planes = list(combinations(range(axes), 2))
    for (a, b), part in zip(planes, u[1 + axes :], strict=False):
        angle = np.deg2rad(between(-move.degrees, move.degrees, part))
        plane = np.eye(axes)
        plane[a, a] = plane[b, b] = np.cos(angle)
        plane[a, b], plane[b, a] = -np.sin(angle), np.sin(angle)
        turn = turn @ plane
    own = u[1 + axes + len(planes) :] if move.stretch != (1, 1) else np.full(axes, 0.5)
    stretch = np.exp(between(log(move.stretch[0]), log(move.stretch[1]), own))
    back = turn.T / (factor * stretch[:, None])  # what is turned has been stretched along its own axes before
    return back * spacing / spacing[:, None], -(back @ offset) / spacing


def _places(moves: Any, x: Tensor) -> Tensor:
    """Where each sample of each window comes from, as grid_sample counts: (N, *grid, axes), the last axis first."""
    sizes, axes = x.shape[2:], x.ndim - 2
    parts = []
    for to in reversed(range(axes)):
        place = torch.zeros((), device=x.device)
        for by in range(axes):
            line = np.stack([(m[to, by] * (np.arange(sizes[by]) - (sizes[by] - 1) / 2)) for m, _ in moves])
            line += np.stack([b[to] for _, b in moves])[:, None] * (by == 0)
            shape = [len(moves), *(sizes[by] if each == by else 1 for each in range(axes))]
            place = place + torch.from_numpy((line * 2 / sizes[to]).astype(np.float32)).to(x.device).view(shape)
        parts.append(place)
    return torch.stack(parts, -1)


def _sampled(x: Tensor, grid: Tensor, mode: str, boundary: str, fill: float) -> Tensor:
    """x at places; of one grid axis as of a picture of one row."""
    single = x.ndim == 3
    if single:
        x, grid = x.unsqueeze(2), torch.cat([grid, torch.zeros_like(grid)], -1).unsqueeze(1)
    shifted = x - fill if boundary == "zeros" and fill else x
    found = grid_sample(shifted, grid, mode=mode, padding_mode=PADDING[boundary], align_corners=False)
    found = found + fill if boundary == "zeros" and fill else found
    return found.squeeze(2) if single else found
