"""Short inputs: 256 samples through every function that SciPy has too. Here the way to the loop is what costs."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import linalg, ndimage, signal

import sigconv
from tests.bench.cases import Case, draws, sections

AIM = 0.8


def pairs() -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any], Any]]:
    """Name of ours, its arguments, and SciPy's call of the same work."""
    x, h, picture = draws(256), draws(31), draws(16, 16)
    b, a = signal.butter(4, 0.2)
    sos = sections()[:4]
    y, past = draws(4), draws(4)[::-1].copy()
    product = np.convolve(x[:64], h)
    weight = np.array([1 - 0.3])
    yield "convolve", (x, h), {}, lambda: signal.convolve(x, h)
    yield "correlate", (x, h), {}, lambda: signal.correlate(x, h)
    yield "lfilter", (b, a, x), {}, lambda: signal.lfilter(b, a, x)
    yield "sosfilt", (sos, x), {}, lambda: signal.sosfilt(sos, x)
    yield "lfilter_zi", (b, a), {}, lambda: signal.lfilter_zi(b, a)
    yield "sosfilt_zi", (sos,), {}, lambda: signal.sosfilt_zi(sos)
    yield "lfiltic", (b, a, y, past), {}, lambda: signal.lfiltic(b, a, y, past)
    yield "filtfilt", (b, a, x), {}, lambda: signal.filtfilt(b, a, x)
    yield "sosfiltfilt", (sos, x), {}, lambda: signal.sosfiltfilt(sos, x)
    yield "decimate", (x, 4), {}, lambda: signal.decimate(x, 4)
    yield "resample_poly", (x, 3, 2), {}, lambda: signal.resample_poly(x, 3, 2)
    yield "deconvolve", (product, h[:2]), {}, lambda: signal.deconvolve(product, h[:2])
    yield "moving_average", (x, 9), {"boundary": "symmetric"}, lambda: ndimage.uniform_filter1d(x, 9)
    yield "exponential_average", (x, 0.3), {}, lambda: signal.lfilter([0.3], [1, -0.7], x, zi=weight * x[0])[0]
    yield "gaussian", (x, 2), {}, lambda: ndimage.gaussian_filter(x, 2)
    yield "median", (x, 5), {}, lambda: ndimage.median_filter(x, 5)
    yield "savgol", (x, 11, 3), {}, lambda: signal.savgol_filter(x, 11, 3)
    yield "sobel", (picture,), {}, lambda: ndimage.sobel(picture)
    yield "laplacian", (picture,), {}, lambda: ndimage.laplace(picture)
    yield "convolution_matrix", (h, x.shape), {}, lambda: linalg.convolution_matrix(h, len(x))


def value(result: Any) -> Any:
    """The numbers of a result: a pair of arrays in a row, a sparse matrix filled in."""
    if isinstance(result, tuple):
        return np.concatenate([np.atleast_1d(part) for part in result])
    return result.toarray() if not isinstance(result, np.ndarray) else result


def cases() -> list[Case]:
    """One row for each function there is."""
    return [
        Case(
            f"{name}, 256 samples",
            partial(getattr(sigconv, name), *args, **options),
            {"scipy": theirs},
            AIM,
            1e-9,
            value,
        )
        for name, args, options, theirs in pairs()
        if name in sigconv.__all__
    ]


def absent() -> list[str]:
    """What is promised here and not there."""
    return [name for name, *_ in pairs() if name not in sigconv.__all__]
