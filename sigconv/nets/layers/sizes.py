"""The whole numbers of a layer, read once: one per axis, or two per axis for what lies in front and behind."""

from collections.abc import Sequence
from typing import Any

from sigconv.core.convolve import per_axis
from sigconv.core.geometry import MODES, at_least, padding_for
from sigconv.errors import ArgumentError, one_of

Sizes = int | Sequence[int]
Pairs = tuple[tuple[int, int], ...]


def dimension(axes: int) -> int:
    """The number of axes of a grid.

    Raises
    ------
    ArgumentError : not 1, 2 or 3

    >>> dimension(2)
    2
    """
    if at_least("axes", axes, 1) > 3:
        raise ArgumentError(f"axes is {axes}; a grid has 1, 2 or 3 axes")
    return int(axes)


def along_axes(argument: str, given: Sizes, axes: int, least: int = 1) -> tuple[int, ...]:
    """One whole number for each axis, none below `least`.

    Raises
    ------
    ArgumentError : not whole, too small, or another number of them

    >>> along_axes("stride", 2, axes=3)
    (2, 2, 2)
    """
    return tuple(at_least(argument, size, least) for size in per_axis(argument, given, axes))


def paddings(given: Any, kernel: tuple[int, ...], dilation: tuple[int, ...], modes: tuple[str, ...] = MODES) -> Pairs:
    """What a layer's `padding` argument adds (before, after) each axis.

    Parameters
    ----------
    given : the name of a mode; a number; one number per axis; or a pair (before, after) for each axis

    Raises
    ------
    ArgumentError : anything else, or a negative number

    >>> paddings("same", (4,), (1,)), paddings(1, (3, 3), (1, 1)), paddings(((2, 0),), (3,), (1,))
    (((2, 1),), ((1, 1), (1, 1)), ((2, 0),))
    """
    axes = len(kernel)
    if isinstance(given, str):
        mode: Any = one_of("padding", given, modes)
        return tuple(padding_for(mode, k, d) for k, d in zip(kernel, dilation, strict=True))
    if isinstance(given, Sequence) and given and all(isinstance(pair, Sequence) for pair in given):
        if len(given) != axes or any(len(pair) != 2 for pair in given):
            raise ArgumentError(f"padding is {given!r}; it is one (before, after) for each of {axes} axes")
        return tuple((at_least("padding", before, 0), at_least("padding", after, 0)) for before, after in given)
    return tuple((size, size) for size in along_axes("padding", given, axes, least=0))


def drop_rate(drop: float) -> float:
    """The probability with which a weight is zero while training.

    Raises
    ------
    ArgumentError : not a number from 0 up to, but not, 1

    >>> drop_rate(0.5)
    0.5
    """
    if isinstance(drop, bool) or not isinstance(drop, int | float) or not 0 <= drop < 1:
        raise ArgumentError(f"drop is {drop!r}; a rate of dropped weights is at least 0 and below 1")
    return float(drop)
