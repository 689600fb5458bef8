"""Padding with a convolution behind it as one step of autograd, so that no gradient is copied.

As two steps the gradient of the padded tensor belongs to torch, and adding its borders to its inside takes a copy. Here
it is a new tensor that nobody else has: the borders are added in place and its inside is handed on as a view.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sigconv.nets.layers.outside import Pairs, Rule, extended, folded

# by the axes of the grid; unlike torch.convolution they follow autocast
KERNELS: dict[int, Any] = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_gradients: Any = torch.ops.aten.convolution_backward


class Slide(NamedTuple):
    """How a kernel moves over a padded tensor."""

    padding: Pairs
    rule: Rule
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int


def padded_conv(x: Tensor, weight: Tensor, bias: Tensor | None, slide: Slide) -> Tensor:
    """The correlation of x, with what lies outside it, and kernels.

    x : (N, channels, *grid);  weight : (outputs, channels / groups, *kernel);  bias : (outputs,) or None

    Same as: torch.nn.functional.conv1d, conv2d, conv3d of `extended`.

    >>> from sigconv.core.boundary import Boundary
    >>> one = Slide(((1, 1),), (Boundary.EDGE, 0.0), (1,), (1,), 1)
    >>> padded_conv(torch.tensor([[[1.0, 2.0]]]), torch.ones(1, 1, 3), None, one)
    tensor([[[4., 5.]]])
    """
    if (
        not torch.compiler.is_compiling()
        and torch.is_grad_enabled()
        and x.requires_grad
        and not torch.is_autocast_enabled(x.device.type)  # that changes the precision inside the step
        and not torch._C._are_functorch_transforms_active()
    ):
        y: Tensor = _PaddedConv.apply(x, weight, bias, slide)  # type: ignore[no-untyped-call]
        return y
    return _conv(extended(x, slide.padding, slide.rule), weight, bias, slide)


def _conv(x: Tensor, weight: Tensor, bias: Tensor | None, slide: Slide) -> Tensor:
    y: Tensor = KERNELS[x.ndim - 2](x, weight, bias, slide.stride, 0, slide.dilation, slide.groups)
    return y


class _PaddedConv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, slide: Slide) -> Tensor:
        padded = extended(x, slide.padding, slide.rule)
        ctx.save_for_backward(x, weight, bias, padded)
        ctx.slide = slide
        return _conv(padded, weight, bias, slide)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        x, weight, bias, padded = ctx.saved_tensors
        slide, needed = ctx.slide, ctx.needs_input_grad[:3]
        if torch.is_grad_enabled():  # gradients of these gradients are wanted, so they are made of known steps
            y = _conv(extended(x, slide.padding, slide.rule), weight, bias, slide)
            given = [each for each, wanted in zip((x, weight, bias), needed, strict=True) if wanted]
            found = iter(torch.autograd.grad(y, given, g, create_graph=True))
            return *(next(found) if wanted else None for wanted in needed), None
        none = [0] * len(slide.stride)
        sizes = None if bias is None else [len(bias)]
        gx, gw, gb = _gradients(
            g, padded, weight, sizes, slide.stride, none, slide.dilation, False, none, slide.groups, needed
        )
        if gx is not None:
            gx = folded(gx, slide.padding, x.shape[2:], slide.rule[0])
        return gx, gw, gb, None
