"""Separable passes over torch tensors on the CPU: compiled kernels on their memory, transposes as gradients."""

from typing import Any

import torch

from sigconv.core.native import passes
from sigconv.core.native.adjoint import viewed
from sigconv.core.passes import Passes


def through(x: Any, how: Passes) -> Any:
    """See core.passes.passed.

    x : float32, float64, complex64 or complex128 tensor on the CPU
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return _Passed.apply(x, how, None)  # type: ignore[no-untyped-call]
    return torch.from_numpy(passes.forward(viewed(x), how))


class _Passed(torch.autograd.Function):
    """The passes, or their transpose if `lengths` tells what x was; each is the other's gradient."""

    @staticmethod
    def forward(ctx: Any, x: Any, how: Passes, lengths: Any) -> Any:
        ctx.how, ctx.lengths, ctx.shape = how, lengths, x.shape
        array = viewed(x)
        y = passes.forward(array, how) if lengths is None else passes.back(array, how, lengths)
        return torch.from_numpy(y)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        how = ctx.how._replace(boundary=(ctx.how.boundary[0], 0.0))
        lengths = None if ctx.lengths else tuple(ctx.shape[axis] for axis in how.axes)
        return _Passed.apply(gradients[0], how, lengths), None, None  # type: ignore[no-untyped-call]
