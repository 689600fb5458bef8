"""The time loops for torch tensors, with gradients: the adjoint of a recurrence is the same recurrence run backwards.

With * the full convolution, the transposed direct form II says  w = b * x - a * y + zi  is 0 in its first N samples
and zf in the k - 1 behind them. Let l be the gradient that reaches w: gzf behind the end, and before it

    sum_j conj(a[j]) l[n+j] = gy[n]                    the recurrence, from the last sample to the first
    gx[n] = sum_j conj(b[j]) l[n+j]                    gzi[i] = l[i]
    gb[j] = sum_n conj(x[n]) l[n+j]                    ga[j] = -sum_n conj(y[n]) l[n+j]
"""

from typing import Any

import torch

from sigconv.core.native import blocks, correlations, recurrence
from sigconv.core.native.tensors import arrays, compiled, viewed


def lfilter(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """The transposed direct form II along the last axis, with its state.

    b, a : (k,) tensors, a[0] = 1;  x : (..., n);  zi : (..., k-1), all of one dtype.  Returns y and zf.

    Same as: core.recurrence.lfilter_loop.
    """
    if torch.is_grad_enabled() and (b.requires_grad or a.requires_grad or x.requires_grad or zi.requires_grad):
        return _Lfilter.apply(b, a, x, zi)  # type: ignore[no-any-return, no-untyped-call]
    return _lfilter(b, a, x, zi)


def sosfilt(sos: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """A cascade of second-order sections along the last axis, with its state.

    sos : (sections, 6), a0 = 1;  x : (..., n);  zi : (sections, ..., 2), all of one dtype.  Returns y and zf.

    Same as: core.recurrence.sosfilt_loop.
    """
    if torch.is_grad_enabled():
        if sos.requires_grad or zi.requires_grad:  # the signal between two sections is needed
            after = []
            for section, state in zip(sos, zi, strict=True):
                x, last = lfilter(section[:3], section[3:], x, state)
                after.append(last)
            return x, torch.stack(after)
        if x.requires_grad:
            return _Sosfilt.apply(sos, x, zi)  # type: ignore[no-any-return, no-untyped-call]
    return _sosfilt(sos, x, zi)


class _Lfilter(torch.autograd.Function):
    """The loop and its adjoint. The adjoint is made of differentiable calls where a gradient of it is wanted."""

    @staticmethod
    def forward(ctx: Any, b: Any, a: Any, x: Any, zi: Any) -> Any:
        y, zf = _lfilter(b, a, x, zi)
        ctx.save_for_backward(b, a, x, y)
        ctx.set_materialize_grads(False)
        return y, zf

    @staticmethod
    def backward(ctx: Any, gy: Any, gzf: Any) -> Any:
        b, a, x, y = ctx.saved_tensors
        b, a = b.conj(), a.conj()
        if gy is None:
            gy = torch.zeros_like(y)
        rest = gy.new_zeros((*gy.shape[:-1], len(b) - 1))
        if gzf is None and ctx.needs_input_grad == (False, False, True, False):
            return None, None, _backwards(b, a, gy, rest), None
        one = torch.zeros_like(b)
        one[:1] = 1
        multiplier = _backwards(one, a, gy, rest if gzf is None else -_still_due(a, gzf), rest if gzf is None else gzf)
        gb, ga, gx = correlations.all_three(multiplier, b, x.conj(), y.conj(), ctx.needs_input_grad[:3])
        return gb, ga, gx, multiplier[..., : len(b) - 1] if ctx.needs_input_grad[3] else None


class _Sosfilt(torch.autograd.Function):
    """A fixed cascade from a fixed state: its adjoint is the cascade with its sections in reverse order."""

    @staticmethod
    def forward(ctx: Any, sos: Any, x: Any, zi: Any) -> Any:
        y, zf = _sosfilt(sos, x, zi)
        ctx.save_for_backward(sos)
        ctx.length = x.shape[-1]
        ctx.set_materialize_grads(False)
        return y, zf

    @staticmethod
    def backward(ctx: Any, gy: Any, gzf: Any) -> Any:
        sos = ctx.saved_tensors[0].conj().flip(0)
        if gy is None and gzf is None:
            return None, None, None
        if gy is None:
            gy = gzf.new_zeros((*gzf.shape[1:-1], ctx.length))
        states = gy.new_zeros((len(sos), *gy.shape[:-1], 2))
        if gzf is not None:
            states = torch.stack([_turned(row[:3], row[3:], g) for row, g in zip(sos, gzf.flip(0), strict=True)])
        if (given := arrays(sos, gy, states)) is None:
            return None, sosfilt(sos, gy.flip(-1), states)[0].flip(-1), None
        gx, _ = recurrence.sosfilt(given[0], given[1], given[2], reverse=True)
        return None, torch.from_numpy(gx), None


def _backwards(b: Any, a: Any, x: Any, state: Any, behind: Any = None) -> Any:
    """The loop from the last sample to the first; `behind` are samples to put behind its output."""
    if (given := arrays(b, a, x, state)) is None:
        y = lfilter(b, a, x.flip(-1), state)[0].flip(-1)
        return y if behind is None else torch.cat([y, behind], -1)
    taps, fed, line, start = given
    if behind is None:
        return torch.from_numpy(recurrence.lfilter(taps, fed, line, start, reverse=True)[0])
    n, m = x.shape[-1], behind.shape[-1]
    y = torch.empty((*x.shape[:-1], n + m), dtype=x.dtype)
    y[..., n:] = behind
    if x.numel():
        rows = x.numel() // n
        into = y.view(rows, n + m).numpy()[:, :n]
        recurrence.lfilter(taps, fed, line.reshape(rows, n), start.reshape(rows, m), reverse=True, out=into)
    return y


def _still_due(c: Any, past: Any) -> Any:
    """What the past, newest first, still adds to the next samples: sum over j of c[i+1+j] past[j]."""
    m = past.shape[-1]
    return past @ torch.cat([c[1:], c.new_zeros(m)]).unfold(0, m, 1)[:m] if m else past


def _turned(b: Any, a: Any, multiplier: Any) -> Any:
    """The state of the adjoint filter, where the two multipliers behind the end are known instead of its past."""
    past = []
    for c in (a, b):  # the inputs and outputs that would have left these multipliers
        first, second = multiplier[..., 0], multiplier[..., 1]
        past.append(torch.stack([c[0] * first + c[1] * second, c[0] * second], -1))
    return _still_due(b, past[0]) - _still_due(a, past[1])


def _lfilter(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    if not compiled(x):
        return blocks.lfilter(b, a, x, zi)
    y, zf = recurrence.lfilter(viewed(b), viewed(a), viewed(x), viewed(zi))
    return torch.from_numpy(y), torch.from_numpy(zf)


def _sosfilt(sos: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    if not compiled(x):
        return blocks.sosfilt(sos, x, zi)
    y, zf = recurrence.sosfilt(viewed(sos), viewed(x), viewed(zi))
    return torch.from_numpy(y), torch.from_numpy(zf)
