"""Adaptive pooling on one known grid, written window by window in operations that every runtime has."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sigconv.errors import ShapeError, one_of
from sigconv.nets.layers.pool import KINDS
from sigconv.nets.layers.sizes import along_axes


class EachWindow(nn.Module):
    """Window i of m covers floor(i n / m) to ceil((i + 1) n / m): (N, channels, *grid) -> (N, channels, *to).

    Parameters
    ----------
    kind : "max" or "average"
    grid, to : int >= 1 for each of 1, 2 or 3 axes, before and after

    Raises
    ------
    ArgumentError : an unknown kind, a size below 1;  ShapeError : at forward, another grid

    Same as: AdaptivePool on that grid; one axis after the other, since a maximum of maxima is the maximum, and a mean
    of means over windows of equal size is the mean.

    >>> EachWindow("max", (5,), (2,))(torch.arange(5.0)[None, None])
    tensor([[[2., 4.]]])
    """

    def __init__(self, kind: str, grid: Sequence[int], to: Sequence[int]) -> None:
        super().__init__()
        self.kind = one_of("kind", kind, KINDS)
        self.grid, self.to_grid = along_axes("grid", grid, len(grid)), along_axes("to", to, len(grid))

    def forward(self, x: Tensor) -> Tensor:
        """One number per window.  x : (N, channels, *grid)."""
        if tuple(x.shape[2:]) != self.grid:
            raise ShapeError(f"x has a grid of {tuple(x.shape[2:])}; this layer takes one of {self.grid}")
        for axis, (n, m) in enumerate(zip(self.grid, self.to_grid, strict=True), 2):
            spans = [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]
            parts = [x.narrow(axis, first, last - first) for first, last in spans]
            best = [part.amax(axis, True) if self.kind == "max" else part.mean(axis, True) for part in parts]
            x = torch.cat(best, axis)
        return x

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.kind!r}, {self.grid}, {self.to_grid}"
