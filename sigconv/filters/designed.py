"""The classical designs as constructors of a filter, their edges in hertz or text; the mathematics is core.design's."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sigconv import units
from sigconv.core import design
from sigconv.core.remez import remez
from sigconv.filters.sampling import Quantity, hertz

Edges = Quantity | Sequence[Quantity]


class Designed:
    """What a filter is designed by; CCDE inherits it."""

    if TYPE_CHECKING:

        def __init__(self, b: Any, *, fs: float | None = None) -> None: ...

        @classmethod
        def from_sos(cls, sos: Any, fs: float | None = None) -> Self:
            """The filter of second-order sections."""

    @classmethod
    def butterworth(cls, order: int, cutoff: Edges, btype: design.Band = "lowpass", *, fs: float) -> Self:
        """The flattest passband.

        Parameters
        ----------
        order : int >= 1; band filters have twice as many poles
        cutoff : Hz or text ("7 Hz"), 0 < cutoff < fs/2, where the gain is 1/sqrt(2); (low, high) for band filters
        btype : "lowpass", "highpass", "bandpass" or "bandstop"
        fs : Hz, > 0

        Raises
        ------
        ArgumentError : order below 1 or more than double precision holds, unknown btype, wrong number of cutoffs
        SamplingError : a cutoff outside its range, or two that do not rise

        Source: Butterworth (1930).  Same as: scipy.signal.butter.

        >>> from sigconv import CCDE
        >>> CCDE.butterworth(4, ("7 Hz", 30), "bandpass", fs=160).is_stable
        True
        """
        return cls.from_sos(design.butterworth(order, _hertz(cutoff, fs), btype, fs=fs), fs)

    @classmethod
    def cheby1(cls, order: int, ripple: float, cutoff: Edges, btype: design.Band = "lowpass", *, fs: float) -> Self:
        """Steeper than Butterworth's, for ripples in the passband.

        Parameters
        ----------
        ripple : dB, > 0, how far the passband falls below 1
        order, cutoff, btype, fs : as in `butterworth`; the cutoff is where the gain leaves the ripple for good

        Raises
        ------
        ArgumentError : as `butterworth`; a ripple not positive
        SamplingError : as `butterworth`

        Same as: scipy.signal.cheby1.

        >>> from sigconv import CCDE
        >>> CCDE.cheby1(4, 0.5, 40, fs=250).sos.shape
        (2, 6)
        """
        return cls.from_sos(design.cheby1(order, ripple, _hertz(cutoff, fs), btype, fs=fs), fs)

    @classmethod
    def cheby2(
        cls, order: int, attenuation: float, cutoff: Edges, btype: design.Band = "lowpass", *, fs: float
    ) -> Self:
        """Steeper than Butterworth's with a flat passband, for ripples in the stopband.

        Parameters
        ----------
        attenuation : dB, > 0, how far the whole stopband lies below 1
        order, cutoff, btype, fs : as in `butterworth`; the cutoff is where the stopband begins

        Raises
        ------
        ArgumentError : as `butterworth`; an attenuation not positive
        SamplingError : as `butterworth`

        Same as: scipy.signal.cheby2.

        >>> from sigconv import CCDE
        >>> CCDE.cheby2(4, 40, 40, fs=250).sos.shape
        (2, 6)
        """
        return cls.from_sos(design.cheby2(order, attenuation, _hertz(cutoff, fs), btype, fs=fs), fs)

    @classmethod
    def ellip(
        cls, order: int, ripple: float, attenuation: float, cutoff: Edges, btype: design.Band = "lowpass", *, fs: float
    ) -> Self:
        """The steepest edge there is, for ripples in both bands.

        Parameters
        ----------
        ripple : dB, > 0, how far the passband falls below 1
        attenuation : dB, > ripple, how far the whole stopband lies below 1
        order, cutoff, btype, fs : as in `butterworth`; the cutoff is where the gain leaves the ripple for good

        Raises
        ------
        ArgumentError : as `butterworth`; a ripple not positive or not below the attenuation
        SamplingError : as `butterworth`

        Same as: scipy.signal.ellip.

        >>> from sigconv import CCDE
        >>> CCDE.ellip(4, 0.5, 40, 40, fs=250).sos.shape
        (2, 6)
        """
        return cls.from_sos(design.ellip(order, ripple, attenuation, _hertz(cutoff, fs), btype, fs=fs), fs)

    @classmethod
    def bessel(
        cls, order: int, cutoff: Edges, btype: design.Band = "lowpass", *, fs: float, norm: str = "phase"
    ) -> Self:
        """Keeps the shape of a wave: the flattest group delay (before the bilinear transform).

        Parameters
        ----------
        norm : what the cutoff is: "phase" (the middle of the phase), "mag" (gain 1/sqrt(2)) or "delay"
        order, cutoff, btype, fs : as in `butterworth`

        Raises
        ------
        ArgumentError : as `butterworth`; an unknown norm
        SamplingError : as `butterworth`

        Same as: scipy.signal.bessel.

        >>> from sigconv import CCDE
        >>> CCDE.bessel(4, 40, fs=250).sos.shape
        (2, 6)
        """
        return cls.from_sos(design.bessel(order, _hertz(cutoff, fs), btype, fs=fs, norm=norm), fs)

    @classmethod
    def fir(
        cls,
        taps: int,
        cutoff: Edges,
        btype: design.Band = "lowpass",
        *,
        fs: float,
        window: str | tuple[Any, ...] = "hamming",
    ) -> Self:
        """No feedback, linear phase, by the window method; late by (taps - 1) / 2 samples.

        Parameters
        ----------
        taps : int >= 1, odd for highpass and bandstop
        cutoff : Hz or text, 0 < cutoff < fs/2, where the gain is 1/2; (low, high) for band filters
        btype, fs : as in `butterworth`
        window : a name that scipy.signal.get_window knows, or a tuple of a name and its numbers: ("kaiser", 8)

        Raises
        ------
        ArgumentError : taps below 1, or even where they are odd; unknown btype or window, wrong number of cutoffs
        SamplingError : a cutoff outside its range, or two that do not rise

        Source: Oppenheim & Schafer (2010), section 7.5.  Same as: scipy.signal.firwin.

        >>> from sigconv import CCDE
        >>> CCDE.fir(31, 40, fs=250, window=("kaiser", 8)).b.shape
        (31,)
        """
        return cls(design.fir(taps, _hertz(cutoff, fs), btype, fs=fs, window=window), fs=fs)

    @classmethod
    def remez(cls, taps: int, bands: Sequence[Quantity], desired: Sequence[float], *, fs: float) -> Self:
        """No feedback, linear phase, least largest error over the bands; late by (taps - 1) / 2 samples.

        Parameters
        ----------
        taps : int >= 3
        bands : Hz or text, rising from 0 to fs/2: beginning and end of each band; what lies between is free
        desired : the gain in each band, half as many as `bands`
        fs : Hz, > 0

        Raises
        ------
        ArgumentError : fewer than 3 taps, counts that do not fit, or no convergence
        SamplingError : bands that do not rise from 0 to fs/2, or cover less than fs/16 together

        Source: McClellan, Parks & Rabiner (1973), doi:10.1109/TAU.1973.1162525.  Same as: scipy.signal.remez.

        >>> from sigconv import CCDE
        >>> CCDE.remez(31, (0, "30 Hz", 50, 125), (1, 0), fs=250).b.shape
        (31,)
        """
        edges: Any = [units.parse(edge, "Hz", "bands") for edge in bands] if _several(bands) else bands
        return cls(remez(taps, edges, desired, fs=fs), fs=fs)

    @classmethod
    def notch(cls, freq: Quantity, q: float = 30.0, *, fs: float) -> Self:
        """Removes one frequency and a gap of freq / q around it.

        Parameters
        ----------
        freq : Hz or text, 0 < freq < fs/2, where the gain is 0
        q : float > 2 freq / fs, freq divided by the width of the gap at -3 dB
        fs : Hz, > 0

        Raises
        ------
        ArgumentError : q not positive, or so small that the gap is wider than half the rate
        SamplingError : freq outside its range

        Source: Orfanidis (1996), Introduction to Signal Processing, section 11.3.  Same as: scipy.signal.iirnotch.

        >>> from sigconv import CCDE
        >>> CCDE.notch("50 Hz", fs=250).sos.shape
        (1, 6)
        """
        b, a = design.notch(hertz("freq", freq, fs), q, fs=fs)
        return cls.from_sos(np.concatenate([b, a])[None], fs)

    @classmethod
    def peak(cls, freq: Quantity, q: float = 30.0, *, fs: float) -> Self:
        """Keeps one frequency and a band of freq / q around it: what `notch` removes; the gain at freq is 1.

        Parameters
        ----------
        freq, q, fs : as in `notch`

        Raises
        ------
        ArgumentError, SamplingError : as `notch`

        Source: Orfanidis (1996), Introduction to Signal Processing, section 11.3.  Same as: scipy.signal.iirpeak.

        >>> from sigconv import CCDE
        >>> CCDE.peak(50, fs=250).sos.shape
        (1, 6)
        """
        b, a = design.peak(hertz("freq", freq, fs), q, fs=fs)
        return cls.from_sos(np.concatenate([b, a])[None], fs)


def _hertz(cutoff: Edges, fs: float) -> float | list[float]:
    if not _several(cutoff):
        return hertz("cutoff", cutoff, fs)  # type: ignore[arg-type]
    return [hertz("cutoff", edge, fs) for edge in cutoff]  # type: ignore[union-attr]


def _several(values: Any) -> bool:
    """Whether values can be looked at one by one."""
    return isinstance(values, Iterable) and not isinstance(values, str | bytes) and getattr(values, "ndim", 1) != 0
