"""Savitzky-Golay smoothing: polynomials fitted to sliding windows."""

from math import isfinite
from typing import Any

import numpy as np
from array_api_compat import device

from sigconv.core.boundary import BoundaryLike
from sigconv.core.convolve import correlate
from sigconv.core.geometry import at_least
from sigconv.core.namespace import along, axis_index, inexact
from sigconv.errors import ArgumentError, ShapeError


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
