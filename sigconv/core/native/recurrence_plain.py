"""The other difference equations: without feedback, of a high order, or with complex coefficients.

Without feedback, an output is the sum of its taps from the oldest input to the newest, every product and sum in one
rounding. With it, an input and its output are added to all later states at once.
"""

from typing import Any

import numpy as np

from sigconv.core.native import vectors
from sigconv.core.native.compiled import fma, kernel

CHUNK = 4096  # samples of one row


def fir_scratch(order: int, dtype: Any) -> Any:
    """Working space of `fir`: the inputs of a chunk and those before, and their sums."""
    return np.empty(2 * max(CHUNK, order) + order + 4 * vectors.BYTES // dtype.itemsize, dtype)


@kernel
def fir(
    scratch: Any,
    taps: Any,
    state: Any,
    x: Any,
    x_row: Any,
    x_time: Any,
    y: Any,
    y_row: Any,
    y_time: Any,
    first: Any,
    end: Any,
    n: Any,
) -> None:
    """Rows first to end of x through taps (order + 1,) into y; state (rows, order) is what is already known of y.

    x, y are addresses, with the bytes from row to row and from sample to sample.
    """
    order, size, block = len(taps) - 1, scratch.itemsize, 4 * vectors.width(scratch)
    chunk = max(CHUNK, order)
    line, sums = scratch[: order + chunk], scratch[order + chunk :]
    for row in range(first, end):
        source, target = x + row * x_row, y + row * y_row
        line[:order] = 0
        for begin in range(0, n + order, chunk):
            count = min(chunk, n + order - begin)
            for i in range(count):
                t = begin + i
                line[order + i] = vectors.read(scratch, source + t * x_time) if t < n else 0
                sums[i] = state[row, t] if t < order else 0
            for i in range(0, count, block):
                _block(scratch, taps, line.ctypes.data + i * size, sums.ctypes.data + i * size)
            for i in range(count):
                t = begin + i
                if t < n:
                    vectors.write(target + t * y_time, sums[i])
                else:
                    state[row, t - n] = sums[i]
            for i in range(order):
                line[i] = line[count + i]


@kernel
def _block(like: Any, taps: Any, line: Any, sums: Any) -> None:
    """Four vectors of outputs."""
    size, order = like.itemsize, len(taps) - 1
    a, b = vectors.load(like, sums), vectors.load(like, sums + 64)
    c, d = vectors.load(like, sums + 128), vectors.load(like, sums + 192)
    for i in range(order + 1):
        h = vectors.splat(taps[order - i])
        a = vectors.fused(h, vectors.load(like, line + i * size), a)
        b = vectors.fused(h, vectors.load(like, line + i * size + 64), b)
        c = vectors.fused(h, vectors.load(like, line + i * size + 128), c)
        d = vectors.fused(h, vectors.load(like, line + i * size + 192), d)
    vectors.store(sums, a)
    vectors.store(sums + 64, b)
    vectors.store(sums + 128, c)
    vectors.store(sums + 192, d)


def fed(b: Any, a: Any) -> Any:
    """c[i] = b[i] - a[i] b[0] for i > 0, rounded once."""
    wide = np.clongdouble if b.dtype.kind == "c" else np.longdouble
    return (b[1:].astype(wide) - a[1:].astype(wide) * wide(b[0])).astype(b.dtype)


@kernel
def plain(first: Any, fed: Any, back: Any, state: Any, x: Any, y: Any) -> None:
    """Real rows of x (rows, n) through y = first x + s[0], s[i] = s[i+1] + fed[i] x + back[i] s[0]."""
    order, n = len(fed), x.shape[1]
    ahead = np.zeros(CHUNK + order, x.dtype)
    for row in range(len(x)):
        ahead[:order] = state[row]
        for begin in range(0, n, CHUNK):
            count = min(CHUNK, n - begin)
            for i in range(count):
                now, s = x[row, begin + i], ahead[i]
                y[row, begin + i] = fma(first, now, s)
                later = ahead[i + 1 : i + 1 + order]
                for j in range(order):
                    later[j] = fma(back[j], s, fma(fed[j], now, later[j]))
            ahead[:order] = ahead[count : count + order].copy()
            ahead[order:] = 0
        state[row] = ahead[:order]


@kernel
def complex_plain(first: Any, fed: Any, back: Any, feedback: Any, state: Any, x: Any, y: Any) -> None:
    """The same with complex numbers; what is not finite is not fed back where there is no feedback."""
    order, n = len(fed), x.shape[1]
    ahead = np.zeros(CHUNK + order, x.dtype)
    for row in range(len(x)):
        ahead[:order] = state[row]
        for begin in range(0, n, CHUNK):
            count = min(CHUNK, n - begin)
            for i in range(count):
                now, s = x[row, begin + i], ahead[i]
                y[row, begin + i] = first * now + s
                later = ahead[i + 1 : i + 1 + order]
                for j in range(order):
                    later[j] += fed[j] * now
                if feedback:
                    for j in range(order):
                        later[j] += back[j] * s
            ahead[:order] = ahead[count : count + order].copy()
            ahead[order:] = 0
        state[row] = ahead[:order]
