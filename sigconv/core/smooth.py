"""Smoothing: Gaussian, median, Savitzky-Golay."""

from collections.abc import Sequence
from itertools import product
from math import isfinite, prod
from typing import Any

import numpy as np
from array_api_compat import device

from sigconv.core import kernels
from sigconv.core.boundary import BoundaryLike, extend
from sigconv.core.convolve import correlate, per_axis
from sigconv.core.geometry import at_least
from sigconv.core.namespace import along, axis_index, axis_indices, inexact, is_complex
from sigconv.errors import ArgumentError, ResourceError, ShapeError

MOST_BYTES = 4 << 30  # what a median may take: all its windows stand side by side


def gaussian(
    x: Any,
    sigma: float | Sequence[float],
    *,
    axes: Sequence[int] | int | None = None,
    boundary: BoundaryLike = "symmetric",
    truncate: float = 4.0,
) -> Any:
    """x blurred by a Gaussian along every axis in turn.

    Parameters
    ----------
    x : array or tensor
    sigma : standard deviation in samples, >= 0, one number or one an axis; 0 leaves an axis alone
    axes : the axes to blur; by default all
    boundary : what lies outside; "symmetric" is what ndimage calls reflect
    truncate : float > 0, where the bell is cut off, in standard deviations

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : a negative sigma, truncate not positive, unknown boundary
    ShapeError : no such axis

    Same as: scipy.ndimage.gaussian_filter.

    >>> gaussian([0, 0, 1, 0, 0], 0.5).round(3)
    array([0.   , 0.106, 0.787, 0.106, 0.   ])
    """
    x = inexact(x)[1]
    where = axis_indices(axes, x.ndim)
    widths = (sigma,) * len(where) if isinstance(sigma, int | float | np.number) else tuple(sigma)
    if len(widths) != len(where) or not all(width >= 0 for width in widths):
        raise ArgumentError(f"sigma is {sigma!r}; it is 0 or more, one number or one for each of {len(where)} axes")
    for axis, width in zip(where, widths, strict=True):
        if width:
            bell = kernels.gaussian(float(width), 1, truncate)
            x = correlate(x, bell, "same", axes=axis, boundary=boundary)
    return x


def median(
    x: Any,
    size: int | Sequence[int],
    *,
    axes: Sequence[int] | int | None = None,
    boundary: BoundaryLike = "symmetric",
) -> Any:
    """The middle value of a window around every sample: removes spikes, keeps edges.

    Parameters
    ----------
    x : real array or tensor
    size : odd int >= 1, samples, one number or one an axis
    axes : the axes of the window; by default all
    boundary : what lies outside; "symmetric" is what ndimage calls reflect

    Returns
    -------
    shaped like x, same library, device and precision; NaN where the window holds one

    Raises
    ------
    ArgumentError : an even size, complex numbers, unknown boundary
    ShapeError : no such axis

    Source: Tukey (1977), Exploratory Data Analysis.  Same as: scipy.ndimage.median_filter.

    >>> median([1, 1, 9, 1, 2, 2], 3)
    array([1., 1., 1., 2., 2., 2.])
    """
    xp, x = inexact(x)
    if is_complex(x):
        raise ArgumentError("x holds complex numbers, which have no order and so no median")
    where = axis_indices(axes, x.ndim)
    sizes = per_axis("size", size, len(where))
    if any(at_least("size", s, 1) % 2 == 0 for s in sizes):
        raise ArgumentError(f"size is {size!r}; a window with one middle value is odd")
    shape = x.shape
    needed = 2 * prod(sizes) * prod(shape) * x.dtype.itemsize
    if needed > MOST_BYTES:
        raise ResourceError(
            f"median of size {size!r} over shape {tuple(shape)} needs {needed} bytes; allowed: {MOST_BYTES}; "
            "take a smaller size or fewer samples at a time"
        )
    for axis, s in zip(where, sizes, strict=True):
        x = extend(x, s // 2, s // 2, boundary, axis)
    views = []
    for starts in product(*map(range, sizes)):
        window = [slice(None)] * x.ndim
        for axis, start in zip(where, starts, strict=True):
            window[axis] = slice(start, start + shape[axis])
        views.append(x[tuple(window)])
    stack = xp.stack(views)
    middle = xp.sort(stack, axis=0)[len(views) // 2]
    return xp.where(xp.any(xp.isnan(stack), axis=0), xp.nan, middle)


def savgol(
    x: Any,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    axis: int = -1,
    boundary: BoundaryLike = "interp",
) -> Any:
    """A polynomial fitted to a sliding window by least squares; its value, or a derivative, in the middle.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    window_length : odd int >= 1, samples
    polyorder : int, 0 <= polyorder < window_length
    deriv : int >= 0, which derivative
    delta : float > 0, the step between samples, in the unit the derivative is taken in
    axis : int
    boundary : "interp" fits one polynomial to the first window and one to the last; or a rule of `convolve`

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : an even window, or polyorder or deriv outside its range
    ShapeError : fewer than window_length samples with "interp"

    Source: Savitzky & Golay (1964), doi:10.1021/ac60214a047.  Same as: scipy.signal.savgol_filter.

    >>> savgol([0, 1, 4, 9, 16, 25], 5, 2, deriv=1).round(6)
    array([ 0.,  2.,  4.,  6.,  8., 10.])
    """
    if at_least("window_length", window_length, 1) % 2 == 0:
        raise ArgumentError(f"window_length is {window_length}; it is odd")
    if at_least("polyorder", polyorder, 0) >= window_length:
        raise ArgumentError(f"polyorder is {polyorder}; it is below window_length {window_length}")
    xp, x = inexact(x)
    axis = axis_index(axis, x.ndim)
    half = window_length // 2
    if not (isfinite(delta) and delta > 0):
        raise ArgumentError(f"delta is {delta}; a step is positive and finite")
    fits = _fits(window_length, polyorder, at_least("deriv", deriv, 0), delta)
    if boundary != "interp":
        return correlate(x, fits[half], "same", axes=axis, boundary=boundary)
    if x.shape[axis] < window_length:
        raise ShapeError(f"x has {x.shape[axis]} samples along axis {axis}; a window of {window_length} needs as many")
    line = xp.moveaxis(x, axis, -1)
    last = line.ndim - 1
    ends = xp.asarray(fits.T.copy(), dtype=line.dtype, device=device(line))
    parts = [
        line[along(line.ndim, last, slice(0, window_length))] @ ends[:, :half],
        correlate(line, fits[half], "valid", axes=-1),
        line[along(line.ndim, last, slice(line.shape[-1] - window_length, None))] @ ends[:, half + 1 :],
    ]
    return xp.moveaxis(xp.concat(parts, axis=-1), -1, axis)


def _fits(window_length: int, polyorder: int, deriv: int, delta: float) -> Any:
    """(window, window): row p holds the weights that give the fitted derivative at place p."""
    from numpy.polynomial import polynomial

    places = np.arange(window_length) - window_length // 2
    scale = max(window_length // 2, 1)
    solve = np.linalg.pinv(np.vander(places / scale, polyorder + 1, increasing=True))
    terms = np.eye(polyorder + 1)
    values = polynomial.polyval(places / scale, polynomial.polyder(terms, deriv, axis=0)) if deriv else None
    if values is None:
        values = polynomial.polyval(places / scale, terms)
    return values.T @ solve / (delta * scale) ** deriv
