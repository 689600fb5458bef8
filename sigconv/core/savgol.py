"""Savitzky-Golay smoothing: polynomials fitted to sliding windows, in one dimension or several."""

from collections.abc import Sequence
from math import inf
from typing import Any, Literal

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from sigconv.core.boundary import Boundary, BoundaryLike, extend, rule_of
from sigconv.core.convolve import correlate, per_axis
from sigconv.core.fits import Fit, fit, fitted
from sigconv.core.gaps import Nan, checked, too_long
from sigconv.core.geometry import at_least
from sigconv.core.namespace import along, axis_index, axis_indices, inexact, wide_enough
from sigconv.core.passes import Passes, passed
from sigconv.errors import ArgumentError, ShapeError, one_number

_NONE = Boundary.CONSTANT, 0.0
_SUMMED = 64  # samples of a window whose products lie in memory at once


def savgol(
    x: Any,
    window_length: int | Sequence[int],
    polyorder: int,
    deriv: int | Sequence[int] = 0,
    delta: float = 1.0,
    axis: int = -1,
    boundary: BoundaryLike | Literal["interp"] = "interp",
    *,
    axes: Sequence[int] | int | None = None,
    nan: Nan = "propagate",
    max_gap: int | None = None,
) -> Any:
    """A polynomial fitted to a sliding window by least squares; its value, or a derivative, in the middle.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    window_length : odd int >= 1, samples, one number or one for each of `axes`
    polyorder : int, 0 <= polyorder < window_length, the highest power; over several axes the highest sum of powers
    deriv : int >= 0, which derivative; over several axes one number an axis, such as (0, 1)
    delta : float > 0, the step between samples, in the unit the derivative is taken in
    axis : int
    boundary : "interp" fits one polynomial to the first window and one to the last; or a rule of `convolve`
    axes : several axes instead of one, for a polynomial in as many variables over a rectangle or a box
    nan : "propagate" makes every output that sees a NaN NaN; "ignore" fits what is there of a window, and gives NaN
        where too little is there for the polynomial
    max_gap : int >= 0, samples, the longest gap that "ignore" fills; a sample of a gap that is longer along all of
        the axes stays NaN

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : an even window, polyorder, deriv or delta outside its range, unknown boundary or nan
    ShapeError : fewer than window_length samples with "interp", no such axis

    Source: Savitzky & Golay (1964), doi:10.1021/ac60214a047.  Same as: scipy.signal.savgol_filter, whose modes are
    called mirror (here "reflect"), nearest ("edge"), constant ("zeros") and which also takes even windows.

    >>> savgol([0, 1, 4, 9, 16, 25], 5, 2, deriv=1).round(6)
    array([ 0.,  2.,  4.,  6.,  8., 10.])
    >>> savgol([1, 2, 5, float("nan"), 17, 26], 5, 2, nan="ignore").round(6)
    array([ 1.,  2.,  5., 10., 17., 26.])
    """
    xp, x = inexact(x)
    where = (axis_index(axis, x.ndim),) if axes is None else axis_indices(axes, x.ndim)
    windows = _windows(window_length, polyorder, len(where))
    derivs = tuple(at_least("deriv", d, 0) for d in per_axis("deriv", deriv, len(where)))
    told = None if boundary == "interp" else rule_of(boundary)
    _all_fit(x.shape, where, windows if told is None else (0,) * len(where))
    x = wide_enough(x, told and told[1])
    how, ignore = fit(windows, polyorder, derivs, _step(delta)), checked(nan, max_gap)
    if 0 in x.shape:
        return xp.zeros_like(x)
    if ignore and (bool(xp.any(xp.isnan(x))) or (told and told[1] != told[1])):
        return _bridged(x, how, where, told, max_gap)
    return _slid(x, how, where, told)


def _windows(window_length: int | Sequence[int], polyorder: int, axes: int) -> tuple[int, ...]:
    """The length of the window along each axis: odd, and longer than the polynomial's highest power."""
    windows = per_axis("window_length", window_length, axes)
    for window in windows:
        if at_least("window_length", window, 1) % 2 == 0:
            raise ArgumentError(f"window_length is {window_length}; it is odd")
        if at_least("polyorder", polyorder, 0) >= window:
            raise ArgumentError(f"polyorder is {polyorder}; it is below window_length {window_length}")
    return windows


def _step(delta: float) -> float:
    if not 0 < one_number("delta", delta, "a step, positive and finite") < inf:
        raise ArgumentError(f"delta is {delta}; a step is positive and finite")
    return float(delta)


def _all_fit(shape: Any, axes: tuple[int, ...], windows: tuple[int, ...]) -> None:
    """A polynomial is fitted to the first and the last window: there has to be one."""
    for axis, window in zip(axes, windows, strict=True):
        if shape[axis] < window:
            raise ShapeError(f"x has {shape[axis]} samples along axis {axis}; a window of {window} needs as many")


def _slid(x: Any, how: Fit, axes: tuple[int, ...], told: Any) -> Any:
    """Every window fitted alike."""
    if told is None:
        return _interpolated(x, how, axes)
    if len(axes) > 1:
        return correlate(x, how.middle(), "same", axes=axes, boundary=told)
    half = how.windows[0] // 2
    return passed(x, Passes(axes, how.windows, ((half, half),), told, (how.middle(),)))


def _interpolated(x: Any, how: Fit, axes: tuple[int, ...]) -> Any:
    """As `_slid`; near the ends, the polynomial of the last window that fits."""
    xp = array_namespace(x)
    if len(axes) > 1:
        inner = correlate(x, how.middle(), "valid", axes=axes)
        for axis, window in zip(axes, how.windows, strict=True):
            inner = extend(inner, window // 2, window // 2, "edge", axis)
        near = np.zeros(x.shape, bool)
        for axis, window in zip(axes, how.windows, strict=True):
            for part in (slice(0, window // 2), slice(x.shape[axis] - window // 2, None)):
                near[along(x.ndim, axis, part)] = True
        return fitted(x, None, how, axes, near, inner, inside=True)
    axis, window = axes[0], how.windows[0]
    half = window // 2
    middle = passed(x, Passes(axes, how.windows, ((0, 0),), _NONE, (how.middle(),)))
    if not half:
        return middle
    line = xp.moveaxis(x, axis, -1)
    ends = xp.asarray(how.all_places().T.copy(), dtype=x.dtype, device=device(x))
    first = _weighed(line[along(x.ndim, x.ndim - 1, slice(0, window))], ends[:, :half])
    last = _weighed(line[along(x.ndim, x.ndim - 1, slice(line.shape[-1] - window, None))], ends[:, half + 1 :])
    return xp.concat([xp.moveaxis(first, -1, axis), middle, xp.moveaxis(last, -1, axis)], axis=axis)


def _weighed(line: Any, weights: Any) -> Any:
    """line (..., w) @ weights (w, p); arrays are summed in one order, so a line alone has its bits among others."""
    if is_torch_array(line):
        return line @ weights
    line = np.moveaxis(line, -1, 0)[..., None]
    weights = weights.reshape(len(weights), *(1,) * (line.ndim - 2), -1)
    total = None
    for k in range(0, len(weights), _SUMMED):
        some = slice(k, k + _SUMMED)
        part = np.add.reduce(np.multiply(line[some], weights[some], order="C"), axis=0)
        total = part if total is None else total + part
    return total


def _bridged(x: Any, how: Fit, axes: tuple[int, ...], told: Any, max_gap: int | None) -> Any:
    """Windows with gaps fitted to what is there of them."""
    xp = array_namespace(x)
    missing = xp.isnan(x)
    long = None if max_gap is None else too_long(missing, axes, max_gap)
    if told is not None:
        for axis, window in zip(axes, how.windows, strict=True):
            x = extend(x, window // 2, window // 2, told, axis)
        missing = xp.isnan(x)
    values = xp.where(missing, xp.zeros_like(x), x)
    if told is None:
        y = _interpolated(values, how, axes)
    else:
        y = correlate(values, how.middle(), "valid", axes=axes)
    gone = np.asarray(missing.cpu() if is_torch_array(missing) else missing)
    y = fitted(values, ~gone, how, axes, None, y, inside=told is None)
    return y if long is None else xp.where(long, xp.full_like(y, xp.nan), y)
