"""The compiled time loops of SciPy, for NumPy arrays. They give what the definitions in core.recurrence give."""

import math
from typing import Any

import numpy as np

from sigconv.core.native import recurrence_sections as sections
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.vectors import BYTES


def lfilter(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """The transposed direct form II along the last axis, with its state.

    b, a : (k,) coefficients, a[0] not 0;  x : (..., n);  zi : (..., k-1).  Returns y (..., n) and zf (..., k-1).

    Same as: core.recurrence.lfilter, scipy.signal.lfilter.
    """
    from scipy import signal

    y, zf = signal.lfilter(b, a, x, axis=-1, zi=zi)
    return y, zf


def sosfilt(sos: Any, x: Any, zi: Any, reverse: bool = False, out: Any = None) -> tuple[Any, Any]:
    """A cascade of second-order sections along the last axis, with its state.

    sos : (sections, 6) with a0 = 1;  x : (..., n);  zi : (sections, ..., 2); all of one dtype, float32 to complex128
    reverse : begin at the last sample and end at the first; y keeps the order of x
    out : array like x that takes y, x itself allowed

    Returns y (..., n), which lies in memory as x does, and zf (sections, ..., 2). A row has the same bits alone, in
    any batch and layout and with any number of threads, and filtered in pieces from zf to zf.

    Same as: core.recurrence.sosfilt, scipy.signal.sosfilt.
    """
    if sos.dtype.kind == "c":
        from scipy import signal

        y, zf = signal.sosfilt(sos.copy(), x, axis=-1, zi=zi)
        return y, zf
    lines = rows_of(x)
    y = like(x, lines) if out is None else out
    target = rows_of(y)
    count, n = lines.shape
    state = np.empty((sos.shape[0], count, 2), sos.dtype)
    state[...] = zi.reshape(state.shape)
    coef = sections.table(sos)
    shared = (lines.ctypes.data, *lines.strides, target.ctypes.data, *target.strides)

    def piece(first: int, end: int) -> None:
        scratch = np.empty(sections.sections(sos, sos.shape[0]), sos.dtype)
        sections.run(scratch, coef, state, *shared, first, end, n, int(reverse))

    in_pieces(piece, count, n * sos.shape[0], BYTES // sos.itemsize)
    if target is not y and not np.shares_memory(target, y):
        y[...] = target.reshape(y.shape)
    return y, state.reshape(zi.shape)


def rows_of(x: Any) -> Any:
    """x (..., n) as (rows, n) in the byte order of this machine, without a copy where there is one."""
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def like(x: Any, lines: Any) -> Any:
    """An empty array shaped like x, with the samples of one instant together where x has them so."""
    if x.ndim == 2 and lines.strides[0] < lines.strides[1]:
        return np.empty(x.shape[::-1], lines.dtype).T
    return np.empty(x.shape, lines.dtype)


def in_pieces(job: Any, count: int, work: int, together: int) -> None:
    """job(first, end) over all rows: at once where it is short, else some vectors of rows at a time on every core."""
    groups = -(-count // together)
    if count * work < 400_000 or threads() == 1 or groups == 1:
        job(0, count)
        return
    size = together * max(1, groups // (4 * threads()))
    spread(lambda i: job(i * size, min(count, (i + 1) * size)), -(-count // size))
