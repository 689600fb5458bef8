"""The only door between hertz and seconds outside and samples inside."""

from dataclasses import dataclass
from typing import Any

from sigconv import units
from sigconv.core.namespace import inexact
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.signal import Signal

Quantity = float | str


@dataclass(frozen=True)
class Sampled:
    """Samples that are through the door: floating, with a time axis and its rate.

    data : array or tensor;  axis : its time axis;  fs : Hz;  source : the Signal they came from, if any
    """

    data: Any
    axis: int
    fs: float
    source: Signal | None = None

    def closed(self, data: Any) -> Any:
        """New samples as the kind that came in: a Signal with the same axes, or the array itself."""
        return data if self.source is None else self.source.with_data(data)


def opened(x: Any, fs: Quantity | None = None) -> Sampled:
    """A Signal, or an array and its rate, as samples.

    Parameters
    ----------
    x : Signal with a time axis, or (..., time) array or tensor
    fs : Hz, or text such as "250 Hz"; needed for an array, and if given beside a Signal equal to its own rate

    Returns
    -------
    Sampled; integers become float64

    Raises
    ------
    SamplingError : no rate, two different rates, or one that is not positive
    ArgumentError : a Signal without a time axis, or a Recording whose samples are not read
    ShapeError : an array without axes

    >>> opened([1, 2, 3], fs="250 Hz").fs
    250.0
    """
    rate = None if fs is None else units.parse(fs, "Hz", "fs")
    if rate is not None and rate <= 0:
        raise SamplingError(f"fs is {fs!r}; a sampling rate is positive")
    if isinstance(x, Signal):
        if rate is not None and abs(rate - x.fs) > 1e-9 * rate:
            raise SamplingError(f"fs is {rate:g} Hz but the signal has {x.fs:g} Hz; leave fs out, or resample first")
        return Sampled(inexact(x.data)[1], x.index("time"), x.fs, x)
    if hasattr(x, "axes") and hasattr(x, "read"):
        raise ArgumentError(f"x is a {type(x).__name__}, whose samples are not read; give x.read(), or a part of it")
    if rate is None:
        raise SamplingError("fs is missing; an array does not know its sampling rate, so give fs= in Hz")
    data = inexact(x)[1]
    if not data.ndim:
        raise ShapeError("x is a single number; it has a time axis, its last")
    return Sampled(data, data.ndim - 1, rate)


def hertz(argument: str, value: Quantity, fs: float) -> float:
    """A frequency between 0 and half the rate, from a number in Hz or text.

    Parameters
    ----------
    argument : what the message calls it
    value : 7, "7 Hz", "0.2 kHz"
    fs : Hz

    Raises
    ------
    SamplingError : not a frequency, or outside 0 < f < fs/2

    >>> hertz("cutoff", "0.04 kHz", fs=250)
    40.0
    """
    from sigconv.core.design import checked_frequency

    return checked_frequency(argument, units.parse(value, "Hz", argument), fs)


def samples(argument: str, value: Quantity, fs: float) -> int:
    """A duration as a whole number of samples, at least one.

    Parameters
    ----------
    argument : what the message calls it
    value : 0.25 (s), "250 ms"
    fs : Hz

    Raises
    ------
    SamplingError : not a duration, or less than one sample

    >>> samples("width", "250 ms", fs=160)
    40
    """
    seconds = units.parse(value, "s", argument)
    if seconds * fs < 1 - 1e-9:
        raise SamplingError(f"{argument} is {seconds:g} s, less than one sample at {fs:g} Hz ({1 / fs:g} s)")
    return round(seconds * fs)
