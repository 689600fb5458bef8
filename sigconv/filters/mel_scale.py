"""Mel spectrograms: frequencies as an ear spaces them, their logarithm, and the coefficients of that."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from sigconv import units
from sigconv.core.geometry import at_least
from sigconv.core.namespace import like
from sigconv.errors import ArgumentError, MissingExtra, SamplingError
from sigconv.filters.framing import Framing, closed, framed, settings_of
from sigconv.filters.sampling import Quantity, Sampled, opened
from sigconv.filters.short_time import HOP, WINDOW, energies
from sigconv.signal import Axis, Signal

_UPDATES = 100
_NOTHING = 1e-30
_LEAST = 1e-10  # energies below it count as this, -100 dB


@dataclass(frozen=True)
class Mel:
    """How a mel spectrogram was made.

    framing : its windows;  bands : how many;  low, high : Hz, where the first begins and the last ends
    htk : the scale of HTK in place of Slaney's;  decibels : the logarithm was taken
    """

    framing: Framing
    bands: int
    low: float
    high: float
    htk: bool
    decibels: bool = False

    @property
    def reach(self) -> int:
        """How many samples a window sees to either side of its centre."""
        return self.framing.reach

    @property
    def stride(self) -> int:
        """A piece begins at a multiple of so many samples."""
        return self.framing.stride

    @property
    def axis(self) -> Axis:
        """The centres of the bands in hertz, which are not even."""
        centres = _librosa().mel_frequencies(self.bands + 2, fmin=self.low, fmax=self.high, htk=self.htk)[1:-1]
        return Axis.at_positions("freq", centres.tolist(), "Hz")

    @property
    def weights(self) -> Any:
        """(band, freq) float64, each band a triangle of area 1 over hertz."""
        return _weights(self.framing.fs, self.framing.size, self.bands, self.low, self.high, self.htk)


def mel(
    x: Any,
    window: Quantity = WINDOW,
    hop: Quantity = HOP,
    fs: Quantity | None = None,
    *,
    bands: int = 40,
    low: Quantity = 0.0,
    high: Quantity | None = None,
    htk: bool = False,
    size: int | None = None,
    taper: str = "hann",
    boundary: str = "zeros",
) -> Any:
    """The energy in bands that are as wide as an ear's: even below 1 kHz, even in octaves above.

    Parameters
    ----------
    x, window, hop, fs, size, taper, boundary : as for `stft`
    bands : int >= 1; more of them need a longer window, or a larger size
    low, high : Hz or text, 0 <= low < high <= fs/2; None is fs/2
    htk : True spaces them by HTK's formula, False by Slaney's

    Returns
    -------
    (channel, freq, time) Signal whose freq axis has the centres of the bands in hertz, or (..., freq, time) array

    Raises
    ------
    as `stft`, and SamplingError : a band so narrow that no frequency of the transform lies in it, or no such range
    MissingExtra : librosa is not installed

    Same as: librosa.feature.melspectrogram.

    >>> import numpy as np
    >>> mel(np.zeros(16000), fs=16000).shape
    (40, 101)
    """
    given = opened(x, fs)
    settings = _settings(given, framed(given, window, hop, size, taper, boundary), bands, low, high, htk)
    return closed(given, _bands(given, settings), (settings.axis, settings.framing.times), settings)


def log_mel(
    x: Any,
    window: Quantity = WINDOW,
    hop: Quantity = HOP,
    fs: Quantity | None = None,
    *,
    bands: int = 40,
    low: Quantity = 0.0,
    high: Quantity | None = None,
    htk: bool = False,
    size: int | None = None,
    taper: str = "hann",
    boundary: str = "zeros",
) -> Any:
    """`mel` in decibels: 10 log10 of the energy, which is taken to be 1e-10 or more.

    No level depends on the loudest one, so a piece equals the slice of the whole.

    x, window, hop, fs, bands, low, high, htk, size, taper, boundary : as for `mel`

    Returns
    -------
    as `mel`, in dB

    Raises
    ------
    as `mel`

    Same as: librosa.power_to_db(librosa.feature.melspectrogram(…), top_db=None).

    >>> import numpy as np
    >>> float(log_mel(np.zeros(16000), fs=16000).max())
    -100.0
    """
    given = opened(x, fs)
    settings = _settings(given, framed(given, window, hop, size, taper, boundary), bands, low, high, htk)
    levels = _decibels(_bands(given, settings))
    return closed(given, levels, (settings.axis, settings.framing.times), replace(settings, decibels=True))


def mfcc(
    x: Any,
    window: Quantity = WINDOW,
    hop: Quantity = HOP,
    fs: Quantity | None = None,
    *,
    coefficients: int = 13,
    bands: int = 40,
    low: Quantity = 0.0,
    high: Quantity | None = None,
    htk: bool = False,
    size: int | None = None,
    taper: str = "hann",
    boundary: str = "zeros",
) -> Any:
    """Mel-frequency cepstral coefficients: the orthonormal cosine transform of `log_mel` over its bands.

    x, window, hop, fs, bands, low, high, htk, size, taper, boundary : as for `mel`
    coefficients : int, 1 to bands, from the mean level (0) to finer and finer detail

    Returns
    -------
    (channel, coefficient, time) Signal, or (..., coefficient, time) array. There is no way back

    Raises
    ------
    as `mel`, and ArgumentError : more coefficients than bands

    Source: Davis & Mermelstein (1980), IEEE Trans. ASSP 28.
    Same as: librosa.feature.mfcc(S=librosa.power_to_db(…, top_db=None)).

    >>> import numpy as np
    >>> mfcc(np.zeros(16000), fs=16000).shape
    (13, 101)
    """
    given = opened(x, fs)
    settings = _settings(given, framed(given, window, hop, size, taper, boundary), bands, low, high, htk)
    if at_least("coefficients", coefficients, 1) > settings.bands:
        raise ArgumentError(f"coefficients is {coefficients}; {settings.bands} bands have 1 to {settings.bands}")
    levels = _decibels(_bands(given, settings))
    made = like(_cosines(settings.bands)[:coefficients], levels) @ levels
    return closed(
        given, made, (Axis("coefficient", coefficients), settings.framing.times), replace(settings, decibels=True)
    )


def from_mel(x: Signal, rounds: int = 32, seed: int = 0) -> Signal:
    """Samples that sound like a `mel` or `log_mel` spectrogram: an approximation, since bands and phases are lost.

    The energies at every frequency are non-negative ones whose bands come near, by 100 rounds of Lee and Seung's
    multiplicative updates; the phases are those of Griffin and Lim's iteration.

    Parameters
    ----------
    x : (channel, freq, time) Signal from `mel` or `log_mel` with boundary "zeros"
    rounds : int >= 1, of the iteration
    seed : int >= 0, of the phases that it begins with

    Returns
    -------
    (channel, time) Signal of the length of the one it came from

    Raises
    ------
    ArgumentError : not a NumPy Signal with the settings of `mel`
    MissingExtra : librosa is not installed

    Source: Lee & Seung (2001), NIPS 13; Griffin & Lim (1984), IEEE Trans. ASSP 32; Perraudin et al. (2013), WASPAA.

    >>> import numpy as np
    >>> from sigconv.signal import Signal
    >>> from_mel(mel(Signal.from_array(np.ones(8000), fs=8000)), rounds=1).shape
    (1, 8000)
    """
    settings, librosa = settings_of(x, Mel), _librosa()
    if x.axes[1].name != "freq" or not isinstance(x.data, np.ndarray):
        raise ArgumentError("x is no NumPy Signal of mel or log_mel; coefficients and tensors have no way back")
    framing = settings.framing
    energy = 10 ** (x.data / 10) if settings.decibels else x.data
    line = librosa.griffinlim(
        np.sqrt(_spread(settings.weights, energy)).astype(x.data.dtype),
        n_iter=at_least("rounds", rounds, 1),
        hop_length=framing.hop,
        win_length=framing.window,
        n_fft=framing.size,
        window=framing.taper,
        length=framing.samples,
        random_state=at_least("seed", seed, 0),
    )
    time = replace(framing.times, size=framing.samples, step=1 / framing.fs)
    notes = {name: value for name, value in x.notes.items() if name != "spectrogram"}
    return x.with_data(line.astype(x.data.dtype, copy=False), axes=(x.axes[0], time), notes=notes)


def _settings(given: Sampled, framing: Framing, bands: int, low: Quantity, high: Quantity | None, htk: bool) -> Mel:
    bottom = units.parse(low, "Hz", "low")
    top = given.fs / 2 if high is None else units.parse(high, "Hz", "high")
    if not 0 <= bottom < top <= given.fs / 2 * (1 + 1e-9):
        raise SamplingError(
            f"low is {bottom:g} Hz and high {top:g} Hz; allowed: 0 <= low < high <= {given.fs / 2:g} Hz"
        )
    settings = Mel(framing, at_least("bands", bands, 1), bottom, top, bool(htk))
    empty = int((settings.weights.max(1) == 0).sum())
    if empty:
        raise SamplingError(
            f"bands is {bands}; {empty} of them lie between two frequencies of the transform, which are "
            f"{given.fs / framing.size:g} Hz apart: fewer bands, a longer window, or a size above {framing.size}"
        )
    return settings


def _bands(given: Sampled, settings: Mel) -> Any:
    power = energies(given, settings.framing)
    return like(settings.weights, power) @ power


def _spread(weights: Any, energy: Any) -> Any:
    """(..., freq, time) non-negative energies whose bands (..., band, time) are near `energy` by their divergence."""
    covered = weights.sum(0)[:, None]
    per_area = np.divide(1, covered, out=np.zeros_like(covered), where=covered > 0)
    made = weights.T @ energy
    for _ in range(_UPDATES):
        made *= weights.T @ (energy / np.maximum(weights @ made, _NOTHING)) * per_area
    return made


def _decibels(energy: Any) -> Any:
    xp = array_namespace(energy)
    return 10 * xp.log10(xp.clip(energy, min=_LEAST))


@lru_cache(maxsize=16)
def _weights(fs: float, size: int, bands: int, low: float, high: float, htk: bool) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty bands, which are an error here
        made = _librosa().filters.mel(sr=fs, n_fft=size, n_mels=bands, fmin=low, fmax=high, htk=htk, dtype=np.float64)
    made.setflags(write=False)
    return made


@lru_cache(maxsize=16)
def _cosines(bands: int) -> Any:
    """(coefficient, band) orthonormal cosine transform."""
    from scipy.fft import dct

    return dct(np.eye(bands), axis=0, norm="ortho")


def _librosa() -> Any:
    try:
        import librosa
    except ImportError as error:
        raise MissingExtra("librosa", "audio") from error
    return librosa
