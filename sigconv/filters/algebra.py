"""Filters made of filters: one after the other, side by side, and the way back. Coefficients in, coefficients out."""

from typing import Any

import numpy as np

from sigconv.core.response import frequency_response
from sigconv.errors import ArgumentError, SamplingError

Filter = tuple[Any, Any, Any]  # b, a, and sos or None

_AGREES = 1e-6  # of the peak gain; beyond it polynomials have lost their roots to rounding


def cascaded(f: Filter, g: Filter) -> Filter:
    """f after g: the product of the transfer functions.

    Sections stay sections; a polynomial of order 2 or less joins them as one more.

    Raises
    ------
    ArgumentError : a longer polynomial beside sections whose poles the product would lose to rounding

    >>> cascaded(([1], [1, -0.5], None), ([1, 1], [1], None))[:2]
    (array([1, 1]), array([ 1. , -0.5]))
    """
    rows = _rows(f), _rows(g)
    if (f[2] is not None or g[2] is not None) and rows[0] is not None and rows[1] is not None:
        return (*_expanded(np.concatenate(rows)), np.concatenate(rows))
    b, a = np.convolve(f[0], g[0]), np.convolve(f[1], g[1])
    return _agreeing(b, a, _h(f) * _h(g), "filter one after the other, as in f(g(x))")


def beside(f: Filter, g: Filter) -> Filter:
    """f and g on the same input, their outputs added: the sum of the transfer functions.

    Always one polynomial pair, rounded, also of sections; where it is refused, add the outputs: f(x) + g(x).

    Raises
    ------
    ArgumentError : poles that the common denominator would lose to rounding, told by a response off by 1e-6 of its peak

    >>> beside(([1], [1, -0.5], None), ([1], [1], None))[0]
    array([ 2. , -0.5])
    """
    if np.array_equal(f[1], g[1]):
        a, first, second = f[1], f[0], g[0]
    else:
        a, first, second = np.convolve(f[1], g[1]), np.convolve(f[0], g[1]), np.convolve(g[0], f[1])
    b = np.zeros(max(len(first), len(second)), np.result_type(first, second))
    b[: len(first)] += first
    b[: len(second)] += second
    return _agreeing(b, a, _h(f) + _h(g), "add the outputs, as in f(x) + g(x)")


def inverted(f: Filter) -> Filter:
    """The filter that undoes f: zeros become poles, poles zeros.

    Raises
    ------
    ArgumentError : b[0] = 0, a delay

    >>> inverted(([2, 1], [1], None))[:2]
    ([1], [2, 1])
    """
    b, a, sos = f
    if b[0] == 0 or (sos is not None and np.any(sos[:, 0] == 0)):
        raise ArgumentError("b[0] is 0: the filter delays, and what undoes it would have to see the future")
    if sos is None:
        return a, b, None
    rows = np.concatenate([sos[:, 3:], sos[:, :3]], axis=1) / sos[:, :1]
    return (*_expanded(rows), rows)


def agree(f: Filter) -> bool:
    """Whether b and a are the polynomials of the sections beside them.

    >>> agree(([1, 0, 0], [1, -0.5, 0], np.array([[1, 0, 0, 1, -0.5, 0]])))
    True
    """
    pairs = zip(f[:2], _expanded(f[2]), strict=True)
    return all(
        len(given) == len(wanted) and np.allclose(given, wanted, rtol=0, atol=1e-9 * np.abs(wanted).max())
        for given, wanted in pairs
    )


def common_rate(first: float | None, second: float | None) -> float | None:
    """The rate of two filters together; one may not know its own.

    Raises
    ------
    SamplingError : two different rates

    >>> common_rate(250, None)
    250
    """
    if first is not None and second is not None and abs(first - second) > 1e-9 * first:
        raise SamplingError(
            f"fs is {first:g} Hz for one filter and {second:g} Hz for the other; design both for one rate"
        )
    return second if first is None else first


def _rows(f: Filter) -> Any:
    """The filter as sections where no root has to be found for it, else None."""
    b, a, sos = f
    if sos is not None:
        return sos
    if max(len(b), len(a)) > 3 or np.iscomplexobj(b) or np.iscomplexobj(a):
        return None
    return np.concatenate([np.pad(b, (0, 3 - len(b))), np.pad(a, (0, 3 - len(a)))])[None] / a[0]


def _expanded(sos: Any) -> tuple[Any, Any]:
    from scipy import signal

    b, a = signal.sos2tf(sos)
    return b, a


def _h(f: Filter) -> Any:
    """The frequency response, by sections where there are some."""
    b, a, sos = f
    if sos is None:
        return frequency_response(b, a)[1]
    return np.prod([frequency_response(row[:3], row[3:])[1] for row in sos], axis=0)


def _agreeing(b: Any, a: Any, wanted: Any, instead: str) -> Filter:
    seen = np.isfinite(wanted)
    with np.errstate(all="ignore"):
        error = np.abs(frequency_response(b, a)[1] - wanted)[seen].max(initial=0.0)
    if not error <= _AGREES * np.abs(wanted[seen]).max(initial=0.0):
        raise ArgumentError(f"one polynomial of order {len(a) - 1} would lose the poles to rounding; {instead}")
    return b, a, None
