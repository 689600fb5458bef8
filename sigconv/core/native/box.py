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
from sigconv.core.native.compiled import kernel, settled, wide
from sigconv.core.native.lanes import FEW, eights, few, joined, suffixes
from sigconv.core.native.plain import PAST, lined_up, plain
from sigconv.core.native.threads import spread, threads

TILE = 192  # rows of eight: what lies in the nearest caches
LONG = 1 << 15  # samples in a line that is not copied to be extended
WORTH = 150_000  # samples from which a second thread pays


@kernel
def _means(x: Any, first: int, width: int, scale: float, divisor: float, out: Any, past: bool) -> None:
    """See `means`. past : write past the caches, where the rows of `out` begin as memory's do."""
    wide()
    q, r = width // 8, width % 8
    block = q if q > FEW else 1
    lead = first % (8 * block)  # places from the beginning of a block to the first sample
    total = (out.size + lead + 7) // 8
    tile = min(block * max(1, TILE // block), (total + block - 1) // block * block)
    edge, part = np.empty(8 * (tile + 3), x.dtype), np.empty(8 * tile, out.dtype)
    z, f, rest = np.empty(8 * (tile + q)), np.empty(8 * block), np.zeros(8 * tile if r else 8)
    here = 0  # the row of z where this tile begins; if it is one block, it and the next change places
    past = past and (out.ctypes.data - out.itemsize * lead) % (8 * out.itemsize) == 0
    for row in range(-((q + tile - 1) // tile) * tile, total, tile):
        if q > FEW and tile == q:
            here = q - here
        else:
            here = 0
            z[: 8 * q] = z[8 * tile : 8 * (tile + q)]
        rows = min(tile, total - row)
        start = 8 * (row + q) - lead
        if start >= 0 and start + 8 * (rows + 3) <= x.size:
            eights(x, start, scale, rows, r, z[8 * (q - here) :], rest)
        else:
            for i in range(8 * (rows + 3)):
                edge[i] = x[start + i] if 0 <= start + i < x.size else 0
            eights(edge, 0, scale, rows, r, z[8 * (q - here) :], rest)
        if row < 0:  # nothing yet but the rows that the first windows reach
            continue
        at = 8 * row - lead
        if at >= 0 and at + 8 * rows <= out.size:
            _averaged(z, here, q, rows, f, rest, divisor, out, at, past)
            continue
        _averaged(z, here, q, rows, f, rest, divisor, part, 0, False)
        for i in range(max(0, -at), min(8 * rows, out.size - at)):
            out[at + i] = part[i]
    if past:
        settled()


@kernel
def _averaged(
    z: Any, here: int, q: int, rows: int, f: Any, rest: Any, divisor: float, out: Any, at: int, past: bool
) -> None:
    """One tile: the sums of q rows of z, the first of which begins at row `here`, and a rest become means. (No slices:
    an array that is made or dropped waits for all that is on its way to memory.)"""
    if q <= FEW:
        few(z, q, rows, rest, 0, divisor, out, at, past)
        return
    later = q - here
    for row in range(0, rows, q):
        suffixes(z, 8 * (here + row), q, f)
        joined(z, 8 * (later + row), min(q, rows - row), f, rest, 8 * row, divisor, out, at + 8 * row, past)


@kernel
def _means_of_lines(x: Any, first: int, width: int, scale: float, divisor: float, out: Any) -> None:
    for line in range(len(x)):
        _means(x[line], first, width, scale, divisor, out[line], False)


@kernel
def _short(x: Any, seen: Any, first: int, width: int, scale: float, divisor: float, out: Any) -> None:
    """Lines one after the other, each extended first: place i shows sample seen[i], -1 is a zero."""
    long = np.empty(seen.size, x.dtype)
    n = out.size // (seen.size - width + 1)
    for line in range(n):
        given = x[line * (x.size // n) : (line + 1) * (x.size // n)]
        for i in range(seen.size):
            long[i] = given[seen[i]] if seen[i] >= 0 else 0
        _means(long, first, width, scale, divisor, out[line * (out.size // n) : (line + 1) * (out.size // n)], False)


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
    n, past = out.size, out.nbytes >= PAST
    length = n // max(1, min(threads(), n // WORTH)) + 1 if n >= 2 * WORTH else n

    def job(piece: int) -> None:
        start, end = piece * length, min((piece + 1) * length, n)
        _means(x[start : end + width - 1], first + start, width, shift, divisor * shift, out[start:end], past)

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
    first = width - 1 - before
    out = lined_up((len(lines), n + before + after - width + 1), lines.dtype, -first % 8)
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
