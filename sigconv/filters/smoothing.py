"""Smoothing in seconds: moving average, exponential, Gaussian, median, Savitzky-Golay."""

from collections.abc import Callable
from math import exp, floor, inf
from typing import Any, Literal, TypedDict

from sigconv import units
from sigconv.core import average
from sigconv.core.gaps import Nan, checked
from sigconv.core.gaussian import gaussian
from sigconv.core.median import median
from sigconv.core.savgol import savgol
from sigconv.errors import ArgumentError, SamplingError, one_of
from sigconv.filters.sampling import Quantity, Sampled, opened, samples

Technique = Literal["moving_average", "exponential", "gaussian", "median", "savgol"]
_BRIDGING = ("moving_average", "gaussian", "savgol")


class Gaps(TypedDict):
    """What becomes of missing samples, and the longest gap to fill, in samples."""

    nan: Nan
    max_gap: int | None


def smooth(
    x: Any,
    width: Quantity,
    technique: Technique = "moving_average",
    fs: Quantity | None = None,
    *,
    nan: Nan = "propagate",
    max_gap: Quantity | None = None,
) -> Any:
    """x with its fast changes evened out over `width` seconds.

    Parameters
    ----------
    x : Signal with a time axis, or (..., time) array or tensor with fs
    width : s or text such as "250 ms", at least one sample. The window of "moving_average", "median" and "savgol" (the
        two latter take the next odd number of samples; "savgol" fits cubics, or less in a window below 5), the
        standard deviation of "gaussian", the time constant of "exponential"
    technique : one of those
    fs : Hz, for an array
    nan : "propagate" makes every value that sees a missing sample (NaN) NaN; "ignore" takes what is there, for
        "moving_average", "gaussian" and "savgol"
    max_gap : s or text, at least 0, the longest gap that "ignore" fills; longer ones stay NaN

    Returns
    -------
    the kind that came in, same axes. The signal is continued as its mirror image, except that "exponential" begins
    at the first sample and "savgol" fits its last polynomial on.

    Raises
    ------
    SamplingError : a width below one sample, a max_gap below 0, or no rate
    ArgumentError : an unknown technique, or nan="ignore" with one that knows no gaps
    ShapeError : fewer samples than a "savgol" window

    >>> import numpy as np
    >>> smooth(np.array([3.0, 6, 9, 6, 3]), "12 ms", fs=250)
    array([4., 6., 7., 6., 4.])
    >>> smooth(np.array([3.0, 6, np.nan, 6, 3]), "12 ms", fs=250, nan="ignore")
    array([4. , 4.5, 6. , 4.5, 4. ])
    """
    one_of("technique", technique, _TECHNIQUES)
    given = opened(x, fs)
    gaps: Gaps = {"nan": nan, "max_gap": _longest(max_gap, given.fs)}
    if checked(**gaps) and technique not in _BRIDGING:
        raise ArgumentError(f"nan is 'ignore' with technique {technique!r}; {', '.join(_BRIDGING)} know gaps")
    return given.closed(_TECHNIQUES[technique](given, width, gaps))


def _longest(max_gap: Quantity | None, fs: float) -> int | None:
    """The longest gap in samples, of those that are wholly within it."""
    if max_gap is None:
        return None
    seconds = units.parse(max_gap, "s", "max_gap")
    if not 0 <= seconds < inf:
        raise SamplingError(f"max_gap is {seconds:g} s; it is 0 or more")
    return floor(seconds * fs + 1e-9)


def _moving_average(given: Sampled, width: Quantity, gaps: Gaps) -> Any:
    n = samples("width", width, given.fs)
    if n > max(1, given.data.shape[given.axis]):
        raise SamplingError(
            f"width is {n} samples, the signal has {given.data.shape[given.axis]}; a width is at most as long"
        )
    return average.moving_average(given.data, n, given.axis, boundary="symmetric", **gaps)


def _exponential(given: Sampled, width: Quantity, _: Gaps) -> Any:
    seconds = units.parse(width, "s", "width")
    if seconds <= 0:
        raise SamplingError(f"width is {seconds:g} s; a time constant is positive")
    return average.exponential_average(given.data, 1 - exp(-1 / (seconds * given.fs)), given.axis)


def _gaussian(given: Sampled, width: Quantity, gaps: Gaps) -> Any:
    seconds = units.parse(width, "s", "width")
    if seconds <= 0:
        raise SamplingError(f"width is {seconds:g} s; a standard deviation is positive")
    return gaussian(given.data, seconds * given.fs, axes=given.axis, **gaps)


def _median(given: Sampled, width: Quantity, _: Gaps) -> Any:
    return median(given.data, samples("width", width, given.fs) | 1, axes=given.axis)


def _savgol(given: Sampled, width: Quantity, gaps: Gaps) -> Any:
    n = samples("width", width, given.fs) | 1
    return savgol(given.data, n, min(3, n - 1), axis=given.axis, **gaps)


_TECHNIQUES: dict[str, Callable[[Sampled, Quantity, Gaps], Any]] = {
    "moving_average": _moving_average,
    "exponential": _exponential,
    "gaussian": _gaussian,
    "median": _median,
    "savgol": _savgol,
}
