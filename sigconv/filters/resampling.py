"""Another sampling rate."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from sigconv import units
from sigconv.core.rates import resample_poly
from sigconv.errors import SamplingError, ShapeError
from sigconv.filters.sampling import Quantity, opened

_LARGEST = 10_000  # a rate ratio of larger numbers needs an interpolation filter longer than it is worth


def resample(x: Any, new_rate: Quantity, fs: Quantity | None = None) -> Any:
    """x at another rate, what the new rate cannot hold removed first.

    Parameters
    ----------
    x : Signal with a time axis, or (..., time) array or tensor with fs
    new_rate : Hz or text, > 0; its ratio to the old rate is a fraction of whole numbers up to 10000
    fs : Hz, for an array

    Returns
    -------
    the kind that came in, ceil(n new_rate / fs) samples long; a Signal's time axis has the new step. The ends are
    continued by a straight line through the first and the last sample.

    Raises
    ------
    SamplingError : a rate not positive, no such fraction, or no rate
    ShapeError : one sample, through which no line goes

    Source: Crochiere & Rabiner (1983), Multirate Digital Signal Processing.  Same as: scipy.signal.resample_poly.

    >>> import numpy as np
    >>> resample(np.ones((2, 250)), 160, fs=250).shape
    (2, 160)
    """
    given = opened(x, fs)
    rate = units.parse(new_rate, "Hz", "new_rate")
    ratio = rate_ratio(rate, given.fs)
    if given.data.shape[given.axis] == 1 and ratio != 1:
        raise ShapeError("x has one sample; resampling takes two or more, or none")
    rule = "line" if given.data.shape[given.axis] else "constant"
    y = resample_poly(given.data, ratio.numerator, ratio.denominator, given.axis, padtype=rule)
    if given.source is None:
        return y
    axes = list(given.source.axes)
    time = axes[given.axis]
    axes[given.axis] = replace(time, size=y.shape[given.axis], step=1 / rate, labels=())
    return given.source.with_data(y, axes=tuple(axes))


def rate_ratio(new_rate: float, fs: float) -> Fraction:
    """The new rate over the old one as a fraction of whole numbers.

    new_rate, fs : Hz, > 0

    Raises
    ------
    SamplingError : a rate not positive, or no fraction of whole numbers up to 10000

    >>> rate_ratio(160, 250)
    Fraction(16, 25)
    """
    if not 0 < new_rate < float("inf"):
        raise SamplingError(f"new_rate is {new_rate:g} Hz; a sampling rate is positive")
    ratio = Fraction(new_rate / fs).limit_denominator(_LARGEST)
    if ratio.numerator > _LARGEST or ratio <= 0 or abs(float(ratio) * fs - new_rate) > 1e-9 * new_rate:
        raise SamplingError(
            f"new_rate is {new_rate:g} Hz; its ratio to {fs:g} Hz is no fraction of whole numbers up to {_LARGEST}"
        )
    return ratio
