"""Gaussian smoothing and its derivatives."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from sigconv.core.boundary import BoundaryLike, rule_of
from sigconv.core.convolve import correlate, per_axis
from sigconv.core.gaps import Nan, bridged, checked
from sigconv.core.geometry import at_least
from sigconv.core.kernels import gaussian_derivative
from sigconv.core.namespace import axis_indices, inexact, wide_enough
from sigconv.core.passes import Passes, passed
from sigconv.errors import ArgumentError, one_number

_LONG = 128  # taps from which an FFT may be the cheaper way


def gaussian(
    x: Any,
    sigma: float | Sequence[float],
    *,
    axes: Sequence[int] | int | None = None,
    boundary: BoundaryLike = "symmetric",
    truncate: float = 4.0,
    order: int | Sequence[int] = 0,
    nan: Nan = "propagate",
    max_gap: int | None = None,
) -> Any:
    """x blurred by a Gaussian along every axis, or a derivative of the blurred x.

    Parameters
    ----------
    x : array or tensor
    sigma : standard deviation in samples, >= 0, one number or one an axis; 0 leaves an axis alone
    axes : the axes to blur; by default all
    boundary : what lies outside; "symmetric" is what ndimage calls reflect
    truncate : float > 0, where the bell is cut off, in standard deviations
    order : int >= 0, which derivative, one number or one an axis; 0 blurs, 1 is the slope per sample
    nan : "propagate" makes every output that sees a NaN NaN; "ignore" weighs the samples that are there (order 0 only)
    max_gap : int >= 0, samples, the longest gap that "ignore" fills; a sample of a gap that is longer along all of
        the axes stays NaN. By default every gap that the bell reaches across

    Returns
    -------
    shaped like x, same library, device and precision

    Raises
    ------
    ArgumentError : a negative sigma or order, sigma 0 with an order, truncate not positive, unknown boundary or nan,
        nan="ignore" with an order
    ShapeError : no such axis

    Source: Knutsson & Westin (1993), doi:10.1109/CVPR.1993.341081, for gaps.  Same as:
    scipy.ndimage.gaussian_filter, but for a constant outside, which here lies outside on all sides at once.

    >>> gaussian([0, 0, 1, 0, 0], 0.5).round(3)
    array([0.   , 0.106, 0.787, 0.106, 0.   ])
    >>> gaussian([0, 1, 2, float("nan"), 4, 5, 6], 1, nan="ignore")[3].round(6)
    np.float64(3.0)
    """
    xp, x = inexact(x)
    where = axis_indices(axes, x.ndim)
    told, ignore = rule_of(boundary), checked(nan, max_gap)
    x = wide_enough(x, told[1])
    orders = per_axis("order", order, len(where))
    bells = _bells(where, _sigmas(sigma, len(where)), orders, one_number("truncate", truncate, "above 0"))
    if ignore and any(orders):
        raise ArgumentError(f"order is {order!r} with nan 'ignore'; a mean of what is there has order 0")
    if 0 in x.shape or not bells:
        return xp.asarray(x, copy=True)
    how = _passes(bells, told)
    return bridged(x, how, max_gap) if ignore else _blurred(x, how, boundary)


def _blurred(x: Any, how: Passes, boundary: BoundaryLike) -> Any:
    """All passes; the planner of `correlate` knows better ways along a long bell."""
    if max(how.widths) < _LONG or how.boundary[1] or how.taps is None:
        return passed(x, how)
    for axis, bell in zip(how.axes, how.taps, strict=True):
        x = correlate(x, bell, "same", axes=axis, boundary=boundary)
    return x


def _bells(
    axes: tuple[int, ...], sigmas: tuple[float, ...], orders: tuple[int, ...], truncate: float
) -> list[tuple[int, Any]]:
    """Each axis that is not left alone, and its line of taps."""
    every = [_bell(s, at_least("order", o, 0), truncate) for s, o in zip(sigmas, orders, strict=True)]
    return [(axis, bell) for axis, bell in zip(axes, every, strict=True) if bell is not None]


def _passes(bells: list[tuple[int, Any]], told: Any) -> Passes:
    """One line of taps along each axis, and as many outputs as samples."""
    taps = tuple(bell for _, bell in bells)
    radii = tuple((len(bell) // 2,) * 2 for bell in taps)
    return Passes(tuple(axis for axis, _ in bells), tuple(map(len, taps)), radii, told, taps)


def _sigmas(sigma: float | Sequence[float], axes: int) -> tuple[float, ...]:
    allowed = f"0 or more and finite, or one for each of {axes} axes"
    many = isinstance(sigma, Iterable) and not isinstance(sigma, str | bytes) and getattr(sigma, "ndim", None) != 0
    sigmas = tuple(one_number("sigma", s, allowed) for s in (sigma if many else [sigma]))  # type: ignore[union-attr]
    sigmas = sigmas if many else sigmas * axes
    if len(sigmas) != axes or not all(0 <= s < np.inf for s in sigmas):
        raise ArgumentError(f"sigma is {sigma!r}; it is one number, {allowed}")
    return sigmas


@lru_cache(128)
def _bell(sigma: float, order: int, truncate: float) -> Any:
    """The taps along one axis, or None for an axis that is left alone."""
    if sigma:
        return gaussian_derivative(sigma, order, truncate)
    if order:
        raise ArgumentError(f"sigma is 0 with order {order}; a derivative needs a sigma above 0")
    return None
