"""Linear-phase FIR filters: designed in hertz, applied centred, so nothing is delayed."""

from typing import Any

import numpy as np

from sigconv.core import design
from sigconv.core.convolve import convolve
from sigconv.errors import SamplingError
from sigconv.signal import Signal

MOST_TAPS = 100_000


def fir_bandpass_taps(low: float, high: float, fs: float) -> "np.ndarray[Any, Any]":
    """Taps of a Hamming-windowed band-pass: a low-pass at the upper edge less a low-pass at the lower edge.

    The transition below the band is max(low / 4, 2 Hz) wide (at most `low`), the one above it max(high / 4, 2 Hz) wide
    (at most up to fs / 2); each low-pass is as long as its own transition asks, 3.3 / width seconds, made odd, and
    half its gain lies in the middle of the transition. MNE-Python designs its default filters by the same rules.

    Parameters
    ----------
    low, high : Hz, edges of the band that passes unchanged, 0 < low < high < fs/2
    fs : Hz

    Returns
    -------
    (taps,) float64 array of odd length, symmetric

    Raises
    ------
    SamplingError : the band is empty or reaches half the rate

    Source: Widmann et al. (2015), J. Neurosci. Methods 250.

    >>> len(fir_bandpass_taps(7, 30, fs=160))
    265
    """
    if not 0 < low < high < fs / 2:
        raise SamplingError(
            f"band is {low:g} to {high:g} Hz; allowed: 0 < low < high < {fs / 2:g} Hz, half of fs {fs:g}"
        )
    below, above = min(max(low / 4, 2.0), low), min(max(high / 4, 2.0), fs / 2 - high)
    upper = _lowpass_taps(high + above / 2, above, fs)
    lower = _lowpass_taps(low - below / 2, below, fs)
    size = max(len(upper), len(lower))
    band: np.ndarray[Any, Any] = _centred(upper, size) - _centred(lower, size)
    return band


def _lowpass_taps(cutoff: float, transition: float, fs: float) -> "np.ndarray[Any, Any]":
    count = int(np.ceil(3.3 / transition * fs))
    if count > MOST_TAPS:
        raise SamplingError(
            f"a transition of {transition:g} Hz at fs {fs:g} Hz takes {count} taps; allowed: {MOST_TAPS}; move the "
            "edge away from 0 Hz or half the rate"
        )
    taps: np.ndarray[Any, Any] = design.fir(count + 1 - count % 2, cutoff, "lowpass", fs=fs)
    return taps


def _centred(taps: "np.ndarray[Any, Any]", size: int) -> "np.ndarray[Any, Any]":
    return np.pad(taps, (size - len(taps)) // 2)


def fir(x: Signal, taps: "np.ndarray[Any, Any]") -> Signal:
    """The signal convolved along time with symmetric taps, centred: zero delay, mirrored oddly at its ends.

    Parameters
    ----------
    x : (channel, time) Signal
    taps : (taps,) odd length

    Returns
    -------
    Signal of the same axes
    """
    return x.with_data(convolve(x.data, taps, mode="same", axes=x.index("time"), boundary="odd_reflect"))
