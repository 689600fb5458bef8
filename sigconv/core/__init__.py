"""Arrays and whole numbers: the definitions of every technique, for NumPy and torch."""

from sigconv.core.average import cumulative_average, exponential_average, moving_average
from sigconv.core.boundary import extend, seen_at
from sigconv.core.convolve import convolve, correlate
from sigconv.core.deconvolve import deconvolve
from sigconv.core.edges import laplacian, prewitt, sobel
from sigconv.core.frames import frame
from sigconv.core.gaussian import gaussian
from sigconv.core.geometry import ReceptiveField, length_after, padding_for, span, transposed_length
from sigconv.core.matrix import convolution_matrix
from sigconv.core.median import median
from sigconv.core.rates import decimate, resample_poly
from sigconv.core.recurrence import lfilter, sosfilt
from sigconv.core.savgol import savgol
from sigconv.core.stable import (
    stable_denominator,
    stable_sections,
    unconstrained_denominator,
    unconstrained_sections,
)
from sigconv.core.state import lfilter_zi, lfiltic, sosfilt_zi
from sigconv.core.zerophase import filtfilt, sosfiltfilt

__all__ = [
    "ReceptiveField",
    "convolution_matrix",
    "convolve",
    "correlate",
    "cumulative_average",
    "decimate",
    "deconvolve",
    "exponential_average",
    "extend",
    "filtfilt",
    "frame",
    "gaussian",
    "laplacian",
    "length_after",
    "lfilter",
    "lfilter_zi",
    "lfiltic",
    "median",
    "moving_average",
    "padding_for",
    "prewitt",
    "resample_poly",
    "savgol",
    "seen_at",
    "sobel",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "span",
    "stable_denominator",
    "stable_sections",
    "transposed_length",
    "unconstrained_denominator",
    "unconstrained_sections",
]
