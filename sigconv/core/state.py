"""The memory of a difference equation: at rest in a steady state, or as a past left it."""

from typing import Any

import numpy as np

from sigconv.core.namespace import inexact
from sigconv.core.recurrence import beside, coefficients, normalized, sections_beside, together
from sigconv.errors import ArgumentError, ShapeError


def lfilter_zi(b: Any, a: Any) -> Any:
    """The state of lfilter after a step of height 1 has lasted for ever.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0, sum(a) not 0

    Returns
    -------
    (max(M, N),), in the library and precision of b

    Raises
    ------
    ArgumentError : no coefficients, a[0] = 0, or a pole at z = 1, where nothing settles

    Source: Likhterov & Kopeika (2003), doi:10.1109/TIM.2003.814804.  Same as: scipy.signal.lfilter_zi.

    >>> lfilter_zi([1, 1], [1, -0.5])
    array([3.])
    """
    xp, b = inexact(b, "b")
    b, a = together(xp, coefficients(b, b, "b", 1), coefficients(a, b, "a", 1))
    return _steady(xp, *normalized(xp, b, a))[0]


def sosfilt_zi(sos: Any) -> Any:
    """The state of sosfilt after a step of height 1 has lasted for ever.

    Parameters
    ----------
    sos : (sections, 6), each row b0 b1 b2 a0 a1 a2 with a0 = 1

    Returns
    -------
    (sections, 2)

    Raises
    ------
    ArgumentError : a pole at z = 1, where nothing settles
    ShapeError : sos is not (sections, 6)

    Same as: scipy.signal.sosfilt_zi.

    >>> sosfilt_zi([[1, 1, 0, 1, -0.5, 0]])
    array([[3., 0.]])
    """
    xp, sos = inexact(sos, "sos")
    sos = sections_beside(sos, sos)
    b, a = sos[:, :3], sos[:, 3:]
    states, gains = _steady(xp, b, a)
    if sos.shape[0] == 1:
        return states
    before = xp.concat([xp.ones_like(gains[:1]), gains[:-1]])
    return states * xp.cumulative_prod(before)[:, None]


def lfiltic(b: Any, a: Any, y: Any, x: Any = None) -> Any:
    """The state of lfilter after a past that is known by its outputs and inputs, newest first.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0
    y : (..., n) outputs y[-1], y[-2], ...; those before the last N do not count, missing ones are 0
    x : (..., n) inputs x[-1], x[-2], ..., as for y; None is 0

    Returns
    -------
    (..., max(M, N)), in the library of y and the common precision

    Raises
    ------
    ArgumentError : no coefficients, or a[0] = 0
    ShapeError : y or x has no axis

    Source: the difference equation, Oppenheim & Schafer (2010), section 6.3.  Same as: scipy.signal.lfiltic.

    >>> lfiltic([1, 1], [1, -0.5], [2.0], [3.0])
    array([4.])
    """
    xp, y = inexact(y, "y")
    x = xp.zeros_like(y) if x is None else beside(x, y, "x")
    for argument, past in (("y", y), ("x", x)):
        if past.ndim < 1:
            raise ShapeError(f"{argument} is a single number; give the past along its last axis, newest first")
    b, a, y, x = together(xp, coefficients(b, y, "b", 1), coefficients(a, y, "a", 1), y, x)
    b, a = normalized(xp, b, a)
    return _still_due(xp, b, x) - _still_due(xp, a, y)


def _still_due(xp: Any, c: Any, past: Any) -> Any:
    """What the past still adds to the next k - 1 samples: sum over j of c[i+1+j] past[j], for i = 0 ... k-2."""
    k = c.shape[0]
    parts = [xp.sum(c[i + 1 : i + 1 + past.shape[-1]] * past[..., : k - i - 1], axis=-1) for i in range(k - 1)]
    return xp.stack(parts, axis=-1) if parts else past[..., :0]


def _steady(xp: Any, b: Any, a: Any) -> tuple[Any, Any]:
    """The states (..., k-1) of normalized sections (..., k) in their steady state, and their gains for a constant.

    A state is what the last k - 1 inputs 1 and outputs g still add: partial sums of b[i] - g a[i] from the end.
    """
    settled = a.sum(-1)
    if not bool((settled != 0).all()):
        raise ArgumentError("a sums to 0: the filter has a pole at z = 1, so its answer to a step never settles")
    gain = b.sum(-1) / settled
    remaining = b[..., 1:] - gain[..., None] * a[..., 1:]
    if not remaining.shape[-1]:
        return remaining, gain
    if isinstance(b, np.ndarray):
        return remaining[..., ::-1].cumsum(-1)[..., ::-1], gain
    return xp.flip(xp.cumulative_sum(xp.flip(remaining, axis=-1), axis=-1), axis=-1), gain
