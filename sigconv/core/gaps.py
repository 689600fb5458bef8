"""Gaps: what a filter does where samples are missing (NaN).

A weighted mean of what is present is the filter of x, zeros in the gaps, divided by the filter of 1 where there is a
sample and 0 where there is none (normalised convolution).
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from sigconv.core.boundary import ODD, Boundary, extend
from sigconv.core.geometry import at_least
from sigconv.core.passes import Passes, passed
from sigconv.errors import ArgumentError, one_of

Nan = Literal["propagate", "ignore"]


def checked(nan: str, max_gap: int | None) -> bool:
    """Whether missing samples are left out of the sums.

    Raises
    ------
    ArgumentError : an unknown rule, a max_gap that is no whole number, or one beside nan="propagate"

    >>> checked("ignore", 3)
    True
    """
    one_of("nan", nan, ("propagate", "ignore"))
    if max_gap is not None:
        at_least("max_gap", max_gap, 0)
        if nan == "propagate":
            raise ArgumentError(f"max_gap is {max_gap} with nan 'propagate'; gaps are bridged with nan='ignore' only")
    return nan == "ignore"


def too_long(missing: Any, axes: Sequence[int], max_gap: int) -> Any:
    """Where a gap is longer than `max_gap` samples along every one of the axes.

    missing : boolean array or tensor.  Returns the same kind.

    >>> too_long(np.array([1, 0, 1, 1, 0], bool), (0,), 1)
    array([False, False,  True,  True, False])
    """
    if is_torch_array(missing):
        found = too_long(missing.cpu().numpy(), axes, max_gap)
        return array_namespace(missing).asarray(found, device=device(missing))
    shortest = np.full(missing.shape, np.iinfo(np.int64).max)
    for axis in axes:
        lines = np.moveaxis(missing, axis, -1)
        n = lines.shape[-1]
        places = np.arange(n)
        before = np.maximum.accumulate(np.where(lines, -1, places), axis=-1)
        after = np.minimum.accumulate(np.where(lines, n, places)[..., ::-1], axis=-1)[..., ::-1]
        shortest = np.minimum(shortest, np.moveaxis(after - before - 1, -1, axis))
    return missing & (shortest > max_gap)


def bridged(x: Any, how: Passes, max_gap: int | None = None) -> Any:
    """The weighted means of what is present; NaN where nothing is, and in gaps longer than `max_gap`.

    x : floating or complex array or tensor;  how : passes whose taps are 0 or more

    >>> bridged(np.array([1.0, np.nan, 5]), Passes((0,), (3,), ((1, 1),), (Boundary.EDGE, 0.0)))
    array([1., 3., 5.])
    """
    xp = array_namespace(x)
    missing = xp.isnan(x)
    if not bool(xp.any(missing)) and how.boundary[1] == how.boundary[1]:
        return passed(x, how)
    long = None if max_gap is None else too_long(missing, how.axes, max_gap)
    if how.boundary[0] in ODD:  # what shows outside is missing where one of the samples it is made of is
        for axis, pad in zip(how.axes, how.padding, strict=True):
            x = extend(x, *pad, how.boundary, axis)
        missing = xp.isnan(x)
        how = how._replace(padding=((0, 0),) * len(how.axes), boundary=(Boundary.CONSTANT, 0.0))
    rule, constant = how.boundary
    known = constant == constant
    sums = passed(xp.where(missing, xp.zeros_like(x), x), how._replace(boundary=(rule, constant if known else 0.0)))
    real = xp.finfo(x.dtype).dtype if not is_torch_array(x) else x.real.dtype
    there = xp.astype(~missing, real)
    weights = passed(there, how._replace(boundary=(rule, float(known))))
    seen = weights > 0
    means = sums / xp.where(seen, weights, xp.ones_like(weights))
    return xp.where(seen if long is None else seen & ~long, means, xp.full_like(means, xp.nan))
