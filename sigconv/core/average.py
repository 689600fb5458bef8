"""Averages over time: moving, exponential, cumulative."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from array_api_compat import device

from sigconv.core.boundary import ODD, BoundaryLike, rule_of, shown
from sigconv.core.convolve import per_axis
from sigconv.core.gaps import Nan, bridged, checked
from sigconv.core.geometry import Mode, at_least, length_after, padding_for
from sigconv.core.namespace import along, axis_index, axis_indices, inexact, wide_enough
from sigconv.core.passes import Passes, passed
from sigconv.core.recurrence import lfilter, native
from sigconv.errors import ArgumentError, ShapeError, one_number

_FEW = 1 << 13  # samples that are worth a short way


def moving_average(
    x: Any,
    width: int | Sequence[int],
    axis: int = -1,
    mode: Mode = "same",
    boundary: BoundaryLike = "zeros",
    *,
    axes: Sequence[int] | int | None = None,
    nan: Nan = "propagate",
    max_gap: int | None = None,
) -> Any:
    """The mean of `width` neighbours, at every sample: y[n] = (x[n+s] + x[n+s-1] + ... + x[n+s-width+1]) / width.

    s is (width - 1) // 2 for "same", so that the window lies around n; 0 for "causal" and "full". The time does not
    depend on the width, and nothing is ever subtracted: no drift, and a loud sample is forgotten with its window.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    width : int >= 1, samples, one number or one for each of `axes`
    axis : int
    mode : "same", "full", "valid" or "causal", as in `convolve`
    boundary : what lies outside x, as in `convolve`
    axes : several axes instead of one, for the mean of a rectangle or a box
    nan : "propagate" makes every mean that holds a NaN NaN; "ignore" takes the mean of the samples that are there
    max_gap : int >= 0, samples, the longest gap that "ignore" fills; a sample of a gap that is longer along all of
        the axes stays NaN. By default every gap that is shorter than the window

    Returns
    -------
    array, same library, device and precision as x; as long as x for "same" and "causal". float32 is summed in float64
    along one axis, and in float32 over a box of at most 25 along each of several.

    Raises
    ------
    ArgumentError : width below 1, unknown mode, boundary or nan, max_gap with other modes than "same" and "causal"
    ShapeError : fewer than `width` samples in "valid", no such axis

    Source: van Herk (1992), doi:10.1016/0167-8655(92)90069-C, for sums.  Same as: numpy.convolve(x,
    numpy.ones(width) / width, mode), scipy.ndimage.uniform_filter.

    >>> moving_average([3, 6, 9, 6, 3], 3)
    array([3., 6., 7., 6., 3.])
    >>> moving_average([1, float("nan"), 3, 4], 3, boundary="edge", nan="ignore")
    array([1.        , 2.        , 3.5       , 3.66666667])
    """
    usual = isinstance(axis, int) and isinstance(nan, str) and axis == -1 and nan == "propagate"
    if usual and axes is None and max_gap is None and type(x) is np.ndarray:
        y = _short(x, width, mode, boundary)
        if y is not None:
            return y
    xp, x = inexact(x)
    where = (axis_index(axis, x.ndim),) if axes is None else axis_indices(axes, x.ndim)
    width = width if isinstance(width, Sequence) else at_least("width", width, 1)
    ignore = _ignores(nan, max_gap, mode)
    how = _passes(x.shape, where, per_axis("width", width, len(where)), mode, boundary)
    if 0 in x.shape:
        return _empty(xp, x, how)
    x = wide_enough(x, how.boundary[1])
    return bridged(x, how, max_gap) if ignore else passed(x, how)


def _ignores(nan: Nan, max_gap: int | None, mode: Mode) -> bool:
    """Whether missing samples are left out; a longest gap needs an output for every sample."""
    if max_gap is not None and mode not in ("same", "causal"):
        raise ArgumentError(f"max_gap is {max_gap} with mode {mode!r}; 'same' and 'causal' have an output a sample")
    return checked(nan, max_gap)


def _passes(shape: Any, axes: tuple[int, ...], widths: tuple[int, ...], mode: Mode, boundary: BoundaryLike) -> Passes:
    """One mean along each axis; a window that does not fit is refused."""
    widths = tuple(at_least("width", w, 1) for w in widths)
    padding = tuple(padding_for(mode, w) for w in widths)
    for axis, width in zip(axes, widths, strict=True):
        if mode == "valid" and shape[axis]:
            length_after(shape[axis], width)
    return Passes(axes, widths, padding, rule_of(boundary))


def _short(x: Any, width: Any, mode: Any, boundary: Any) -> Any:
    """The means of a few short lines, or None for anything else: arguments that were right once are right again."""
    if not (0 < x.size <= _FEW and x.dtype.char in "fd" and type(width) is int and type(boundary) is type(mode) is str):
        return None
    if not (x.ndim and x.flags.carray and x.dtype.isnative):
        return None
    seen, first = _extended(x.shape[-1], width, mode, boundary)
    return None if seen is None else _box().short(x, seen, first, width)


@lru_cache(256)
def _extended(n: int, width: int, mode: Mode, boundary: str) -> tuple[Any, int]:
    """The sample that shows at every place of a line that is extended for a mode, and the first mean's newest place."""
    before, after = padding_for(mode, at_least("width", width, 1))
    rule = rule_of(boundary)[0]
    if rule in ODD or not width <= n + before + after < 1 << 24:
        return None, 0
    return shown(np.arange(-before, n + after), n, rule)[2].astype(np.int64), width - 1 - before


@cache
def _box() -> Any:
    """The compiled means, loaded when they are first needed."""
    from sigconv.core.native import box

    return box


def _empty(xp: Any, x: Any, how: Passes) -> Any:
    """An axis without samples gives one without means."""
    shape = list(x.shape)
    for axis, width, pad in zip(how.axes, how.widths, how.padding, strict=True):
        shape[axis] = shape[axis] and length_after(shape[axis], width, padding=pad)
    return xp.zeros(tuple(shape), dtype=x.dtype, device=device(x))


def exponential_average(x: Any, alpha: float, axis: int = -1) -> Any:
    """A mean that forgets: y[n] = alpha x[n] + (1 - alpha) y[n-1], from y[0] = x[0].

    Parameters
    ----------
    x : (..., n, ...) array or tensor, n >= 1
    alpha : float, 0 < alpha <= 1, the weight of the newest sample
    axis : int

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : alpha outside its range
    ShapeError : no samples

    Source: Brown (1963), Smoothing, Forecasting and Prediction.  Same as: pandas ewm(alpha=alpha, adjust=False).mean().

    >>> exponential_average([0, 1, 1], 0.5)
    array([0.  , 0.5 , 0.75])
    """
    if not 0 < (weight := one_number("alpha", alpha, "above 0 and at most 1")) <= 1:
        raise ArgumentError(f"alpha is {alpha}; it is above 0 and at most 1")
    x = inexact(x)[1]
    axis = axis_index(axis, x.ndim)
    if not x.shape[axis]:
        raise ShapeError(f"x has no samples along axis {axis}; an exponential average starts at the first")
    b, a = _forgetting(weight)
    if type(x) is np.ndarray and x.ndim == 1 and x.dtype.char == "d":
        return native("recurrence").lfilter(b, a, x, (1 - weight) * x[:1])[0]
    before = (1 - weight) * x[along(x.ndim, axis, slice(0, 1))]
    return lfilter(b, a, x, axis, before)[0]


@lru_cache(64)
def _forgetting(alpha: float) -> tuple[Any, Any]:
    """The difference equation of an exponential average."""
    return np.array([alpha, 0.0]), np.array([1.0, alpha - 1])


def cumulative_average(x: Any, axis: int = -1) -> Any:
    """The mean of everything up to now: y[n] = (x[0] + ... + x[n]) / (n + 1).

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    axis : int

    Returns
    -------
    shaped like x, same library, device and precision; summed in float64

    Raises
    ------
    ShapeError : no such axis

    Same as: pandas expanding().mean().

    >>> cumulative_average([2, 4, 6])
    array([2., 3., 4.])
    """
    xp, x = inexact(x)
    axis = axis_index(axis, x.ndim)
    wide = xp.result_type(x.dtype, xp.float64)
    counts = xp.arange(1, x.shape[axis] + 1, dtype=xp.float64, device=device(x))
    counts = xp.reshape(counts, (-1, *(1,) * (x.ndim - axis - 1)))
    return xp.astype(xp.cumulative_sum(xp.astype(x, wide), axis=axis) / counts, x.dtype)
