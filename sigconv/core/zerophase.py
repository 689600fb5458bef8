"""A filter run forward and then backward: twice its attenuation and none of its delay."""

from collections.abc import Callable
from typing import Any, Literal

from sigconv.core.boundary import extend
from sigconv.core.geometry import at_least
from sigconv.core.gustafsson import gustafsson
from sigconv.core.namespace import along, axis_index, inexact
from sigconv.core.recurrence import coefficients, lfilter, sections_beside, sosfilt
from sigconv.core.state import lfilter_zi, sosfilt_zi
from sigconv.errors import ArgumentError, ShapeError, one_of

PadType = Literal["odd", "even", "constant"] | None

Method = Literal["pad", "gust"]

_RULES = {"odd": "odd_reflect", "even": "reflect", "constant": "edge"}


def filtfilt(
    b: Any,
    a: Any,
    x: Any,
    axis: int = -1,
    padtype: PadType = "odd",
    padlen: int | None = None,
    method: Method = "pad",
    irlen: int | None = None,
) -> Any:
    """x filtered forward and backward, so that nothing is delayed: gain |H|^2, phase 0.

    "pad" begins both passes in the steady state of the first sample of an extended signal, which keeps the ends calm.
    "gust" extends nothing: it chooses both states so that forward-backward equals backward-forward.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0
    x : (..., n, ...) array or tensor
    axis : int, the time axis
    padtype : "odd" (turned about the end), "even", "constant" or None; for "pad"
    padlen : int >= 0 and < n, samples added at either end; by default 3 max(M+1, N+1); for "pad"
    method : "pad" or "gust"
    irlen : int >= 1, samples after which the impulse response is taken as 0; None is never; for "gust"

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : an unknown padtype or method, a negative padlen, irlen below 1, or a filter that never settles
    ShapeError : x is too short for padlen; the message has both numbers

    Source: Gustafsson (1996), doi:10.1109/78.492552.  Same as: scipy.signal.filtfilt.

    >>> filtfilt([0.5, 0.5], [1], [0, 0, 0, 0, 1, 0, 0, 0, 0])
    array([0.  , 0.  , 0.  , 0.25, 0.5 , 0.25, 0.  , 0.  , 0.  ])
    """
    x = inexact(x)[1]
    b, a = coefficients(b, x, "b", 1), coefficients(a, x, "a", 1)
    if one_of("method", method, ("pad", "gust")) == "gust":
        return gustafsson(b, a, x, axis, irlen)
    zi = lfilter_zi(b, a)
    if padlen is None:
        padlen = 3 * max(b.shape[0], a.shape[0])

    def run(signal: Any, first: Any) -> Any:
        return lfilter(b, a, signal, -1, zi * first)[0]

    return _both_ways(run, x, axis, padtype, padlen)


def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: PadType = "odd", padlen: int | None = None) -> Any:
    """x through second-order sections forward and backward, so that nothing is delayed.

    Parameters
    ----------
    sos : (sections, 6), each row b0 b1 b2 a0 a1 a2 with a0 = 1
    x, axis, padtype, padlen : as in `filtfilt`; padlen is by default `default_padding(sos)`

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError, ShapeError : as `filtfilt` and `sosfilt`

    Same as: scipy.signal.sosfiltfilt.

    >>> sosfiltfilt([[0.5, 0.5, 0, 1, 0, 0]], [0, 0, 0, 0, 1, 0, 0, 0, 0])
    array([0.  , 0.  , 0.  , 0.25, 0.5 , 0.25, 0.  , 0.  , 0.  ])
    """
    x = inexact(x)[1]
    sos = sections_beside(sos, x)
    steady = sosfilt_zi(sos)
    zi = steady.reshape((steady.shape[0], *(1,) * (x.ndim - 1), 2))

    def run(signal: Any, first: Any) -> Any:
        return sosfilt(sos, signal, -1, zi * first)[0]

    return _both_ways(run, x, axis, padtype, default_padding(sos) if padlen is None else padlen)


def default_padding(sos: Any) -> int:
    """How many samples sosfiltfilt adds at either end: 3 for each tap of the equivalent polynomial.

    >>> default_padding([[1, 2, 1, 1, 0, 0.5]])
    9
    """
    sos = inexact(sos, "sos")[1]
    idle = min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * (2 * int(sos.shape[0]) + 1 - idle)


def _both_ways(run: Callable[[Any, Any], Any], x: Any, axis: int, padtype: PadType, padlen: int) -> Any:
    if padtype is not None and padtype not in _RULES:
        raise ArgumentError(f"padtype is {padtype!r}; allowed: odd, even, constant, None")
    xp, x = inexact(x)
    axis = axis_index(axis, x.ndim)
    added = at_least("padlen", padlen, 0) if padtype is not None else 0
    n = x.shape[axis]
    if n <= added or n == 0:
        raise ShapeError(
            f"x has {n} samples along axis {axis}; zero phase with padlen {added} needs at least {added + 1}; "
            "give a longer signal, a smaller padlen, or a filter of lower order"
        )
    line = xp.moveaxis(x, axis, -1)
    first = along(line.ndim, line.ndim - 1, slice(0, 1))
    if padtype is not None:
        line = extend(line, added, added, _RULES[padtype])
    for _ in range(2):
        line = xp.flip(run(line, line[first]), axis=-1)
    return xp.moveaxis(line[..., added : added + n], -1, axis)
