"""Channels of lower rates on the grid of the highest, piece by piece."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

_REACH = 32  # samples to either side that one value is made of
_BETA = 10.0  # of the Kaiser window: what lies beyond half the lower rate is damped by 100 dB
_AT_ONCE = 1 << 12  # values made at once; no more phases are kept in a table

Array = np.ndarray[Any, Any]


def raised(
    read: Callable[[int, int], Array], low: int, high: int, total: int, first: int, last: int
) -> Iterator[tuple[int, Array]]:
    """Values `first` to `last` of channels with `low` samples where the grid has `high`: (where, (row, value)) pieces.

    Each value is the sum of the 64 samples around it, weighted by a sinc in a Kaiser window that adds up to one, so
    what lies below 0.9 of half the lower rate is kept to about 1e-5, samples of the file pass unchanged, and a piece
    equals the slice of the whole bit for bit. Beyond either end the signal is continued by odd reflection.

    Parameters
    ----------
    read : (first, last) -> (row, sample) float64 array of the channels at their own rate, inside 0 … total
    low, high : samples in the same time, 1 <= low < high
    total : samples of the channels, >= 1
    first, last : values on the grid, 0 <= first < last

    Source: Crochiere & Rabiner (1983), Multirate Digital Signal Processing, section 4.3; Kaiser (1974).

    >>> ramp = lambda first, last: np.arange(first, last, dtype=float)[None]
    >>> [(at, x.round(6).tolist()) for at, x in raised(ramp, 1, 2, total=100, first=0, last=5)]
    [(0, [[0.0, 0.5, 1.0, 1.5, 2.0]])]
    """
    low, high = low // gcd(low, high), high // gcd(low, high)
    table = _table(high) if high <= _AT_ONCE else None
    for begin in range(first, last, _AT_ONCE):
        place, phase = np.divmod(np.arange(begin, min(begin + _AT_ONCE, last)) * low, high)
        start = int(place[0]) - _REACH + 1
        x = _continued(read, total, start, int(place[-1]) + _REACH + 1)
        weights = table[:, phase] if table is not None else _weights(phase / high)
        place -= start
        value = np.zeros((len(x), len(place)))
        for tap in range(2 * _REACH):
            value += weights[tap] * x[:, place + (tap - _REACH + 1)]
        yield begin - first, value


@lru_cache(maxsize=8)
def _table(phases: int) -> Array:
    return _weights(np.arange(phases) / phases)


def _weights(fraction: Array) -> Array:
    """(tap, fraction) weights of the samples around a value that lies `fraction` of a step behind one of them."""
    away = fraction - np.arange(1 - _REACH, _REACH + 1)[:, None]
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (away / _REACH) ** 2, 0, 1)))
    weights: Array = np.sinc(away) * window
    weights /= sum(weights)  # row by row, so that it does not depend on how many fractions there are
    weights[:, fraction == 0] = np.arange(2 * _REACH)[:, None] == _REACH - 1
    return weights


def _continued(read: Callable[[int, int], Array], total: int, start: int, stop: int) -> Array:
    """Samples `start` to `stop`, which may lie outside 0 … total: there the signal is turned about its end."""
    want = np.arange(start, stop)
    turned = np.where(want < 0, -want, np.where(want >= total, 2 * (total - 1) - want, want)).clip(0, total - 1)
    lowest, highest = int(turned.min()), int(turned.max())
    lowest, highest = (0 if start < 0 else lowest), (total - 1 if stop > total else highest)
    x = read(lowest, highest + 1)
    out = x[:, turned - lowest]
    if start < 0:
        out[:, want < 0] = 2 * x[:, :1] - out[:, want < 0]
    if stop > total:
        out[:, want >= total] = 2 * x[:, -1:] - out[:, want >= total]
    return out
