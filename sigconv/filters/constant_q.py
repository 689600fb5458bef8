"""Constant-Q transform: every octave has as many frequencies as the next, as in music, and back."""

from dataclasses import dataclass, replace
from math import lcm
from typing import Any

import numpy as np

from sigconv import units
from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, MissingExtra, SamplingError
from sigconv.filters.framing import Framing, closed, framed, settings_of
from sigconv.filters.sampling import Quantity, opened, samples
from sigconv.signal import Axis, Signal


@dataclass(frozen=True)
class ConstantQ:
    """How a constant-Q transform was made.

    framing : of which hop, samples, fs and start are used;  low : Hz, of the first band;  bands, octave : how many in
    all, and in an octave
    """

    framing: Framing
    low: float
    bands: int
    octave: int

    @property
    def reach(self) -> int:
        """How many samples a column sees to either side, with those of the filters that halve the rate."""
        lowest = self.framing.fs / (self.low * (2 ** (1 / self.octave) - 1))
        return round(lowest) + (200 << self.bands // self.octave)

    @property
    def stride(self) -> int:
        """A piece begins at a multiple of so many samples, where those of all halved rates lie, too."""
        return lcm(self.framing.hop, 2 << self.bands // self.octave)

    @property
    def axis(self) -> Axis:
        """The frequencies of the bands in hertz, which are not even."""
        return Axis.at_positions("freq", (self.low * 2 ** (np.arange(self.bands) / self.octave)).tolist(), "Hz")


def cqt(
    x: Any,
    hop: Quantity = "8 ms",
    fs: Quantity | None = None,
    *,
    low: Quantity = "32.703 Hz",
    bands: int | None = None,
    octave: int = 12,
) -> Any:
    """The complex constant-Q transform: windows as long as the frequency is low, an equal number of periods each.

    Parameters
    ----------
    x : (channel, time) Signal, or (..., time) real NumPy array with fs
    hop : s or text, from a column to the next
    fs : Hz, for an array
    low : Hz or text, frequency of the first band (by default the note C1)
    bands : int >= 1, how many in all; None is as many as fit below 0.9 fs/2
    octave : int >= 1, bands in an octave

    Returns
    -------
    (channel, freq, time) complex Signal with the frequencies of the bands in hertz, or (..., freq, time) array

    Raises
    ------
    SamplingError : bands beyond fs/2, a hop below one sample, or no rate
    ArgumentError : a tensor, which librosa does not take, or complex x
    MissingExtra : librosa is not installed

    Source: Schörkhuber & Klapuri (2010), SMC.  Same as: librosa.cqt.

    >>> import numpy as np
    >>> cqt(np.zeros(16000), fs=16000, low=110, bands=24).shape
    (24, 126)
    """
    given = opened(x, fs)
    if not isinstance(given.data, np.ndarray) or given.data.dtype.kind == "c":
        raise ArgumentError("x is a tensor or complex; the constant-Q transform takes real NumPy arrays")
    step = samples("hop", hop, given.fs)
    framing = framed(given, hop, hop, 2 * step, "hann")  # of even size: a column at every hop, as librosa counts
    first, each = units.parse(low, "Hz", "low"), at_least("octave", octave, 1)
    if not 0 < first < given.fs / 2:
        raise SamplingError(f"low is {first:g} Hz; allowed: above 0, below {given.fs / 2:g} Hz")
    fitting = int(np.floor(each * np.log2(0.9 * given.fs / 2 / first))) + 1
    count = max(1, fitting) if bands is None else at_least("bands", bands, 1)
    settings = ConstantQ(framing, first, count, each)
    made = _asked(
        lambda librosa: librosa.cqt(
            given.data, sr=given.fs, hop_length=framing.hop, fmin=first, n_bins=count, bins_per_octave=each
        )
    )
    return closed(given, made, (settings.axis, framing.times), settings)


def icqt(x: Signal) -> Signal:
    """Samples whose constant-Q transform comes near to x: what lies below and above its bands is lost.

    An approximation that becomes better with a shorter hop: the highest bands have windows of a few milliseconds.

    Parameters
    ----------
    x : (channel, freq, time) complex Signal from `cqt`

    Returns
    -------
    (channel, time) Signal of the length of the one it came from

    Raises
    ------
    ArgumentError : not a Signal of `cqt`;  MissingExtra : librosa is not installed

    Same as: librosa.icqt.

    >>> import numpy as np
    >>> icqt(cqt(Signal.from_array(np.ones(16000), fs=16000), low=110, bands=24)).shape
    (1, 16000)
    """
    settings = settings_of(x, ConstantQ)
    framing = settings.framing
    # librosa counts octaves from the lowest band on, and halves its rate for each: only whole octaves fit below fs/2
    missing = -settings.bands % settings.octave
    data = np.pad(x.data, ((0, 0), (missing, 0), (0, 0)))
    line = _asked(
        lambda librosa: librosa.icqt(
            data,
            sr=framing.fs,
            hop_length=framing.hop,
            fmin=settings.low * 2 ** (-missing / settings.octave),
            bins_per_octave=settings.octave,
            length=framing.samples,
        )
    )
    time = replace(framing.times, size=framing.samples, step=1 / framing.fs)
    notes = {name: value for name, value in x.notes.items() if name != "spectrogram"}
    return x.with_data(line, axes=(x.axes[0], time), notes=notes)


def _asked(job: Any) -> Any:
    import warnings

    try:
        import librosa
        from librosa.util.exceptions import ParameterError
    except ImportError as error:
        raise MissingExtra("librosa", "audio") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a short signal is filled up with zeros, which is what is wanted
            return job(librosa)
    except ParameterError as error:
        raise SamplingError(f"the constant-Q transform refuses: {' '.join(str(error).split())}") from error
