"""Averages over time: moving, exponential, cumulative."""

from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_array

from sigconv.core.boundary import BoundaryLike, rule_of
from sigconv.core.convolve import convolve
from sigconv.core.geometry import Mode, at_least, length_after, padding_for
from sigconv.core.namespace import along, axis_index, inexact
from sigconv.core.recurrence import lfilter
from sigconv.errors import ArgumentError, ShapeError


def moving_average(x: Any, width: int, axis: int = -1, mode: Mode = "same", boundary: BoundaryLike = "zeros") -> Any:
    """The mean of `width` neighbours, at every sample: y[n] = (x[n+s] + x[n+s-1] + ... + x[n+s-width+1]) / width.

    s is (width - 1) // 2 for "same", so that the window lies around n; 0 for "causal" and "full".

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    width : int >= 1, samples
    axis : int
    mode : "same", "full", "valid" or "causal", as in `convolve`
    boundary : what lies outside x, as in `convolve`

    Returns
    -------
    array, same library, device and precision as x; as long as x for "same" and "causal". A NaN makes every mean
    that holds it NaN.

    Raises
    ------
    ArgumentError : width below 1, unknown mode or boundary
    ShapeError : fewer than `width` samples in "valid"

    Same as: numpy.convolve(x, numpy.ones(width) / width, mode).

    >>> moving_average([3, 6, 9, 6, 3], 3)
    array([3., 6., 7., 6., 3.])
    """
    xp, x = inexact(x)
    axis = axis_index(axis, x.ndim)
    told, padding = rule_of(boundary), padding_for(mode, at_least("width", width, 1))
    if mode == "valid" or not x.shape[axis]:
        length_after(x.shape[axis], width, padding=padding)
    if is_numpy_array(x) and x.dtype in (np.float32, np.float64) and not told[1] and x.size:
        from sigconv.core.native import box

        return box.moving_average(x, width, axis, padding, told)
    box_kernel = xp.ones((width,), dtype=x.dtype, device=device(x)) / width
    return convolve(x, box_kernel, mode, axes=axis, boundary=boundary)


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
    if not 0 < alpha <= 1:
        raise ArgumentError(f"alpha is {alpha}; it is above 0 and at most 1")
    x = inexact(x)[1]
    axis = axis_index(axis, x.ndim)
    if not x.shape[axis]:
        raise ShapeError(f"x has no samples along axis {axis}; an exponential average starts at the first")
    before = (1 - alpha) * x[along(x.ndim, axis, slice(0, 1))]
    return lfilter([alpha], [1, alpha - 1], x, axis, before)[0]


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
