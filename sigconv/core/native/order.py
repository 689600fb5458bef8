"""Medians of sliding windows of NumPy arrays, without standing the windows side by side.

Small windows go through a network of comparisons, many outputs beside each other. Larger ones: a block of samples is
sorted once, a window is a set of ranks in it (one bit each), and the median is a mark that moves by a few bits as the
window moves by one sample.
"""

from functools import lru_cache
from itertools import product
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
def _ranked(ranks: Any, given: Any, sizes: Any, wanted: int, start: Any, out: Any) -> None:
    """out[start + (z, y, x)] = given[rank], for the rank of the wanted sample of the window at z, y, x of the block.

    ranks : (Z, Y, X) rank of each sample of the block
    """
    kz, ky, kx = sizes
    batch, z0, y0, x0 = start
    mz, my, mx = ranks.shape[0] - kz + 1, ranks.shape[1] - ky + 1, ranks.shape[2] - kx + 1
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
            line = out[batch, z0 + z, y0 + y]
            line[x0] = given[mark]
            for x in range(1, mx):
                for i in range(kz):
                    for j in range(ky):
                        old, new = ranks[z + i, y + j, x - 1], ranks[z + i, y + j, x + kx - 1]
                        bits[old >> 6] ^= one << np.uint64(old & 63)
                        bits[new >> 6] |= one << np.uint64(new & 63)
                        below += (new < mark) - (old < mark)
                mark, below = _moved(bits, mark, below, wanted)
                line[x0 + x] = given[mark]


def selected(x: Any, size: tuple[int, int, int]) -> Any:
    """The middle value (the upper one of two) of every window that lies inside x.

    x : (batch, z, y, x) float32 or float64;  size : of the window.  Returns (batch, z, y, x), as many as fit.
    A window with a NaN has no middle value; what it gives is of no use.
    """
    x = plain(x)
    window = prod(size)
    out = np.empty((len(x), *(n - k + 1 for n, k in zip(x.shape[1:], size, strict=True))), x.dtype)
    if window > SMALL:
        _blocks(x, size, x, out)
        return out
    rows = prod(out.shape[:3])
    pieces = min(4 * threads(), rows) if out.size > WORTH else 1
    ends = [rows * i // pieces for i in range(pieces + 1)]
    pairs = comparisons(window, window // 2)
    spread(lambda i: _network(x, size, pairs, window // 2, ends[i], ends[i + 1], out), pieces)
    return out


def positions(x: Any, size: tuple[int, int, int]) -> Any:
    """As `selected`, but where in x, counted along its elements, each of them lies."""
    out = np.empty((len(x), *(n - k + 1 for n, k in zip(x.shape[1:], size, strict=True))), np.int64)
    _blocks(x, size, np.arange(x.size).reshape(x.shape), out)
    return out


def _blocks(x: Any, size: tuple[int, int, int], given: Any, out: Any) -> None:
    """out = what `given` holds where x holds the middle value, block by block."""
    least = {1: 4096, 2: 64, 3: 24}[max(1, sum(k > 1 for k in size))]
    block = [max(least, k) if k > 1 else 1 for k in size]
    starts = product(range(len(x)), *(range(0, n, b) for n, b in zip(out.shape[1:], block, strict=True)))
    jobs = list(starts)

    def job(i: int) -> None:
        batch, *first = jobs[i]
        whole = (batch, *(slice(s, s + b + k - 1) for s, b, k in zip(first, block, size, strict=True)))
        part = x[whole]
        order = np.argsort(part, axis=None)
        ranks = np.empty(order.size, np.int64)
        ranks[order] = np.arange(order.size)
        _ranked(ranks.reshape(part.shape), given[whole].reshape(-1)[order], size, prod(size) // 2, jobs[i], out)

    if out.size > WORTH:
        spread(job, len(jobs))
    elif out.size:
        for i in range(len(jobs)):
            job(i)
