"""Difference equations without feedback, in the order of the time loop: the oldest sample first, one rounding a tap.

So the state is the loop's too, pieces equal the whole bit for bit, and a NaN is forgotten after k - 1 samples.
"""

from typing import Any

import numpy as np

from sigconv.core.native import recurrence
from sigconv.core.native.compiled import fma as _fma
from sigconv.core.native.compiled import kernel, wide
from sigconv.core.native.threads import spread

fma: Any = _fma  # to mypy the intrinsic has one more argument, the compiler's
_PIECE = 1 << 15  # outputs that one job makes
_WORTH = 1 << 22  # multiply-adds that repay a thread


def lfilter(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """The weighted sum of the last k samples along the last axis, with its state.

    b : (k,);  a : (k,), 1 and zeros;  x : (..., n);  zi : (..., k-1), all of one dtype.  Returns y and zf (..., k-1).

    Same as: core.recurrence.lfilter_loop.
    """
    if b.dtype.kind == "c":
        if b.imag.any():
            return recurrence.lfilter(b, a, x, zi)
        y, zf = np.empty(x.shape, b.dtype), np.empty(zi.shape, b.dtype)
        y.real, zf.real = lfilter(b.real.copy(), a, x.real, zi.real)
        y.imag, zf.imag = lfilter(b.real.copy(), a, x.imag, zi.imag)
        return y, zf
    n, order = x.shape[-1], len(b) - 1
    if not x.size:
        return x.copy(), zi.copy()
    lines = np.ascontiguousarray(x, b.dtype).reshape(-1, n)
    if not lines.flags.writeable:  # another type to the compiler
        lines = lines.copy()
    rows = lines.shape[0]
    y, zf = np.empty((rows, n), b.dtype), np.zeros((rows, order), b.dtype)
    before = np.array(zi, b.dtype, order="C").reshape(rows, order)
    b = b.copy()
    count = -(-n // _PIECE)

    def job(i: int) -> None:
        row, piece = divmod(i, count)
        first, end = piece * _PIECE, min(n, (piece + 1) * _PIECE)
        _piece(b, lines[row], before[row], y[row], zf[row], first, end)

    if rows * n * (order + 1) < _WORTH:
        for i in range(rows * count):
            job(i)
    else:
        spread(job, rows * count)
    return y.reshape(x.shape), zf.reshape(zi.shape)


@kernel
def _piece(b, x, zi, y, zf, first, end):  # type: ignore[no-untyped-def]
    """Outputs first to end of one row; the last piece leaves the state."""
    wide()
    order, n = b.shape[0] - 1, x.shape[0]
    while first < end:
        m = min(1024, end - first)
        out = y[first : first + m]
        for i in range(m):
            out[i] = 0
        for i in range(first, min(first + m, order)):
            y[i] = zi[i]
        j = order
        while j >= 0:
            start = first - j
            if j >= 3 and start >= 0:
                b0, b1, b2, b3 = b[j], b[j - 1], b[j - 2], b[j - 3]
                x0, x1 = x[start : start + m], x[start + 1 : start + 1 + m]
                x2, x3 = x[start + 2 : start + 2 + m], x[start + 3 : start + 3 + m]
                for i in range(m):
                    out[i] = fma(b3, x3[i], fma(b2, x2[i], fma(b1, x1[i], fma(b0, x0[i], out[i]))))
                j -= 4
            else:
                skipped = min(m, max(0, -start))
                _tap(b[j], x[start + skipped : start + m], out[skipped:])
                j -= 1
        first += m
    if end == n:
        for i in range(max(0, order - n)):
            zf[i] = zi[n + i]
        for j in range(order, 0, -1):
            low = max(0, j - n)
            _tap(b[j], x[n + low - j :], zf[low:j])


@kernel
def _tap(weight, x, out):  # type: ignore[no-untyped-def]
    for i in range(out.shape[0]):
        out[i] = fma(weight, x[i], out[i])
