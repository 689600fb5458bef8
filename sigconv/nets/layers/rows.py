"""Tensors whose channels lie side by side in memory, as arrays for the compiled kernels."""

from math import prod
from typing import Any

import torch
from torch import Tensor

TAKEN = (torch.float32, torch.float64, torch.bfloat16)


def side_by_side(x: Tensor) -> bool:
    """Whether the compiled kernels read (N, channels, *grid) as it lies: on the CPU, channels last, a type they know.

    >>> side_by_side(torch.ones(2, 3, 4, 4).to(memory_format=torch.channels_last))
    True
    """
    known = x.is_cpu and x.dtype in TAKEN and 3 <= x.ndim <= 5 and prod(x.shape) > 0
    return known and x.movedim(1, -1).is_contiguous()


def channels_last(x: Tensor) -> Any:
    """The (N, *grid, channels) array that shares the memory of such a tensor; bfloat16 as its bits, uint16.

    >>> channels_last(torch.ones(2, 3, 4, dtype=torch.bfloat16).mT.contiguous().mT).shape
    (2, 4, 3)
    """
    rows = x.detach().movedim(1, -1)
    return (rows.view(torch.uint16) if x.dtype == torch.bfloat16 else rows).numpy()
