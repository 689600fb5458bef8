"""The torch module behind each layer of a tree, in one table."""

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.nets.costs import table_of
from sigconv.nets.layers.cells import CCell, Contrast, SCell
from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.fixed import FixedKernel
from sigconv.nets.layers.full import Centres, Full
from sigconv.nets.layers.norm import BatchNorm1d, InstanceNorm
from sigconv.nets.layers.pool import AdaptivePool, Pool
from sigconv.nets.layers.transposed import ConvTranspose
from sigconv.nets.place import Row, along
from sigconv.nets.tree import Join, Norm

LOG_FLOOR = 1e-6
Made = Callable[..., nn.Module]


class Square(nn.Module):
    """x²: with average pooling behind it, the power in a band.  x : any shape -> same shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x


class SafeLog(nn.Module):
    """log max(x, 1e-6): no infinity at 0.  x : any shape -> same shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(min=LOG_FLOOR).log()


class ScaledTanh(nn.Module):
    """1.7159 tanh(2 x / 3): ±1 at ±1, where its curvature is largest.  x : any shape -> same shape.

    Source: LeCun (1989), Generalization and network design strategies.
    """

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x * (2 / 3)) * 1.7159


class GlobalAverage(nn.Module):
    """The mean of the grid.  x : (N, channels, *grid) -> (N, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(dim=-1)


class GlobalMax(nn.Module):
    """The maximum of the grid; the gradient goes to one winner.  x : (N, channels, *grid) -> (N, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).max(dim=-1).values


class Affine(nn.Module):
    """A learnt scale and shift per channel.  x : (N, channels, *grid) -> same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return x * self.weight.view(shape) + self.bias.view(shape)


class Cut(nn.Module):
    """A part of the grid.  x : (N, channels, *grid) -> (N, channels, *smaller grid).

    starts, sizes : for each axis the first place and how many are kept
    """

    def __init__(self, starts: tuple[int, ...], sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.starts, self.sizes = starts, sizes

    def forward(self, x: Tensor) -> Tensor:
        for axis, (start, size) in enumerate(zip(self.starts, self.sizes, strict=True), 2):
            if x.shape[axis] != size:
                x = x.narrow(axis, start, size)
        return x

    def extra_repr(self) -> str:
        return f"{self.starts}, {self.sizes}"


class Joined(nn.Module):
    """Branches together: (N, channels, *grid) each -> their sum, or their channels one behind the other.

    how : "sum" or "channels";  cuts : a Cut per branch, or None where the grids are equal
    """

    def __init__(self, how: str, cuts: tuple[Cut, ...] | None) -> None:
        super().__init__()
        self.how = how
        self.cuts = None if cuts is None else nn.ModuleList(cuts)

    def forward(self, *branches: Tensor) -> Tensor:
        if self.cuts is not None:
            branches = tuple(cut(x) for cut, x in zip(self.cuts, branches, strict=True))
        if self.how == "channels":
            return torch.cat(branches, dim=1)
        total = branches[0]
        for branch in branches[1:]:
            total = total + branch
        return total

    def extra_repr(self) -> str:
        return repr(self.how)


def module_of(row: Row) -> nn.Module:
    """The module of a row; every number in it comes from `measure`."""
    layer: Any = row.layer
    if isinstance(layer, Join):
        cuts = tuple(Cut(starts, row.grid) for starts in row.cuts) or None
        return Joined(layer.how, cuts)
    return MODULES[type(layer).__name__](layer, row)


def _window(layer: Any, axes: int) -> dict[str, Any]:
    """How the kernel of C and T lies on a grid of so many axes, and what it joins."""
    sizes = {name: along(getattr(layer, name), axes) for name in ("kernel", "stride", "dilation")}
    return {"axes": axes, "groups": layer.groups, "drop": layer.drop, **sizes}


def _conv(layer: Any, row: Row) -> nn.Module:
    inputs, axes = row.got[0], len(row.grid)
    return Conv(
        inputs,
        layer.channels,
        **_window(layer, axes),
        padding=layer.padding if isinstance(layer.padding, str) else along(layer.padding, axes),
        boundary=layer.boundary if isinstance(layer.boundary, str) else ("constant", layer.boundary),
        bias=row.grid if layer.bias == "unit" else layer.bias,
        table=table_of(layer, inputs),
    )


def _transposed(layer: Any, row: Row) -> nn.Module:
    axes = len(row.grid)
    return ConvTranspose(
        row.got[0],
        layer.channels,
        **_window(layer, axes),
        padding=along(layer.padding, axes),
        output_padding=along(layer.output_padding, axes),
        bias=layer.bias,
    )


def _pool(layer: Any, row: Row) -> nn.Module:
    axes = len(row.grid)
    if layer.to is not None:
        return AdaptivePool(layer.kind, along(layer.to, axes))
    return Pool(
        ("lp", layer.power) if layer.kind == "lp" else layer.kind,
        along(layer.size, axes),
        axes=axes,
        stride=along(layer.step, axes),
        padding=along(layer.padding, axes),
        round_up=layer.round_up,
    )


def _full(layer: Any, row: Row) -> nn.Module:
    channels, grid = row.got
    if layer.kind == "codes":
        # first codes, drawn with the first weights, until others are put in their place
        return Centres(torch.randint(2, (layer.units, channels * prod(grid))) * 2 - 1)
    return Full(channels * prod(grid), layer.units, bias=layer.bias, drop=layer.drop)


def _norm(layer: Norm, row: Row) -> Any:
    channels, size = row.channels, layer.size or layer.usual
    match layer.kind:
        case "batch":
            return BATCH_NORMS[len(row.grid)](channels)
        case "instance":
            return InstanceNorm(channels)
        case "group" | "layer":
            return nn.GroupNorm(size if layer.kind == "group" else 1, channels)
        case "local":
            # torch divides alpha by the size, Krizhevsky does not
            return nn.LocalResponseNorm(size, alpha=1e-4 * size, beta=0.75, k=2.0)
    return Affine(channels)


def _activation(layer: Any, row: Row) -> nn.Module:
    match layer.name:
        case "leaky":
            return nn.LeakyReLU(0.01 if layer.slope is None else layer.slope)
        case "prelu":
            return nn.PReLU(row.channels)
    return ACTIVATIONS[layer.name]()


def _s_cells(layer: Any, row: Row) -> nn.Module:
    axes = len(row.grid)
    return SCell(
        row.got[0],
        layer.planes,
        along(layer.kernel, axes),
        axes=axes,
        threshold=layer.threshold,
        strength=layer.strength,
    )


def _c_cells(layer: Any, row: Row) -> nn.Module:
    axes = len(row.grid)
    size, stride = along(layer.size, axes), along(layer.stride, axes)
    return CCell(row.channels, size, axes=axes, stride=stride, squash=layer.squash)


def _fixed(layer: Any, row: Row) -> nn.Module:
    if layer.name == "contrast":
        return Contrast(row.got[0], axes=len(row.grid), width=layer.usual)
    name = "laplacian_of_gaussian" if layer.name == "log" else layer.name
    return FixedKernel(name, axes=len(row.grid), sigma=layer.usual)


def _dropout(layer: Any, row: Row) -> nn.Module:
    if not layer.whole_channels:
        return nn.Dropout(layer.rate)
    return {0: nn.Dropout, 1: nn.Dropout1d, 2: nn.Dropout2d, 3: nn.Dropout3d}[len(row.grid)](layer.rate)


BATCH_NORMS: dict[int, Any] = {0: nn.BatchNorm1d, 1: BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
ACTIVATIONS: dict[str, Made] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "square": Square,
    "log": SafeLog,
    "silu": nn.SiLU,
    "selu": nn.SELU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "stanh": ScaledTanh,
}
MODULES: dict[str, Callable[[Any, Row], nn.Module]] = {
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "Pool": _pool,
    "GlobalPool": lambda layer, _: GlobalAverage() if layer.kind == "average" else GlobalMax(),
    "Activation": _activation,
    "Norm": _norm,
    "Dropout": _dropout,
    "Full": _full,
    "Softmax": lambda _layer, _row: nn.Softmax(dim=1),
    "SCell": _s_cells,
    "CCell": _c_cells,
    "FixedKernel": _fixed,
    "Crop": lambda _, row: Cut(row.cuts[0], row.grid),
}
