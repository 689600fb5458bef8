"""Circular convolution of one buffer by a transform that never leaves the cache longer than it must.

A buffer of N = 2 M real numbers is the polynomial a(z) + z**M b(z) of its two halves. Modulo z**M - i it is the complex
polynomial a + i b of half the length, so the halves are real and imaginary parts as they stand. The blocks of
core.native.butterflies split it down to 8 numbers, where it is multiplied by the kernel, and join it again. What wraps
round the end is turned by i; only outputs that no wrapped sample reaches are kept.
"""

import threading
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sigconv.core.native.butterflies import LANES, join2, join4, multiply, split2, split4
from sigconv.core.native.compiled import kernel, wide

_IN_CACHE = 16384  # bytes: blocks up to this size are split, multiplied and joined in one go (half of most L1 caches)


_KEPT = 1 << 20  # numbers of scratch memory that stay from one call to the next
_own = threading.local()


def scratch(use: str, count: int, dtype: Any) -> Any:
    """Memory of this thread for one use at a time, kept from call to call: new pages cost more than the transform.

    use : its name;  dtype : a real floating one

    >>> scratch("test", 5, np.float32).shape
    (5,)
    """
    if count > 4 * _KEPT:
        return np.empty(count, dtype)
    name = f"{use} {np.dtype(dtype).itemsize}"
    kept = _own.__dict__.get(name)
    if kept is None or kept.size < count:
        kept = _own.__dict__[name] = np.empty(count, dtype)
    return kept[:count]


class Roots(NamedTuple):
    """What a transform of M complex numbers needs to know.

    levels : (passes, 3) int64: block size, 2 or 4 parts, where its roots start in the table
    table : the roots of all passes, six numbers a block (two if it has 2 parts)
    ends : (M / 8,) complex, the c of every last block z**8 - c
    deep : how many of the passes work on blocks larger than the cache
    """

    levels: Any
    table: Any
    ends: Any
    deep: int


def roots(m: int, single: bool) -> Roots:
    """The roots for M = 8 * 2**j complex numbers, in single or double precision; kept unless they are very many."""
    return _kept_roots(m, single) if m <= _KEPT else _roots(m, single)


@lru_cache(maxsize=64)
def _kept_roots(m: int, single: bool) -> Roots:
    return _roots(m, single)


def _roots(m: int, single: bool) -> Roots:
    angle = np.array([0.25])  # turns: the whole buffer is known modulo z**M - i
    levels, tables, start, size = [], [], 0, m
    while size > LANES:
        parts = 2 if (size // LANES).bit_length() % 2 == 0 else 4
        angle = angle / parts
        table = np.zeros((len(angle), 2 * parts - 2))
        for power in range(1, parts):
            table[:, 2 * power - 2], table[:, 2 * power - 1] = _on_circle(power * angle)
        levels.append((size, parts, start))
        tables.append(table.ravel())
        start += table.size
        angle = (angle[:, None] + np.arange(parts) / parts).ravel()
        size //= parts
    real, imaginary = _on_circle(angle)
    dtype = np.float32 if single else np.float64
    bytes_each = 2 * np.dtype(dtype).itemsize
    deep = sum(size * bytes_each > _IN_CACHE for size, *_ in levels)
    return Roots(
        np.array(levels, np.int64).reshape(-1, 3),
        np.concatenate([*tables, np.zeros(0)]).astype(dtype),
        real + 1j * imaginary,
        deep,
    )


def _on_circle(turns: Any) -> tuple[Any, Any]:
    """cos and sin of fractions of a turn, with the symmetries of the circle exact."""
    quarters = np.rint(4 * turns)
    angle = 2 * np.pi * (turns - quarters / 4)
    cos, sin, quadrant = np.cos(angle), np.sin(angle), quarters.astype(int) % 4
    return np.choose(quadrant, [cos, -sin, -cos, sin]), np.choose(quadrant, [sin, cos, -sin, -cos])


def spectrum(taps: Any, m: int, single: bool) -> Any:
    """The transformed kernel as `circular` reads it: (4 M,) real numbers, with the scale of the way back.

    taps : (length,) real, length <= 2 M; or complex, length <= M

    It lies in this thread's scratch memory until the next call.
    """
    known = roots(m, single=False)
    buffer = scratch("kernel", 2 * m, np.float64)
    buffer[:] = 0
    buffer[: taps.size] = taps.real
    if taps.dtype.kind == "c":
        buffer[m : m + taps.size] = taps.imag
    table = scratch("table", 4 * m, np.float32 if single else np.float64)
    _transformed(buffer, m, known.levels, known.table, known.deep, known.ends, LANES / m, table)
    return table


@kernel
def _split(buffer: Any, o: int, size: int, m: int, table: Any, k: int, parts: int) -> None:
    part = size // parts
    if parts == 4:
        for j in range(o, o + part, 8):
            split4(buffer, j, part, m, table, k)
    else:
        for j in range(o, o + part, 8):
            split2(buffer, j, part, m, table, k)


@kernel
def _join(buffer: Any, o: int, size: int, m: int, table: Any, k: int, parts: int) -> None:
    part = size // parts
    if parts == 4:
        for j in range(o, o + part, 8):
            join4(buffer, j, part, m, table, k)
    else:
        for j in range(o, o + part, 8):
            join2(buffer, j, part, m, table, k)


@kernel
def _transformed(
    buffer: Any, m: int, levels: Any, roots: Any, deep: int, ends: Any, scale: float, table: Any
) -> None:  # fmt: skip
    """Split a kernel, in place, and write every block h of 8 as (c h, h), real and imaginary parts, times the scale."""
    wide()
    passes = levels.shape[0]
    small = levels[deep, 0] if deep < passes else 8
    for o in range(0, m, small):
        for level in range(passes):
            size, parts = levels[level, 0], levels[level, 1]
            for p in range((o + size - 1) // size * size, o + small, size):
                _split(buffer, p, size, m, roots, levels[level, 2] + p // size * (2 * parts - 2), parts)
        for p in range(o, o + small, 8):
            real, imaginary = ends[p // 8].real * scale, ends[p // 8].imag * scale
            for i in range(8):
                x, y = buffer[p + i], buffer[m + p + i]
                table[4 * p + i] = x * real - y * imaginary
                table[4 * p + 16 + i] = x * imaginary + y * real
                table[4 * p + 8 + i] = x * scale
                table[4 * p + 24 + i] = y * scale


@kernel
def circular(buffer: Any, m: int, levels: Any, table: Any, spectrum: Any, deep: int) -> None:
    """The buffer, in place, convolved with the kernel modulo z**M - i.

    Depth first: a block is split as late and joined as early as can be, so that it is still in the cache.
    """
    wide()
    passes = levels.shape[0]
    small = levels[deep, 0] if deep < passes else 8
    for o in range(0, m, small):
        for level in range(passes):
            size, parts = levels[level, 0], levels[level, 1]
            for p in range((o + size - 1) // size * size, o + small, size):  # the blocks that begin here
                _split(buffer, p, size, m, table, levels[level, 2] + p // size * (2 * parts - 2), parts)
        for p in range(o, o + small, 8):
            multiply(buffer, p, m, spectrum, 4 * p)
        for level in range(passes - 1, -1, -1):
            size, parts = levels[level, 0], levels[level, 1]
            for p in range(o // size * size, o + small - size + 1, size):  # the blocks that end here
                _join(buffer, p, size, m, table, levels[level, 2] + p // size * (2 * parts - 2), parts)
