"""What lies beyond the edge of an axis: the law on integers and the move on arrays.

    zeros            0 0 0 0 | a b c d | 0 0 0 0
    ("constant", k)  k k k k | a b c d | k k k k
    edge             a a a a | a b c d | d d d d      also: replicate, nearest
    reflect          . d c b | a b c d | c b a .      also: mirror (its name in ndimage)
    symmetric        d c b a | a b c d | d c b a      also: symm; ndimage calls THIS one "reflect"
    wrap             a b c d | a b c d | a b c d      also: circular
    odd_reflect      reflect, turned about the end:    2a-d 2a-c 2a-b | a b c d | 2d-c 2d-b 2d-a
    odd_symmetric    symmetric, turned about the end:  2a-c 2a-b a    | a b c d | d 2d-c 2d-b

Every rule goes on for ever: the padding may be longer than the signal.
"""

from enum import Enum
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from sigconv.core.geometry import at_least
from sigconv.core.memory import lengthened
from sigconv.core.namespace import along, axis_index, inexact
from sigconv.errors import ArgumentError, ShapeError, nearest


class Boundary(Enum):
    """The rules, under the names of numpy.pad."""

    CONSTANT = "constant"
    EDGE = "edge"
    REFLECT = "reflect"
    SYMMETRIC = "symmetric"
    WRAP = "wrap"
    ODD_REFLECT = "odd_reflect"
    ODD_SYMMETRIC = "odd_symmetric"


BoundaryLike = str | tuple[str | Boundary, complex] | Boundary

_ALIASES = {
    "replicate": "edge",
    "nearest": "edge",
    "circular": "wrap",
    "mirror": "reflect",
    "symm": "symmetric",
}
_NAMES = ("zeros", *(rule.value for rule in Boundary if rule is not Boundary.CONSTANT))
ODD = (Boundary.ODD_REFLECT, Boundary.ODD_SYMMETRIC)


class Seen(NamedTuple):
    """The value at a position: sign * x[at] + first * x[0] + last * x[n-1]."""

    at: int
    sign: int = 1
    first: int = 0
    last: int = 0


def rule_of(boundary: BoundaryLike) -> tuple[Boundary, complex]:
    """The rule and its constant: the one door for boundary names and their aliases.

    Parameters
    ----------
    boundary : a name or alias from the table above, ("constant", number), or what this function gave before

    Raises
    ------
    ArgumentError : no such name

    >>> rule_of("nearest"), rule_of("zeros")
    ((<Boundary.EDGE: 'edge'>, 0.0), (<Boundary.CONSTANT: 'constant'>, 0.0))
    """
    if isinstance(boundary, Boundary):
        return boundary, 0.0
    if isinstance(boundary, tuple) and len(boundary) == 2 and isinstance(boundary[0], Boundary):
        return boundary[0], boundary[1]
    if (
        isinstance(boundary, tuple)
        and len(boundary) == 2
        and isinstance(boundary[0], str)
        and boundary[0] == "constant"
    ):
        if not isinstance(boundary[1], int | float | complex | np.number):
            raise ArgumentError(f"boundary is {boundary!r}; the constant is a number")
        return Boundary.CONSTANT, boundary[1]
    name = _ALIASES.get(boundary, boundary) if isinstance(boundary, str) else boundary
    if isinstance(name, str) and name == "zeros":
        return Boundary.CONSTANT, 0.0
    if not isinstance(name, str) or name not in _NAMES:
        known = (*_NAMES, *_ALIASES)
        raise ArgumentError(
            f"boundary is {boundary!r}{nearest(str(boundary), known)}; "
            f"allowed: {', '.join(known)}, ('constant', number)"
        )
    return Boundary(name), 0.0


def seen_at(i: int, n: int, boundary: BoundaryLike) -> Seen | None:
    """The sample of an n-long axis that shows at position i; None is the constant outside.

    Parameters
    ----------
    i : int, any position, 0 being the first sample
    n : int >= 1
    boundary : name of a rule

    Returns
    -------
    Seen(at, sign, first, last): the value is sign x[at] + first x[0] + last x[n-1]. Only the odd rules have a
    sign and lifts: each turn about an end adds twice that end, so a whole period adds 2 (x[n-1] - x[0]).

    Raises
    ------
    ShapeError : n below 1

    Same as: numpy.pad.

    >>> [seen_at(i, 3, "reflect").at for i in range(-4, 6)]
    [0, 1, 2, 1, 0, 1, 2, 1, 0, 1]
    """
    rule, _ = rule_of(boundary)
    if n < 1:
        raise ShapeError("an axis without samples has nothing to extend")
    if rule is Boundary.CONSTANT:
        return Seen(i) if 0 <= i < n else None
    if rule is Boundary.EDGE:
        return Seen(min(max(i, 0), n - 1))
    if rule is Boundary.WRAP:
        return Seen(i % n)
    if rule in (Boundary.SYMMETRIC, Boundary.ODD_SYMMETRIC):
        turns, r = divmod(i, 2 * n)
        mirrored = 2 * n - 1 - r
    else:
        turns, r = divmod(i, max(2 * n - 2, 1))
        mirrored = 2 * n - 2 - r
    back = r >= n
    index = mirrored if back else r
    if rule not in ODD:
        return Seen(index)
    return Seen(index, -1 if back else 1, -2 * turns, 2 * turns + 2 * back)


def extend(x: Any, before: int, after: int, boundary: BoundaryLike = "zeros", axis: int = -1) -> Any:
    """The array with `before` and `after` more samples along one axis, as the boundary rule shows them.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    before, after : int >= 0, any length
    boundary : name of a rule, or ("constant", number)
    axis : int

    Returns
    -------
    (..., before + n + after, ...), same library, dtype and device as x; the odd rules and a constant other than 0
    turn integers into float64

    Raises
    ------
    ArgumentError : an unknown rule, or a negative length
    ShapeError : no such axis, or an empty axis under a rule that needs samples
    ResourceError : more than 4 GiB and eight times the size of x

    Same as: numpy.pad.

    >>> extend(np.array([1.0, 2.0, 4.0]), 2, 1, "odd_reflect")
    array([-2.,  0.,  1.,  2.,  4.,  6.])
    """
    rule, constant = rule_of(boundary)
    before, after = at_least("before", before, 0), at_least("after", after, 0)
    xp, floating = inexact(x)
    if not is_torch_array(x):
        x = np.asarray(x)
    if rule in ODD or constant:
        x = floating
    if isinstance(constant, complex) and not xp.isdtype(x.dtype, "complex floating"):
        x = xp.astype(x, xp.result_type(x.dtype, xp.complex64))
    axis = axis_index(axis, x.ndim)
    n = x.shape[axis]
    lengthened("padding", x.shape, (axis,), ((before, after),))
    parts = [
        beyond(x, np.arange(-before, 0), (rule, constant), axis),
        x,
        beyond(x, np.arange(n, n + after), (rule, constant), axis),
    ]
    kept = [part for part in parts if part is x or part.shape[axis]]
    return xp.concat(kept, axis=axis) if len(kept) > 1 else x


def beyond(x: Any, i: Any, told: tuple[Boundary, complex], axis: int) -> Any:
    """The samples at the outside positions i: the law of seen_at, for many positions at once.

    x : (..., n, ...) array or tensor;  i : (k,) whole numbers;  told : from `rule_of`.  Returns (..., k, ...).
    """
    xp, n = array_namespace(x), x.shape[axis]
    rule, constant = told
    shape = (*x.shape[:axis], len(i), *x.shape[axis + 1 :])
    if rule is Boundary.CONSTANT or not len(i):
        return xp.full(shape, constant, dtype=x.dtype, device=device(x))
    if n < 1:
        raise ShapeError(f"axis {axis} has no samples; boundary {rule.value!r} needs at least one")
    turns, back, index = shown(i, n, rule)
    values = _taken(xp, x, index, axis)
    if rule not in ODD:
        return values

    def times(numbers: Any, samples: Any) -> Any:
        straight = xp.asarray(np.asarray(numbers, float), dtype=x.dtype, device=device(x))
        column = xp.reshape(straight, (-1, *(1,) * (x.ndim - axis - 1)))
        product = column * samples
        return xp.where(column == 0, xp.zeros_like(product), product)  # an end that is not turned about may be NaN

    first, last = (x[along(x.ndim, axis, part)] for part in (slice(0, 1), slice(n - 1, n)))
    with np.errstate(invalid="ignore", over="ignore"):  # turned about an infinity
        parts = times(1 - 2 * back, values), times(-2 * turns, first), times(2 * turns + 2 * back, last)
        return reduce(xp.add, parts)


def shown(i: Any, n: int, rule: Boundary) -> tuple[Any, Any, Any]:
    """The law of seen_at for an array of positions: (turns about the ends, whether backwards, the sample shown).

    The sample is -1 where the constant shows.

    >>> shown(np.arange(-2, 5), 3, Boundary.SYMMETRIC)[2]
    array([1, 0, 0, 1, 2, 2, 1])
    """
    still = np.zeros_like(i)
    if rule is Boundary.CONSTANT:
        return still, still, np.where((i < 0) | (i >= n), -1, i)
    if rule is Boundary.EDGE:
        return still, still, np.clip(i, 0, n - 1)
    if rule is Boundary.WRAP:
        return still, still, i % n
    period, shift = (2 * n, 1) if rule in (Boundary.SYMMETRIC, Boundary.ODD_SYMMETRIC) else (max(2 * n - 2, 1), 0)
    turns, r = np.divmod(i, period)
    back = r >= n
    return turns, back, np.where(back, period - shift - r, r)


def outside(n: int, before: int, after: int, rule: Boundary) -> Any:
    """The samples of an n-long axis that show at -before, ..., -1 and at n, ..., n + after - 1; -1 is the constant.

    The odd rules show sums of samples, which no index names.

    >>> outside(3, 2, 2, Boundary.REFLECT)
    array([2, 1, 1, 0])
    """
    positions = np.r_[-before:0, n : n + after].astype(np.int64)
    if rule is not Boundary.CONSTANT and len(positions) and n < 1:
        raise ShapeError(f"an axis has no samples; boundary {rule.value!r} needs at least one")
    return np.asarray(shown(positions, n, rule)[2], np.int64)


def _taken(xp: Any, x: Any, index: Any, axis: int) -> Any:
    return xp.take(x, xp.asarray(index, device=device(x)), axis=axis)
