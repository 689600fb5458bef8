"""The way back from a convolution: division of polynomials."""

from typing import Any

import numpy as np

from sigconv.core.convolve import convolve
from sigconv.core.namespace import inexact
from sigconv.core.recurrence import coefficients, lfilter
from sigconv.errors import ArgumentError

_ONE = np.ones(1)


def deconvolve(signal: Any, divisor: Any) -> tuple[Any, Any]:
    """What was convolved with the divisor to give the signal, and what is left over.

        signal = convolve(divisor, quotient) + remainder
        quotient[n] = (signal[n] - divisor[1] quotient[n-1] - ... - divisor[K] quotient[n-K]) / divisor[0]

    Errors grow where the divisor has a zero outside the unit circle; noise grows with them.

    Parameters
    ----------
    signal : (n,) array or tensor
    divisor : (k,) coefficients, divisor[0] not 0

    Returns
    -------
    quotient : (n - k + 1,), or empty if the divisor is longer than the signal
    remainder : (n,); both of the library, device and precision of the signal

    Raises
    ------
    ArgumentError : signal or divisor empty or not a line, or divisor[0] = 0

    Source: Oppenheim & Schafer (2010), section 2.5.  Same as: scipy.signal.deconvolve, numpy.polydiv.

    >>> deconvolve([0, 2, 1, 0, 2, 3, 1, 0, 0], [2, 1])[0]
    array([0., 1., 0., 0., 1., 1., 0., 0.])
    """
    _, signal = inexact(signal, "signal")
    if signal.ndim == 0:
        signal = signal[None]
    if signal.ndim != 1 or not signal.shape[0]:
        raise ArgumentError(f"signal has shape {tuple(signal.shape)}; it is a line of one sample or more")
    divisor = coefficients(divisor, signal, "divisor", 1)
    size = signal.shape[0] - divisor.shape[0] + 1
    if size <= 0:
        return signal[:0], signal
    if not bool(divisor[0] != 0):
        raise ArgumentError("divisor[0] is 0; drop leading zeros of the divisor, which are a delay")
    quotient = lfilter(_ONE, divisor, signal[:size])
    return quotient, signal - convolve(quotient, divisor)
