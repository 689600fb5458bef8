"""Forward and backward filtering whose initial states make the order of the two passes unimportant."""

from typing import Any

import numpy as np
from array_api_compat import device

from sigconv.core.geometry import at_least
from sigconv.core.namespace import axis_index, inexact
from sigconv.core.recurrence import coefficients, lfilter, narrowed, normalized, time_back, time_last, together
from sigconv.errors import ArgumentError, ShapeError


def gustafsson(b: Any, a: Any, x: Any, axis: int = -1, irlen: int | None = None) -> Any:
    """x filtered forward and backward from the two states for which backward-forward gives (nearly) the same.

    Both orders are linear in the states, so the states are a least-squares solution: with O the answer of the filter
    to its state, S the filtered reverse of O and R reversal in time,  (RS - O) u + (RO - S) v = y_bf - y_fb.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0
    x : (..., n, ...) array or tensor, n >= 1
    axis : int, the time axis
    irlen : int >= 1, samples after which the impulse response is taken as 0: then only so many at either end
        enter the equations. None, or more than n / 2, is the whole signal

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : irlen below 1, coefficients that `lfilter` refuses, or an answer that is not finite
    ShapeError : no such axis, or no samples

    Source: Gustafsson (1996), doi:10.1109/78.492552.  Same as: scipy.signal.filtfilt with method="gust".

    >>> gustafsson([0.5], [1], [4.0, 8.0])
    array([1., 2.])
    """
    xp, x = inexact(x)
    axis = axis_index(axis, x.ndim)
    line, n = time_last(xp, x, axis), x.shape[axis]
    if not n:
        raise ShapeError(f"x has no samples along axis {axis}; zero phase needs at least one")
    b, a, line = together(xp, coefficients(b, x, "b", 1), coefficients(a, x, "a", 1), line)
    b, a = normalized(xp, b, a)

    def backward(signal: Any) -> Any:
        return xp.flip(lfilter(b, a, xp.flip(signal, axis=-1)), axis=-1)

    forward_backward = backward(lfilter(b, a, line))
    if b.shape[0] > 1:
        m = n if irlen is None or n <= 2 * at_least("irlen", irlen, 1) else irlen
        with np.errstate(all="ignore"):
            differs = lfilter(b, a, backward(line)) - forward_backward
        added = _corrections(
            xp, b, a, differs if m == n else xp.concat([differs[..., :m], differs[..., -m:]], axis=-1), m
        )
        if m < n:
            calm = xp.zeros((*x.shape[:axis], *x.shape[axis + 1 :], n - 2 * m), dtype=added.dtype, device=device(x))
            added = xp.concat([added[..., :m], calm, added[..., m:]], axis=-1)
        forward_backward = forward_backward + added
    return time_back(xp, narrowed(xp, forward_backward, x), axis)


def _corrections(xp: Any, b: Any, a: Any, differs: Any, m: int) -> Any:
    """What the best pair of states adds to forward-backward, at the m (or at the first and last m) samples."""
    order = b.shape[0] - 1
    unit = xp.concat([xp.ones(1, dtype=a.dtype, device=device(a)), xp.zeros(m - 1, dtype=a.dtype, device=device(a))])
    answer = lfilter(unit[:1], a, unit)
    nothing = xp.zeros_like(unit)
    columns = [xp.concat([nothing[: min(k, m)], answer[: max(m - k, 0)]]) for k in range(order)]
    observed = xp.stack(columns)  # (order, m): the output from each state alone
    reverse = xp.flip(observed, axis=-1)
    filtered = lfilter(b, a, reverse)
    if not bool(xp.all(xp.isfinite(filtered))):
        raise ArgumentError(f"b and a give what is not finite within {m} samples, from which no states are chosen")
    left, right = xp.flip(filtered, axis=-1), reverse
    if differs.shape[-1] == m:
        equations = xp.concat([left - observed, right - filtered])
        effects = xp.concat([left, right])
    else:
        gap = xp.zeros_like(observed)
        equations = xp.concat([xp.concat([left - observed, gap], axis=-1), xp.concat([gap, right - filtered], axis=-1)])
        effects = xp.concat([xp.concat([left, gap], axis=-1), xp.concat([gap, right], axis=-1)])
    if isinstance(equations, np.ndarray) and equations.dtype.char in "gG":  # LAPACK stops at double precision
        equations = equations.astype("d" if equations.dtype.char == "g" else "D")
    solved = xp.linalg.pinv(equations, rtol=xp.finfo(equations.dtype).eps)
    return differs @ solved @ effects
