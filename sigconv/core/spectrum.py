"""Short-time Fourier transform: the spectrum of every window of a line, and the line from its spectra."""

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from sigconv.core.frames import frame
from sigconv.core.geometry import at_least, length_after
from sigconv.core.namespace import inexact, is_complex, like
from sigconv.core.native import short_time
from sigconv.errors import ArgumentError, SamplingError, ShapeError

_LEAST = 1e-20  # of the largest sum of squared tapers: below it a sample has left no trace in the spectra


def stft(x: Any, taper: Any, hop: int) -> Any:
    """The half spectrum of every whole window: X[f, m] = sum over n of taper[n] x[m hop + n] exp(-2 pi i f n / size).

    Parameters
    ----------
    x : (..., n) real array or tensor, n >= size
    taper : (size,) real, size >= 1; a window is multiplied by it
    hop : int >= 1, samples from a window to the next

    Returns
    -------
    (..., size // 2 + 1, (n - size) // hop + 1) complex, the precision of x; samples behind the last whole window are
    left out

    Raises
    ------
    ArgumentError : x is complex, or hop below 1;  ShapeError : fewer samples than a window

    Same as: librosa.stft(..., center=False), torch.stft(..., center=False).

    >>> np.abs(stft(np.ones(6), np.ones(4), 2)).round(12)
    array([[4., 4.], [0., 0.], [0., 0.]])
    """
    x, taper = _checked(x, taper, hop)
    if is_torch_array(x):
        return _tensors(x, taper, hop).swapaxes(-1, -2)
    lines = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    return _shaped(short_time.transformed(lines, taper, hop), x)


def power(x: Any, taper: Any, hop: int) -> Any:
    """The squared magnitude of `stft`, |X[f, m]|**2, without keeping the spectra.

    x, taper, hop : as there

    Returns
    -------
    (..., size // 2 + 1, (n - size) // hop + 1) real

    >>> power(np.ones(6), np.ones(4), 2).round(12)
    array([[16., 16.], [ 0.,  0.], [ 0.,  0.]])
    """
    x, taper = _checked(x, taper, hop)
    if is_torch_array(x):
        spectra = _tensors(x, taper, hop)
        return (spectra.real**2 + spectra.imag**2).swapaxes(-1, -2)
    lines = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    return _shaped(short_time.transformed(lines, taper, hop, power=True), x)


def istft(spectra: Any, taper: Any, hop: int) -> Any:
    """The line whose `stft` is nearest to `spectra`; the line itself where they are one's.

    Windows are tapered again, added where they overlap, and divided by the sum of the squared tapers. Samples where
    that is less than 1e-20 of its largest value have left no trace in the spectra: they become 0.

    Parameters
    ----------
    spectra : (..., size // 2 + 1, windows) complex array or tensor
    taper : (size,) real
    hop : int, 1 to size

    Returns
    -------
    (..., (windows - 1) hop + size) real

    Raises
    ------
    ShapeError : another number of frequencies than the taper has, or no window
    SamplingError : a hop longer than the taper, which leaves samples out
    ArgumentError : real spectra

    Source: Griffin & Lim (1984), IEEE Trans. ASSP 32.  Same as: torch.istft, librosa.istft.

    >>> istft(stft(np.arange(1.0, 9), np.ones(4), 2), np.ones(4), 2).round(12)
    array([1., 2., 3., 4., 5., 6., 7., 8.])
    """
    xp, spectra = inexact(spectra, "spectra")
    size = np.asarray(taper).size if not is_torch_array(taper) else taper.numel()
    if not is_complex(spectra):
        raise ArgumentError("spectra is real; the way back needs the phases, too: complex spectra")
    if spectra.ndim < 2 or spectra.shape[-2] != size // 2 + 1 or not spectra.shape[-1]:
        raise ShapeError(f"spectra has shape {tuple(spectra.shape)}; a taper of {size} has ({size // 2 + 1}, windows)")
    if not 1 <= hop <= size:
        raise SamplingError(f"hop is {hop} samples, the window {size}; the way back takes 1 to {size}")
    taper = like(taper, spectra.real, "taper")
    rows = spectra.swapaxes(-1, -2)
    if is_torch_array(spectra):
        line = _overlapped(xp, xp.fft.irfft(rows, n=size) * taper, hop)
    else:
        lines = np.ascontiguousarray(rows).reshape(-1, *rows.shape[-2:])
        made = short_time.back(lines, taper, hop)
        line = made.reshape(*rows.shape[:-2], made.shape[-1])
    return line * like(_scales(np.asarray(taper.tolist()), hop, rows.shape[-2]), line, "taper")


def _scales(taper: Any, hop: int, count: int) -> Any:
    """One over the sum of the squared tapers of all windows; 0 where there is none."""
    total = np.zeros((count - 1) * hop + taper.size)
    short_time.added(total, np.broadcast_to(taper**2, (count, taper.size)), 0, hop)
    there = total > _LEAST * total.max()
    return np.divide(1, total, out=np.zeros_like(total), where=there)


def _tensors(x: Any, taper: Any, hop: int) -> Any:
    return array_namespace(x).fft.rfft(frame(x, taper.shape[0], hop) * taper)


def _overlapped(xp: Any, windows: Any, hop: int) -> Any:
    """(..., window, size) added where they overlap, by steps that have derivatives."""
    *lead, count, size = windows.shape
    parts = -(-size // hop)
    padded = xp.zeros((*lead, count, parts * hop), dtype=windows.dtype, device=windows.device)
    padded[..., :size] = windows
    padded = padded.reshape(*lead, count, parts, hop)
    total = xp.zeros((*lead, count + parts - 1, hop), dtype=windows.dtype, device=windows.device)
    for part in range(parts):
        total[..., part : part + count, :] += padded[..., part, :]
    return total.reshape(*lead, -1)[..., : (count - 1) * hop + size]


def _checked(x: Any, taper: Any, hop: int) -> tuple[Any, Any]:
    x = inexact(x)[1]
    if is_complex(x):
        raise ArgumentError("x is complex; short-time spectra are of real samples: give its real and imaginary parts")
    taper = like(taper, x, "taper")
    if taper.ndim != 1 or not x.ndim:
        raise ShapeError(f"taper has shape {tuple(taper.shape)}, x {tuple(x.shape)}; they are (size,) and (..., n)")
    length_after(x.shape[-1], at_least("size", taper.shape[0], 1), at_least("hop", hop, 1))
    return x, taper


def _shaped(made: Any, x: Any) -> Any:
    """(..., freq, window) from (line, window, freq), without a copy."""
    return made.reshape(*x.shape[:-1], *made.shape[1:]).swapaxes(-1, -2)
