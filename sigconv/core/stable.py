"""Filters that stay stable while they learn: any real numbers become feedback with all poles inside the unit circle.

Tanh puts each number between -1 and 1, where it serves as a reflection coefficient; Levinson's step-up recursion turns
reflection coefficients into a denominator. For a second-order section this is the stability triangle:
    a2 = tanh(v),  a1 = (1 + a2) tanh(u)
"""

from typing import Any

from array_api_compat import device

from sigconv.core.namespace import inexact, is_complex
from sigconv.core.recurrence import sections_beside
from sigconv.errors import ArgumentError, ShapeError

_MARGIN = 2.0**-20  # tanh rounds to 1, where poles lie on the circle; this keeps them off it, in single precision too


def stable_sections(free: Any) -> Any:
    """Second-order sections from any real numbers, with all poles inside the unit circle.

    Parameters
    ----------
    free : (sections, 5) real array or tensor, rows b0 b1 b2 u v: a2 = tanh(v), a1 = (1 + a2) tanh(u)

    Returns
    -------
    (sections, 6), rows b0 b1 b2 1 a1 a2 for `sosfilt`, in the library and precision of free

    Raises
    ------
    ArgumentError : complex numbers
    ShapeError : free is not (sections, 5)

    Source: Markel & Gray (1976), Linear Prediction of Speech, section 5.

    >>> stable_sections([[1, 0, 0, 0, 0]])
    array([[1., 0., 0., 1., 0., 0.]])
    """
    xp, free = _real(free, "free")
    if free.ndim != 2 or free.shape[1] != 5:
        raise ShapeError(f"free has shape {tuple(free.shape)}; it is (sections, 5): b0 b1 b2 u v")
    first, second = ((1 - _MARGIN) * xp.tanh(free[:, i : i + 1]) for i in (3, 4))
    return xp.concat([free[:, :3], xp.ones_like(first), (1 + second) * first, second], axis=1)


def unconstrained_sections(sos: Any) -> Any:
    """The real numbers from which `stable_sections` makes these sections.

    Parameters
    ----------
    sos : (sections, 6) real, each row b0 b1 b2 a0 a1 a2 with a0 = 1 and its poles inside the unit circle

    Returns
    -------
    (sections, 5), rows b0 b1 b2 u v

    Raises
    ------
    ArgumentError : complex numbers, an a0 that is not 1, or a section that is not stable
    ShapeError : sos is not (sections, 6)

    >>> unconstrained_sections([[1, 0, 0, 1, 0, 0]])
    array([[1., 0., 0., 0., 0.]])
    """
    xp, sos = _real(sos, "sos")
    sos = sections_beside(sos, sos)
    return xp.concat([sos[:, :3], unconstrained_denominator(sos[:, 3:])], axis=1)


def stable_denominator(free: Any) -> Any:
    """Feedback coefficients a from any real numbers, with all poles inside the unit circle.

    Parameters
    ----------
    free : (..., order) real array or tensor; tanh of it are the reflection coefficients

    Returns
    -------
    (..., order + 1), a[0] = 1, for `lfilter`, in the library and precision of free

    Raises
    ------
    ArgumentError : complex numbers
    ShapeError : a single number

    Source: Markel & Gray (1976), Linear Prediction of Speech, section 5; Levinson's step-up recursion.

    >>> stable_denominator([0.0, 0.0])
    array([1., 0., 0.])
    """
    xp, free = _real(free, "free")
    reflections = (1 - _MARGIN) * xp.tanh(free)
    a = xp.ones((*free.shape[:-1], 1), dtype=free.dtype, device=device(free))
    for i in range(free.shape[-1]):
        longer = xp.concat([a, xp.zeros_like(a[..., :1])], axis=-1)
        a = longer + reflections[..., i : i + 1] * xp.flip(longer, axis=-1)
    return a


def unconstrained_denominator(a: Any) -> Any:
    """The real numbers from which `stable_denominator` makes these coefficients.

    Parameters
    ----------
    a : (..., order + 1) real coefficients, a[0] not 0, with all poles inside the unit circle

    Returns
    -------
    (..., order)

    Raises
    ------
    ArgumentError : complex numbers, a[0] = 0, or a filter that is not stable
    ShapeError : no coefficients

    Source: Markel & Gray (1976), section 5; Schur and Cohn's step-down recursion, which is also a test of stability.

    >>> unconstrained_denominator([2.0, 0.0, 0.0])
    array([0., 0.])
    """
    xp, a = _real(a, "a")
    if not a.shape[-1]:
        raise ShapeError(f"a has shape {tuple(a.shape)}; it has at least one coefficient")
    if not bool(xp.all(a[..., 0] != 0)):
        raise ArgumentError("a[0] is 0; the newest output needs a coefficient, so drop leading zeros of a")
    a = a / a[..., :1]
    found = []
    for order in range(a.shape[-1] - 1, 0, -1):
        k = a[..., order:]
        if not bool(xp.all(xp.abs(k) < 1 - _MARGIN)):
            worst = float(xp.max(xp.abs(k)))
            raise ArgumentError(
                f"a has a reflection coefficient of {worst:.9g} at order {order}; they lie below {1 - _MARGIN:.9g} "
                "where all poles are inside the unit circle"
            )
        found.append(xp.atanh(k / (1 - _MARGIN)))
        a = ((a - k * xp.flip(a, axis=-1)) / (1 - k * k))[..., :-1]
    return xp.concat(found[::-1], axis=-1) if found else a[..., :0]


def _real(values: Any, argument: str) -> tuple[Any, Any]:
    xp, values = inexact(values, argument)
    if is_complex(values):
        raise ArgumentError(f"{argument} is complex; a stable real filter is made of real numbers")
    if values.ndim < 1:
        raise ShapeError(f"{argument} is a single number; it has at least one axis")
    return xp, values
