"""A tensor with what lies outside its grid, as a rule of core.boundary shows it.

torch.nn.functional.pad knows four of the rules and refuses padding longer than the grid. Here the padded tensor is made
once, and the backward pass adds what reached the outside to the samples that show there.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sigconv.core.boundary import ODD, Boundary, Seen, extend, seen_at, shown
from sigconv.core.memory import lengthened
from sigconv.errors import ShapeError

Rule = tuple[Boundary, Any]
Pairs = Sequence[tuple[int, int]]

_NAMES = {Boundary.EDGE: "replicate", Boundary.REFLECT: "reflect"}
_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


def extended(x: Tensor, padding: Pairs, rule: Rule) -> Tensor:
    """x with (before, after) more samples along each axis of its grid.

    Parameters
    ----------
    x : (N, channels, *grid), one sample or more along each axis of the grid
    padding : one pair of whole numbers >= 0 per axis of the grid, of any length
    rule : what core.boundary.rule_of gives

    Returns
    -------
    (N, channels, *longer grid), in the precision, memory format and on the device of x

    Raises
    ------
    ShapeError : no samples along an axis, under a rule that needs some

    Same as: core.boundary.extend along each axis.

    >>> extended(torch.tensor([[[1.0, 2.0, 4.0]]]), ((2, 1),), (Boundary.WRAP, 0.0))
    tensor([[[2., 4., 1., 2., 4., 1.]]])
    """
    if not any(chain.from_iterable(padding)):
        return x
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return plain(x, padding, rule)
    if torch.is_grad_enabled() and x.requires_grad:
        padded: Tensor = _Extended.apply(x, padding, rule)  # type: ignore[no-untyped-call]
        return padded
    return _filled(x, padding, rule)


def plain(x: Tensor, padding: Pairs, rule: Rule) -> Tensor:
    """The definition of `extended`, in operations that a compiler or an exporter knows."""
    which, constant = rule
    flat = tuple(chain.from_iterable(reversed(padding)))
    if which is Boundary.CONSTANT:
        return functional.pad(x, flat, value=constant)
    if which is Boundary.EDGE:
        return functional.pad(x, flat, mode="replicate")
    if which is Boundary.REFLECT and all(max(pad) < n for n, pad in zip(x.shape[2:], padding, strict=True)):
        return functional.pad(x, flat, mode="reflect")
    if which is Boundary.WRAP and all(max(pad) <= n for n, pad in zip(x.shape[2:], padding, strict=True)):
        return functional.pad(x, flat, mode="circular")
    for axis, (before, after) in enumerate(padding, 2):
        if before or after:
            x = extend(x, before, after, rule, axis)
    return x


class _Extended(torch.autograd.Function):
    """The padded tensor; its transpose adds what reached the outside to the samples that show there."""

    @staticmethod
    def forward(x: Tensor, padding: Pairs, rule: Rule) -> Tensor:
        return _filled(x, padding, rule)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, _output: Any) -> None:
        x, ctx.padding, ctx.rule = inputs
        ctx.grid = x.shape[2:]

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return folded(g.clone(), ctx.padding, ctx.grid, ctx.rule[0]), None, None


class _Shown(NamedTuple):
    """One end of an axis of n samples, at each position: sign * x[at] + first * x[0] + last * x[n-1].

    few : core.boundary.Seen for each position, where they are few; else
    at, sign, first, last : tensors over the positions; the last three for the odd rules alone
    """

    few: tuple[Seen, ...] = ()
    at: Any = None
    sign: Any = None
    first: Any = None
    last: Any = None


_FEW = 4


@lru_cache(256)
def _ends(n: int, before: int, after: int, rule: Boundary, device: torch.device) -> tuple[_Shown, _Shown]:
    """What shows in front of an axis of n samples, and behind it."""
    return _shown(n, range(-before, 0), rule, device), _shown(n, range(n, n + after), rule, device)


def _shown(n: int, positions: range, rule: Boundary, device: torch.device) -> _Shown:
    if len(positions) <= _FEW:
        seen = (seen_at(i, n, rule) for i in positions)
        return _Shown(tuple(each for each in seen if each is not None))
    if n < 1:
        raise ShapeError(f"an axis has no samples; boundary {rule.value!r} needs at least one")
    turns, back, index = shown(np.array(positions), n, rule)
    parts = (index, 1 - 2 * back, -2 * turns, 2 * turns + 2 * back) if rule in ODD else (index,)
    return _Shown((), *(torch.tensor(part, device=device) for part in parts))


def _filled(x: Tensor, padding: Pairs, rule: Rule) -> Tensor:
    """A new tensor: x in the middle, then one axis after the other, the last first, its outside."""
    which, constant = rule
    axes = range(2, x.ndim)
    lengthened("padding", x.shape, axes, padding)
    within = all(max(pad) < n for n, pad in zip(x.shape[2:], padding, strict=True))
    if within and which in _NAMES and x.ndim > 3:  # a pass over planes and volumes that writes each sample once
        return functional.pad(x, tuple(chain.from_iterable(reversed(padding))), mode=_NAMES[which])
    sizes = [n + sum(pad) for n, pad in zip(x.shape[2:], padding, strict=True)]
    padded = torch.empty((*x.shape[:2], *sizes), dtype=x.dtype, device=x.device, memory_format=_format(x))
    parts = [padded]  # parts[i] has the first i axes of the grid without their outside
    for axis, pad in zip(axes, padding, strict=True):
        parts.append(parts[-1].narrow(axis, pad[0], x.shape[axis]))
    parts[-1].copy_(x)
    for axis, (before, after) in zip(reversed(axes), reversed(padding), strict=True):
        part, n = parts[axis - 2], x.shape[axis]
        if which is Boundary.CONSTANT:
            part.narrow(axis, 0, before).fill_(constant)
            part.narrow(axis, before + n, after).fill_(constant)
        elif before or after:
            inner = part.narrow(axis, before, n)
            front, behind = _ends(n, before, after, which, x.device)
            _gather(part.narrow(axis, 0, before), inner, axis, front)
            _gather(part.narrow(axis, before + n, after), inner, axis, behind)
    return padded


def folded(g: Tensor, padding: Pairs, grid: Sequence[int], which: Boundary) -> Tensor:
    """The transpose of `extended`: the part of g inside, to which is added, in place, what its outside shows of it.

    g : (N, channels, *longer grid), is changed;  grid : without the padding.  Returns a view (N, channels, *grid).

    >>> folded(torch.tensor([[[1.0, 10.0, 100.0]]]), ((1, 0),), (2,), Boundary.EDGE)
    tensor([[[ 11., 100.]]])
    """
    for axis, ((before, after), n) in enumerate(zip(padding, grid, strict=True), 2):
        inner = g.narrow(axis, before, n)
        if which is not Boundary.CONSTANT and (before or after):
            front, behind = _ends(n, before, after, which, g.device)
            _scatter(inner, g.narrow(axis, 0, before), axis, front)
            _scatter(inner, g.narrow(axis, before + n, after), axis, behind)
        g = inner
    return g


def _gather(border: Tensor, inner: Tensor, axis: int, told: _Shown) -> None:
    """Write what shows there into one border."""
    end = inner.shape[axis] - 1
    for place, (at, sign, first, last) in enumerate(told.few):
        into = border.select(axis, place).copy_(inner.select(axis, at))
        if sign < 0:
            into.neg_()
        for lift, turned in ((first, 0), (last, end)):
            if lift:
                into.add_(inner.select(axis, turned), alpha=lift)
    if told.at is None:
        return
    values = inner.index_select(axis, told.at)
    if told.sign is not None:
        values *= _column(told.sign, inner, axis)
        for lift, turned in ((told.first, 0), (told.last, end)):
            values += _column(lift, inner, axis) * inner.narrow(axis, turned, 1)
    border.copy_(values)


def _scatter(inner: Tensor, border: Tensor, axis: int, told: _Shown) -> None:
    """The transpose of `_gather`: add the gradients of one border to those of the samples that it shows."""
    end = inner.shape[axis] - 1
    for place, (at, sign, first, last) in enumerate(told.few):
        g = border.select(axis, place)
        for scale, sample in ((sign, at), (first, 0), (last, end)):
            if scale:
                inner.select(axis, sample).add_(g, alpha=scale)
    if told.at is None:
        return
    if told.sign is None:
        inner.index_add_(axis, told.at, border.clone())  # index_add_ remembers a source that has a gradient
        return
    inner.index_add_(axis, told.at, border * _column(told.sign, inner, axis))
    for lift, turned in ((told.first, 0), (told.last, end)):
        lifted = border * _column(lift, inner, axis)
        inner.narrow(axis, turned, 1).add_(lifted.sum(axis, keepdim=True))


def _column(numbers: Tensor, x: Tensor, axis: int) -> Tensor:
    """Numbers along one axis of x."""
    return numbers.to(x.dtype).view(-1, *(1,) * (x.ndim - axis - 1))


def _format(x: Tensor) -> torch.memory_format:
    """The memory format of x: channels behind the grid where x has them there."""
    last = _FORMATS.get(x.ndim)
    if last is not None and not x.is_contiguous() and x.is_contiguous(memory_format=last):
        return last
    return torch.contiguous_format
