"""FIR filters whose largest error is as small as can be, by Remez' exchange; the mathematics is scipy.signal's."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sigconv.core.design import checked_rate
from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, SamplingError, one_number

_LEAST_BAND = 16  # of the rate: less, and Remez' exchange has no frequencies to choose its extrema from


def remez(taps: int, bands: Sequence[float], desired: Sequence[float], *, fs: float, weight: Any = None) -> Any:
    """A symmetric finite impulse response whose largest weighted error over the bands is as small as can be.

    Parameters
    ----------
    taps : int >= 3
    bands : Hz, rising from 0 to fs/2: beginning and end of each band; what lies between is free
    desired : the gain in each band, half as many as `bands`
    fs : Hz, > 0
    weight : how much each band's error counts, as many as `desired`; by default equally

    Returns
    -------
    (taps,) float64

    Raises
    ------
    ArgumentError : fewer than 3 taps, counts that do not fit, or no convergence (fewer taps or wider gaps help)
    SamplingError : bands that do not rise from 0 to fs/2, or cover less than fs/16 together

    Source: McClellan, Parks & Rabiner (1973), doi:10.1109/TAU.1973.1162525.  Same as: scipy.signal.remez.

    >>> remez(31, (0, 30, 50, 125), (1, 0), fs=250).shape
    (31,)
    """
    from scipy import signal

    fs, edges, gains = checked_rate(fs), _numbers("bands", bands), _numbers("desired", desired)
    weights = [1.0] * len(gains) if weight is None else _numbers("weight", weight)
    if len(edges) != 2 * len(gains) or not edges or len(weights) != len(gains):
        given = f"bands has {len(edges)} edges, desired {len(gains)} gains"
        given += "" if weight is None else f", weight {len(weights)}"
        raise ArgumentError(f"{given}; two edges make a band, and each band has one gain")
    if not all(low < high for low, high in pairwise([-1e-300, *edges])) or edges[-1] > fs / 2:
        raise SamplingError(f"bands is {tuple(edges)} Hz; its edges rise from 0 to at most {fs / 2:g} Hz, half of fs")
    covered = sum(high - low for low, high in zip(edges[::2], edges[1::2], strict=True))
    if covered < fs / _LEAST_BAND:
        raise SamplingError(
            f"bands is {tuple(edges)} Hz and covers {covered:g} Hz; at a rate of {fs:g} Hz it covers "
            f"{fs / _LEAST_BAND:g} Hz or more: widen a band, or lower the rate first"
        )
    try:
        found = signal.remez(at_least("taps", taps, 3), edges, gains, weight=weights, fs=fs)
    except (ValueError, OverflowError) as error:
        raise ArgumentError(f"taps is {taps}: {error}") from error
    if not _better_than_none(found, edges, gains, weights, fs):
        raise ArgumentError(
            f"taps is {taps} and bands {tuple(edges)} Hz: the exchange did not converge; give fewer taps or wider bands"
        )
    return found


def _numbers(argument: str, values: Any) -> list[float]:
    """Several numbers as floats."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) != 1:
        raise ArgumentError(f"{argument} is {values!r:.60}; it is a sequence of numbers")
    numbers = [one_number(argument, value, "of a sequence") for value in values]
    if not np.all(np.isfinite(numbers)):
        raise ArgumentError(f"{argument} is {values!r:.60}; its numbers are finite")
    return numbers


def _better_than_none(taps: Any, edges: list[float], gains: list[float], weights: list[float], fs: float) -> bool:
    """Whether the largest weighted error over the bands is at most that of no taps at all."""
    from scipy import signal

    bands = zip(edges[::2], edges[1::2], gains, weights, strict=True)
    error = 0.0
    for low, high, gain, weight in bands:
        h = np.abs(signal.freqz(taps, worN=np.linspace(low, high, 4 * len(taps)), fs=fs)[1])
        error = max(error, float(np.abs(weight * (h - abs(gain))).max()))
    return error <= 1.001 * max(abs(gain * weight) for gain, weight in zip(gains, weights, strict=True))
