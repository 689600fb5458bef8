"""Edges in pictures and volumes: Sobel, Prewitt, Laplacian."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from sigconv.core import kernels
from sigconv.core.boundary import ODD, BoundaryLike, rule_of
from sigconv.core.namespace import axis_index, axis_indices, inexact, is_complex
from sigconv.core.passes import Passes, passed
from sigconv.core.recurrence import native

Axes = Sequence[int] | int | None

_FEW = 1 << 13  # samples that are worth a short way
_AROUND = ((1, 1),)
_DIFFERENCE, _SECOND, _SOBEL, _PREWITT = (
    np.array(taps)
    for taps in (kernels.DIFFERENCE, kernels.SECOND_DIFFERENCE, kernels.SOBEL_ACROSS, kernels.PREWITT_ACROSS)
)


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
    return _slope(x, axis, axes, boundary, _SOBEL)


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
    return _slope(x, axis, axes, boundary, _PREWITT)


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
    x = _real_or_complex(x, boundary)
    where, told = axis_indices(axes, x.ndim), rule_of(boundary)
    if 0 in x.shape:
        return inexact(x)[0].zeros_like(x)
    if where and _is_short(x) and told[0] not in ODD and not told[1]:
        return native("differences").short(x, where, told[0])
    parts = [passed(x, Passes((axis,), (3,), _AROUND, told, (_SECOND,))) for axis in where]
    return reduce(add, parts) if parts else inexact(x)[0].zeros_like(x)


def _is_short(x: Any) -> bool:
    return type(x) is np.ndarray and x.size <= _FEW and x.dtype.char in "fd" and x.flags.carray


def _slope(x: Any, axis: int, axes: Axes, boundary: BoundaryLike, across: Any) -> Any:
    x = _real_or_complex(x, boundary)
    steep = axis_index(axis, x.ndim)
    where = tuple(sorted({steep, *axis_indices(axes, x.ndim)}))
    if 0 in x.shape:
        return inexact(x)[0].zeros_like(x)
    taps = tuple(_DIFFERENCE if each == steep else across for each in where)
    return passed(x, Passes(where, (3,) * len(where), _AROUND * len(where), rule_of(boundary), taps))


def _real_or_complex(x: Any, boundary: BoundaryLike) -> Any:
    xp, x = inexact(x)
    if isinstance(rule_of(boundary)[1], complex) and not is_complex(x):
        return xp.astype(x, xp.result_type(x.dtype, xp.complex64))
    return x
