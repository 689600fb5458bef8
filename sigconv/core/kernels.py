"""Kernels by name, in one, two or three dimensions, as NumPy arrays. Correlate with them as they stand.

Axis 0 points down a picture (y), axis 1 to the right (x). A derivative kernel along an axis is positive where the
values grow along it.
"""

from functools import reduce
from math import ceil
from typing import Any

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.core.memory import affordable
from sigconv.core.namespace import axis_index
from sigconv.errors import ArgumentError

Array = np.ndarray[Any, np.dtype[np.float64]]


# the factors that the kernels of every dimension are products and sums of
DIFFERENCE = (-1.0, 0.0, 1.0)
SECOND_DIFFERENCE = (1.0, -2.0, 1.0)
SOBEL_ACROSS = (1.0, 2.0, 1.0)
PREWITT_ACROSS = (1.0, 1.0, 1.0)


def horizontal() -> Array:
    """The lecture's kernel that answers to horizontal edges: bright above dark is positive.

    Returns
    -------
    (3, 3)

    Same as: minus `prewitt(2, axis=0)`.

    >>> horizontal()
    array([[ 1.,  1.,  1.], [ 0.,  0.,  0.], [-1., -1., -1.]])
    """
    return np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -1.0, -1.0]])


def vertical() -> Array:
    """The lecture's kernel that answers to vertical edges: bright left of dark is positive.

    Returns
    -------
    (3, 3), the transpose of `horizontal()`

    >>> vertical()[0]
    array([ 1.,  0., -1.])
    """
    return horizontal().T.copy()


def prewitt(ndim: int = 2, axis: int = 0) -> Array:
    """A central difference along one axis, summed over three neighbours along the others.

    Parameters
    ----------
    ndim : int >= 1;  axis : int, -ndim <= axis < ndim

    Returns
    -------
    (3,) * ndim

    Raises
    ------
    ArgumentError, ShapeError : ndim below 1, or no such axis

    Source: Prewitt (1970).  Same as: the kernel of scipy.ndimage.prewitt.

    >>> prewitt(1)
    array([-1.,  0.,  1.])
    """
    return _derivative(ndim, axis, PREWITT_ACROSS)


def sobel(ndim: int = 2, axis: int = 0) -> Array:
    """A central difference along one axis, smoothed with 1 2 1 along the others.

    Parameters
    ----------
    ndim : int >= 1;  axis : int, -ndim <= axis < ndim

    Returns
    -------
    (3,) * ndim

    Raises
    ------
    ArgumentError, ShapeError : ndim below 1, or no such axis

    Source: Sobel & Feldman (1968).  Same as: the kernel of scipy.ndimage.sobel.

    >>> sobel(2, axis=1)
    array([[-1.,  0.,  1.], [-2.,  0.,  2.], [-1.,  0.,  1.]])
    """
    return _derivative(ndim, axis, SOBEL_ACROSS)


def laplacian(ndim: int = 2) -> Array:
    """The sum of the second differences along every axis.

    Parameters
    ----------
    ndim : int >= 1

    Returns
    -------
    (3,) * ndim, -2 ndim in the middle

    Raises
    ------
    ArgumentError : ndim below 1

    Same as: the kernel of scipy.ndimage.laplace.

    >>> laplacian(2)
    array([[ 0.,  1.,  0.], [ 1., -4.,  1.], [ 0.,  1.,  0.]])
    """
    kernel = np.zeros((3,) * _affordable("ndim takes", 3, ndim))
    for axis in range(ndim):
        line = [1] * ndim
        for place, value in enumerate(SECOND_DIFFERENCE):
            line[axis] = place
            kernel[tuple(line)] += value
    return kernel


def gaussian(sigma: float, ndim: int = 1, truncate: float = 4.0) -> Array:
    """A bell that sums to 1, cut off `truncate` standard deviations from its middle.

    Parameters
    ----------
    sigma : float > 0, samples
    ndim : int >= 1
    truncate : float > 0

    Returns
    -------
    (2 r + 1,) * ndim with r = floor(truncate sigma + 1/2)

    Raises
    ------
    ArgumentError : sigma or truncate not positive, ndim below 1

    Same as: the kernel of scipy.ndimage.gaussian_filter.

    >>> gaussian(0.5).round(3)
    array([0.   , 0.106, 0.787, 0.106, 0.   ])
    """
    if not 0 < sigma < np.inf or not 0 < truncate < np.inf:
        raise ArgumentError(f"sigma is {sigma} and truncate {truncate}; both are positive and finite")
    radius = _affordable_radius(truncate * sigma + 0.5, sigma, truncate, ndim)
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return reduce(np.multiply.outer, [bell / bell.sum()] * at_least("ndim", ndim, 1))


def gaussian_derivative(sigma: float, order: int = 1, truncate: float = 4.0) -> Array:
    """A derivative of a Gaussian: correlated with a line, the derivative of the blurred line, per sample.

    Parameters
    ----------
    sigma : float > 0, samples
    order : int >= 0; 0 is the bell itself
    truncate : float > 0

    Returns
    -------
    (2 r + 1,) with r = floor(truncate sigma + 1/2)

    Raises
    ------
    ArgumentError : sigma or truncate not positive, order below 0 or so high that numbers overflow

    Same as: the kernel of scipy.ndimage.gaussian_filter1d.

    >>> gaussian_derivative(1.0, 1, truncate=1).round(3)
    array([-0.274, 0. , 0.274])
    """
    bell = gaussian(sigma, 1, truncate)
    places = np.arange(-(len(bell) // 2), len(bell) // 2 + 1.0)
    factor = np.polynomial.Polynomial([1.0])  # the n-th derivative is a polynomial times the bell
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(at_least("order", order, 0)):
            factor = factor.deriv() - factor * np.polynomial.Polynomial([0.0, 1 / sigma**2])
            if not np.isfinite(factor.coef).all():
                break
        taps = (-1.0) ** order * factor(places) * bell + 0.0  # no -0 in the middle
    if not np.isfinite(taps).all():
        raise ArgumentError(f"order is {order} with sigma {sigma}; the numbers of so high a derivative are not finite")
    return np.asarray(taps)


def laplacian_of_gaussian(sigma: float, ndim: int = 2, truncate: float = 4.0) -> Array:
    """The Laplacian of a Gaussian, made to sum to exactly 0: blobs of radius sigma sqrt(ndim) answer most.

        (|r|^2 / sigma^4 - ndim / sigma^2) g(r)

    Parameters
    ----------
    sigma : float > 0, samples;  ndim : int >= 1;  truncate : float > 0

    Returns
    -------
    (2 r + 1,) * ndim with r = ceil(truncate sigma)

    Raises
    ------
    ArgumentError : sigma or truncate not positive, ndim below 1

    Source: Marr & Hildreth (1980), doi:10.1098/rspb.1980.0020.

    >>> laplacian_of_gaussian(1.0).shape
    (9, 9)
    """
    if not 0 < sigma < np.inf or not 0 < truncate < np.inf:
        raise ArgumentError(f"sigma is {sigma} and truncate {truncate}; both are positive and finite")
    radius = _affordable_radius(ceil(min(truncate * sigma, 1e18)), sigma, truncate, ndim)
    line = np.arange(-radius, radius + 1.0)
    squared = sum(r**2 for r in np.meshgrid(*[line] * at_least("ndim", ndim, 1), indexing="ij"))
    bell = np.exp(-squared / (2 * sigma**2))
    kernel = (squared / sigma**4 - ndim / sigma**2) * bell / bell.sum()
    return np.asarray(kernel - kernel.mean(), float)


def _affordable_radius(radius: float, sigma: float, truncate: float, ndim: int) -> int:
    """The radius as a whole number, if a kernel of it fits into memory."""
    reach = int(min(radius, 1e18))
    _affordable(f"sigma is {sigma} and truncate {truncate}, which takes", 2 * reach + 1, ndim)
    return reach


def _affordable(what: str, width: int, ndim: int) -> int:
    """ndim, if a kernel of so many taps along each axis fits into memory."""
    if at_least("ndim", ndim, 1) > 64:
        raise ArgumentError(f"ndim is {ndim}; an array has at most 64 axes")
    affordable(f"{what} a kernel of {ndim} axes", width**ndim)
    return ndim


def _derivative(ndim: int, axis: int, across: tuple[float, ...]) -> Array:
    along = axis_index(axis, _affordable("ndim takes", 3, ndim))
    lines = [np.array(DIFFERENCE) if i == along else np.array(across) for i in range(ndim)]
    return reduce(np.multiply.outer, lines)
