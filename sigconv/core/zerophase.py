"""A filter run forward and then backward: twice its attenuation and none of its delay."""

from typing import Any, Literal

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.core.gustafsson import gustafsson
from sigconv.core.namespace import axis_index, inexact
from sigconv.core.recurrence import (
    coefficients,
    narrowed,
    native,
    normalized,
    runners,
    sections_beside,
    time_back,
    time_last,
    together,
)
from sigconv.core.roundtrip import PadType, RoundTrip
from sigconv.core.state import lfilter_zi, sosfilt_zi
from sigconv.errors import ArgumentError, ShapeError, one_of

Method = Literal["pad", "gust"]


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
    taps = max(b.shape[0], a.shape[0])
    return _both_ways((b, a), x, axis, padtype, 3 * taps if padlen is None else padlen)


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
    return _both_ways((sos,), x, axis, padtype, default_padding(sos) if padlen is None else padlen)


def default_padding(sos: Any) -> int:
    """How many samples sosfiltfilt adds at either end: 3 for each tap of the equivalent polynomial.

    >>> default_padding([[1, 2, 1, 1, 0, 0.5]])
    9
    """
    sos = inexact(sos, "sos")[1]
    idle = min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * (2 * int(sos.shape[0]) + 1 - idle)


def _both_ways(filter_: tuple[Any, ...], x: Any, axis: int, padtype: PadType, padlen: int) -> Any:
    """Polynomials (b, a) or sections (sos,) forward and backward, from the steady state of the first sample."""
    if not (padtype is None or (isinstance(padtype, str) and padtype in ("odd", "even", "constant"))):
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
    line = time_last(xp, x, axis)
    *common, like = together(xp, *filter_, line[..., :0])
    kind = 2 - len(common)
    if kind == 0:
        common = list(normalized(xp, *common))
    zi = (lfilter_zi, sosfilt_zi)[kind](*common)
    if isinstance(x, np.ndarray):
        y = _round_trip(np, kind, common, zi, padtype, added).over(line)
    elif (plain := native("tensors").arrays(zi, *common)) is not None and native("tensors").real(line, like):
        alike = _round_trip(np, kind, plain[1:], plain[0], padtype, added)
        y = native("tensors").linear(line, alike.over, alike.over_transposed)
    else:
        y = _round_trip(xp, kind, common, zi, padtype, added).whole(xp.astype(line, like.dtype, copy=False))
    return time_back(xp, narrowed(xp, y, x), axis)


def _round_trip(xp: Any, kind: int, filter_: list[Any], zi: Any, padtype: PadType, added: int) -> RoundTrip:
    return RoundTrip(xp, runners(zi)[kind], tuple(filter_), zi, padtype, added)
