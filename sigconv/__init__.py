"""Signal processing and 1-D/2-D/3-D convolutional networks on one convolution core.

The table of contents is lazy: a name is imported when it is first used, so `import sigconv` costs nothing.

>>> import sigconv
>>> sigconv.convolve([1, 2, -5, 4, 2, -1], [-1, 2, -1], "same")
array([ 0.,  8., -16., 11.,  1., -4.])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigconv import filters, loaders, nets, recipe, report, train, windows
    from sigconv.core import (
        convolution_matrix,
        convolve,
        correlate,
        decimate,
        deconvolve,
        exponential_average,
        filtfilt,
        gaussian,
        laplacian,
        lfilter,
        lfilter_zi,
        lfiltic,
        median,
        moving_average,
        resample_poly,
        savgol,
        sobel,
        sosfilt,
        sosfilt_zi,
        sosfiltfilt,
    )
    from sigconv.filters import CCDE
    from sigconv.loaders import load, open
    from sigconv.signal import Axis, Signal

__version__ = "0.1.0"

_HOMES = {
    "convolve": "sigconv.core.convolve",
    "correlate": "sigconv.core.convolve",
    "lfilter": "sigconv.core.recurrence",
    "sosfilt": "sigconv.core.recurrence",
    "lfilter_zi": "sigconv.core.state",
    "sosfilt_zi": "sigconv.core.state",
    "lfiltic": "sigconv.core.state",
    "filtfilt": "sigconv.core.zerophase",
    "sosfiltfilt": "sigconv.core.zerophase",
    "decimate": "sigconv.core.rates",
    "resample_poly": "sigconv.core.rates",
    "deconvolve": "sigconv.core.deconvolve",
    "moving_average": "sigconv.core.average",
    "exponential_average": "sigconv.core.average",
    "gaussian": "sigconv.core.gaussian",
    "median": "sigconv.core.median",
    "savgol": "sigconv.core.savgol",
    "sobel": "sigconv.core.edges",
    "laplacian": "sigconv.core.edges",
    "convolution_matrix": "sigconv.core.matrix",
    "CCDE": "sigconv.filters.ccde",
    "Signal": "sigconv.signal",
    "Axis": "sigconv.signal",
    "load": "sigconv.loaders",
    "open": "sigconv.loaders",
}
_ROOMS = ("filters", "loaders", "windows", "nets", "train", "report", "recipe")

__all__ = [
    "CCDE",
    "Axis",
    "Signal",
    "convolution_matrix",
    "convolve",
    "correlate",
    "decimate",
    "deconvolve",
    "exponential_average",
    "filters",
    "filtfilt",
    "gaussian",
    "laplacian",
    "lfilter",
    "lfilter_zi",
    "lfiltic",
    "load",
    "loaders",
    "median",
    "moving_average",
    "nets",
    "open",
    "recipe",
    "report",
    "resample_poly",
    "savgol",
    "sobel",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "train",
    "windows",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"sigconv.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'sigconv' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)  # the next use costs nothing
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
