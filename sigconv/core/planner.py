"""Which way a convolution is computed: the cost of each way, and what each may do to the last digits.

The choice looks at one line of a batch and never at the number of lines or threads, so that neither changes a bit.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from sigconv.core.boundary import Boundary

Triple = tuple[int, int, int]

# Nanoseconds on one core (EPYC, Zen 4), measured: an output of the direct sum and a tap of it, in 1, 2 and 3
# dimensions; the same of a square `in_single`, in 2 and 3; an output and a tap of a separable kernel's line, in 2 and
# 3, and where it is too long for one trip through memory; and a number of a buffer of 2**j numbers, cut, convolved and
# pasted along one axis, which `axes` multiplies for more; by the bytes of a number. `compensated` is how many taps one
# costs where more than IN_A_ROW are summed in double precision; `transforms` what a call of transforms costs more: it
# counts for every line, else the number of lines would change the way and so bits. `look` is the search for a kernel's
# lines; `row` what beginning a row costs, in outputs.
COSTS: dict[str, Any] = {
    "output": (1.0, 0.6, 1.5),
    "tap": {4: (0.037, 0.036, 0.040), 8: (0.043, 0.042, 0.042)},
    "square": ((0.4, 0.022), (1.0, 0.022)),
    "row": 24.0,
    "compensated": 3.5,
    "line": ((0.25, 0.045), (2.0, 0.06)),
    "long line": (20.0, 0.09),
    "look": 20_000.0,
    "transforms": 30_000.0,
    "number": {
        4: {8: 3.0, 10: 2.4, 12: 2.4, 14: 3.0, 16: 3.8, 18: 5.5, 20: 6.9, 22: 9.2, 26: 13.8},
        8: {8: 4.4, 10: 3.9, 12: 4.0, 14: 4.8, 16: 6.2, 18: 9.4, 20: 11.5, 22: 15.0, 26: 20.0},
    },
    "axes": 1.3,
}
SQUARES = (3, 5, 7)  # sides of planes of taps that are written out
ROUNDINGS = 16  # of half an eps each, that a sum may see
FEW = 12  # taps of a line that are always summed
IN_A_ROW = 32  # products that double precision may add in a row: as many equal ones lose up to 6 eps of their sum
TOGETHER = 84  # taps of all lines of a kernel, at most IN_A_ROW each, that lose less than 8 eps so; measured
_LEAST, _MOST = 8, 26  # buffers hold 2**8 to 2**26 numbers


class Slide(NamedTuple):
    """How a kernel slides: y[n] = sum_k taps[k] ext(x)[n s + k d - before].

    axes : the axes of x, counted from the front, one for each axis of the kernel
    padding : (before, after) for each of them
    boundary : the rule and its constant
    strides, dilations : one for each of them
    """

    axes: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    boundary: tuple[Boundary, complex]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]


class Tiling(NamedTuple):
    """How outputs are divided among transforms.

    numbers : real numbers in the buffer, a power of two
    size : samples of x in a tile, along each of three axes
    made : outputs at stride 1 that a tile gives, along each axis: size - span + 1
    cost : nanoseconds for one line
    """

    numbers: int
    size: Triple
    made: Triple
    cost: float


def number_cost(power: int, itemsize: int) -> float:
    """Nanoseconds for one number of a buffer of 2**power, between the measured ones."""
    table: dict[int, float] = COSTS["number"][itemsize]
    below = max(p for p in table if p <= power)
    above = min(p for p in table if p >= power)
    part = (power - below) / max(above - below, 1)
    return (1 - part) * table[below] + part * table[above]


@lru_cache(maxsize=512)
def tiling(outputs: Triple, spans: Triple, itemsize: int, complex_numbers: bool, whole: bool = False) -> Tiling | None:
    """The cheapest tiles for so many outputs of a kernel of these spans, at stride 1.

    Parameters
    ----------
    outputs, spans : along each of three axes (1 for an axis that is not there)
    itemsize : bytes of a real number
    complex_numbers : whether a sample takes two
    whole : one tile for everything, where a buffer can hold it

    Returns
    -------
    Tiling, or None if no buffer holds even one output

    >>> tiling((1, 1, 1000), (1, 1, 25), 8, False).numbers
    1024
    """
    best: Tiling | None = None
    several: float = COSTS["axes"] if sum(k > 1 for k in spans) > 1 else 1.0
    for power in range(_LEAST, _MOST + 1):
        room = (1 << power) >> complex_numbers
        each = number_cost(power, itemsize) * (1 << power) * several
        for made in _ways(outputs, spans, room, whole):
            tiles = prod(-(-n // m) for n, m in zip(outputs, made, strict=True))
            cost = tiles * each + COSTS["transforms"]
            if best is None or cost < best.cost:
                size = (made[0] + spans[0] - 1, made[1] + spans[1] - 1, made[2] + spans[2] - 1)
                best = Tiling(1 << power, size, made, cost)
        if best is not None and best.made == outputs:
            break
    if whole and best is None:
        return tiling(outputs, spans, itemsize, complex_numbers)
    return best


def _ways(outputs: Triple, spans: Triple, room: int, whole: bool) -> list[Triple]:
    """Outputs of a tile whose samples fit into the room: for every width and height worth a try, the greatest depth."""
    ways = []
    if whole:
        fits = prod(n + k - 1 for n, k in zip(outputs, spans, strict=True)) <= room
        return [outputs] if fits else []
    for width in _shares(outputs[2], room // (spans[0] * spans[1]) - spans[2] + 1):
        left = room // (width + spans[2] - 1)
        for height in _shares(outputs[1], left // spans[0] - spans[1] + 1):
            depth = min(left // (height + spans[1] - 1) - spans[0] + 1, outputs[0])
            depth = -(-outputs[0] // -(-outputs[0] // depth))
            ways.append((depth, height, width))
    return ways


def _shares(n: int, most: int) -> list[int]:
    """Equal shares of n, none above `most`: the largest and some twenty smaller ones."""
    if most < 1:
        return []
    fewest = -(-n // min(n, most))
    if n == 1:
        return [1]
    return sorted({-(-n // min(n, count)) for count in {*range(fewest, fewest + 16), 2 * fewest + 16, 4 * fewest + 16}})


def direct_cost(kept: Sequence[int], taps: Sequence[int], itemsize: int, complex_numbers: bool) -> float:
    """Nanoseconds for the sum over the taps at every output of one line, less than those of any transform's call.

    Parameters
    ----------
    kept : outputs along each axis
    taps : the kernel's shape
    itemsize : bytes of a real number

    >>> round(direct_cost((1000,), (10,), 8, False))
    1430
    """
    many = min(sum(k > 1 for k in taps) or 1, 3) - 1
    output: float = COSTS["output"][many]
    tap: float = COSTS["tap"][itemsize][many]
    if itemsize == 4 and in_single(taps):
        output, tap = COSTS["square"][many - 1]
    if itemsize == 8 and prod(taps) > IN_A_ROW:
        tap *= COSTS["compensated"]
    if len(taps) > 1:
        tap *= 1 + COSTS["row"] / max(kept[-1], 1)
    return prod(kept) * (output + prod(taps) * tap) * (4 if complex_numbers else 1)


def in_single(taps: Sequence[int]) -> bool:
    """Whether single precision may sum these taps: rows one by one, then a plane's rows, then the planes, each number
    rounded so seldom that the error stays below 8 eps sum|x||h| at every output.

    >>> in_single((7, 7)), in_single((5, 5, 5)), in_single((7, 7, 7)), in_single((9, 9)), in_single((3,))
    (True, True, False, False, False)
    """
    if len(taps) < 2 or taps[-1] != taps[-2] or taps[-1] not in SQUARES:
        return False
    return prod(taps[:-2]) + 2 * taps[-1] <= ROUNDINGS


def separable_cost(outputs: int, taps: Sequence[int], complex_numbers: bool) -> float:
    """Nanoseconds for one axis after the other, `taps` being those of each axis.

    >>> round(separable_cost(1000, (5, 5), False))
    20700
    """
    short = COSTS["line"][min(len(taps), 3) - 2]
    output, tap = short if sum(taps) <= TOGETHER else COSTS["long line"]
    return float(outputs * (output + sum(taps) * tap) * (2 if complex_numbers else 1) + COSTS["look"])


def product_of_lines(taps: Any) -> list[Any] | None:
    """One line of taps an axis whose product is the kernel, or None if it is no such product to within its rounding.

    Parameters
    ----------
    taps : array with one or more axes

    Returns
    -------
    list of float64 or complex128 arrays, one an axis

    >>> [line.tolist() for line in product_of_lines(np.array([[1.0, 2.0], [2.0, 4.0]]))]
    [[2.0, 4.0], [0.5, 1.0]]
    """
    if taps.ndim == 1:
        return [taps]
    wide = taps.astype(np.result_type(taps.dtype, np.float64))
    if not _four_agree(wide[(0,) * (taps.ndim - 2)], 8 * float(np.finfo(taps.dtype).eps)):
        return None
    size = abs(wide)
    peak = np.unravel_index(int(np.argmax(size)), taps.shape)
    if not 0 < size[peak] < np.inf:
        return None
    lines = []
    for axis in range(taps.ndim):
        line = wide[(*peak[:axis], slice(None), *peak[axis + 1 :])]
        lines.append(line / wide[peak] if axis else line)
    product = lines[0]
    for line in lines[1:]:
        product = np.multiply.outer(product, line)
    rounding = 4 * np.finfo(taps.dtype).eps
    return lines if bool((abs(product - wide) <= rounding * size).all()) else None


def _four_agree(plane: Any, rounding: float) -> bool:
    """Whether four numbers of a plane can be those of a product: most kernels are found out by these."""
    i, j = plane.shape[0] // 2, plane.shape[1] // 2
    first, second = complex(plane[0, 0]) * complex(plane[i, j]), complex(plane[0, j]) * complex(plane[i, 0])
    return abs(first - second) <= rounding * (abs(first) + abs(second))
