"""The sums over time that are the gradients of a filter's coefficients, and of its input."""

from typing import Any

import torch


def all_three(late: Any, b: Any, x: Any, y: Any, wanted: tuple[bool, ...]) -> tuple[Any, Any, Any]:
    """gb[j] = sum_n x[n] late[n+j],  ga[j] = -sum_n y[n] late[n+j] but ga[0] = 0,  gx[n] = sum_j b[j] late[n+j].

    late : (..., n + k - 1);  b : (k,);  x, y : (..., n);  wanted : which of the three. Sums run in double precision.

    >>> two = torch.ones(2)
    >>> all_three(torch.ones(3), two, two, two, (True, True, True))
    (tensor([2., 2.]), tensor([ 0., -2.]), tensor([2., 2.]))
    """
    return _in_torch(late, b, x, y, wanted)


def _in_torch(late: Any, b: Any, x: Any, y: Any, wanted: tuple[bool, ...]) -> tuple[Any, Any, Any]:
    """The three, differentiable."""
    n, k = x.shape[-1], len(b)
    wide = torch.complex128 if x.is_complex() else torch.float64
    shifted = [late[..., j : j + n] for j in range(k)]
    gb = torch.stack([(x * part).sum(dtype=wide) for part in shifted]).to(b.dtype) if wanted[0] else None
    ga = None
    if wanted[1]:
        ga = torch.stack([b.new_zeros((), dtype=wide), *(-(y * part).sum(dtype=wide) for part in shifted[1:])]).to(
            b.dtype
        )
    gx = torch.stack([c * part for c, part in zip(b, shifted, strict=True)]).sum(0) if wanted[2] else None
    return gb, ga, gx
