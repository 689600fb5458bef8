"""Convolution over one, two or three axes, with every boundary rule of the core."""

from collections.abc import Sequence
from math import prod, sqrt
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sigconv.core.boundary import Boundary, BoundaryLike, rule_of
from sigconv.core.geometry import at_least, span
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.outside import Rule
from sigconv.nets.layers.padded import KERNELS, Slide, padded_conv
from sigconv.nets.layers.sizes import Pairs, Sizes, along_axes, dimension, drop_rate, paddings

if TYPE_CHECKING:
    from sigconv.nets.layers.stream import Stream


class Conv(nn.Module):
    """The correlation of a batch with learnt kernels: (N, inputs, *grid) -> (N, outputs, *grid after).

        y[n, o, i] = bias[o] + sum over c and k of weight[o, c, k] x[n, c, stride i + dilation k - before]

    Parameters
    ----------
    inputs, outputs : int >= 1, channels; both divisible by groups
    kernel, stride, dilation : int >= 1, one number or one per axis
    axes : 1, 2 or 3, the dimension of the grid
    groups : int >= 1, each group of outputs sees its own group of inputs
    padding : "same" (with a stride, every stride-th of its outputs), "valid", "full" or "causal", as in
        core.geometry.padding_for; or a number, one number per axis, or one (before, after) per axis
    boundary : what lies outside, a rule of core.boundary
    bias : True, one number per channel; False; or a grid, one number per output unit
    table : for each output channel, the input channels it sees; None: all. Only their weights are parameters then,
        as (connections, *kernel) in the table's order
    drop : float, 0 <= drop < 1, the share of weights that are zero in a batch while training, the others scaled by
        1 / (1 - drop)

    Raises
    ------
    ArgumentError : a number outside its range, channels that groups does not divide, a table that does not fit
    ShapeError : at forward, another number of axes or channels, a grid below what the kernel covers

    Source: LeCun et al. (1989), doi:10.1162/neco.1989.1.4.541; drop: Wan et al. (2013), DropConnect.
    Same as: torch.nn.Conv1d, Conv2d, Conv3d, weights and names of its state included, where they have the padding.

    >>> Conv(3, 8, 4, axes=1, stride=2, boundary="wrap")(torch.zeros(5, 3, 9)).shape
    torch.Size([5, 8, 5])
    """

    axes: int
    inputs: int
    outputs: int
    groups: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs
    boundary: Rule
    table: tuple[tuple[int, ...], ...] | None
    drop: float
    slide: Slide
    inside: tuple[int, ...] | None
    grid: tuple[int, ...] | None
    kernels: Any
    weight: nn.Parameter
    bias: nn.Parameter | None
    places: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Sizes = 3,
        *,
        axes: int,
        stride: Sizes = 1,
        dilation: Sizes = 1,
        groups: int = 1,
        padding: Any = "same",
        boundary: BoundaryLike = "zeros",
        bias: bool | Sequence[int] = True,
        table: Sequence[Sequence[int]] | None = None,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        inputs, outputs = at_least("inputs", inputs, 1), at_least("outputs", outputs, 1)
        groups, rule, kernel = divisor(groups, inputs, outputs), real_rule(boundary), along_axes("kernel", kernel, axes)
        stride, dilation = along_axes("stride", stride, axes), along_axes("dilation", dilation, axes)
        pads = paddings(padding, kernel, dilation)
        zeros = rule == (Boundary.CONSTANT, 0) and all(before == after for before, after in pads)
        # torch looks through parameters, buffers and modules at every `self.name =`; a net has hundreds of them
        vars(self).update(
            axes=dimension(axes),
            kernels=KERNELS[axes],
            inputs=inputs,
            outputs=outputs,
            groups=groups,
            kernel=kernel,
            stride=stride,
            dilation=dilation,
            padding=pads,
            boundary=rule,
            table=None if table is None else _table(table, inputs, outputs, groups),
            drop=drop_rate(drop),
            slide=Slide(pads, rule, stride, dilation, groups),
            # what torch's kernel pads by itself; None where the padded input has to be made first
            inside=tuple(before for before, _ in pads) if zeros else None,
            grid=bias_grid(bias, axes),
        )
        shape: tuple[int, ...] = (self.outputs, self.inputs // self.groups)
        if self.table is not None:
            shape = (sum(map(len, self.table)),)
        self.weight = nn.Parameter(torch.empty(*shape, *self.kernel))
        self.register_parameter(
            "bias", None if self.grid is None else nn.Parameter(torch.empty(self.outputs, *self.grid))
        )
        if self.table is not None:
            self.register_buffer("places", self._places(), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases, uniform within ±1 / sqrt(the numbers that one output sees), as torch does."""
        if self.table is None:
            nn.init.kaiming_uniform_(self.weight, a=sqrt(5))
            if self.bias is not None:
                bound = 1 / sqrt(prod(self.weight.shape[1:]))
                nn.init.uniform_(self.bias, -bound, bound)
            return
        first = 0
        for output, row in enumerate(self.table):
            bound = 1 / sqrt(len(row) * prod(self.kernel))
            nn.init.uniform_(self.weight[first : first + len(row)], -bound, bound)
            if self.bias is not None:
                nn.init.uniform_(self.bias[output], -bound, bound)
            first += len(row)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's outputs.  x : (N, inputs, *grid), in the precision and on the device of the weights."""
        if x.ndim != self.axes + 2 or x.shape[1] != self.inputs:
            refuse_shape(x, self.inputs, self.axes)
        weight: Tensor = self.weight
        if self.drop and self.training:
            weight = functional.dropout(weight, self.drop)
        if self.table is not None:
            weight = self._dense(weight)
        y = self.applied(x, weight, None if self.grid else self.bias)
        return self._with_units(y) if self.grid else y

    def applied(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The layer with these numbers in place of its own; weight : (outputs, inputs / groups, *kernel)."""
        inside = self.inside
        try:
            if inside is None:
                y = padded_conv(x, weight, bias, self.slide)
            else:
                y = self.kernels(x, weight, bias, self.stride, inside, self.dilation, self.groups)
        except (RuntimeError, ShapeError):
            self._refuse_small(x)
            raise
        assert isinstance(y, Tensor)
        return y

    def dense_weight(self) -> Tensor:
        """The weights as (outputs, inputs / groups, *kernel), zeros where the table has no connection."""
        return self.weight if self.table is None else self._dense(self.weight)

    def stream(self) -> "Stream":
        """This layer fed piece by piece, as sigconv.nets.layers.stream.Stream does it."""
        from sigconv.nets.layers.stream import Stream  # it knows this class

        return Stream(self)

    def extra_repr(self) -> str:
        """The arguments that differ from their defaults."""
        said = f"{self.inputs}, {self.outputs}, kernel={self.kernel}, stride={self.stride}"
        said += f", padding={tuple(b if b == a else (b, a) for b, a in self.padding)}"
        rule, constant = self.boundary
        zeros = rule is Boundary.CONSTANT and not constant
        options = (
            ("dilation", self.dilation, any(d != 1 for d in self.dilation)),
            ("groups", self.groups, self.groups != 1),
            ("boundary", ("constant", constant) if rule is Boundary.CONSTANT else rule.value, not zeros),
            ("bias", self.grid or False, self.grid != ()),
            ("connections", len(self.weight), self.table is not None),
            ("drop", self.drop, self.drop > 0),
        )
        return said + "".join(f", {name}={value!r}" for name, value, shown in options if shown)

    def _places(self) -> Tensor:
        """Where each connection's kernel stands among (outputs * inputs) kernels."""
        assert self.table is not None
        return torch.tensor([o * self.inputs + i for o, row in enumerate(self.table) for i in row])

    def _dense(self, weight: Tensor) -> Tensor:
        empty = weight.new_zeros(self.outputs * self.inputs, *self.kernel)
        filled = empty.index_copy(0, self.places, weight)
        return filled.reshape(self.outputs, self.inputs, *self.kernel)

    def _with_units(self, y: Tensor) -> Tensor:
        if tuple(y.shape[2:]) != self.grid:
            raise ShapeError(f"the biases are for a grid of {self.grid}; this input makes one of {tuple(y.shape[2:])}")
        assert self.bias is not None
        return y + self.bias

    def _refuse_small(self, x: Tensor) -> None:
        """A ShapeError if the grid is too small for the kernel."""
        covered = [span(k, d) for k, d in zip(self.kernel, self.dilation, strict=True)]
        least = [max(s - sum(pad), 1) for s, pad in zip(covered, self.padding, strict=True)]
        refuse_small(x, least, f"its kernel covers {tuple(covered)}, its padding is {self.padding}")


def divisor(groups: int, inputs: int, outputs: int) -> int:
    """`groups` if it divides both numbers of channels.

    Raises
    ------
    ArgumentError : it does not

    >>> divisor(2, 4, 6)
    2
    """
    if inputs % at_least("groups", groups, 1) or outputs % groups:
        raise ArgumentError(f"groups is {groups}; it must divide both inputs, {inputs}, and outputs, {outputs}")
    return int(groups)


def bias_grid(bias: Any, axes: int) -> tuple[int, ...] | None:
    """The grid of the biases: () for one number per channel, None for no bias.

    Raises
    ------
    ArgumentError : neither True, False nor one size per axis

    >>> bias_grid(True, 2), bias_grid(False, 2), bias_grid((8, 8), 2)
    ((), None, (8, 8))
    """
    if isinstance(bias, bool):
        return () if bias else None
    if not isinstance(bias, Sequence) or len(bias) != axes:
        raise ArgumentError(f"bias is {bias!r}; allowed: True, False, or a grid of {axes} sizes")
    return along_axes("bias", bias, axes)


def refuse_shape(x: Tensor, channels: int, axes: int) -> NoReturn:
    """The error for an input of another number of axes or channels than a layer takes.

    >>> refuse_shape(torch.zeros(2, 3), 4, axes=1)
    Traceback (most recent call last):
    sigconv.errors.ShapeError: x has shape (2, 3); this layer takes (N, 4, n1): a batch, 4 channels, 1 axis
    """
    takes = ", ".join(["N", str(channels), *(f"n{i + 1}" for i in range(axes))])
    axis = "1 axis" if axes == 1 else f"{axes} axes"
    raise ShapeError(f"x has shape {tuple(x.shape)}; this layer takes ({takes}): a batch, {channels} channels, {axis}")


def refuse_small(x: Tensor, least: Sequence[int], why: str) -> None:
    """A ShapeError if the grid of x is smaller than `least` along an axis.

    >>> refuse_small(torch.zeros(1, 1, 5), [3], "its kernel covers (3,)")
    """
    grid = tuple(x.shape[2:])
    if any(n < needed for n, needed in zip(grid, least, strict=True)):
        raise ShapeError(f"x has a grid of {grid}; this layer needs at least {tuple(least)}: {why}")


def real_rule(boundary: BoundaryLike) -> tuple[Boundary, Any]:
    """A boundary rule whose constant is a real number.

    Raises
    ------
    ArgumentError : no such rule, or a complex constant

    >>> real_rule(("constant", 2))
    (<Boundary.CONSTANT: 'constant'>, 2.0)
    """
    rule, constant = rule_of(boundary)
    if np.iscomplexobj(constant):
        raise ArgumentError(f"boundary is {boundary!r}; the constant outside of a layer is a real number")
    return rule, float(constant.real)


def _table(given: Sequence[Sequence[int]], inputs: int, outputs: int, groups: int) -> tuple[tuple[int, ...], ...]:
    if groups != 1:
        raise ArgumentError(f"groups is {groups} beside a table; the table alone says which channels are connected")
    rows = tuple(tuple(at_least("table", channel, 0) for channel in row) for row in given)
    if len(rows) != outputs:
        raise ArgumentError(f"table has {len(rows)} rows; it has one for each of {outputs} output channels")
    for row in rows:
        if not row or len(set(row)) != len(row) or max(row) >= inputs:
            raise ArgumentError(
                f"table has the row {row}; a row names one or more of the input channels 0 to {inputs - 1}, each once"
            )
    return rows
