"""Medians of sliding windows of NumPy arrays, without standing the windows side by side.

Small windows go through a network of comparisons, many outputs beside each other. Larger ones: a block of samples is
sorted once, a window is a set of ranks in it (one bit each), and the median is a mark that moves by a few bits as the
window moves by one sample.
"""

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from sigconv.core.native.compiled import kernel, wide
from sigconv.core.native.plain import plain
from sigconv.core.native.threads import spread, threads

SMALL = 49  # samples in a window for the network
LANES = 256  # outputs beside each other
WORTH = 50_000  # outputs from which a second thread pays


@lru_cache(64)
def comparisons(count: int, wanted: int) -> Any:
    """(k, 2): pairs to put in order, one after the other, so that place `wanted` of `count` holds what belongs there.

    Source: Batcher (1968), doi:10.1145/1468075.1468121, without what the one place does not need.

    >>> comparisons(3, 1).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    pairs = []
    p = 1
    while p < count:
        k = p
        while k >= 1:
            for j in range(k % p, count - k, 2 * k):
                for i in range(min(k, count - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        pairs.append((i + j, i + j + k))
            k //= 2
        p *= 2
    needed, kept = {wanted}, []
    for low, high in reversed(pairs):
        if low in needed or high in needed:
            needed |= {low, high}
            kept.append((low, high))
    return np.array(kept[::-1], np.int64).reshape(-1, 2)


@kernel
def _network(x: Any, sizes: Any, pairs: Any, wanted: int, first: int, last: int, out: Any) -> None:
    """Rows first to last of the outputs; sizes are those of the window."""
    wide()
    kz, ky, kx = sizes
    _, mz, my, mx = out.shape
    window = kz * ky * kx
    held = np.empty(window * LANES, x.dtype)
    for row in range(first, last):
        batch, z, y = row // (mz * my), row // my % mz, row % my
        for start in range(0, mx, LANES):
            n = min(LANES, mx - start)
            at = 0
            for i in range(kz):
                for j in range(ky):
                    for k in range(kx):
                        given, into = x[batch, z + i, y + j, start + k : start + k + n], held[at : at + n]
                        for c in range(n):
                            into[c] = given[c]
                        at += LANES
            for p in range(len(pairs)):
                low = held[pairs[p, 0] * LANES : pairs[p, 0] * LANES + n]
                high = held[pairs[p, 1] * LANES : pairs[p, 1] * LANES + n]
                for c in range(n):
                    a, b = low[c], high[c]
                    less = a < b
                    low[c] = a if less else b
                    high[c] = b if less else a
            out[batch, z, y, start : start + n] = held[wanted * LANES : wanted * LANES + n]


@kernel
def _moved(bits: Any, mark: int, below: int, wanted: int) -> Any:
    """The mark with exactly `wanted` bits below it, from one with `below` bits below it."""
    one = np.uint64(1)
    while below > wanted:  # to the next bit down
        mark -= 1
        while not bits[mark >> 6] >> np.uint64(mark & 63) & one:
            mark = (mark | 63) - 64 if not bits[mark >> 6] & ((one << np.uint64(mark & 63)) - one) else mark - 1
        below -= 1
    while True:  # to the next bit up
        if bits[mark >> 6] >> np.uint64(mark & 63) & one:
            if below == wanted:
                return mark, below
            below += 1
        mark += 1
        while not bits[mark >> 6] >> np.uint64(mark & 63):
            mark = (mark | 63) + 1


@kernel
def _ranked(ranks: Any, order: Any, sizes: Any, wanted: int, places: Any) -> None:
    """places[z, y, x] = where in the sorted block's samples the wanted one of the window at z, y, x lies.

    ranks : (Z, Y, X) rank of each sample;  order : the sample of each rank
    """
    kz, ky, kx = sizes
    mz, my, mx = places.shape
    bits = np.zeros((ranks.size >> 6) + 2, np.uint64)
    one = np.uint64(1)
    for z in range(mz):
        for y in range(my):
            bits[:] = 0
            for i in range(kz):
                for j in range(ky):
                    for k in range(kx):
                        rank = ranks[z + i, y + j, k]
                        bits[rank >> 6] |= one << np.uint64(rank & 63)
            bits[-1] = one  # an end for the search
            mark, below = _moved(bits, 0, 0, wanted)
            places[z, y, 0] = order[mark]
            for x in range(1, mx):
                for i in range(kz):
                    for j in range(ky):
                        old, new = ranks[z + i, y + j, x - 1], ranks[z + i, y + j, x + kx - 1]
                        bits[old >> 6] ^= one << np.uint64(old & 63)
                        bits[new >> 6] |= one << np.uint64(new & 63)
                        below += (new < mark) - (old < mark)
                mark, below = _moved(bits, mark, below, wanted)
                places[z, y, x] = order[mark]


def selected(x: Any, size: tuple[int, int, int]) -> Any:
    """The middle value (the upper one of two) of every window that lies inside x.

    x : (batch, z, y, x) float32 or float64;  size : of the window.  Returns (batch, z, y, x), as many as fit.
    A window with a NaN has no middle value; what it gives is of no use.
    """
    x = plain(x)
    window = prod(size)
    if window > SMALL:
        return x.reshape(-1)[positions(x, size)]
    out = np.empty((len(x), *(n - k + 1 for n, k in zip(x.shape[1:], size, strict=True))), x.dtype)
    rows = prod(out.shape[:3])
    pieces = min(4 * threads(), rows) if out.size > WORTH else 1
    ends = [rows * i // pieces for i in range(pieces + 1)]
    pairs = comparisons(window, window // 2)
    spread(lambda i: _network(x, size, pairs, window // 2, ends[i], ends[i + 1], out), pieces)
    return out


def positions(x: Any, size: tuple[int, int, int]) -> Any:
    """As `selected`, but where in x, counted along its memory, each of them lies."""
    lengths = [n - k + 1 for n, k in zip(x.shape[1:], size, strict=True)]
    out = np.empty((len(x), *lengths), np.int64)
    dims = sum(k > 1 for k in size) or 1
    least = {1: 4096, 2: 64, 3: 24}[dims]
    block = [max(least, k) if k > 1 else 1 for k in size]
    places = [(batch, *(tuple(range(0, n, b)) for n, b in zip(lengths, block, strict=True))) for batch in range(len(x))]
    jobs = [(b, z, y, c) for b, zs, ys, cs in places for z in zs for y in ys for c in cs]
    strides = [s // x.itemsize for s in x.strides]

    def job(i: int) -> None:
        batch, *start = jobs[i]
        inside = tuple(slice(s, s + b) for s, b in zip(start, block, strict=True))
        whole = tuple(slice(s, s + b + k - 1) for s, b, k in zip(start, block, size, strict=True))
        part = x[(batch, *whole)]
        order = np.argsort(part, axis=None)
        ranks = np.empty(order.size, np.int64)
        ranks[order] = np.arange(order.size)
        found = np.empty([len(range(*s.indices(n))) for s, n in zip(inside, lengths, strict=True)], np.int64)
        _ranked(ranks.reshape(part.shape), order, size, prod(size) // 2, found)
        z, y, c = np.unravel_index(found, part.shape)
        at = batch * strides[0] + (z + start[0]) * strides[1] + (y + start[1]) * strides[2] + (c + start[2])
        out[(batch, *inside)] = at

    if out.size:
        spread(job, len(jobs)) if out.size > WORTH else [job(i) for i in range(len(jobs))]
    return out
