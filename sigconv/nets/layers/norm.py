"""Instance normalisation with the activation behind it as one node of the gradient's graph.

torch keeps the input of the norm, its output and a copy of each in another layout or precision; here the input and two
numbers per channel are kept, and each pass over them is one reading of memory.
"""

from functools import cache
from importlib.util import find_spec
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sigconv.core.geometry import at_least
from sigconv.core.native import normalised
from sigconv.errors import ArgumentError, ShapeError, one_number
from sigconv.nets.layers.conv import Conv

SMALLEST = 4096  # numbers of one example below which torch's own passes end sooner


class InstanceNorm(nn.Module):
    """Each channel of each example to mean 0 and variance 1, with a learnt scale and shift, then a leaky ReLU.

        z = weight (x - mean) / sqrt(variance + eps) + bias        y = z where z > 0, else slope z

    Takes and gives (N, channels, *grid) with a grid of one, two or three axes; dtype and memory format stay. Mean and
    variance are of at least float32, also under autocast and where x is bfloat16.

    Parameters
    ----------
    channels : int >= 1
    slope : float >= 0; 1 is no activation, 0 a ReLU
    eps : float > 0
    affine : whether there is a weight and a bias

    Raises
    ------
    ArgumentError : channels below 1, a slope below 0, a slope or eps that is no number

    Same as: torch.nn.InstanceNorm1d … 3d, then torch.nn.LeakyReLU; the parameters have the same names.
    Source: Ulyanov, Vedaldi & Lempitsky (2016), Instance normalization.

    >>> InstanceNorm(2, slope=0.1)(torch.randn(4, 2, 8, 8)).shape
    torch.Size([4, 2, 8, 8])
    """

    def __init__(self, channels: int, slope: float = 1.0, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__()
        self.channels = at_least("channels", channels, 1)
        self.slope = one_number("slope", slope, "0.1 for instance, or 1 for no activation")
        if self.slope < 0:  # an activation behind it would see the other sign, and could not be joined with this one
            raise ArgumentError(f"slope is {slope}; allowed: 0 or more, 1 for no activation")
        self.eps = one_number("eps", eps, "above 0")
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def extra_repr(self) -> str:
        """What print shows between the brackets."""
        return f"{self.channels}, slope={self.slope}, eps={self.eps}, affine={self.weight is not None}"

    def forward(self, x: Tensor) -> Tensor:
        """y, of x's shape, dtype and memory format.

        x : (N, channels, *grid) float tensor

        Raises
        ------
        ShapeError : another number of channels, no grid, or a grid of one place
        """
        if x.ndim < 3 or x.shape[1] != self.channels:
            raise ShapeError(f"x has shape {tuple(x.shape)}; this norm takes (N, {self.channels}, *grid)")
        return instance_norm(x, self.weight, self.bias, self.slope, self.eps)


class BatchNorm1d(nn.BatchNorm1d):
    """torch's, by its faster passes over pictures where the channels of a grid of one axis lie side by side.

    Same as: torch.nn.BatchNorm1d, whose arguments, numbers and errors it has.

    >>> BatchNorm1d(2)(torch.zeros(3, 5, 2).mT).stride()
    (10, 1, 2)
    """

    def forward(self, x: Tensor) -> Tensor:
        """x : (N, channels) or (N, channels, time) float tensor -> the same, in its memory format"""
        if x.ndim == 3 and not x.is_contiguous() and x.mT.is_contiguous():
            return super().forward(x.unsqueeze(2)).squeeze(2)
        return super().forward(x)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim != 4:
            super()._check_input_dim(input)


def normed(x: Tensor, conv: Conv, norm: InstanceNorm, slope: float = 1.0) -> Tensor:
    """norm(conv(x)), bent, without the bias of conv, which the norm would take away again; its gradient is exactly 0.

    On a GPU that saves a reading and a writing of conv's output, and a sum over its gradient.

    x : (N, inputs, *grid) float tensor;  slope : of the leaky ReLU behind, 1 for none

    Same as: leaky_relu(norm(conv(x)), slope), within its rounding.

    >>> normed(torch.ones(1, 1, 9), Conv(1, 4, 3, axes=1, padding="valid"), InstanceNorm(4)).shape
    torch.Size([1, 4, 7])
    """
    plain = conv.bias is None or conv.grid or conv.table is not None or conv.drop
    if plain or torch._C._are_functorch_transforms_active():
        y = conv(x)
    else:
        weight: Tensor = _WithoutBias.apply(conv.weight, conv.bias)  # type: ignore[no-untyped-call]
        y = conv.applied(x, weight, None)
    return instance_norm(y, norm.weight, norm.bias, norm.slope * slope, norm.eps)


class _WithoutBias(torch.autograd.Function):
    """A weight as it is; the bias beside it gets zeros as its gradient, as an optimiser expects of a parameter."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(bias)
        return weight.view_as(weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return gradients[0], torch.zeros_like(ctx.saved_tensors[0])


def instance_norm(
    x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None, slope: float = 1.0, eps: float = 1e-5
) -> Tensor:
    """Instance normalisation, then a leaky ReLU; see InstanceNorm.

    x : (N, channels, *grid) float tensor;  weight, bias : (channels,) float tensors, or None;  slope, eps : floats

    Raises
    ------
    ShapeError : the grid has one place only, which is its own mean

    >>> instance_norm(torch.tensor([[[1.0, 3.0]]]), slope=0.5, eps=0.0)
    tensor([[[-0.5000,  1.0000]]])
    """
    if prod(x.shape[2:]) == 1:
        raise ShapeError(f"x has shape {tuple(x.shape)}; a norm over the grid needs a grid of more than one place")
    if torch.compiler.is_exporting() or torch._C._are_functorch_transforms_active():
        return _by_torch(x, weight, bias, slope, eps)
    if torch.compiler.is_compiling():
        return _by_formula(x, weight, bias, slope, eps)
    if not len(x):  # torch's norm of instances takes no empty batch, that of groups does
        return functional.group_norm(x, x.shape[1], weight, bias, eps)
    if _rows(x) is not None:
        return _InstanceNorm.apply(x, weight, bias, slope, eps)  # type: ignore[no-any-return, no-untyped-call]
    if _fits_gpu(x):
        return _OnGpu.apply(x, weight, bias, slope, eps)  # type: ignore[no-any-return, no-untyped-call]
    return _by_torch(x, weight, bias, slope, eps)


class _InstanceNorm(torch.autograd.Function):
    """The compiled passes; a gradient of the gradient goes through torch's operations."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, slope: float, eps: float) -> Tensor:
        given, y = _rows(x), torch.empty_like(x)
        ctx.found = normalised.moments(given, eps)
        normalised.forward(given, ctx.found, *_tables(weight, bias, x, given), slope, _rows(y))
        ctx.save_for_backward(x, weight, bias)
        ctx.slope, ctx.eps = slope, eps
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        x, weight, bias = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _differentiable(ctx, gradients[0])
        given, gx, g = _rows(x), torch.empty_like(x), _laid_out(gradients[0], x)
        of_scale, of_shift = normalised.backward(
            given, _rows(g), ctx.found, *_tables(weight, bias, x, given), ctx.slope, _rows(gx)
        )
        each = (torch.from_numpy(of.reshape(-1, x.shape[1]).sum(0)) for of in (of_scale, of_shift))
        return gx, *_like((weight, bias), each), None, None


class _OnGpu(torch.autograd.Function):
    """The same passes as Triton kernels, for channels-last tensors."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, slope: float, eps: float) -> Tensor:
        from sigconv.core.native import normalised_gpu  # needs Triton

        usual = x.new_ones(x.shape[1], dtype=torch.float32)
        scale = usual if weight is None else weight.detach().float()
        shift = usual * 0 if bias is None else bias.detach().float()
        y: Tensor
        y, kept = normalised_gpu.forward(_stacked(x), scale, shift, slope, eps)
        ctx.save_for_backward(x, weight, bias, *kept)
        ctx.slope, ctx.eps = slope, eps
        return y.view(x.shape[0], *x.shape[2:], x.shape[1]).movedim(-1, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        from sigconv.core.native import normalised_gpu

        x, weight, bias, *kept = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _differentiable(ctx, gradients[0])
        g = _stacked(_laid_out(gradients[0], x))
        gx, of_scale, of_shift = normalised_gpu.backward(_stacked(x), g, kept, ctx.slope)
        gx = gx.view(x.shape[0], *x.shape[2:], x.shape[1]).movedim(-1, 1)
        return gx, *_like((weight, bias), (of_scale.sum(0), of_shift.sum(0))), None, None


def _differentiable(ctx: Any, g: Tensor) -> Any:
    """The gradients by torch's operations, so that they have gradients themselves."""
    x, weight, bias = given = ctx.saved_tensors[:3]
    wanted = [tensor for tensor in given if tensor is not None and tensor.requires_grad]
    y = _by_torch(x, weight, bias, ctx.slope, ctx.eps)
    found = iter(torch.autograd.grad(y, wanted, g, create_graph=True))
    return *(next(found) if t is not None and t.requires_grad else None for t in given), None, None


def _laid_out(g: Tensor, x: Tensor) -> Tensor:
    """A gradient in x's memory format and dtype."""
    return g if g.stride() == x.stride() and g.dtype == x.dtype else torch.empty_like(x).copy_(g)


@cache
def _has_triton() -> bool:
    return find_spec("triton") is not None


def _fits_gpu(x: Tensor) -> bool:
    """Whether the Triton kernels take x; a place within an example is a number of 32 bits."""
    known = x.is_cuda and x.dtype in (torch.float16, torch.bfloat16, torch.float32) and x.numel() > 0
    small = known and x[0].numel() < 2**31 and x.shape[1] <= 1024
    return small and x.movedim(1, -1).is_contiguous() and _has_triton()


def _stacked(x: Tensor) -> Tensor:
    """(examples, rows, channels) of a channels-last tensor."""
    return x.detach().movedim(1, -1).reshape(x.shape[0], -1, x.shape[1])


def _rows(x: Tensor) -> Any:
    """x as the compiled passes take it, (examples, rows, channels), or None if they do not.

    Where each channel lies by itself it is an example of one channel.
    """
    if not x.is_cpu or x.dtype not in (torch.float32, torch.float64, torch.bfloat16) or prod(x.shape) == 0:
        return None
    n, channels, rows = x.shape[0], x.shape[1], prod(x.shape[2:])
    across = x.detach().movedim(1, -1)
    if across.is_contiguous() and rows * channels >= SMALLEST:
        shaped = across.reshape(n, rows, channels)
    elif x.is_contiguous() and rows >= SMALLEST:
        shaped = x.detach().reshape(n * channels, rows, 1)
    else:
        return None
    return (shaped.view(torch.uint16) if x.dtype == torch.bfloat16 else shaped).numpy()


def _tables(weight: Tensor | None, bias: Tensor | None, x: Tensor, given: Any) -> tuple[Any, Any]:
    """Scale and shift of each channel of each example as the compiled passes take them."""
    usual = np.ones(x.shape[1]), np.zeros(x.shape[1])
    pair = [one if t is None else t.detach().double().numpy() for one, t in zip(usual, (weight, bias), strict=True)]
    scale, shift = (np.tile(one, (x.shape[0], 1)).reshape(len(given), -1) for one in pair)
    return scale, shift


def _like(parameters: Any, gradients: Any) -> list[Tensor | None]:
    """Gradients in the dtypes of their parameters."""
    return [None if p is None else g.to(p.dtype) for p, g in zip(parameters, gradients, strict=True)]


def _by_torch(x: Tensor, weight: Tensor | None, bias: Tensor | None, slope: float, eps: float) -> Tensor:
    """The definition, in torch's operations."""
    real = torch.promote_types(x.dtype, torch.float32)
    weight, bias = (None if parameter is None else parameter.to(real) for parameter in (weight, bias))
    with torch.autocast(x.device.type, enabled=False):
        y = functional.instance_norm(x, weight=weight, bias=bias, eps=eps)
        return y if slope == 1 else functional.leaky_relu(y, slope)


def _by_formula(x: Tensor, weight: Tensor | None, bias: Tensor | None, slope: float, eps: float) -> Tensor:
    """The definition as a compiler joins it best: no operation of it asks for a memory format."""
    real, along = x.to(torch.promote_types(x.dtype, torch.float32)), (1, -1, *(1,) * (x.ndim - 2))
    variance, mean = torch.var_mean(real, dim=tuple(range(2, x.ndim)), correction=0, keepdim=True)
    y = (real - mean) * torch.rsqrt(variance + eps)
    y = y if weight is None else y * weight.view(along)
    y = y if bias is None else y + bias.view(along)
    return torch.where(y > 0, y, slope * y).to(x.dtype)
