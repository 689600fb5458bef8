"""The sum over the taps in double precision, close to the last digit however loud one term is beside the others.

Few products at a time are added in a row; what the sums of these rows lose to rounding as they are added is kept and
given back at the end. A row of m products may lose m/2 eps sum|x||h|, and that is all: neither a spike in front of a
thousand quiet samples nor a thousand equal ones, each rounded the same way, cost more.

Source: Ogita, Rump & Oishi (2005), Accurate sum and dot product, algorithm Sum2.
"""

from math import prod
from typing import Any

import numpy as np

from sigconv.core.boundary import extend
from sigconv.core.geometry import length_after
from sigconv.core.native.compiled import kernel, wide
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.weighted import weighted
from sigconv.core.planner import Slide

_ROW = 12  # products added in a row
_BLOCK = 1024  # neighbouring outputs in work at a time
_WORTH = 1_000_000  # products from which a second thread pays


def correlate(x: Any, taps: Any, slide: Slide) -> Any:
    """y[n] = sum_k taps[k] ext(x)[n s + k d - before], with an error below 7 eps sum|x||h| at every output.

    x : float64 or complex128;  taps : the same dtype, one axis for each of slide.axes
    """
    for axis, pad in zip(slide.axes, slide.padding, strict=True):
        x = extend(x, *pad, slide.boundary, axis)
    order = sorted(range(taps.ndim), key=slide.axes.__getitem__)
    axes, last = [slide.axes[i] for i in order], tuple(range(-taps.ndim, 0))
    strides, dilations = ([given[i] for i in order] for given in (slide.strides, slide.dilations))
    moved = np.moveaxis(x, axes, last)
    y = _parts(moved, taps.transpose(order), strides, dilations)
    return np.moveaxis(y, last, axes)


def _parts(x: Any, taps: Any, strides: list[int], dilations: list[int]) -> Any:
    """Complex numbers are two real ones: (a + i b)(c + i d) = (a c - b d) + i (a d + b c)."""
    if x.dtype.kind != "c":
        return _summed(x, taps, strides, dilations)
    if not np.any(taps.imag != 0):
        taps = taps.real
        real, imaginary = (_summed(part, taps, strides, dilations) for part in (x.real, x.imag))
    else:
        with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs
            (ac, ad), (bc, bd) = (
                [_summed(part, weights, strides, dilations) for weights in (taps.real, taps.imag)]
                for part in (x.real, x.imag)
            )
            real, imaginary = ac - bd, ad + bc
    y = np.empty(real.shape, x.dtype)
    y.real, y.imag = real, imaginary
    return y


def _summed(x: Any, taps: Any, strides: list[int], dilations: list[int]) -> Any:
    """Real numbers, the sliding axes last. Columns are sorted by a stride: neighbouring outputs see neighbours."""
    grid, stride = x.shape[-taps.ndim :], strides[-1]
    lengths = [length_after(n, k, s, d) for n, k, s, d in zip(grid, taps.shape, strides, dilations, strict=True)]
    width = -(-grid[-1] // stride)
    if stride > 1:
        x = np.concatenate([x, np.zeros((*x.shape[:-1], width * stride - grid[-1]))], axis=-1)
        x = x.reshape(*x.shape[:-1], width, stride).swapaxes(-1, -2)
    x = np.ascontiguousarray(x, np.float64)
    steps = [stride * width * prod(grid[i + 1 : -1]) for i in range(taps.ndim - 1)]
    column = np.arange(taps.shape[-1]) * dilations[-1]
    offsets, starts = column % stride * width + column // stride, np.zeros(1, np.int64)
    starts = np.arange(prod(x.shape[: x.ndim - taps.ndim - (stride > 1)])) * (stride * width * prod(grid[:-1]))
    for n, s, step in zip(lengths[:-1], strides[:-1], steps, strict=True):
        starts = np.add.outer(starts, np.arange(n) * (s * step)).ravel()
    for k, d, step in reversed(list(zip(taps.shape[:-1], dilations[:-1], steps, strict=True))):
        offsets = np.add.outer(np.arange(k) * (d * step), offsets).ravel()
    y = np.empty((*x.shape[: x.ndim - taps.ndim - (stride > 1)], *lengths))
    _run(x.reshape(-1), starts, offsets, np.array(taps, np.float64).reshape(-1), y.reshape(-1, lengths[-1]))
    return y


def _run(x: Any, starts: Any, offsets: Any, taps: Any, y: Any) -> None:
    """All outputs, in pieces for the threads: whole rows, or blocks of them."""
    blocks = -(-y.shape[1] // _BLOCK)
    units = len(starts) * blocks
    pieces = min(4 * threads(), units) if y.size * taps.size > _WORTH else min(units, 1)
    ends = [units * i // max(pieces, 1) for i in range(pieces + 1)]
    spread(lambda i: _rows(x, starts, offsets, taps, blocks, ends[i], ends[i + 1], y), pieces)


@kernel
def _rows(x: Any, starts: Any, offsets: Any, taps: Any, blocks: int, first: int, last: int, y: Any) -> None:
    """Blocks of outputs: the sums of a few products, added up, and what is lost as they are."""
    wide()
    part, lost = np.empty(_BLOCK), np.empty(_BLOCK)
    for unit in range(first, last):
        row, column = unit // blocks, unit % blocks * _BLOCK
        total = y[row, column : column + _BLOCK]
        n = total.size
        total[:] = 0
        lost[:] = 0
        for tap in range(0, taps.size, _ROW):
            few = min(_ROW, taps.size - tap)
            weighted(x, starts[row] + column, offsets[tap : tap + few], taps[tap : tap + few], few, n, part, 0)
            for i in range(n):
                new = total[i] + part[i]
                back = new - total[i]
                lost[i] += (total[i] - (new - back)) + (part[i] - back)
                total[i] = new
        for i in range(n):
            whole = total[i] + lost[i]
            total[i] = whole if abs(whole) < np.inf else total[i]  # an infinity loses no digits
