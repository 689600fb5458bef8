"""Signals cut into pieces for the kernels of recurrence_feedback: few long rows, or many."""

from typing import Any

import numpy as np

from sigconv.core.native.recurrence_feedback import SEGMENT, Filter, hop, hopping, leave, run, scratch
from sigconv.core.native.recurrence_tiles import address, in_pieces, past_caches
from sigconv.core.native.threads import threads
from sigconv.core.native.vectors import BYTES

_NEAR = 512  # segments that stay in the second cache


def through(filter: Filter, x: Any, y: Any, state: Any) -> tuple[int, Any]:
    """The rows of x (rows, n) into y; state (rows, order) becomes the final one.

    Returns where the last segment begins and the states (rows, order) there. It has 1 to SEGMENT samples, or all where
    the filter does not hop.
    """
    rows, n = x.shape
    lanes, work = BYTES // x.itemsize, len(filter.order) + 2
    whole = (n - 1) // SEGMENT if n > SEGMENT and filter.hops else 0
    past = rows == 1 and past_caches(y)
    source, target = (address(x), *x.strides), (address(y), *y.strides)
    if whole > 0 and rows < lanes:
        for row in range(rows):
            at, to = (line[0] + row * line[1] for line in (source, target))
            _segments(filter, state[row], whole, (at, source[2]), (to, target[2]), work, past)
    elif whole > 0:
        space = np.empty_like(state)

        def group(first: int, end: int) -> None:
            hopping(
                scratch(filter), filter.order, filter.coef, filter.hop, filter.left, space, state, *source, *target,
                first, end, whole,
            )  # fmt: skip

        in_pieces(group, rows, whole * SEGMENT * work, lanes)
    done = whole * SEGMENT
    starts = state.copy()
    at, to = source[0] + done * source[2], target[0] + done * target[2]

    def rest(first: int, end: int) -> None:
        space = scratch(filter)
        run(space, filter.order, filter.coef, state, at, *source[1:], to, *target[1:], first, end, n - done, False)

    in_pieces(rest, rows, (n - done) * work, lanes)
    return done, starts


def _segments(
    filter: Filter, state: Any, whole: int, source: tuple[int, int], target: tuple[int, int], work: int, past: bool
) -> None:
    """Whole segments of one row, side by side; state (order,) becomes that behind them."""
    ends = np.empty((whole, len(filter.order)), state.dtype)
    at, to = (source[0], SEGMENT * source[1], source[1]), (target[0], SEGMENT * target[1], target[1])

    def leaving(first: int, end: int) -> None:
        leave(scratch(filter), filter.order, filter.left, *at, first, end, ends)

    def running(first: int, end: int) -> None:
        run(scratch(filter), filter.order, filter.coef, ends, *at, *to, first, end, SEGMENT, past)

    near = whole if threads() > 1 else _NEAR
    for first in range(0, whole, near):
        end = min(whole, first + near)
        in_pieces(leaving, end, SEGMENT * work, 16, first)
        hop(filter.hop, state, ends[first:end])
        in_pieces(running, end, SEGMENT * work, 16, first)
