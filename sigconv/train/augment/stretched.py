"""Lines in time stretched about their middle."""

import torch
from torch import Tensor


def stretched(x: Tensor, factor: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
    """What was `factor` as far from the middle, and `moved` samples earlier, on straight lines between the samples.

    x : (N, channel, time);  factor, moved : (N, 1)

    Returns
    -------
    (N, channel, time), the ends standing still, and (N, 1, time) bool, where it is no end that was repeated

    >>> new, inside = stretched(torch.arange(5.0).reshape(1, 1, 5), torch.tensor([[2.0]]), torch.zeros(1, 1))
    >>> new.tolist(), inside.tolist()
    ([[[0.0, 0.0, 2.0, 4.0, 4.0]]], [[[False, True, True, True, False]]])
    """
    last = x.shape[-1] - 1
    at = ((torch.arange(last + 1, device=x.device) - last / 2) * factor + last / 2 - moved)[:, None]
    kept = at.clamp(0, last)
    before = kept.floor()
    low = before.long().expand(x.shape)
    return torch.lerp(x.gather(-1, low), x.gather(-1, (low + 1).clamp(max=last)), kept - before), at == kept
