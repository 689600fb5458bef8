"""Spectrograms: how strong every frequency is at every time, and back."""

from dataclasses import replace
from typing import Any

from sigconv.core import spectrum
from sigconv.core.boundary import extend
from sigconv.errors import ArgumentError, SamplingError, ShapeError, one_number
from sigconv.filters.framing import Framing, closed, framed, settings_of
from sigconv.filters.sampling import Quantity, Sampled, opened
from sigconv.signal import Signal

WINDOW, HOP = "25 ms", "10 ms"


def stft(
    x: Any,
    window: Quantity = WINDOW,
    hop: Quantity = HOP,
    fs: Quantity | None = None,
    *,
    size: int | None = None,
    taper: str = "hann",
    boundary: str = "zeros",
) -> Any:
    """The short-time Fourier transform: the complex spectrum of windows around the times 0, hop, 2 hop, ….

    Parameters
    ----------
    x : (channel, time) Signal, or (..., time) real array or tensor with fs
    window : s or text, length of the window; its centre lies on its time
    hop : s or text, from a window to the next
    fs : Hz, for an array
    size : samples of the transform, at least the window's; more only draws the spectrum at more frequencies
    taper : "hann", "hamming", "blackman", "boxcar" … (periodic)
    boundary : what lies beyond the ends: "zeros", "reflect", "symmetric", "edge", …

    Returns
    -------
    (channel, freq, time) complex Signal in hertz and seconds that `istft` turns back, or (..., freq, time) array:
    size // 2 + 1 frequencies from 0 to fs/2. float32 becomes complex64; tensors stay on their device, with gradients

    Raises
    ------
    SamplingError : less than a sample, a size below the window, or no rate
    ShapeError : other axes, or no sample;  ArgumentError : complex x, or an unknown taper or boundary

    Same as: librosa.stft(n_fft=size, hop_length=…, win_length=…), torch.stft.

    >>> import numpy as np
    >>> stft(np.zeros(16000), fs=16000).shape
    (201, 101)
    """
    given = opened(x, fs)
    framing = framed(given, window, hop, size, taper, boundary)
    spectra = spectrum.stft(_extended(given, framing), framing.weights, framing.hop)
    return closed(given, spectra, (framing.frequencies, framing.times), framing)


def istft(
    spectra: Any,
    window: Quantity | None = None,
    hop: Quantity | None = None,
    fs: Quantity | None = None,
    *,
    taper: str = "hann",
    samples: int | None = None,
) -> Any:
    """The samples of an `stft`, exact to rounding; after changes to it, those whose spectra are nearest.

    Parameters
    ----------
    spectra : complex (channel, freq, time) Signal from `stft`, which knows its settings: give nothing else;
        or (..., freq, time) array or tensor of an even size, with window, hop and fs
    window, hop, fs, taper : as `stft` was told, for an array
    samples : length of the result, for an array; by default (windows - 1) hop

    Returns
    -------
    (channel, time) Signal, or (..., time) array

    Raises
    ------
    ArgumentError : a Signal without settings or with others beside it, or real spectra
    SamplingError : a hop above half the window, or no rate;  ShapeError : other axes than the settings tell

    Source: Griffin & Lim (1984), IEEE Trans. ASSP 32.  Same as: librosa.istft, torch.istft.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=16000)
    >>> np.allclose(istft(stft(x, fs=16000), "25 ms", "10 ms", fs=16000), x)
    True
    """
    if isinstance(spectra, Signal):
        if (window, hop, fs, samples) != (None,) * 4:
            raise ArgumentError("spectra is a Signal, which knows window, hop, fs and samples; leave them out")
        framing, data = settings_of(spectra, Framing), spectra.data
    else:
        data = spectra
        framing = _told(data, window, hop, fs, taper, samples)
    if data.ndim < 2 or data.shape[-2] != framing.frequencies.size:
        raise ShapeError(f"spectra has shape {tuple(data.shape)}; expected (…, {framing.frequencies.size}, time)")
    if 2 * framing.hop > framing.window:
        raise SamplingError(
            f"hop is {framing.hop} samples, the window {framing.window}; the way back takes a hop of half of it or less"
        )
    before = framing.size // 2
    line = spectrum.istft(data, framing.weights, framing.hop)[..., before : before + framing.samples]
    if line.shape[-1] < framing.samples:  # behind the last window
        line = extend(line, 0, framing.samples - line.shape[-1])
    if not isinstance(spectra, Signal):
        return line
    time = replace(framing.times, size=line.shape[-1], step=1 / framing.fs)
    notes = {name: value for name, value in spectra.notes.items() if name != "spectrogram"}
    return spectra.with_data(line, axes=(spectra.axes[0], time), notes=notes)


def spectrogram(
    x: Any,
    window: Quantity = WINDOW,
    hop: Quantity = HOP,
    fs: Quantity | None = None,
    *,
    power: float = 2.0,
    size: int | None = None,
    taper: str = "hann",
    boundary: str = "zeros",
) -> Any:
    """The magnitudes of `stft` to the given power, real: 2 for energy, 1 for amplitude.

    x, window, hop, fs, size, taper, boundary : as for `stft`;  power : > 0

    Returns
    -------
    (channel, freq, time) Signal in hertz and seconds, or (..., freq, time) array

    Raises
    ------
    as `stft`, and ArgumentError : a power that is not positive

    Same as: abs(librosa.stft(…)) ** power.

    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    >>> int(spectrogram(tone, fs=16000)[:, 50].argmax()) * 40
    1000
    """
    given = opened(x, fs)
    framing = framed(given, window, hop, size, taper, boundary)
    made = energies(given, framing)
    exponent = one_number("power", power, "above 0")
    if not exponent > 0:
        raise ArgumentError(f"power is {power}; it is above 0")
    if exponent != 2:
        made = made ** (exponent / 2)
    return closed(given, made, (framing.frequencies, framing.times), framing)


def energies(given: Sampled, framing: Framing) -> Any:
    """(..., freq, time) squared magnitudes of the windows of what came through the door."""
    return spectrum.power(_extended(given, framing), framing.weights, framing.hop)


def _extended(given: Sampled, framing: Framing) -> Any:
    return extend(given.data, framing.size // 2, framing.size // 2, framing.boundary)


def _told(
    data: Any, window: Quantity | None, hop: Quantity | None, fs: Quantity | None, taper: str, samples: int | None
) -> Framing:
    """The settings of an array's spectra."""
    if window is None or hop is None:
        raise ArgumentError("spectra is an array, which does not know window and hop; give both, and fs")
    if getattr(data, "ndim", 0) < 2:
        raise ShapeError("spectra has fewer than two axes; it is (…, freq, time)")
    given = opened(data.real, fs)
    framing = framed(given, window, hop, 2 * (data.shape[-2] - 1), taper)
    length = (data.shape[-1] - 1) * framing.hop if samples is None else samples
    return replace(framing, samples=length)
