"""One pass along each of several axes, with a line of taps or a mean: what separable filters are made of."""

from typing import Any, NamedTuple

from array_api_compat import is_numpy_array, is_torch_array

from sigconv.core.boundary import Boundary, extend
from sigconv.core.memory import lengthened
from sigconv.core.namespace import along, is_complex, like


class Passes(NamedTuple):
    """y[n] = sum_k taps[k] ext(x)[n + k - before], one axis after the other.

    axes : the axes of x, counted from the front, each once
    widths : how many neighbours each output sees along them, int >= 1
    padding : (before, after) for each of them, int >= 0
    boundary : the rule and its constant
    taps : a line of real numbers for each axis; None stands for the mean of the neighbours
    """

    axes: tuple[int, ...]
    widths: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    boundary: tuple[Boundary, complex]
    taps: tuple[Any, ...] | None = None


def passed(x: Any, how: Passes) -> Any:
    """x after all passes: n + before + after - width + 1 samples along each axis.

    x : floating or complex array or tensor, with samples along every axis; gradients pass, and theirs

    >>> import numpy as np
    >>> passed(np.array([3.0, 6, 9]), Passes((0,), (2,), ((1, 0),), (Boundary.EDGE, 0.0)))
    array([3. , 4.5, 7.5])
    """
    lengthened(f"width {max(how.widths)}", x.shape, how.axes, how.padding)
    if x.dtype.itemsize // (1 + is_complex(x)) in (4, 8):
        if is_numpy_array(x):
            from sigconv.core.native import passes

            return passes.forward(x, how)
        if is_torch_array(x) and x.is_cpu:
            from sigconv.core.native import passes, tensors

            lengths = tuple(x.shape[axis] for axis in how.axes)
            no = how._replace(boundary=(how.boundary[0], 0.0))  # the constant outside has no gradient
            return tensors.linear(
                x,
                lambda part: passes.forward(part, no),
                lambda gradient: passes.back(gradient, no, lengths),
                lambda part: passes.forward(part, how),
            )
    return defined(x, how)


def defined(x: Any, how: Passes) -> Any:
    """The definition, for any array library. A mean sums pairs, pairs of pairs and so on: log2(width) additions.

    >>> import numpy as np
    >>> defined(np.arange(4.0), Passes((0,), (3,), ((0, 0),), (Boundary.CONSTANT, 0.0)))
    array([1., 2.])
    """
    for axis, pad in zip(how.axes, how.padding, strict=True):
        x = extend(x, *pad, how.boundary, axis)
    for i, (axis, width) in enumerate(zip(how.axes, how.widths, strict=True)):
        x = window_sums(x, width, axis) / width if how.taps is None else _summed(x, how.taps[i], axis)
    return x


def window_sums(x: Any, width: int, axis: int) -> Any:
    """The sums of `width` neighbours along an axis, n - width + 1 of them.

    >>> import numpy as np
    >>> window_sums(np.arange(5.0), 3, 0)
    array([3., 6., 9.])
    """
    outputs = x.shape[axis] - width + 1
    total: Any = None
    start, power = 0, 1
    while True:
        if width & power:
            part = x[along(x.ndim, axis, slice(start, start + outputs))]
            total = part if total is None else total + part
            start += power
        power *= 2
        if power > width:
            return total
        n = x.shape[axis] - power // 2
        x = x[along(x.ndim, axis, slice(0, n))] + x[along(x.ndim, axis, slice(power // 2, None))]


def _summed(x: Any, taps: Any, axis: int) -> Any:
    weights = like(taps, x, "taps")
    outputs = x.shape[axis] - len(taps) + 1
    total: Any = 0
    for k in range(len(taps)):
        total = total + weights[k] * x[along(x.ndim, axis, slice(k, k + outputs))]
    return total
