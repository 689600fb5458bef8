"""A filter run forward and then backward: twice its attenuation and none of its delay."""

from collections.abc import Callable
from dataclasses import dataclass
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
from sigconv.core.state import lfilter_zi, sosfilt_zi
from sigconv.errors import ArgumentError, ShapeError, one_of

PadType = Literal["odd", "even", "constant"] | None

Method = Literal["pad", "gust"]

_SHORT = 4096  # samples
_TOGETHER = 1 << 16  # samples of the rows that go through both passes together


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
    xp, x = inexact(x)
    b, a = coefficients(b, x, "b", 1), coefficients(a, x, "a", 1)
    if one_of("method", method, ("pad", "gust")) == "gust":
        return gustafsson(b, a, x, axis, irlen)
    zi = lfilter_zi(b, a)
    taps = max(b.shape[0], a.shape[0])
    b, a = normalized(xp, b, a)
    return _both_ways(0, (b, a), zi, x, axis, padtype, 3 * taps if padlen is None else padlen)


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
    return _both_ways(1, (sos,), sosfilt_zi(sos), x, axis, padtype, default_padding(sos) if padlen is None else padlen)


def default_padding(sos: Any) -> int:
    """How many samples sosfiltfilt adds at either end: 3 for each tap of the equivalent polynomial.

    >>> default_padding([[1, 2, 1, 1, 0, 0.5]])
    9
    """
    sos = inexact(sos, "sos")[1]
    idle = min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * (2 * int(sos.shape[0]) + 1 - idle)


def _both_ways(kind: int, filter_: tuple[Any, ...], zi: Any, x: Any, axis: int, padtype: PadType, padlen: int) -> Any:
    """Runner `kind` forward and backward; zi is its state after a long constant 1."""
    if padtype not in ("odd", "even", "constant", None):
        raise ArgumentError(f"padtype is {padtype!r}; allowed: odd, even, constant, None")
    xp, x = inexact(x)
    if not isinstance(x, np.ndarray) and (plain := native("adjoint").plain(x, zi, *filter_)) is not None:
        return xp.from_numpy(_both_ways(kind, tuple(plain[2:]), plain[1], plain[0], axis, padtype, padlen))
    axis = axis_index(axis, x.ndim)
    added = at_least("padlen", padlen, 0) if padtype is not None else 0
    n = x.shape[axis]
    if n <= added or n == 0:
        raise ShapeError(
            f"x has {n} samples along axis {axis}; zero phase with padlen {added} needs at least {added + 1}; "
            "give a longer signal, a smaller padlen, or a filter of lower order"
        )
    line = time_last(xp, x, axis)
    *common, zi, like = together(xp, *filter_, zi, line[..., :0])
    runs = _Passes(xp, runners(like)[kind], tuple(common), zi, padtype, added)
    if isinstance(like, np.ndarray) and like.dtype.char in "fdFD":
        y = runs.by_rows(line, like.dtype)
    else:
        y = runs.whole(xp.astype(line, like.dtype, copy=False))
    return time_back(xp, narrowed(xp, y, x), axis)


@dataclass(frozen=True)
class _Passes:
    """A filter, its steady state and what it sees beyond the ends of a signal."""

    xp: Any
    run: Callable[..., Any]
    filter_: tuple[Any, ...]
    zi: Any
    padtype: PadType
    added: int

    def state(self, first: Any) -> Any:
        """The steady state for a signal that has always been as its sample `first` (..., 1)."""
        if self.zi.ndim == 1:
            return self.zi * first
        return self.zi.reshape((-1, *(1,) * (first.ndim - 1), 2)) * first

    def beyond(self, x: Any) -> tuple[Any, Any]:
        """The samples added in front and behind."""
        added = self.added
        first, last = x[..., :1], x[..., -1:]
        if self.padtype == "constant":
            ones = self.xp.ones_like(x[..., :added])
            return first * ones, last * ones
        if isinstance(x, np.ndarray):
            left, right = x[..., added:0:-1], x[..., -2 : -added - 2 : -1]
        else:
            left, right = (self.xp.flip(end, axis=-1) for end in (x[..., 1 : added + 1], x[..., -added - 1 : -1]))
        return (left, right) if self.padtype == "even" else (2 * first - left, 2 * last - right)

    def whole(self, x: Any) -> Any:
        """The extended signal through both passes."""
        n = x.shape[-1]
        if self.added:
            left, right = self.beyond(x)
            x = self.xp.concat([left, x, right], axis=-1)
        for _ in range(2):
            x = self.xp.flip(self.run(*self.filter_, x, self.state(x[..., :1]))[0], axis=-1)
        return x[..., self.added : self.added + n]

    def by_rows(self, x: Any, dtype: Any) -> Any:
        """The same for NumPy arrays, a few rows at a time: both passes find them in the cache, on every core."""
        from sigconv.core.native.threads import spread

        y = np.empty_like(x, dtype=dtype)
        lines, out = x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1])
        size = max(8, -(-_TOGETHER // lines.shape[-1]))
        pieces = -(-lines.shape[0] // size)

        def job(i: int) -> None:
            rows = slice(i * size, (i + 1) * size)
            self._one(lines[rows].astype(dtype, copy=False), out[rows])

        spread(job, pieces)
        return out.reshape(y.shape)

    def _one(self, x: Any, y: Any) -> None:
        """Both passes over a few rows; the added samples are pieces of their own, joined on by their states."""
        if not self.added:
            _, state = self.passed(x, self.state(x[:, :1]), y)
            self.passed(y, self.state(y[:, -1:]), y, back=True)
            return
        if x.shape[1] <= _SHORT:  # two calls cost less than five
            left, right = self.beyond(x)
            line = np.concatenate([left, x, right], axis=1)
            self.passed(line, self.state(line[:, :1]), line)
            self.passed(line, self.state(line[:, -1:]), line, back=True)
            y[...] = line[:, self.added : -self.added]
            return
        left, right = (part.copy() for part in self.beyond(x))  # an even extension is a view of x
        _, state = self.passed(left, self.state(left[:, :1]), left)
        _, state = self.passed(x, state, y)
        self.passed(right, state, right)
        _, state = self.passed(right, self.state(right[:, -1:]), right, back=True)
        self.passed(y, state, y, back=True)

    def passed(self, x: Any, state: Any, y: Any, back: bool = False) -> tuple[Any, Any]:
        """The filter over x into y, from the last sample to the first if back; y and the state behind it."""
        return self.run(*self.filter_, x, state, back, y)  # type: ignore[no-any-return]
