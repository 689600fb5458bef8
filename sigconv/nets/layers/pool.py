"""One number for each window of a channel: the largest, the average, or a norm."""

from collections.abc import Sequence
from math import inf, prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sigconv.core.geometry import length_after
from sigconv.errors import ArgumentError, ShapeError, one_number, one_of
from sigconv.nets.layers.conv import refuse_small
from sigconv.nets.layers.sizes import Sizes, along_axes, dimension

Kind = str | tuple[str, float]
KINDS = ("max", "average")

KERNELS: dict[tuple[str, int], Any] = {
    ("max", 1): torch.max_pool1d,
    ("max", 2): torch.max_pool2d,
    ("max", 3): torch.max_pool3d,
    ("average", 1): functional.avg_pool1d,
    ("average", 2): functional.avg_pool2d,
    ("average", 3): functional.avg_pool3d,
}
ADAPTIVE: dict[tuple[str, int], Any] = {
    ("max", 1): functional.adaptive_max_pool1d,
    ("max", 2): functional.adaptive_max_pool2d,
    ("max", 3): functional.adaptive_max_pool3d,
    ("average", 1): functional.adaptive_avg_pool1d,
    ("average", 2): functional.adaptive_avg_pool2d,
    ("average", 3): functional.adaptive_avg_pool3d,
}


class Pool(nn.Module):
    """One number per window: (N, channels, *grid) -> (N, channels, *smaller grid).

    Parameters
    ----------
    kind : "max"; "average", padding counted as zeros; or ("lp", p) with p >= 1, the norm (sum |x|^p)^(1/p), whose
        gradient at a window of zeros is 0
    size : int >= 1, of the window, one number or one per axis
    axes : 1, 2 or 3, the dimension of the grid
    stride : as size; None: the size
    padding : int >= 0, one number or one per axis, on both sides: never the largest for "max", else zeros; at most
        half of size
    round_up : a rest that fills no window makes one more, of what there is ("average" divides by what there is)

    Raises
    ------
    ArgumentError : an unknown kind, a number outside its range
    ShapeError : at forward, another number of axes, a grid smaller than a window

    Source: Boureau, Ponce & LeCun (2010), A theoretical analysis of feature pooling.
    Same as: torch.nn.MaxPool1d … 3d, AvgPool1d … 3d and, for even p or x >= 0, LPPool1d … 3d with ceil_mode=False:
    torch sums x^p without the absolute value, and scales an incomplete window of ceil_mode as if it were complete.

    >>> Pool("max", 2, axes=1)(torch.tensor([[[1.0, 4.0, 3.0, 2.0, 9.0]]]))
    tensor([[[4., 3.]]])
    """

    def __init__(
        self,
        kind: Kind,
        size: Sizes,
        *,
        axes: int,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        round_up: bool = False,
    ) -> None:
        super().__init__()
        self.axes = dimension(axes)
        self.kind, self.power = _kind(kind)
        self.size = along_axes("size", size, axes)
        self.stride = self.size if stride is None else along_axes("stride", stride, axes)
        self.padding = along_axes("padding", padding, axes, least=0)
        if any(2 * pad > window for pad, window in zip(self.padding, self.size, strict=True)):
            raise ArgumentError(f"padding is {self.padding}; it is at most half of size, {self.size}")
        if not isinstance(round_up, bool):
            raise ArgumentError(f"round_up is {round_up!r}; allowed: True, False")
        self.round_up = round_up
        self.kernels = KERNELS["max" if self.kind == "max" else "average", self.axes]
        dilation = (1,) if self.kind == "max" else ()
        self.told = (self.size, self.stride, self.padding, *dilation, round_up)

    def forward(self, x: Tensor) -> Tensor:
        """One number per window.  x : (N, channels, *grid)."""
        if x.ndim != self.axes + 2:
            raise ShapeError(f"x has shape {tuple(x.shape)}; this layer takes a batch, channels and {self.axes} axes")
        try:
            y = self._norm(x) if self.kind == "lp" else self.kernels(x, *self.told)
        except RuntimeError:
            least = [max(1, size - 2 * pad) for size, pad in zip(self.size, self.padding, strict=True)]
            refuse_small(x, least, f"its windows are {self.size}, its padding is {self.padding}")
            raise
        assert isinstance(y, Tensor)
        return y

    def extra_repr(self) -> str:
        """The arguments."""
        kind = repr(self.kind if self.kind in KINDS else (self.kind, self.power))
        said = f"{kind}, {self.size}, stride={self.stride}, padding={self.padding}"
        return said + (", round_up=True" if self.round_up else "")

    def _norm(self, x: Tensor) -> Tensor:
        powers = x * x if self.power == 2 else x.abs() if self.power == 1 else x.abs().pow(self.power)
        if self.round_up:
            powers = functional.pad(powers, self._missing(x))
        mean: Tensor = self.kernels(powers, self.size, self.stride, self.padding)
        total = mean * prod(self.size)
        if self.power == 1:
            return total
        if not (torch.is_grad_enabled() and total.requires_grad):
            return self._root(total)
        # the root of 0 has an infinite slope, and infinity times the slope 0 of |x|^p would be no number
        none = total == 0
        return self._root(total.masked_fill(none, 1)).masked_fill(none, 0)

    def _root(self, total: Tensor) -> Tensor:
        return total.sqrt() if self.power == 2 else total.pow(1 / self.power)

    def _missing(self, x: Tensor) -> list[int]:
        """How many zeros behind each axis, last axis first, complete the last window."""
        zeros: list[int] = []
        for n, size, step, pad in zip(x.shape[2:], self.size, self.stride, self.padding, strict=True):
            rest = (n + 2 * pad - size) % step
            start = length_after(n, size, step, padding=(pad, pad)) * step
            zeros = [0, step - rest if rest and start < n + pad else 0, *zeros]  # no window is of padding alone
        return zeros


class AdaptivePool(nn.Module):
    """As many windows as wanted, whatever the grid: (N, channels, *any grid) -> (N, channels, *grid).

    Window i of m on an axis of n covers floor(i n / m) to ceil((i + 1) n / m).

    Parameters
    ----------
    kind : "max" or "average"
    grid : int >= 1 for each of 1, 2 or 3 axes, or one number for one axis

    Raises
    ------
    ArgumentError : an unknown kind, a size below 1
    ShapeError : at forward, another number of axes

    Source: He et al. (2014), doi:10.1007/978-3-319-10578-9_23.
    Same as: torch.nn.AdaptiveMaxPool1d … 3d, AdaptiveAvgPool1d … 3d.

    >>> AdaptivePool("average", (1, 2))(torch.ones(1, 3, 5, 7)).shape
    torch.Size([1, 3, 1, 2])
    """

    def __init__(self, kind: str, grid: Sizes) -> None:
        super().__init__()
        self.kind = one_of("kind", kind, KINDS)
        sizes: Sequence[int] = grid if isinstance(grid, Sequence) else (grid,)
        self.axes = dimension(len(sizes))
        self.grid = along_axes("grid", sizes, self.axes)
        self.told = self.grid[0] if len(set(self.grid)) == 1 else self.grid  # torch takes longer to read a tuple

    def forward(self, x: Tensor) -> Tensor:
        """One number per window.  x : (N, channels, *grid)."""
        if x.ndim != self.axes + 2:
            raise ShapeError(f"x has shape {tuple(x.shape)}; this layer takes a batch, channels and {self.axes} axes")
        try:
            y: Tensor = ADAPTIVE[self.kind, self.axes](x, self.told)
        except RuntimeError:
            refuse_small(x, [1] * self.axes, "an axis has at least one sample")
            raise
        return y

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.kind!r}, {self.grid}"


def _kind(given: Any) -> tuple[str, float]:
    """The name and the power of a kind of pooling."""
    if isinstance(given, tuple) and len(given) == 2 and given[0] == "lp":
        power = one_number("p of kind", given[1], "1 or more")
        if not 1 <= power < inf:
            raise ArgumentError(f"kind is {given!r}; p is a finite number, 1 or more")
        return "lp", power
    if not isinstance(given, str) or given not in KINDS:
        raise ArgumentError(f"kind is {given!r}; allowed: 'max', 'average', ('lp', p)")
    return given, 0.0
