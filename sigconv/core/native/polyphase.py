"""The compiled polyphase resampler: only the products that land on kept outputs, and none with a stuffed zero."""

from typing import Any

import numpy as np

from sigconv.core.native.compiled import fma as _fma
from sigconv.core.native.compiled import kernel
from sigconv.core.native.threads import spread, threads

fma: Any = _fma
_WORTH = 1 << 22  # multiply-adds that repay a thread


def resampled(x: Any, taps: Any, first: Any, down: int, frames: int) -> Any:
    """y[row, j up + p] = sum_t taps[p, t] x[row, j down + first[p] + t] for j < frames.

    Parameters
    ----------
    x : (row, n) float32 or float64, long enough for every read
    taps : (up, t) of the same dtype
    first : (up,) int64

    Returns
    -------
    (row, frames * up); the same numbers for any number of threads
    """
    if not (x.flags.c_contiguous and x.flags.writeable and x.dtype.isnative):
        x = np.array(x, dtype=x.dtype.newbyteorder("="), order="C")
    y = np.empty((x.shape[0], frames * taps.shape[0]), x.dtype)
    tile = int(min(1024, max(64, (1 << 15) // down)))
    per_row = -(-frames // tile)
    total = per_row * x.shape[0]
    pieces = min(total, 4 * threads(), max(1, y.size * taps.shape[1] // _WORTH))

    def job(piece: int) -> None:
        _tiles(x, taps, first, down, y, tile, per_row, piece * total // pieces, (piece + 1) * total // pieces)

    spread(job, pieces)
    return y


@kernel
def _tiles(
    x: Any, taps: Any, first: Any, down: int, y: Any, tile: int, per_row: int, start: int, stop: int
) -> None:  # pragma: no cover - compiled
    """Tiles start to stop of all rows: the input is dealt out by remainder of `down`, so every inner loop is dense."""
    up, count = taps.shape
    frames = y.shape[1] // up
    most = 0
    for p in range(up):
        most = max(most, first[p])
    reach = (most + count - 1) // down + 1
    dealt = np.empty((down, tile + reach), x.dtype)
    total = np.empty(tile, x.dtype)
    for number in range(start, stop):
        row, begin = number // per_row, (number % per_row) * tile
        size = min(tile, frames - begin)
        source = x[row, begin * down :]
        for q in range(down):
            lane = dealt[q]
            for i in range(min(size + reach, (len(source) - q + down - 1) // down)):
                lane[i] = source[i * down + q]
        out = y[row, begin * up : (begin + size) * up]
        acc = total[:size]
        for p in range(up):
            acc[:] = 0
            t = 0
            while t + 4 <= count:
                at = first[p] + t
                x0, x1 = _lane(dealt, at, down, size), _lane(dealt, at + 1, down, size)
                x2, x3 = _lane(dealt, at + 2, down, size), _lane(dealt, at + 3, down, size)
                h0, h1, h2, h3 = taps[p, t], taps[p, t + 1], taps[p, t + 2], taps[p, t + 3]
                for i in range(size):
                    acc[i] = fma(h3, x3[i], fma(h2, x2[i], fma(h1, x1[i], fma(h0, x0[i], acc[i]))))
                t += 4
            while t < count:
                x0, h0 = _lane(dealt, first[p] + t, down, size), taps[p, t]
                for i in range(size):
                    acc[i] = fma(h0, x0[i], acc[i])
                t += 1
            for i in range(size):
                out[i * up + p] = acc[i]


@kernel
def _lane(dealt: Any, at: int, down: int, size: int) -> Any:  # pragma: no cover - compiled
    return dealt[at % down, at // down : at // down + size]
