"""What a difference equation does, from its transfer function H(z) = Y(z)/X(z) = B(z)/A(z), in NumPy.

B(z) = b[0] + b[1] z^-1 + ... + b[M] z^-M,    A(z) = a[0] + a[1] z^-1 + ... + a[N] z^-N
"""

from collections.abc import Callable
from math import ceil, inf, log
from typing import Any

import numpy as np

from sigconv.core.design import checked_rate
from sigconv.core.geometry import at_least
from sigconv.core.recurrence import coefficients, lfilter
from sigconv.errors import ArgumentError, one_number

_LONGEST = 1 << 24  # samples of impulse response looked at before the pole radius alone has to do


def poles(b: Any, a: Any) -> Any:
    """Where H(z) is infinite: the roots of A, and z = 0 as often as B reaches further back than A.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0

    Returns
    -------
    (max(M, N),) complex, in the plane of z

    Raises
    ------
    ArgumentError : no coefficients, a[0] = 0, or roots that double precision cannot hold

    Source: Oppenheim & Schafer (2010), section 5.3.

    >>> poles([1], [1, -0.5])
    array([0.5+0.j])
    """
    b, a = _equally_long(b, a)
    return _roots("a", a)


def zeros(b: Any, a: Any) -> Any:
    """Where H(z) is 0: the roots of B, and z = 0 as often as A reaches further back than B.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0

    Returns
    -------
    at most (max(M, N),) complex; leading zeros of b, a delay, put theirs at infinity

    Raises
    ------
    ArgumentError : no coefficients, a[0] = 0, or roots that double precision cannot hold

    Source: Oppenheim & Schafer (2010), section 5.3.

    >>> zeros([1, -1], [1])
    array([1.+0.j])
    """
    b, a = _equally_long(b, a)
    return _roots("b", b)


def is_stable(b: Any, a: Any) -> bool:
    """Whether bounded input gives bounded output: every pole inside the unit circle.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0

    Raises
    ------
    ArgumentError : no coefficients, or a[0] = 0

    Source: Oppenheim & Schafer (2010), section 5.2.1.

    >>> is_stable([1], [1, -0.5]), is_stable([1], [1, -1])
    (True, False)
    """
    return bool(np.all(np.abs(poles(b, a)) < 1))


def frequency_response(b: Any, a: Any, n: int = 512, fs: float = 2 * np.pi) -> tuple[Any, Any]:
    """H at n frequencies from 0 to just below fs/2: H(f) = B/A at z = exp(2 pi i f / fs).

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0
    n : int >= 1
    fs : sampling rate in Hz; by default the frequencies are in radians per sample

    Returns
    -------
    (frequencies, H), (n,) float64 and (n,) complex128

    Raises
    ------
    ArgumentError : n below 1, no coefficients, or a[0] = 0
    SamplingError : fs not positive and finite

    Source: Oppenheim & Schafer (2010), section 5.1.  Same as: scipy.signal.freqz.

    >>> frequency_response([0.5, 0.5], [1], n=2)[1].round(3)
    array([1. +0.j , 0.5-0.5j])
    """
    b, a = _equally_long(b, a)
    frequencies, back = _places(n, fs)
    polyval = np.polynomial.polynomial.polyval
    return frequencies, polyval(back, b) / polyval(back, a)


def impulse_response(b: Any, a: Any, n: int) -> Any:
    """The first n outputs for the input 1, 0, 0, ...

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0
    n : int >= 1

    Returns
    -------
    (n,)

    Raises
    ------
    ArgumentError : n below 1, no coefficients, or a[0] = 0

    >>> impulse_response([1], [1, -0.5], 3)
    array([1.  , 0.5 , 0.25])
    """
    return lfilter(b, a, impulse(n))


def group_delay(b: Any, a: Any, n: int = 512, fs: float = 2 * np.pi) -> tuple[Any, Any]:
    """By how many samples a wave packet at each frequency comes out late: minus the slope of the phase of H.

    Parameters
    ----------
    b, a, n, fs : as in `frequency_response`

    Returns
    -------
    (frequencies, samples), (n,) float64 each; nan where H is 0 or infinite and has no phase

    Raises
    ------
    ArgumentError : n below 1, no coefficients, or a[0] = 0
    SamplingError : fs not positive and finite

    Source: Oppenheim & Schafer (2010), section 5.1.1.  Same as: scipy.signal.group_delay.

    >>> group_delay([0, 0, 1], [1], n=2)[1]
    array([2., 2.])
    """
    b, a = _equally_long(b, a)
    frequencies, back = _places(n, fs)
    return frequencies, _lateness(b, back) - _lateness(a, back)


def _roots(argument: str, c: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return np.roots(c).astype(complex)
    except np.linalg.LinAlgError as error:
        raise ArgumentError(f"{argument} is {c!r:.60}; its roots leave double precision, so scale it") from error


def _places(n: int, fs: float) -> tuple[Any, Any]:
    """n frequencies from 0 to just below fs/2, and z^-1 there."""
    turns = np.arange(at_least("n", n, 1)) / int(n)
    return turns * (checked_rate(fs) / 2), np.exp(-1j * np.pi * turns)


def _lateness(c: Any, back: Any) -> Any:
    """Minus the slope of the phase of a polynomial: the real part of (sum k c[k] z^-k) / (sum c[k] z^-k)."""
    polyval = np.polynomial.polynomial.polyval
    value, size = polyval(back, c), np.abs(c).sum()
    gone = np.abs(value) <= 1e-12 * size
    late = (polyval(back, np.arange(len(c)) * c) / np.where(gone, 1, value)).real
    return np.where(gone, np.nan, late)


def settled(answer: Callable[[int], Any], found: Any, tol: float) -> int:
    """The settling time from an impulse response of any length and the poles, whose radius says where to look.

    >>> settled(lambda n: 0.5 ** np.arange(n), np.array([0.5]), 0.01)
    7
    """
    if not 0 < one_number("tol", tol, "between 0 and 1") < 1:
        raise ArgumentError(f"tol is {tol}; it lies between 0 and 1")
    radius = float(np.max(np.abs(found), initial=0.0))
    if radius >= 1:
        raise ArgumentError(f"the filter has a pole of radius {radius:.6g} and never settles; radii are below 1")
    by_radius = ceil(log(tol) / log(radius)) if radius else 0
    length, tail = by_radius + len(found) + 1, inf
    while length <= _LONGEST:
        h = np.abs(answer(2 * length))
        peak = h.max()
        tail = h[length:].max()
        if tail <= tol * peak:
            loud = np.flatnonzero(h > tol * peak)
            return int(loud[-1]) + 1 if len(loud) else 0
        length *= 2
    return by_radius


def impulse(n: int) -> Any:
    """The unit impulse 1, 0, 0, ..., (n,) float64.

    >>> impulse(3)
    array([1., 0., 0.])
    """
    x = np.zeros(at_least("n", n, 1))
    x[0] = 1
    return x


def _equally_long(b: Any, a: Any) -> tuple[Any, Any]:
    """Both polynomials with zeros behind, so that they count the same powers of z."""
    b, a = coefficients(b, np.zeros(0), "b", 1), coefficients(a, np.zeros(0), "a", 1)
    if a[0] == 0:
        raise ArgumentError("a[0] is 0; the newest output needs a coefficient, so drop leading zeros of a")
    k = max(len(b), len(a))
    return np.pad(b, (0, k - len(b))), np.pad(a, (0, k - len(a)))
