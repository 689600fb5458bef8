"""Separable passes over NumPy arrays, and their transposes, which carry gradients back."""

from typing import Any

import numpy as np

from sigconv.core.boundary import ODD, Boundary, shown
from sigconv.core.namespace import along
from sigconv.core.native import box, lines
from sigconv.core.passes import Passes

NARROW = 25  # a mean of so few along several axes is summed tap by tap


def forward(x: Any, how: Passes) -> Any:
    """See core.passes.passed.

    x : float32, float64, complex64 or complex128
    """
    axes, widths, padding, boundary, taps = how
    if taps is None and len(axes) > 1 and max(widths) <= NARROW:
        taps = (*(np.ones(width) for width in widths[1:]), np.full(widths[0], 1 / np.prod(widths)))
        axes, padding = (*axes[1:], axes[0]), (*padding[1:], padding[0])
    if taps is not None:
        return lines.separable(x, taps, axes, padding, boundary)
    if x.dtype.kind == "c":
        constant = complex(boundary[1])
        return forward(x.real, how._replace(boundary=(boundary[0], constant.real))) + 1j * forward(
            x.imag, how._replace(boundary=(boundary[0], constant.imag))
        )
    for axis, width, pad in zip(axes, widths, padding, strict=True):
        x = box.moving_average(x, width, axis, pad, boundary)
    return x


def back(y: Any, how: Passes, lengths: tuple[int, ...]) -> Any:
    """The transpose of `forward` without its constant: what each sample of x gave to the outputs.

    y : as `forward` returns it;  lengths : of x along how.axes
    """
    taps = None if how.taps is None else tuple(np.asarray(t)[::-1] for t in how.taps)
    nothing = Boundary.CONSTANT, 0.0
    rule = how.boundary[0]
    if rule is Boundary.CONSTANT and all(max(p) < w for p, w in zip(how.padding, how.widths, strict=True)):
        rest = tuple(
            (w - 1 - before, w - 1 - after) for (before, after), w in zip(how.padding, how.widths, strict=True)
        )
        return forward(y, Passes(how.axes, how.widths, rest, nothing, taps))
    full = tuple((w - 1, w - 1) for w in how.widths)
    x = forward(y, Passes(how.axes, how.widths, full, nothing, taps))
    for axis, n, pad in zip(how.axes, lengths, how.padding, strict=True):
        x = folded(x, n, *pad, rule, axis)
    return x


def folded(x: Any, n: int, before: int, after: int, rule: Boundary, axis: int) -> Any:
    """The transpose of boundary.extend along an axis: what shows outside is added to the sample that it shows.

    x : (..., before + n + after, ...).  Returns (..., n, ...).

    >>> folded(np.array([1.0, 2, 3, 4]), 2, 1, 1, Boundary.EDGE, 0)
    array([3., 7.])
    """
    y = x[along(x.ndim, axis, slice(before, before + n))].copy()
    if rule is Boundary.CONSTANT or not before + after:
        return y
    into = np.moveaxis(y, axis, 0)
    given = np.moveaxis(x, axis, 0)
    for places, part in (
        (np.arange(-before, 0), given[:before]),
        (np.arange(n, n + after), given[before + n :]),
    ):
        turns, backwards, seen = shown(places, n, rule)
        shape = (-1, *(1,) * (x.ndim - 1))
        if rule in ODD:
            np.add.at(into, seen, part * (1 - 2 * backwards).reshape(shape))
            into[0] += (part * (-2 * turns).reshape(shape)).sum(axis=0)
            into[-1] += (part * (2 * turns + 2 * backwards).reshape(shape)).sum(axis=0)
        else:
            np.add.at(into, seen, part)
    return y
