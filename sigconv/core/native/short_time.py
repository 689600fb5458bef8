"""Fourier transforms of overlapping windows, block after block: a block of windows lies in the cache from the taper to
its transform, and blocks go to as many threads as there are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigconv.core.native.threads import spread, threads

_BLOCK = 1 << 18  # bytes of tapered windows at a time
_ALONE = 1 << 20  # bytes of windows below which one thread is quicker


def transformed(x: Any, taper: Any, hop: int, power: bool = False) -> Any:
    """The half spectra of all whole windows, or with `power` their squared magnitudes.

    x : (line, n) floating array;  taper : (size,) of its dtype, size <= n;  hop : int >= 1, samples

    Returns
    -------
    (line, window, size // 2 + 1) complex, or real with `power`
    """
    size = taper.size
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=-1)[:, ::hop]
    lines, count, _ = windows.shape
    kind = x.dtype if power else np.result_type(x.dtype, np.complex64)
    made = np.empty((lines, count, size // 2 + 1), kind)
    block = max(1, _BLOCK // (size * x.itemsize))
    if lines * count * size * x.itemsize > _ALONE:
        block = min(block, max(1, -(-count // threads())))
    each = -(-count // block)

    def job(piece: int) -> None:
        line, first = piece // each, piece % each * block
        _block(windows[line, first : first + block], taper, made[line, first : first + block])

    _in_turn(job, lines * each, lines * count * size * x.itemsize)
    return made


def _block(windows: Any, taper: Any, made: Any) -> None:
    from scipy.fft import rfft

    spectrum = rfft(windows * taper, axis=-1, overwrite_x=True)
    if made.dtype.kind == "c":
        made[:] = spectrum
        return
    np.multiply(spectrum.real, spectrum.real, out=made)
    made += spectrum.imag * spectrum.imag


def back(spectra: Any, taper: Any, hop: int) -> Any:
    """The windows of half spectra, tapered again and added where they overlap.

    spectra : (line, window, size // 2 + 1) complex;  taper : (size,) real of its precision;  hop : int >= 1

    Returns
    -------
    (line, (windows - 1) hop + size) real
    """
    from scipy.fft import irfft

    lines, count, _ = spectra.shape
    size = taper.size
    made = np.zeros((lines, (count - 1) * hop + size), taper.dtype)

    def job(line: int) -> None:
        block = max(1, _BLOCK // (size * taper.itemsize))
        for first in range(0, count, block):
            windows = irfft(spectra[line, first : first + block], size, axis=-1, overwrite_x=False)
            windows *= taper
            added(made[line], windows, first * hop, hop)

    _in_turn(job, lines, lines * count * size * taper.itemsize)
    return made


def added(line: Any, windows: Any, begin: int, hop: int) -> None:
    """Add each window to the line, the first at `begin`, the others `hop` samples further on each."""
    count, size = windows.shape
    for first in range(0, size, hop):
        part = windows[:, first : first + hop]
        wide, start = part.shape[1], begin + first
        whole = line[start : start + (count - 1) * hop + wide]
        if wide == hop:
            whole.reshape(count, hop)[:] += part
            continue
        np.lib.stride_tricks.as_strided(whole, (count, wide), (hop * whole.itemsize, whole.itemsize))[:] += part


def _in_turn(job: Callable[[int], object], pieces: int, size: int) -> None:
    if size > _ALONE:
        spread(job, pieces)
        return
    for piece in range(pieces):
        job(piece)
