"""Linear-phase FIR filters: designed in hertz, applied centred, so nothing is delayed."""

from typing import Any

import numpy as np

from sigconv.core.convolve import convolve
from sigconv.errors import SamplingError
from sigconv.signal import Signal


def fir_bandpass_taps(low: float, high: float, fs: float) -> "np.ndarray[Any, Any]":
    """Taps of a Hamming-windowed band-pass whose length follows from its narrower transition.

    The transitions are max(low / 4, 2 Hz) wide (at most `low`) below the band and max(high / 4, 2 Hz) wide (at most up
    to fs / 2) above it; the length is 3.3 / narrower transition seconds, made odd. These are the rules of MNE-Python.

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
    from scipy.signal import firwin2

    below, above = min(max(low / 4, 2.0), low), min(max(high / 4, 2.0), fs / 2 - high)
    count = int(np.ceil(3.3 / min(below, above) * fs))
    count += 1 - count % 2
    edges = [0.0, low - below, low, high, high + above, fs / 2]
    gains = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    if edges[1] <= 0:
        edges, gains = edges[1:], gains[1:]
    if edges[-2] >= fs / 2:
        edges, gains = edges[:-1], gains[:-1]
    edges[0], edges[-1] = 0.0, fs / 2
    taps: np.ndarray[Any, Any] = firwin2(count, edges, gains, fs=fs, window="hamming")
    return taps


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
    return x.with_data(convolve(x.data, taps[None, :], mode="same", axes=(0, 1), boundary="odd_reflect"))
