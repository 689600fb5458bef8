"""A grid made twice as fine by a transposed convolution, and joined with another one under the next convolution.

Nothing bends between a transposed convolution (kernel 2, stride 2) and the convolution (kernel 3) over its result, so
the two are one transposed convolution with kernel 4, stride 2, padding 1. Seen from the coarse grid this is a
convolution with kernel 2 that gives all 2^axes parities at once: 8 taps for each fine place of a volume instead of
27, and neither the fine grid nor its concatenation with the skip is ever in memory.
"""

from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from sigconv.core.native import interleaved
from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.padded import KERNELS
from sigconv.nets.layers.rows import channels_last, side_by_side
from sigconv.nets.layers.transposed import ConvTranspose

COMPOSED_ON = ("cpu",)  # devices where one convolution was measured to be faster
SMALLEST = 4096  # numbers below which torch's own layer ends sooner
WEIGHT_COST = 16  # a multiply-add of the small float32 kernels takes as long as so many of activations


def doubled(x: Tensor, up: ConvTranspose) -> Tensor:
    """up(x) for a transposed convolution with kernel 2 and stride 2: one matrix product, then places are interleaved.

    x : (N, channels, *grid) float tensor.  Any other transposed convolution, device or memory format: up(x) itself.

    Same as: up(x), within its rounding.

    >>> up = ConvTranspose(3, 5, axes=2)
    >>> doubled(torch.ones(1, 3, 4, 4), up).shape
    torch.Size([1, 5, 8, 8])
    """
    axes = x.ndim - 2
    if x.numel() < SMALLEST or not (_doubles(up) and side_by_side(x)) or _followed():
        y: Tensor = up(x)
        return y
    inputs, outputs = up.weight.shape[:2]
    weight = up.weight.movedim(0, -1).movedim(0, -2).reshape(2**axes * outputs, inputs, *(1,) * axes)
    parts = KERNELS[axes](x, weight, None if up.bias is None else up.bias.repeat(2**axes))
    joined: Tensor = _Gathered.apply(parts, None, None, 0)  # type: ignore[no-untyped-call]
    return joined


def joined(skip: Tensor, coarse: Tensor, up: ConvTranspose, conv: Conv) -> Tensor:
    """conv of the skip's channels and, behind them, those of the coarse grid made twice as fine by up.

    Takes the shorter of two ways: as it is written, or both layers in one where that needs fewer multiply-adds.

    Parameters
    ----------
    skip : (N, channels, *grid) float tensor
    coarse : (N, channels, *half the grid) float tensor
    up, conv : conv takes as many channels as the skip has and up gives

    Returns
    -------
    (N, channels of conv, *grid)

    Same as: conv(torch.cat([skip, up(coarse)], 1)), within its rounding.

    >>> up, conv = ConvTranspose(4, 2, axes=1), Conv(5, 7, 3, axes=1)
    >>> joined(torch.ones(1, 3, 16), torch.ones(1, 4, 8), up, conv).shape
    torch.Size([1, 7, 16])
    """
    if shorter(skip, coarse, up, conv):
        return composed(skip, coarse, up, conv)
    y: Tensor = conv(torch.cat([skip, doubled(coarse, up)], 1))
    return y


def composed(skip: Tensor, coarse: Tensor, up: ConvTranspose, conv: Conv) -> Tensor:
    """`joined` by the way of one convolution; up has kernel 2 and stride 2, conv kernel 3 and padding 1.

    Takes and gives what `joined` does.

    >>> up, conv = ConvTranspose(4, 2, axes=1), Conv(5, 7, 3, axes=1)
    >>> composed(torch.ones(1, 3, 16), torch.ones(1, 4, 8), up, conv).shape
    torch.Size([1, 7, 16])
    """
    axes, run = skip.ndim - 2, KERNELS[skip.ndim - 2]
    own, other = conv.weight[:, : skip.shape[1]], conv.weight[:, skip.shape[1] :]
    with torch.autocast(skip.device.type, enabled=False):
        weight, edges = _both(up, other, axes)
    bias: Tensor | None = conv.bias
    if edges is not None:
        middle = edges.flatten(1)[:, 3**axes // 2]
        edges = edges - middle.reshape(-1, *(1,) * axes)
        bias = middle if bias is None else bias + middle.to(bias.dtype)
    base = run(skip, own, None if bias is None else bias.to(conv.weight.dtype), padding=1)
    parts = run(coarse, weight.to(conv.weight.dtype), padding=1)
    if _followed():
        y: Tensor = base + _interleaved(parts, 1)
        return y if edges is None else y + _everywhere(edges, y.shape[2:]).to(y.dtype)
    return _Gathered.apply(parts, base, edges, 1)  # type: ignore[no-any-return, no-untyped-call]


def _both(up: ConvTranspose, other: Tensor, axes: int) -> tuple[Tensor, Tensor | None]:
    """The weight of the one convolution, (2^axes × outputs, inputs, 2, …), and what up's bias adds near the edges.

    The kernel of 4 is the full convolution of the two kernels. Its tap 3 - p - 2 d leads from the coarse place d
    behind a window's first to the fine place of parity p. What a bias adds, (outputs, 3, …): at the first place of an
    axis, in the middle and at the last one, for outside there are zeros and no bias.
    """
    run = KERNELS[axes]
    real = torch.promote_types(other.dtype, torch.float32)
    first, second = up.weight.to(real), other.to(real)
    inputs, outputs = first.shape[0], second.shape[0]
    taps = run(first, second, padding=2).flip(tuple(range(2, 2 + axes)))
    taps = taps.reshape(inputs, outputs, *(2, 2) * axes)
    places, parities = range(2, 2 + 2 * axes, 2), range(3, 2 + 2 * axes, 2)
    weight = taps.permute(*parities, 1, 0, *places).reshape(2**axes * outputs, inputs, *(2,) * axes)
    if up.bias is None:
        return weight, None
    constant = up.bias.to(real)[(None, ..., *(None,) * axes)].expand(1, -1, *(3,) * axes)
    return weight, run(constant, second, padding=1)[0]


class _Gathered(torch.autograd.Function):
    """Parts interleaved to a fine grid, plus a tensor of its size, plus what edges have more."""

    @staticmethod
    def forward(ctx: Any, parts: Tensor, base: Tensor | None, edges: Tensor | None, lap: int) -> Tensor:
        axes = parts.ndim - 2
        channels = parts.shape[1] // 2**axes
        grid = [2 * length - 2 * lap for length in parts.shape[2:]]
        ctx.lap, ctx.edged = lap, None if edges is None else edges.dtype
        y = _empty(parts, channels, grid)
        if side_by_side(parts):
            interleaved.gathered(_array(parts), lap, _array(y), None if base is None else _array(base))
        else:
            own = _each_parity(torch.zeros_like(y[:1, :1]).expand_as(y) if base is None else base, parts, lap)
            for (fine, part), (added, _) in zip(_each_parity(y, parts, lap), own, strict=True):
                torch.add(part, added, out=fine)
        if edges is not None:
            for here, which in _sides(axes):
                y[here] += edges[which][(..., *(None,) * axes)].to(y.dtype)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        g = gradients[0]
        axes = g.ndim - 2
        if side_by_side(g) and not torch.is_grad_enabled():
            parts = _empty(g, g.shape[1] * 2**axes, [n // 2 + ctx.lap for n in g.shape[2:]])
            interleaved.scattered(_array(g), ctx.lap, _array(parts))
        else:  # gradients of these gradients need steps that torch knows
            parts = _taken_apart(g, ctx.lap)
        of_edges = None
        if ctx.needs_input_grad[2]:
            of_edges = g.new_zeros((g.shape[1], *(3,) * axes), dtype=ctx.edged)
            for here, which in _sides(axes):
                of_edges[which] = g[here].sum((0, *range(2, g.ndim)), dtype=ctx.edged)
        return parts, g if ctx.needs_input_grad[1] else None, of_edges, None


def _each_parity(fine: Tensor, parts: Tensor, lap: int) -> list[tuple[Tensor, Tensor]]:
    """For each parity the places of the fine grid that have it, and those of the parts that hold them; all views."""
    axes = fine.ndim - 2
    blocks = parts.chunk(2**axes, 1)
    pairs = []
    for block, parity in zip(blocks, product((0, 1), repeat=axes), strict=True):
        here: Any = (..., *(slice(p, None, 2) for p in parity))
        there: Any = (..., *(slice(lap * p, lap * p + n // 2) for p, n in zip(parity, fine.shape[2:], strict=True)))
        pairs.append((fine[here], block[there]))
    return pairs


def _taken_apart(fine: Tensor, lap: int) -> Tensor:
    """The parts of the fine grid, 0 where no fine place is: the transposed of `_interleaved`."""
    blocks = []
    for parity in product((0, 1), repeat=fine.ndim - 2):
        outside = [zeros for p in reversed(parity) for zeros in (lap * p, lap - lap * p)]
        here: Any = (..., *(slice(p, None, 2) for p in parity))
        blocks.append(functional.pad(fine[here], outside))
    return torch.cat(blocks, 1)


def _interleaved(parts: Tensor, lap: int) -> Tensor:
    """The fine grid of the parts, as a compiler joins it best with what comes behind."""
    axes = parts.ndim - 2
    grid = [2 * length - 2 * lap for length in parts.shape[2:]]
    pairs = _each_parity(parts.new_empty(1).expand(1, 1, *grid), parts, lap)
    split = torch.stack([block for _, block in pairs], 2)
    split = split.reshape(*split.shape[:2], *(2,) * axes, *split.shape[3:])
    order = [place for axis in range(axes) for place in (2 + axes + axis, 2 + axis)]
    fine: Tensor = split.permute(0, 1, *order).reshape(len(parts), -1, *grid)
    return fine


def _everywhere(edges: Tensor, grid: Any) -> Tensor:
    """A grid of three places (first, middle, last) along each axis, spread over the whole grid."""
    for axis, length in enumerate(grid):
        which = [0, *(1,) * (length - 2), 2]
        edges = edges.index_select(1 + axis, torch.tensor(which, device=edges.device))
    return edges


def _sides(axes: int) -> list[tuple[Any, Any]]:
    """Where a grid's faces, edges and corners lie, without its middle, each with its place in a grid of three."""
    spans = (slice(0, 1), slice(1, -1), slice(-1, None))
    return [
        ((..., *(spans[i] for i in which)), (slice(None), *which))
        for which in product(range(3), repeat=axes)
        if which != (1,) * axes
    ]


def _empty(like: Tensor, channels: int, grid: Any) -> Tensor:
    """A new tensor (N, channels, *grid) with its channels side by side."""
    return like.new_empty((like.shape[0], *grid, channels)).movedim(-1, 1)


def _array(x: Tensor) -> Any:
    """The (N, *grid, channels) array of a tensor, copied if its channels do not lie side by side."""
    return channels_last(x.detach().movedim(1, -1).contiguous().movedim(-1, 1))


def _followed() -> bool:
    """Whether a compiler or a transform of torch.func looks at every operation."""
    return bool(torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active())


def _doubles(up: ConvTranspose) -> bool:
    twos, plain = (2,) * up.axes, not up.drop and up.groups == 1
    whole = not any(map(any, up.padding)) and not any(up.output_padding)
    return plain and whole and up.kernel == up.stride == twos and set(up.dilation) == {1}


def shorter(skip: Tensor, coarse: Tensor, up: ConvTranspose, conv: Conv) -> bool:
    """Whether `composed` takes these layers and tensors, and needs fewer multiply-adds than both layers by themselves.

    >>> up, conv = ConvTranspose(4, 2, axes=1), Conv(5, 7, 5, axes=1)
    >>> shorter(torch.ones(1, 3, 16), torch.ones(1, 4, 8), up, conv)
    False
    """
    ones = (1,) * conv.axes
    plain = conv.stride == conv.dilation == conv.inside == ones and conv.groups == 1 and conv.table is None
    learnt = not conv.drop and not conv.grid
    if _followed() or not (plain and learnt and set(conv.kernel) == {3} and _doubles(up)):
        return False
    fits = tuple(skip.shape[2:]) == tuple(2 * n for n in coarse.shape[2:]) and min(coarse.shape[2:]) > 1
    laid_out = all(x.movedim(1, -1).is_contiguous() for x in (skip, coarse)) and skip.device.type in COMPOSED_ON
    return fits and laid_out and _pays(coarse, up, conv)


def _pays(coarse: Tensor, up: ConvTranspose, conv: Conv) -> bool:
    """Whether one convolution needs fewer multiply-adds than two, its weights counted."""
    axes, places = coarse.ndim - 2, coarse.shape[0] * prod(coarse.shape[2:])
    (inputs, between), outputs = up.weight.shape[:2], conv.weight.shape[0]
    two = places * 2**axes * between * (inputs + 3**axes * outputs)
    one = places * 4**axes * inputs * outputs + WEIGHT_COST * 6**axes * inputs * between * outputs
    return bool(one < two)
