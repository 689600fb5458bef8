"""The polyphase sums for torch tensors on the CPU, with gradients: the adjoint of a resampling is one, too.

    y[m] = sum_i x[i] h[m down + half - i up]        gx[i] = sum_m gy[m] conj(h)[m down + half - i up]

which is the same sum over the flipped taps, up and down exchanged.
"""

from collections.abc import Callable
from typing import Any

import torch

from sigconv.core.native.adjoint import viewed

Sums = Callable[[Any, Any, int, int, int, int], Any]


def polyphase(sums: Sums, x: Any, taps: Any, numbers: tuple[int, int, int, int]) -> Any:
    """`sums`, which takes NumPy arrays, on tensors.

    x : (..., n);  taps : (k,) without gradient;  numbers : up, down, half, size
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return _Polyphase.apply(sums, x, taps, numbers)  # type: ignore[no-untyped-call]
    return torch.from_numpy(sums(viewed(x), viewed(taps), *numbers))


class _Polyphase(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sums: Sums, x: Any, taps: Any, numbers: tuple[int, int, int, int]) -> Any:
        ctx.save_for_backward(taps)
        ctx.sums, ctx.numbers, ctx.n = sums, numbers, x.shape[-1]
        return torch.from_numpy(sums(viewed(x), viewed(taps), *numbers))

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        (taps,) = ctx.saved_tensors
        up, down, half, _ = ctx.numbers
        back = torch.flip(taps.conj(), (0,))
        return None, polyphase(ctx.sums, gy, back, (down, up, len(taps) - 1 - half, ctx.n)), None, None
