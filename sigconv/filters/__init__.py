"""Filters in hertz and seconds: a Signal, or an array and its rate, in; the same kind out."""

from sigconv.filters.band import bandpass, bandstop, highpass, lowpass, notch
from sigconv.filters.ccde import CCDE
from sigconv.filters.constant_q import cqt, icqt
from sigconv.filters.lazy_spectrogram import Spectrogram
from sigconv.filters.mel_scale import from_mel, log_mel, mel, mfcc
from sigconv.filters.picture import from_image
from sigconv.filters.reference import common_average
from sigconv.filters.regrid import onto, to_spacing
from sigconv.filters.resampling import resample
from sigconv.filters.short_time import istft, spectrogram, stft
from sigconv.filters.smoothing import smooth
from sigconv.filters.trailing import TrailingAverage

__all__ = [
    "CCDE",
    "Spectrogram",
    "TrailingAverage",
    "bandpass",
    "bandstop",
    "common_average",
    "cqt",
    "from_image",
    "from_mel",
    "highpass",
    "icqt",
    "istft",
    "log_mel",
    "lowpass",
    "mel",
    "mfcc",
    "notch",
    "onto",
    "resample",
    "smooth",
    "spectrogram",
    "stft",
    "to_spacing",
]
