"""Medians of sliding windows."""

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

from sigconv.core.boundary import BoundaryLike, extend
from sigconv.core.convolve import per_axis
from sigconv.core.geometry import at_least
from sigconv.core.namespace import axis_indices, inexact, is_complex
from sigconv.errors import ArgumentError, ResourceError

MOST_BYTES = 4 << 30  # what a median may take: all its windows stand side by side


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
