"""The compiled time loops, for NumPy arrays. They give what the definitions in core.recurrence give."""

import math
from typing import Any

import numpy as np

from sigconv.core.native import recurrence_feedback as feedback
from sigconv.core.native import recurrence_plain as plain
from sigconv.core.native import recurrence_sections as sections
from sigconv.core.native.plain import lined_up
from sigconv.core.native.recurrence_segments import through
from sigconv.core.native.recurrence_tiles import address, in_pieces, past_caches
from sigconv.core.native.vectors import BYTES


def lfilter(b: Any, a: Any, x: Any, zi: Any, reverse: bool = False, out: Any = None) -> tuple[Any, Any]:
    """The transposed direct form II along the last axis, with its state.

    b, a : (k,) coefficients, a[0] = 1;  x : (..., n);  zi : (..., k-1); all of one dtype, float32 to complex128
    reverse, out : as in sosfilt

    Returns y (..., n), which lies in memory as x does, and zf (..., k-1). A row has the same bits alone, in any batch
    and layout and with any number of threads.

    Same as: core.recurrence.lfilter, scipy.signal.lfilter.
    """
    if b.dtype.kind == "c":
        return _complex(b, a, x, zi, reverse, out)
    filter = feedback.prepared(b, a)
    if x.ndim == 1 and len(x) <= feedback.SEGMENT and filter and filter.order and not reverse and out is None:
        flags, known = x.flags, zi.flags
        if flags.c_contiguous and flags.writeable and known.c_contiguous and known.writeable and x.dtype.isnative:
            return feedback.short(filter.order, filter.coef, zi, x)  # type: ignore[no-any-return]
    x, y, lines, target = _prepared(x, reverse, out)
    given = zi.reshape(len(lines), len(b) - 1)
    if filter and filter.order:
        state = feedback.padded(filter, given)
        through(filter, lines, target, state)
        state = state[:, : len(b) - 1]
    elif filter or not a[1:].any():
        from sigconv.core.native import fir

        target[...], state = fir.lfilter(b, a, lines, given)
    else:
        whole, state = np.empty_like(lines, order="C"), np.array(given)
        plain.plain(b[0], plain.fed(b, a), -a[1:], state, np.ascontiguousarray(lines), whole)
        target[...] = whole
    return _returned(y, target, reverse), state.reshape(zi.shape)


def _complex(b: Any, a: Any, x: Any, zi: Any, reverse: bool, out: Any) -> tuple[Any, Any]:
    """lfilter of complex numbers; with real coefficients, two real ones."""
    if not (b.imag.any() or a.imag.any()):
        y = np.empty(x.shape, b.dtype) if out is None else out
        zf = np.empty(zi.shape, b.dtype)
        for part in ("real", "imag"):
            mine, start = (np.ascontiguousarray(getattr(values, part)) for values in (x, zi))
            new, last = lfilter(b.real.copy(), a.real.copy(), mine, start, reverse)
            getattr(y, part)[...] = new
            getattr(zf, part)[...] = last
        return y, zf
    x, y, lines, target = _prepared(x, reverse, out)
    state, whole = np.array(zi.reshape(lines.shape[0], b.shape[0] - 1), b.dtype), np.empty_like(lines, order="C")
    feeds = bool(a[1:].any())
    plain.complex_plain(b[0], plain.fed(b, a), -a[1:], feeds, state, np.ascontiguousarray(lines), whole)
    target[...] = whole
    return _returned(y, target, reverse), state.reshape(zi.shape)


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
        return _complex_sections(sos, x, zi, reverse, out)
    x, y, lines, target = _prepared(x, reverse, out)
    count, n = lines.shape
    state = np.empty((sos.shape[0], count, 2), sos.dtype)
    state[...] = zi.reshape(state.shape)
    coef = sections.table(sos)
    past = past_caches(target)
    shared = (address(lines), *lines.strides, address(target), *target.strides)

    def piece(first: int, end: int) -> None:
        scratch = np.empty(sections.sections(sos, sos.shape[0]), sos.dtype)
        sections.run(scratch, coef, state, *shared, first, end, n, past)

    in_pieces(piece, count, n * sos.shape[0], BYTES // sos.itemsize)
    return _returned(y, target, reverse), state.reshape(zi.shape)


def _complex_sections(sos: Any, x: Any, zi: Any, reverse: bool, out: Any) -> tuple[Any, Any]:
    """sosfilt of complex numbers; with real coefficients, two real ones."""
    zf, y = np.empty(zi.shape, sos.dtype), np.empty(x.shape, sos.dtype) if out is None else out
    if not sos.imag.any():
        for part in ("real", "imag"):
            mine, start = (np.ascontiguousarray(getattr(values, part)) for values in (x, zi))
            new, last = sosfilt(sos.real.copy(), mine, start, reverse)
            getattr(y, part)[...] = new
            getattr(zf, part)[...] = last
        return y, zf
    for i, row in enumerate(sos):
        x, zf[i] = lfilter(row[:3].copy(), row[3:].copy(), x, zi[i], reverse)
    y[...] = x
    return y, zf


def _prepared(x: Any, reverse: bool, out: Any) -> tuple[Any, Any, Any, Any]:
    """x in the byte order of this machine, y, and both as (rows, n) in the order of time."""
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    lines = x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    if out is not None and out.ndim != 2 and not out.flags.c_contiguous:
        y = np.empty(out.shape, out.dtype)
    elif out is not None:
        y = out
    elif x.ndim == 2 and x.strides[0] < x.strides[1]:
        y = np.empty(x.shape[::-1], x.dtype).T
    else:
        y = lined_up(x.shape, x.dtype)
    target = y if y.ndim == 2 else y.reshape(lines.shape)
    if reverse:
        lines, target = lines[:, ::-1], target[:, ::-1]
    return x, out if out is not None else y, lines, target


def _returned(y: Any, target: Any, reverse: bool) -> Any:
    """y, which has what was written to target."""
    if target is not y and target.base is not y and y.size and not np.may_share_memory(y, target):
        y[...] = (target[:, ::-1] if reverse else target).reshape(y.shape)
    return y
