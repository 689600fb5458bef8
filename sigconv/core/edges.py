"""Edges in pictures and volumes: Sobel, Prewitt, Laplacian."""

from collections.abc import Sequence
from typing import Any

from sigconv.core import kernels
from sigconv.core.boundary import BoundaryLike
from sigconv.core.convolve import correlate
from sigconv.core.namespace import axis_index, axis_indices, inexact

Axes = Sequence[int] | int | None


def sobel(x: Any, axis: int = -1, *, axes: Axes = None, boundary: BoundaryLike = "symmetric") -> Any:
    """The slope along one axis, smoothed with 1 2 1 along the other ones.

    Parameters
    ----------
    x : array or tensor
    axis : int, the axis of the slope
    axes : the axes of the picture, `axis` among them; by default all of x
    boundary : what lies outside; "symmetric" is what ndimage calls reflect

    Returns
    -------
    shaped like x, same library, device and precision; 2 * 4**(len(axes) - 1) times the slope per sample

    Raises
    ------
    ShapeError : no such axis
    ArgumentError : unknown boundary

    Source: Sobel & Feldman (1968).  Same as: scipy.ndimage.sobel.

    >>> sobel([[0, 0, 1, 1]] * 3)[1]
    array([0., 4., 4., 0.])
    """
    return _slope(x, axis, axes, boundary, kernels.SOBEL_ACROSS)


def prewitt(x: Any, axis: int = -1, *, axes: Axes = None, boundary: BoundaryLike = "symmetric") -> Any:
    """The slope along one axis, summed over three neighbours along the other ones.

    Parameters
    ----------
    x, axis, axes, boundary : as in `sobel`

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ShapeError, ArgumentError : as `sobel`

    Source: Prewitt (1970).  Same as: scipy.ndimage.prewitt.

    >>> prewitt([[0, 0, 1, 1]] * 3)[1]
    array([0., 3., 3., 0.])
    """
    return _slope(x, axis, axes, boundary, kernels.PREWITT_ACROSS)


def laplacian(x: Any, *, axes: Axes = None, boundary: BoundaryLike = "symmetric") -> Any:
    """The sum of the second differences: how far each sample lies below its neighbours.

    Parameters
    ----------
    x : array or tensor
    axes : the axes to sum over; by default all
    boundary : what lies outside; "symmetric" is what ndimage calls reflect

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ShapeError : no such axis
    ArgumentError : unknown boundary

    Same as: scipy.ndimage.laplace.

    >>> laplacian([0, 0, 1, 0, 0])
    array([ 0.,  1., -2.,  1.,  0.])
    """
    xp, x = inexact(x)
    total = xp.zeros_like(x)
    for axis in axis_indices(axes, x.ndim):
        total = total + correlate(x, kernels.SECOND_DIFFERENCE, "same", axes=axis, boundary=boundary)
    return total


def _slope(x: Any, axis: int, axes: Axes, boundary: BoundaryLike, across: tuple[float, ...]) -> Any:
    x = inexact(x)[1]
    steep = axis_index(axis, x.ndim)
    for each in {steep, *axis_indices(axes, x.ndim)}:
        taps = kernels.DIFFERENCE if each == steep else across
        x = correlate(x, taps, "same", axes=each, boundary=boundary)
    return x
