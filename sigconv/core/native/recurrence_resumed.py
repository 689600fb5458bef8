"""A difference equation over one piece of a signal after the other, with the bits of the whole."""

from typing import Any, NamedTuple

import numpy as np

from sigconv.core.native import recurrence_feedback as feedback
from sigconv.core.native.recurrence_feedback import SEGMENT
from sigconv.core.native.recurrence_segments import through

__all__ = ["SEGMENT", "Memory", "begun", "resumed"]


class Memory(NamedTuple):
    """What an equation with feedback knows of rows of samples.

    now, start : (rows, order) the states after the last sample and at the start of its segment
    seen : (rows, 0 to SEGMENT) the samples since that start
    """

    now: Any
    start: Any
    seen: Any


def begun(b: Any, a: Any, zi: Any) -> Memory:
    """The memory before the first sample, from zi (rows, k - 1).

    b, a : (k,) real coefficients of the same dtype, a[0] = 1
    """
    filter = feedback.prepared(b, a)
    now = np.array(zi) if filter is None else feedback.padded(filter, zi)
    return Memory(now, now.copy(), np.zeros((len(zi), 0), b.dtype))


def resumed(b: Any, a: Any, x: Any, memory: Memory) -> tuple[Any, Memory]:
    """y (rows, n) and the memory after it, for x (rows, n) that follows what the memory has seen."""
    filter = feedback.prepared(b, a)
    if filter is None:
        from sigconv.core.native import recurrence

        y, now = recurrence.lfilter(b, a, x, memory.now)
        return y, Memory(now, now, memory.seen)
    y, now, start, seen = np.empty_like(x), memory.now.copy(), memory.start, memory.seen
    head = min(x.shape[1], SEGMENT - seen.shape[1]) if filter.hops and seen.shape[1] else 0
    if head:
        through(filter, x[:, :head], y[:, :head], now)
        seen = np.concatenate([seen, x[:, :head]], axis=1)
    if head < x.shape[1]:
        if seen.shape[1]:
            now = feedback.hopped(filter, start, seen)
        begin, start = through(filter, x[:, head:], y[:, head:], now)
        seen = x[:, head + begin :].copy() if filter.hops else seen
    return y, Memory(now, start, seen)
