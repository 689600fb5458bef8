"""Medians of sliding windows."""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_array

from sigconv.core.average import moving_average
from sigconv.core.boundary import ODD, BoundaryLike, extend, rule_of
from sigconv.core.convolve import per_axis
from sigconv.core.geometry import at_least, padding_for
from sigconv.core.namespace import axis_indices, inexact, is_complex
from sigconv.errors import ArgumentError, ResourceError, ShapeError

_FEW = 1 << 12  # samples that are worth a short way
MOST_BYTES = 4 << 30  # what a median on another device may take: all its windows stand side by side there


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
    size : int >= 1, samples, one number or one an axis. A window of an even number of samples has two middle values;
        the larger is taken, and the window begins size // 2 before the sample
    axes : the axes of the window, at most three with a size above 1; by default all
    boundary : what lies outside; "symmetric" is what ndimage calls reflect

    Returns
    -------
    shaped like x, same library, device and precision; NaN where the window holds one. The gradient goes to the sample
    that was chosen.

    Raises
    ------
    ArgumentError : a size below 1, complex numbers, unknown boundary
    ShapeError : no such axis, or a window along more than three
    ResourceError : a window of more samples than 4 GiB hold

    Source: Tukey (1977), Exploratory Data Analysis.  Same as: scipy.ndimage.median_filter.

    >>> median([1, 1, 9, 1, 2, 2], 3)
    array([1., 1., 1., 2., 2., 2.])
    """
    y = _short(x, size, axes, boundary)
    if y is not None:
        return y
    x = inexact(x)[1]
    if is_complex(x):
        raise ArgumentError("x holds complex numbers, which have no order and so no median")
    given = axis_indices(axes, x.ndim)
    size = size if isinstance(size, Sequence) else at_least("size", size, 1)
    sizes = dict(zip(given, per_axis("size", size, len(given)), strict=True))
    where = [axis for axis in sorted(sizes) if at_least("size", sizes[axis], 1) > 1]
    if len(where) > 3:
        raise ShapeError(f"size is {size!r}, a window along {len(where)} axes; at most three are longer than 1")
    if isinstance(rule_of(boundary)[1], complex):
        raise ArgumentError(f"boundary is {boundary!r}; complex numbers have no order and so no median")
    if not where or 0 in x.shape:
        return array_namespace(x).asarray(x, copy=True)
    needed = prod(n + sizes.get(a, 1) for a, n in enumerate(x.shape)) * x.dtype.itemsize
    if needed > MOST_BYTES and prod(sizes.values()) > prod(x.shape):
        raise ResourceError(
            f"median of size {size!r} over {tuple(x.shape)} needs {needed} bytes; allowed: {MOST_BYTES}"
        )
    long = x
    for axis in where:
        long = extend(long, *padding_for("same", sizes[axis]), boundary, axis)
    middle = _middles(long, where, [sizes[axis] for axis in where])
    return _spoilt(middle, long, where, sizes)


def _spoilt(middle: Any, long: Any, where: list[int], sizes: dict[int, int]) -> Any:
    """The medians, NaN where the window sees a NaN of the extended samples."""
    xp = array_namespace(middle)
    missing = xp.isnan(long)
    if not bool(xp.any(missing)):
        return middle
    window = [sizes[axis] for axis in where]
    seen = moving_average(xp.astype(missing, middle.dtype), window, mode="valid", axes=where) > 0
    return xp.where(seen, xp.full_like(middle, xp.nan), middle)


def _short(x: Any, size: Any, axes: Any, boundary: Any) -> Any:
    """The medians of a few samples with little ado, or None for anything else."""
    if not (type(x) is np.ndarray and 0 < x.size <= _FEW and x.dtype.char in "fd" and type(boundary) is str):
        return None
    if not (type(size) in (int, tuple) and type(axes) in (int, tuple, type(None))):
        return None
    seen, window, some = _extended(x.shape, size, axes, boundary)
    if seen is None:
        return None
    long = x.reshape(-1)[seen]
    if some is not None:
        long[some] = 0
    largest = np.maximum.reduce(long, axis=None)
    if largest != largest:  # a NaN
        return None
    return _order().selected(long, window).reshape(x.shape)


@lru_cache(128)
def _extended(shape: tuple[int, ...], size: Any, axes: Any, boundary: str) -> Any:
    """Which sample shows at every place of the extended (batch, z, y, x), the window there, and where nothing shows."""
    rule, where = rule_of(boundary)[0], axis_indices(axes, len(shape))
    sizes = per_axis("size", size, len(where))
    most = len(shape) - len(where)
    if where != tuple(range(most, len(shape))) or not 0 < len(where) <= 3 or rule in ODD or min(sizes) < 1:
        return None, None, None
    places = np.arange(1, prod(shape) + 1).reshape(-1, *(1,) * (3 - len(where)), *shape[most:])
    if prod(n + k for n, k in zip(shape[most:], sizes, strict=True)) > 4 * _FEW:
        return None, None, None
    for axis, k in zip(range(-len(where), 0), sizes, strict=True):
        places = extend(places, *padding_for("same", k), boundary, axis)
    nothing = places == 0
    return places - 1, (*(1,) * (3 - len(where)), *sizes), nothing if nothing.any() else None


@cache
def _order() -> Any:
    """The compiled medians, loaded when they are first needed."""
    from sigconv.core.native import order

    return order


def _middles(x: Any, axes: list[int], sizes: list[int]) -> Any:
    """The middle values of the windows inside x."""
    xp = array_namespace(x)
    last = list(range(x.ndim - len(axes), x.ndim))
    turned = xp.moveaxis(x, tuple(axes), tuple(last)) if axes != last else x
    lead, grid = turned.shape[: last[0]], turned.shape[last[0] :]
    window = (*(1,) * (3 - len(axes)), *sizes)
    flat = xp.reshape(turned, (-1, *(1,) * (3 - len(axes)), *grid))
    y = xp.reshape(_chosen(flat, window), (*lead, *(n - k + 1 for n, k in zip(grid, sizes, strict=True))))
    return xp.moveaxis(y, tuple(last), tuple(axes)) if axes != last else y


def _chosen(x: Any, size: Any) -> Any:
    """The middle values of (batch, z, y, x), by whichever way serves its library."""
    if is_numpy_array(x):
        if x.dtype.itemsize in (4, 8):
            return _order().selected(x, size)
        return defined(x, size)
    if not x.is_cpu or x.dtype.itemsize not in (4, 8):
        return defined(x, size)
    found = _order().positions(x.detach().numpy(), size)
    return array_namespace(x).take(x.reshape(-1), array_namespace(x).asarray(found.reshape(-1))).reshape(found.shape)


def defined(x: Any, size: Any) -> Any:
    """The definition: all windows side by side, sorted.

    >>> import numpy as np
    >>> defined(np.array([3.0, 1, 2, 9]).reshape(1, 1, 1, 4), (1, 1, 3))
    array([[[[2., 2.]]]])
    """
    xp = array_namespace(x)
    needed = 2 * prod(size) * prod(x.shape) * x.dtype.itemsize
    if needed > MOST_BYTES:
        raise ResourceError(
            f"median of size {size!r} over {tuple(x.shape)} needs {needed} bytes; allowed: {MOST_BYTES}; "
            "take a smaller size or fewer samples at a time"
        )
    lengths = [n - k + 1 for n, k in zip(x.shape[1:], size, strict=True)]
    views = [
        x[(slice(None), *(slice(s, s + n) for s, n in zip(starts, lengths, strict=True)))]
        for starts in product(*map(range, size))
    ]
    return xp.sort(xp.stack(views), axis=0)[len(views) // 2]
