"""Second differences of a few samples, summed over axes, with little ado."""

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from sigconv.core.boundary import Boundary, outside
from sigconv.core.native.compiled import fma, kernel

_TAPS = {kind: np.array([0, -2], kind) for kind in "fd"}


def short(x: Any, axes: tuple[int, ...], rule: Boundary) -> Any:
    """The sum of x[n-1] - 2 x[n] + x[n+1] over the axes, with the bits of one pass an axis.

    x : contiguous, float32 or float64, not empty;  axes : one or more, each once;  rule : not an odd one
    """
    out = np.empty(x.shape, x.dtype)
    _summed(x.reshape(-1), _TAPS[x.dtype.char], *_places(x.shape, axes, rule), out.reshape(-1))
    return out


@lru_cache(64)
def _places(shape: tuple[int, ...], axes: tuple[int, ...], rule: Boundary) -> tuple[Any, Any]:
    """(before, length, after) of each axis, and the sample at every place of the lengthened axes; -1 is a zero."""
    sizes = [(prod(shape[:a]), shape[a], prod(shape[a + 1 :])) for a in axes]
    seen = []
    for _, n, _ in sizes:
        first, last = outside(n, 1, 1, rule)
        seen += [first, *range(n), last]
    return np.array(sizes), np.array(seen)


@kernel
def _summed(x: Any, taps: Any, sizes: Any, seen: Any, out: Any) -> None:
    start, zero, weight = 0, taps[0], taps[1]
    for axis in range(len(sizes)):
        outer, n, inner = sizes[axis]
        for i in range(n):
            before, after = seen[start + i], seen[start + i + 2]
            for line in range(outer):
                at, left, right = (line * n + i) * inner, (line * n + before) * inner, (line * n + after) * inner
                for k in range(inner):
                    low = x[left + k] if before >= 0 else zero
                    high = x[right + k] if after >= 0 else zero
                    difference = fma(weight, x[at + k], low) + high
                    out[at + k] = difference if axis == 0 else out[at + k] + difference
        start += n + 2
