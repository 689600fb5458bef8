"""A filter's memory between two pieces of a signal: what it starts from, what it ends with, what time does to it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sigconv.core.namespace import inexact
from sigconv.core.recurrence import lfilter, sosfilt
from sigconv.core.state import lfilter_zi, sosfilt_zi
from sigconv.core.zerophase import default_padding

if TYPE_CHECKING:
    from sigconv.filters.ccde import CCDE


def rest(f: "CCDE", lead: tuple[int, ...]) -> Any:
    """The memory before anything has happened, for signals (*lead, time).

    >>> from sigconv.filters import CCDE
    >>> rest(CCDE([1, 1, 1]), (5,)).shape
    (5, 2)
    """
    if f.sos is not None:
        return np.zeros((len(f.sos), *lead, 2))
    return np.zeros((*lead, max(len(f.b), len(f.a)) - 1))


def steady(f: "CCDE", level: Any) -> Any:
    """The memory after the input has been at `level`, (..., 1), for ever.

    >>> from sigconv.filters import CCDE
    >>> steady(CCDE([1, 1], [1, -0.5]), np.array([2.0]))
    array([6.])
    """
    if f.sos is None:
        return lfilter_zi(f.b, f.a) * level
    zi = sosfilt_zi(f.sos)
    return zi.reshape((len(zi), *(1,) * (level.ndim - 1), 2)) * level


def step(f: "CCDE", x: Any, memory: Any) -> tuple[Any, Any]:
    """The filter over a piece (..., time), and its memory afterwards.

    >>> from sigconv.filters import CCDE
    >>> step(CCDE([1], [1, -0.5]), np.array([0.0, 0]), np.array([1.0]))
    (array([1. , 0.5]), array([0.25]))
    """
    if not x.shape[-1]:
        return x.astype(precision(f, x.dtype)), memory
    y, after = lfilter(f.b, f.a, x, -1, memory) if f.sos is None else sosfilt(f.sos, x, -1, memory)
    return y, after


def precision(f: "CCDE", given: Any) -> Any:
    """The dtype of what comes out where `given` goes in.

    >>> from sigconv.filters import CCDE
    >>> precision(CCDE([1, 1]), np.int8)
    dtype('float64')
    """
    y: Any = step(f, inexact(np.zeros(1, given))[1], rest(f, ()))[0]
    return y.dtype


def flat(f: "CCDE", memory: Any) -> Any:
    """The memory as (..., numbers); `unflat` is the way back.

    >>> from sigconv.filters import CCDE
    >>> flat(CCDE.butterworth(4, 10, fs=100), np.zeros((2, 7, 2))).shape
    (7, 4)
    """
    if f.sos is None:
        return memory
    sections_last = np.moveaxis(memory, 0, -2)
    return sections_last.reshape((*sections_last.shape[:-2], -1))


def unflat(f: "CCDE", numbers: Any) -> Any:
    """`flat` undone."""
    if f.sos is None:
        return numbers
    return np.moveaxis(numbers.reshape((*numbers.shape[:-1], -1, 2)), -2, 0)


def passing(f: "CCDE", n: int) -> Any:
    """The matrix that takes the memory, as a column, over n samples of silence: one step's, to the power n.

    Squaring doubles a rounding each time and poles near the circle keep it: powers are taken in extended precision.

    >>> from sigconv.filters import CCDE
    >>> passing(CCDE([1], [1, -0.5]), 3)
    array([[0.125]])
    """
    size = flat(f, rest(f, ())).shape[-1]
    _, after = step(f, np.zeros((size, 1)), unflat(f, np.eye(size)))
    once = flat(f, after).T
    wide = np.clongdouble if np.iscomplexobj(once) else np.longdouble
    return np.linalg.matrix_power(once.astype(wide), n).astype(once.dtype)


def padding(f: "CCDE") -> int:
    """How many samples zero phase adds at either end, as filtfilt and sosfiltfilt do by default.

    >>> from sigconv.filters import CCDE
    >>> padding(CCDE([1, 1]))
    6
    """
    return 3 * max(len(f.b), len(f.a)) if f.sos is None else default_padding(f.sos)
