"""The time loops as matrix products, for tensors where no compiled loop runs (a GPU).

A block of B samples is  y = T x + C s,  and the state behind it  s' = K x + P s,  with small tables that the time loop
itself makes from unit vectors. The states between blocks are a scan that doubles its reach, log2(blocks) products long.
"""

from typing import Any

import numpy as np
import torch

from sigconv.core.native import recurrence

_BLOCK = 64


def lfilter(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """The transposed direct form II along the last axis, with its state.

    b, a : (k,) tensors, a[0] = 1;  x : (..., n);  zi : (..., k-1), all of one dtype.  Returns y and zf.

    Same as: core.recurrence.lfilter_loop, but for an infinity, which makes NaN of every output it reaches.
    """
    order, n = len(b) - 1, x.shape[-1]
    if not order or not n:
        return b[0] * x, zi.clone()
    size = max(_BLOCK, order)
    count = -(-n // size)
    good = torch.isfinite(x)
    padded = torch.nn.functional.pad(torch.where(good, x, 0), (0, count * size - n))
    cut = padded.reshape(*x.shape[:-1], count, size)
    across, ahead, behind, powers = _tables(b, a, size, count)
    states = _scanned(cut @ behind, zi, powers)
    y = (cut @ across + states @ ahead).reshape(*x.shape[:-1], count * size)[..., :n]
    spoilt = (~good).cumsum(-1)  # feedback never forgets; without it k - 1 samples do
    if not bool((a[1:] != 0).any()):
        spoilt = spoilt - torch.nn.functional.pad(spoilt, (order + 1, 0))[..., :n]
    y = torch.where(spoilt > 0, torch.nan, y)
    return y, _left(b, x, n) - _left(a, y, n) + torch.nn.functional.pad(zi[..., n:], (0, min(n, order)))


def sosfilt(sos: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """A cascade of second-order sections along the last axis, with its state.

    sos : (sections, 6), a0 = 1;  x : (..., n);  zi : (sections, ..., 2), all of one dtype.  Returns y and zf.

    Same as: core.recurrence.sosfilt_loop, but for an infinity, behind which every output is NaN here.
    """
    after = []
    for section, state in zip(sos, zi, strict=True):
        x, last = lfilter(section[:3], section[3:], x, state)
        after.append(last)
    return x, torch.stack(after)


def _tables(b: Any, a: Any, size: int, count: int) -> list[Any]:
    """T, C, K, P^1, P^2, P^4, ... (transposed), from the loop run on unit vectors in double precision."""
    wide = torch.complex128 if b.is_complex() else torch.float64
    b64, a64 = (c.detach().to("cpu", wide).resolve_conj().numpy() for c in (b, a))
    order = len(b) - 1
    units = np.eye(size, dtype=b64.dtype)
    across, behind = recurrence.lfilter(b64, a64, units, np.zeros((size, order), units.dtype))
    ahead, power = recurrence.lfilter(b64, a64, np.zeros((order, size), units.dtype), np.eye(order, dtype=units.dtype))
    powers = [power]
    with np.errstate(all="ignore"):
        while 2 ** len(powers) < count:
            powers.append(np.nan_to_num(powers[-1] @ powers[-1], nan=np.inf))  # no 0 * inf from an unstable filter
    return [torch.from_numpy(np.ascontiguousarray(t)).to(b.device, b.dtype) for t in (across, ahead, behind)] + [
        [torch.from_numpy(p).to(b.device, b.dtype) for p in powers]
    ]


def _scanned(ends: Any, zi: Any, powers: list[Any]) -> Any:
    """The state before each block, from the state that each block alone would leave behind."""
    states = torch.cat([zi[..., None, :], ends[..., :-1, :]], -2)
    reach = 1
    for power in powers:
        if reach < states.shape[-2]:
            carried = states[..., :-reach, :] @ power
            states = torch.cat([states[..., :reach, :], states[..., reach:, :] + carried], -2)
        reach *= 2
    return states


def _left(c: Any, past: Any, n: int) -> Any:
    """What the last k - 1 samples still add to the next k - 1: sum over j of c[i+1+j] past[n-1-j]."""
    m = len(c) - 1
    newest = torch.nn.functional.pad(past[..., max(n - m, 0) :], (max(m - n, 0), 0)).flip(-1)
    return newest @ torch.cat([c[1:], c.new_zeros(m)]).unfold(0, m, 1)[:m]
