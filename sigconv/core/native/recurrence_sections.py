"""Second-order sections: one arithmetic, two orders of work.

Each section keeps SciPy's two numbers s, t and computes, every product and sum in one rounding,

    y = b0 x + s        s' = (c1 x + t) - a1 s        t' = c2 x - a2 s        c1 = b1 - a1 b0,  c2 = b2 - a2 b0

which is the transposed direct form II with y put into the states: one multiply-add lies between a state and the next,
so long signals are not slowed by waiting. Many rows run side by side in the lanes of a vector. A single row runs its
sections in the lanes, each a few samples behind the one before it. A row's bits are the same either way.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from sigconv.core.native import recurrence_tiles as tiles
from sigconv.core.native import vectors
from sigconv.core.native.compiled import kernel, settled

CHUNK = 4096  # samples of one row
LAG = 3  # samples between a section and the next, in the lanes of one row


@lru_cache(maxsize=64)
def _table(sos: bytes, dtype: str) -> Any:
    rows = np.frombuffer(sos, dtype).reshape(-1, 6).astype(np.longdouble)
    b, a = rows[:, :3], rows[:, 3:]
    fed = b[:, 1:] - a[:, 1:] * b[:, :1]
    return np.concatenate([b[:, :1], fed, -a[:, 1:]], axis=1).astype(dtype)


def table(sos: Any) -> Any:
    """(sections, 5) b0, c1, c2, -a1, -a2 of (sections, 6) coefficients, each rounded once."""
    return _table(sos.tobytes(), sos.dtype.char)


def sections(like: Any, rows: int) -> int:
    """Floats of scratch that `run` needs."""
    return int(vectors.BYTES // like.itemsize * (tiles.SAMPLES + 2 * rows + 8) + 16)


@kernel
def run(
    scratch: Any,
    coef: Any,
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
    past: Any,
) -> None:
    """Rows first to end of x through the sections into y, and their states (sections, rows, 2) with them.

    x, y are addresses, with the bytes from row to row and from sample to sample;  past : as in recurrence_tiles.scatter
    """
    many, size = vectors.width(scratch), scratch.itemsize
    wide = max(1, (coef.shape[0] + many - 1) // many) * 6
    base = scratch.ctypes.data
    base += -base % 64
    row = first
    while row < end:
        rows = min(many, end - row)
        here, there = x + row * x_row, y + row * y_row
        if rows * wide > 5 * coef.shape[0] + 4:
            _side_by_side(
                scratch, base, coef, state, row, rows, here, x_row, x_time, there, y_row, y_time, n, size, past
            )
        else:
            for r in range(rows):
                at, to = here + r * x_row, there + r * y_row
                _one_behind_the_other(scratch, base, coef, state, row + r, at, x_time, to, y_time, n)
        row += rows
    if past:
        settled()


@kernel
def _side_by_side(
    scratch: Any,
    base: Any,
    coef: Any,
    state: Any,
    row: Any,
    rows: Any,
    x: Any,
    x_row: Any,
    x_time: Any,
    y: Any,
    y_row: Any,
    y_time: Any,
    n: Any,
    size: Any,
    past: Any,
) -> None:
    memory = base + tiles.SAMPLES * 64
    for s in range(coef.shape[0]):
        for j in range(2):
            for r in range(vectors.width(scratch)):
                vectors.write(memory + (2 * s + j) * 64 + r * size, state[s, row + min(r, rows - 1), j])
    done = 0
    while done < n:
        count = min(tiles.SAMPLES, n - done)
        tiles.gather(scratch, base, x + done * x_time, x_row, x_time, rows, count, size)
        s = 0
        while s + 1 < coef.shape[0]:
            _pair(scratch, coef, s, memory + s * 128, base, count)
            s += 2
        if s < coef.shape[0]:
            _single(scratch, coef, s, memory + s * 128, base, count)
        tiles.scatter(scratch, base, y + done * y_time, y_row, y_time, rows, count, size, past)
        done += count
    for s in range(coef.shape[0]):
        for j in range(2):
            for r in range(rows):
                state[s, row + r, j] = vectors.read(scratch, memory + (2 * s + j) * 64 + r * size)


@kernel
def _pair(scratch: Any, coef: Any, s: Any, memory: Any, at: Any, count: Any) -> None:
    b, b1, b2 = vectors.splat(coef[s, 0]), vectors.splat(coef[s, 1]), vectors.splat(coef[s, 2])
    b3, b4 = vectors.splat(coef[s, 3]), vectors.splat(coef[s, 4])
    c, c1, c2 = vectors.splat(coef[s + 1, 0]), vectors.splat(coef[s + 1, 1]), vectors.splat(coef[s + 1, 2])
    c3, c4 = vectors.splat(coef[s + 1, 3]), vectors.splat(coef[s + 1, 4])
    s0, s1 = vectors.load(scratch, memory), vectors.load(scratch, memory + 64)
    t0, t1 = vectors.load(scratch, memory + 128), vectors.load(scratch, memory + 192)
    for _ in range(count):
        v = vectors.load(scratch, at)
        w = vectors.fused(b, v, s0)
        u = vectors.fused(b3, s0, vectors.fused(b1, v, s1))
        s1 = vectors.fused(b4, s0, vectors.times(b2, v))
        s0 = u
        vectors.store(at, vectors.fused(c, w, t0))
        u = vectors.fused(c3, t0, vectors.fused(c1, w, t1))
        t1 = vectors.fused(c4, t0, vectors.times(c2, w))
        t0 = u
        at += 64
    vectors.store(memory, s0)
    vectors.store(memory + 64, s1)
    vectors.store(memory + 128, t0)
    vectors.store(memory + 192, t1)


@kernel
def _single(scratch: Any, coef: Any, s: Any, memory: Any, at: Any, count: Any) -> None:
    b, b1, b2 = vectors.splat(coef[s, 0]), vectors.splat(coef[s, 1]), vectors.splat(coef[s, 2])
    b3, b4 = vectors.splat(coef[s, 3]), vectors.splat(coef[s, 4])
    s0, s1 = vectors.load(scratch, memory), vectors.load(scratch, memory + 64)
    for _ in range(count):
        v = vectors.load(scratch, at)
        vectors.store(at, vectors.fused(b, v, s0))
        u = vectors.fused(b3, s0, vectors.fused(b1, v, s1))
        s1 = vectors.fused(b4, s0, vectors.times(b2, v))
        s0 = u
        at += 64
    vectors.store(memory, s0)
    vectors.store(memory + 64, s1)


@kernel
def _one_behind_the_other(
    scratch: Any, base: Any, coef: Any, state: Any, row: Any, x: Any, x_time: Any, y: Any, y_time: Any, n: Any
) -> None:
    """One row: up to a vector of sections at a time, over chunks that stay in the cache."""
    many, size = vectors.width(scratch), scratch.itemsize
    zero = vectors.zero(scratch)
    done = 0
    while done < n:
        count = min(CHUNK, n - done)
        source, step = x + done * x_time, x_time
        for low in range(0, coef.shape[0], many):
            here = min(many, coef.shape[0] - low)
            skew = many - here
            for i in range(7):
                vectors.store(base + i * 64, zero)
            for s in range(here):
                place = base + (skew + s) * size
                for i in range(5):
                    vectors.write(place + i * 64, coef[low + s, i])
                for i in range(2):
                    vectors.write(place + (5 + i) * 64, state[low + s, row, i])
            _wave(scratch, base, skew, source, step, y + done * y_time, y_time, count)
            for s in range(here):
                for i in range(2):
                    state[low + s, row, i] = vectors.read(scratch, base + (5 + i) * 64 + (skew + s) * size)
            source, step = y + done * y_time, y_time
        done += count


@kernel
def _wave(scratch: Any, base: Any, skew: Any, x: Any, x_time: Any, y: Any, y_time: Any, n: Any) -> None:
    """Section l - skew of the row, in lane l, is at sample step - LAG (l - skew); off the row it keeps its state."""
    b0, c1, c2 = vectors.load(scratch, base), vectors.load(scratch, base + 64), vectors.load(scratch, base + 128)
    a1, a2 = vectors.load(scratch, base + 192), vectors.load(scratch, base + 256)
    s, t = vectors.load(scratch, base + 320), vectors.load(scratch, base + 384)
    zero = vectors.zero(scratch)
    old = mid = new = zero
    late = LAG * (vectors.width(scratch) - 1 - skew)
    step, end = 0, n + late
    while step < end:
        if late <= step < n:
            v = vectors.where_lane(skew, vectors.splat(vectors.read(scratch, x + step * x_time)), old)
            w = vectors.fused(b0, v, s)
            u = vectors.fused(a1, s, vectors.fused(c1, v, t))
            t = vectors.fused(a2, s, vectors.times(c2, v))
            s = u
            old, mid, new = mid, new, vectors.rotated(w)
            vectors.write(y + (step - late) * y_time, vectors.last(w))
        else:
            fresh = vectors.splat(vectors.read(scratch, x + step * x_time)) if step < n else zero
            v = vectors.where_lane(skew, fresh, old)
            w = vectors.fused(b0, v, s)
            u = vectors.fused(a1, s, vectors.fused(c1, v, t))
            t = vectors.where_active(step, skew, LAG, n, vectors.fused(a2, s, vectors.times(c2, v)), t)
            s = vectors.where_active(step, skew, LAG, n, u, s)
            old, mid, new = mid, new, vectors.rotated(w)
            if step >= late:
                vectors.write(y + (step - late) * y_time, vectors.last(w))
        step += 1
    vectors.store(base + 320, s)
    vectors.store(base + 384, t)
