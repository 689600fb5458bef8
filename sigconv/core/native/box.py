"""Moving sums in a time that does not depend on the width, without drift, for NumPy arrays.

A window of 8 q + r samples is q rows of eight and a rest of r. Rows of eight are summed as trees; the sum of q rows,
eight lanes beside each other, is what is left of one block of q rows and what is reached of the next (van Herk 1992):
no number is ever subtracted, so a NaN or a spike is forgotten with the window that holds it. A chain of additions is
at most 16 long; the sums of chains are compensated. Blocks lie at multiples of 8 q samples from the beginning of
the signal, so pieces of a signal give the bits of the whole.
"""

from typing import Any

import numpy as np

from sigconv.core.boundary import Boundary, beyond
from sigconv.core.native.compiled import fma, kernel, wide
from sigconv.core.native.lanes import eights, joined, suffixes
from sigconv.core.native.plain import plain
from sigconv.core.native.threads import spread, threads

TILE = 128  # rows of eight: what lies in the nearest cache
FEW = 4  # rows that are added one by one
LONG = 1 << 15  # samples in a line that is not copied to be extended
WORTH = 150_000  # samples from which a second thread pays


@kernel
def _added(a: Any, b: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = a[i] + b[i]


@kernel
def _divided(f: Any, rest: Any, divisor: float, out: Any) -> None:
    """out = (f + rest) / divisor, correctly rounded: the mean of equal numbers is that number."""
    inverse = 1 / divisor
    for i in range(out.size):
        total = f[i] + rest[i]
        rough = total * inverse
        fine = fma(fma(-rough, divisor, total), inverse, rough)
        out[i] = fine if abs(rough) < np.inf else rough


@kernel
def _means(x: Any, first: int, width: int, scale: float, divisor: float, out: Any) -> None:
    """See `means`."""
    wide()
    q, r = width // 8, width % 8
    block = q if q > FEW else 1
    lead = first % (8 * block)  # places from the beginning of a block to the first sample
    total = (out.size + lead + 7) // 8
    tile = min(block * max(1, (TILE if q <= FEW else 2 * TILE) // block), (total + block - 1) // block * block)
    edge = np.empty(8 * (tile + 3), x.dtype)
    z, f, rest = np.empty(8 * (tile + q)), np.zeros(8 * tile), np.zeros(8 * tile)
    for row in range(-((q + tile - 1) // tile) * tile, total, tile):
        for i in range(8 * q):
            z[i] = z[i + 8 * tile]
        rows = min(tile, total - row)
        start = 8 * (row + q) - lead
        if start >= 0 and start + 8 * (rows + 3) <= x.size:
            eights(x, start, scale, rows, r, z[8 * q :], rest)
        else:
            for i in range(8 * (rows + 3)):
                edge[i] = x[start + i] if 0 <= start + i < x.size else 0
            eights(edge, 0, scale, rows, r, z[8 * q :], rest)
        if row < 0:  # nothing yet but the rows that the first windows reach
            continue
        sums = z if q else f
        if q > FEW:
            for start in range(0, rows, q):
                suffixes(z, start, q, f)
                joined(z, q, start, min(q, rows - start), f)
            sums = f
        elif q > 1:
            sums = f
            _added(z[: 8 * rows], z[8 : 8 * rows + 8], f[: 8 * rows])
            for more in range(2, q):
                _added(f[: 8 * rows], z[8 * more : 8 * (more + rows)], f[: 8 * rows])
        start = max(0, 8 * row - lead)
        inside = start - (8 * row - lead)
        count = min(out.size, 8 * (row + rows) - lead) - start
        if count > 0:
            _divided(sums[inside : inside + count], rest[inside : inside + count], divisor, out[start : start + count])


@kernel
def _means_of_lines(x: Any, first: int, width: int, scale: float, divisor: float, out: Any) -> None:
    for line in range(len(x)):
        _means(x[line], first, width, scale, divisor, out[line])


@kernel
def _short(x: Any, seen: Any, first: int, width: int, scale: float, divisor: float, out: Any) -> None:
    """Lines one after the other, each extended first: place i shows sample seen[i], -1 is a zero."""
    long = np.empty(seen.size, x.dtype)
    n = out.size // (seen.size - width + 1)
    for line in range(n):
        given = x[line * (x.size // n) : (line + 1) * (x.size // n)]
        for i in range(seen.size):
            long[i] = given[seen[i]] if seen[i] >= 0 else 0
        _means(long, first, width, scale, divisor, out[line * (out.size // n) : (line + 1) * (out.size // n)])


def short(x: Any, seen: Any, first: int, width: int) -> Any:
    """The means of a few short lines with little ado.

    x : (..., n) contiguous, float32 or float64, not empty;  seen : from boundary.shown, for every place of a line
    """
    out = np.empty((*x.shape[:-1], seen.size - width + 1), x.dtype)
    shift = 2.0 ** -width.bit_length()
    _short(x.reshape(-1), seen, first, width, shift, width * shift, out.reshape(-1))
    return out


def means(x: Any, width: int, divisor: float, out: Any, first: int = 0) -> None:
    """out[i] = (x[i] + ... + x[i+width-1]) / divisor.

    x : (n + width - 1,) contiguous, float32 or float64;  out : (n,) alike; float32 is summed in float64
    first : the place of the first window's newest sample in the whole signal. A signal in pieces, each with the
        width - 1 samples before it, gives the bits of the whole: a stream keeps those samples and counts.
    """
    shift = 2.0 ** -int(width).bit_length()  # a sum of large numbers is as finite as their mean
    n = out.size
    length = n // max(1, min(threads(), n // WORTH)) + 1 if n >= 2 * WORTH else n

    def job(piece: int) -> None:
        start, end = piece * length, min((piece + 1) * length, n)
        _means(x[start : end + width - 1], first + start, width, shift, divisor * shift, out[start:end])

    spread(job, -(-n // length) if n else 0)


def _means_of_many(x: Any, width: int, out: Any, first: int) -> None:
    """`means` for each of many short lines, which lie one after the other."""
    shift = 2.0 ** -int(width).bit_length()
    pieces = min(threads(), out.size // WORTH + 1, len(out))
    length = -(-len(out) // max(1, pieces))

    def job(piece: int) -> None:
        part = slice(piece * length, (piece + 1) * length)
        _means_of_lines(x[part], first, width, shift, width * shift, out[part])

    spread(job, pieces)


def moving_average(x: Any, width: int, axis: int, padding: tuple[int, int], boundary: tuple[Boundary, complex]) -> Any:
    """The means of `width` neighbours along one axis of an array that is extended by `padding`, float32 or float64.

    Returns n + sum(padding) - width + 1 of them along that axis, which may lie in any order in memory.

    Same as: extend, then convolve with numpy.ones(width) / width.
    """
    lines = plain(np.moveaxis(x, axis, -1))
    shape, n = lines.shape[:-1], lines.shape[-1]
    lines = lines.reshape(-1, n)
    before, after = padding
    out = np.empty((len(lines), n + before + after - width + 1), lines.dtype)
    first = width - 1 - before
    if n < LONG or n < 2 * width:
        ends = (beyond(lines, places, boundary, 1) for places in (np.arange(-before, 0), np.arange(n, n + after)))
        _means_of_many(np.concatenate([next(ends), lines, next(ends)], axis=1), width, out, first)
    else:
        for line, means_of_it in zip(lines, out, strict=True):
            _long(line, width, padding, boundary, means_of_it)
    return np.moveaxis(out.reshape(*shape, out.shape[1]), -1, axis)


def _long(x: Any, width: int, padding: tuple[int, int], boundary: tuple[Boundary, complex], out: Any) -> None:
    """One long line, which is not copied to be extended."""
    n, (before, after) = len(x), padding
    inside = before + n - width + 1
    means(x, width, width, out[before:inside], width - 1)
    if before:
        left = beyond(x, np.arange(-before, 0), boundary, 0)
        means(np.concatenate([left, x[: width - 1]]), width, width, out[:before], width - 1 - before)
    if after:
        right = beyond(x, np.arange(n, n + after), boundary, 0)
        means(np.concatenate([x[n - width + 1 :], right]), width, width, out[inside:], n)
