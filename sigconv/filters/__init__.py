"""Filters in hertz and seconds: a Signal, or an array and its rate, in; the same kind out."""

from sigconv.filters.band import bandpass, bandstop, highpass, lowpass, notch
from sigconv.filters.ccde import CCDE
from sigconv.filters.reference import common_average
from sigconv.filters.regrid import onto, to_spacing
from sigconv.filters.resampling import resample
from sigconv.filters.smoothing import smooth
from sigconv.filters.trailing import TrailingAverage

__all__ = [
    "CCDE",
    "TrailingAverage",
    "bandpass",
    "bandstop",
    "common_average",
    "highpass",
    "lowpass",
    "notch",
    "onto",
    "resample",
    "smooth",
    "to_spacing",
]
