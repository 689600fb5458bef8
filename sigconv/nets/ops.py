"""The torch module behind each layer, in one table by (kind, axes of the grid)."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

LOG_FLOOR = 1e-6


class Square(nn.Module):
    """x²: with average pooling behind it, the power in a band.  x : any shape -> same shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x


class SafeLog(nn.Module):
    """log max(x, 1e-6): no infinity at 0.  x : any shape -> same shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(min=LOG_FLOOR).log()


class GlobalAverage(nn.Module):
    """The mean of the grid.  x : (N, channels, *grid) -> (N, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(dim=-1)


class GlobalMax(nn.Module):
    """The maximum of the grid; the gradient goes to one winner.  x : (N, channels, *grid) -> (N, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).max(dim=-1).values


class Flat(nn.Linear):
    """torch.nn.Linear on all numbers of an example.  x : (N, …) -> (N, out_features)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))


class _PadFirst(nn.Module):
    """A convolution whose zeros are not as many in front as behind; torch's own padding is symmetric."""

    outside: tuple[int, ...] = ()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(nn.functional.pad(x, self.outside))
        return y


class PaddedConv1d(_PadFirst, nn.Conv1d):
    """torch.nn.Conv1d with (before, after) zeros in `outside`, as torch.nn.functional.pad takes them."""


class PaddedConv2d(_PadFirst, nn.Conv2d):
    """torch.nn.Conv2d with (before, after) zeros in `outside`, as torch.nn.functional.pad takes them."""


class PaddedConv3d(_PadFirst, nn.Conv3d):
    """torch.nn.Conv3d with (before, after) zeros in `outside`, as torch.nn.functional.pad takes them."""


Made = Callable[..., Any]

OPS: dict[tuple[str, int], Made] = {
    ("conv", 1): nn.Conv1d,
    ("conv", 2): nn.Conv2d,
    ("conv", 3): nn.Conv3d,
    ("padded conv", 1): PaddedConv1d,
    ("padded conv", 2): PaddedConv2d,
    ("padded conv", 3): PaddedConv3d,
    ("max", 1): nn.MaxPool1d,
    ("max", 2): nn.MaxPool2d,
    ("max", 3): nn.MaxPool3d,
    ("average", 1): nn.AvgPool1d,
    ("average", 2): nn.AvgPool2d,
    ("average", 3): nn.AvgPool3d,
    ("batch", 0): nn.BatchNorm1d,
    ("batch", 1): nn.BatchNorm1d,
    ("batch", 2): nn.BatchNorm2d,
    ("batch", 3): nn.BatchNorm3d,
}

ACTIVATION_OPS: dict[str, Made] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "square": Square,
    "log": SafeLog,
}

GLOBAL_OPS: dict[str, Made] = {"average": GlobalAverage, "max": GlobalMax}
