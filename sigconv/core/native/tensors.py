"""Tensors on the CPU as arrays for the compiled kernels, and linear maps of arrays with gradients of every order."""

from typing import Any

import numpy as np
import torch

COMPILED = (torch.float32, torch.float64, torch.complex64, torch.complex128)


def compiled(x: Any) -> bool:
    """Whether the compiled kernels take this tensor.

    >>> compiled(torch.ones(1)), compiled(torch.ones(1, dtype=torch.float16))
    (True, False)
    """
    return x.is_cpu and x.dtype in COMPILED


class _Linear(torch.autograd.Function):
    """A linear map of arrays; its gradient is its transposed map, whose gradient is the map."""

    @staticmethod
    def forward(ctx: Any, x: Any, there: Any, back: Any, affine: Any) -> Any:
        ctx.maps = there, back
        return torch.from_numpy(affine(viewed(x)))

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        there, back = ctx.maps
        return linear(gradients[0], back, there), None, None, None


def linear(x: Any, there: Any, back: Any, affine: Any = None) -> Any:
    """there(x) for a tensor, where there and back take and give NumPy arrays and are each other's transposed.

    affine : there and a constant, computed instead of it; the constant has no gradient

    >>> linear(torch.ones(2), lambda x: 3 * x, lambda g: 3 * g)
    tensor([3., 3.])
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return _Linear.apply(x, there, back, affine or there)  # type: ignore[no-untyped-call]
    return torch.from_numpy((affine or there)(viewed(x)))


def real(x: Any, like: Any) -> bool:
    """Whether x and what is computed with it are real numbers that NumPy can hold, or no gradient is wanted.

    >>> real(torch.ones(1), torch.ones(1))
    True
    """
    if not compiled(x):
        return False
    return not like.is_complex() or arrays(x) is not None


def arrays(*tensors: Any) -> Any:
    """The tensors as NumPy arrays, or None if a gradient is wanted or no compiled loop runs on one of them.

    >>> arrays(torch.ones(1), torch.ones(1))
    [array([1.], dtype=float32), array([1.], dtype=float32)]
    """
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        return None
    if not all(compiled(tensor) for tensor in tensors):
        return None
    return [viewed(tensor) for tensor in tensors]


def viewed(x: Any) -> np.ndarray:
    """The NumPy array that shares the memory of a tensor on the CPU.

    >>> viewed(torch.ones(2))
    array([1., 1.], dtype=float32)
    """
    return x.detach().resolve_conj().resolve_neg().numpy()  # type: ignore[no-any-return]
