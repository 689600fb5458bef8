"""Transposed convolution over one, two or three axes: the transpose of the matrix of a convolution."""

from math import prod, sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sigconv.core.geometry import at_least, span
from sigconv.errors import ArgumentError
from sigconv.nets.layers.conv import divisor, refuse_shape, refuse_small
from sigconv.nets.layers.sizes import Sizes, along_axes, dimension, drop_rate, paddings

KERNELS: dict[int, Any] = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}


class ConvTranspose(nn.Module):
    """Every number of the input puts its kernel into the output: (N, inputs, *grid) -> (N, outputs, *larger grid).

        y[n, o, stride i + dilation k - before] += weight[c, o, k] x[n, c, i]

    Parameters
    ----------
    inputs, outputs : int >= 1, channels; both divisible by groups
    kernel, stride, dilation : int >= 1, one number or one per axis
    axes : 1, 2 or 3, the dimension of the grid
    groups : int >= 1
    padding : what is cut from each end: a number, one number per axis, or one (before, after) per axis
    output_padding : int >= 0, one number or one per axis, outputs added behind; below stride or dilation
    bias : one number per channel, or none
    drop : float, 0 <= drop < 1, the share of weights that are zero in a batch while training, the others scaled by
        1 / (1 - drop)

    Raises
    ------
    ArgumentError : a number outside its range, channels that groups does not divide
    ShapeError : at forward, another number of axes or channels, a grid of which the padding leaves nothing

    Source: Dumoulin & Visin (2016), arXiv:1603.07285, chapter 4.
    Same as: torch.nn.ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, weights and names of its state included.

    >>> ConvTranspose(8, 3, axes=2)(torch.zeros(5, 8, 4, 6)).shape
    torch.Size([5, 3, 8, 12])
    """

    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Sizes = 2,
        *,
        axes: int,
        stride: Sizes = 2,
        dilation: Sizes = 1,
        groups: int = 1,
        padding: Any = 0,
        output_padding: Sizes = 0,
        bias: bool = True,
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.axes = dimension(axes)
        self.kernels = KERNELS[self.axes]
        self.inputs, self.outputs = at_least("inputs", inputs, 1), at_least("outputs", outputs, 1)
        self.groups = divisor(groups, self.inputs, self.outputs)
        self.kernel = along_axes("kernel", kernel, axes)
        self.stride = along_axes("stride", stride, axes)
        self.dilation = along_axes("dilation", dilation, axes)
        self.padding = paddings(padding, self.kernel, self.dilation, modes=())
        self.output_padding = along_axes("output_padding", output_padding, axes, least=0)
        for extra, step, apart in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if extra >= max(step, apart):
                raise ArgumentError(
                    f"output_padding is {extra}; it is below the larger of stride {step} and dilation {apart}"
                )
        if not isinstance(bias, bool):
            raise ArgumentError(f"bias is {bias!r}; allowed: True, False")
        self.drop = drop_rate(drop)
        self.cut = tuple(min(pair) for pair in self.padding)
        # torch cuts both ends alike; this is what is left to cut from one of them
        self.rest = tuple((before - min(before, after), after - min(before, after)) for before, after in self.padding)
        self.uneven = any(before != after for before, after in self.padding)
        self.weight = nn.Parameter(torch.empty(self.inputs, self.outputs // self.groups, *self.kernel))
        self.register_parameter("bias", nn.Parameter(torch.empty(self.outputs)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases as torch does, uniform within ±1 / sqrt(outputs / groups * kernel size)."""
        nn.init.kaiming_uniform_(self.weight, a=sqrt(5))
        if self.bias is not None:
            bound = 1 / sqrt(self.weight.shape[1] * prod(self.kernel))
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's outputs.  x : (N, inputs, *grid), in the precision and on the device of the weights."""
        if x.ndim != self.axes + 2 or x.shape[1] != self.inputs:
            refuse_shape(x, self.inputs, self.axes)
        weight: Tensor = self.weight
        if self.drop and self.training:
            weight = functional.dropout(weight, self.drop)
        try:
            y: Tensor = self.kernels(
                x, weight, self.bias, self.stride, self.cut, self.output_padding, self.groups, self.dilation
            )
        except RuntimeError:
            self._refuse_small(x)
            raise
        if self.uneven:
            self._refuse_small(x)
            for axis, (before, after) in enumerate(self.rest, 2):
                y = y.narrow(axis, before, y.shape[axis] - before - after)
        return y

    def extra_repr(self) -> str:
        """The arguments; those that torch leaves out where they are the default are left out."""
        said = f"{self.inputs}, {self.outputs}, kernel={self.kernel}, stride={self.stride}"
        options = (
            ("padding", tuple(b if b == a else (b, a) for b, a in self.padding), any(map(any, self.padding))),
            ("dilation", self.dilation, any(d != 1 for d in self.dilation)),
            ("output_padding", self.output_padding, any(self.output_padding)),
            ("groups", self.groups, self.groups != 1),
            ("bias", False, self.bias is None),
            ("drop", self.drop, self.drop > 0),
        )
        return said + "".join(f", {name}={value!r}" for name, value, shown in options if shown)

    def _refuse_small(self, x: Tensor) -> None:
        """A ShapeError if the padding cuts every output away."""
        least = [
            # (n - 1) stride + span + output_padding - cut >= 1
            max(1, -((span(k, d) + extra - sum(cut) - 1) // step) + 1)
            for k, d, step, extra, cut in zip(
                self.kernel, self.dilation, self.stride, self.output_padding, self.padding, strict=True
            )
        ]
        refuse_small(x, least, f"its padding cuts {self.padding} from what the kernels cover")
