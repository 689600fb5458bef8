"""One long difference equation with feedback, cut into segments that do not wait for each other.

With c[i] = b[i] - a[i] b[0] and SciPy's state s, every product and sum in one rounding,

    y = b[0] x + s[1]        s[i]' = (c[i] x + s[i+1]) - a[i] s[1]

A segment is SEGMENT samples, counted from the first sample of the signal. The state at its end is A^SEGMENT s + e: e is
what the segment leaves behind from rest, a sum of its samples with weights from a table, and A the step of the state.
So states hop from segment to segment, and then all segments run at the same time, in the lanes of vectors and on every
core. Which sample is in which segment, and hence every bit, depends on nothing but its place in the signal.

Source: Sung & Mitra (1986), doi:10.1109/PROC.1986.13611, for the two passes.
"""

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from sigconv.core.native import recurrence_loops as loops
from sigconv.core.native import recurrence_tiles as tiles
from sigconv.core.native import vectors
from sigconv.core.native.compiled import fma, kernel, settled

SEGMENT = 272
_NOTHING = np.zeros((1, 64), np.longdouble)
ORDERS = (1, 2, 3, 4, 6, 8, 12, 16)  # compiled; a filter of another order has states that stay 0
STEEP = 2  # a larger hop of a state would round more than the steps do


class Filter:
    """A filter with real b, a (k,), a[0] = 1, and its tables in their precision, each number rounded once.

    order : one item for each state, none without feedback
    coef : (2 order + 1,) b[0], c, -a
    """

    def __init__(self, b: Any, a: Any) -> None:
        self.dtype = b.dtype
        b, a = b.astype(np.longdouble), a.astype(np.longdouble)
        order = next(order for order in ORDERS if order >= len(b) - 1) if a[1:].any() else 0
        self.order = (0,) * order
        self._fed, self._back = np.zeros(order, np.longdouble), np.zeros(order, np.longdouble)
        if order:
            self._fed[: len(b) - 1], self._back[: len(b) - 1] = b[1:] - a[1:] * b[0], a[1:]
        self.coef = np.concatenate([b[:1], self._fed, -self._back]).astype(self.dtype)

    @cached_property
    def hops(self) -> bool:
        """Whether states hop over segments. A rule on the filter alone."""
        hop, left = self._exact
        return bool(np.abs(hop).max() <= STEEP and np.abs(left).max() <= np.finfo(np.float32).max)

    @cached_property
    def hop(self) -> Any:
        """What a segment does to the state, (order, order)."""
        return np.ascontiguousarray(self._exact[0], self.dtype)

    @cached_property
    def left(self) -> Any:
        """What each sample of a segment leaves in the state behind it, (order, SEGMENT)."""
        return np.ascontiguousarray(self._exact[1], self.dtype)

    @cached_property
    def _exact(self) -> tuple[Any, Any]:
        states = np.eye(len(self.order), len(self.order) + 1, dtype=np.longdouble)
        states[:, -1] = self._fed
        back, left = self._back[:, None], np.empty((len(self.order), SEGMENT), np.longdouble)
        with np.errstate(all="ignore"):
            for i in range(SEGMENT):  # squared powers would lose what a step cancels
                left[:, SEGMENT - 1 - i] = states[:, -1]
                first = states[0]
                states = np.concatenate([states[1:], _NOTHING[:, : len(first)]]) - back * first
        hop = states[:, :-1]
        return hop, left


def prepared(b: Any, a: Any) -> Filter | None:
    """The tables of a filter with real b, a (k,), a[0] = 1; None above the highest order that is compiled."""
    return None if len(b) > ORDERS[-1] + 1 else _prepared(b.tobytes(), a.tobytes(), b.dtype.char)


@lru_cache(maxsize=64)
def _prepared(b: bytes, a: bytes, dtype: str) -> Filter:
    return Filter(np.frombuffer(b, dtype), np.frombuffer(a, dtype))


def padded(filter: Filter, state: Any) -> Any:
    """A state (rows, k - 1) with the zeros of a higher order behind."""
    wider = np.zeros((len(state), len(filter.order)), filter.coef.dtype)
    wider[:, : state.shape[1]] = state
    return wider


def scratch(filter: Filter) -> Any:
    """Working space of one piece."""
    count = (tiles.SAMPLES + len(filter.order) + 2) * vectors.BYTES
    return np.empty(count // filter.coef.itemsize + SEGMENT, filter.coef.dtype)


@kernel
def run(
    scratch: Any,
    order: Any,
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
    """Rows first to end of x into y, and their states (rows, order) with them, a vector of rows at a time.

    x, y are addresses, with the bytes from row to row and from sample to sample;  past : as in recurrence_tiles.scatter
    """
    many, size = vectors.width(scratch), scratch.itemsize
    base = scratch.ctypes.data
    base += -base % 64
    memory = base + tiles.SAMPLES * 64
    known = coef.ctypes.data
    for row in range(first, end, many):
        rows = min(many, end - row)
        for j in range(state.shape[1]):
            for r in range(many):
                vectors.write(memory + j * 64 + r * size, state[row + min(r, rows - 1), j])
        done = 0
        while done < n:
            count = min(tiles.SAMPLES, n - done)
            tiles.gather(scratch, base, x + row * x_row + done * x_time, x_row, x_time, rows, count, size)
            loops.feedback(scratch, order, known, memory, base, count)
            tiles.scatter(scratch, base, y + row * y_row + done * y_time, y_row, y_time, rows, count, size, past)
            done += count
        for j in range(state.shape[1]):
            for r in range(rows):
                state[row + r, j] = vectors.read(scratch, memory + j * 64 + r * size)
    if past:
        settled()


@kernel
def short(order: Any, coef: Any, zi: Any, x: Any) -> Any:
    """y (n,) and zf (k - 1,) of one row x (n,) of at most SEGMENT samples, from zi (k - 1,)."""
    n, size = len(x), x.itemsize
    y, state, last = np.empty_like(x), np.zeros((1, len(order)), x.dtype), np.empty_like(zi)
    space = np.empty((tiles.SAMPLES + len(order) + 2) * vectors.BYTES // size, x.dtype)
    for i in range(len(zi)):
        state[0, i] = zi[i]
    run(space, order, coef, state, x.ctypes.data, 0, size, y.ctypes.data, 0, size, 0, 1, n, False)
    for i in range(len(zi)):
        last[i] = state[0, i]
    return y, last


@kernel
def leave(
    scratch: Any, order: Any, left: Any, x: Any, x_row: Any, x_time: Any, first: Any, end: Any, ends: Any
) -> None:
    """ends (rows, order): what the SEGMENT samples of rows first to end leave behind from rest."""
    many, size = vectors.width(scratch), scratch.itemsize
    line, table, target = scratch.ctypes.data, left.ctypes.data, ends.ctypes.data
    for row in range(first, end):
        source = x + row * x_row
        if x_time != size:
            for i in range(SEGMENT):
                scratch[i] = vectors.read(scratch, source + i * x_time)
            source = line
        loops.weighed(scratch, order, table, source, SEGMENT // many, target + row * len(order) * size)


@kernel
def hop(power: Any, state: Any, ends: Any) -> None:
    """Each row of ends (rows, order) becomes the state at its start; state, that of the first, becomes the last one."""
    later = np.empty_like(state)
    for row in range(ends.shape[0]):
        for i in range(len(state)):
            total = ends[row, i]
            for j in range(len(state)):
                total = fma(power[i, j], state[j], total)
            later[i] = total
        for i in range(len(state)):
            ends[row, i] = state[i]
            state[i] = later[i]


def hopped(filter: Filter, start: Any, seen: Any) -> Any:
    """The states (rows, order) behind the SEGMENT samples `seen` (rows, SEGMENT), from those at its start."""
    ends, states = np.empty_like(start), start.copy()
    leave(scratch(filter), filter.order, filter.left, seen.ctypes.data, *seen.strides, 0, len(seen), ends)
    for row in range(len(seen)):
        hop(filter.hop, states[row], ends[row : row + 1])
    return states


@kernel
def hopping(
    scratch: Any,
    order: Any,
    coef: Any,
    power: Any,
    left: Any,
    state: Any,
    starts: Any,
    x: Any,
    x_row: Any,
    x_time: Any,
    y: Any,
    y_row: Any,
    y_time: Any,
    first: Any,
    end: Any,
    segments: Any,
) -> None:
    """Whole segments of rows first to end, one after the other; starts (rows, order) becomes the state behind them.

    state (rows, order) is working space.
    """
    for k in range(segments):
        at, to = x + k * SEGMENT * x_time, y + k * SEGMENT * y_time
        leave(scratch, order, left, at, x_row, x_time, first, end, state)
        for row in range(first, end):
            hop(power, starts[row], state[row : row + 1])
        run(scratch, order, coef, state, at, x_row, x_time, to, y_row, y_time, first, end, SEGMENT, False)
