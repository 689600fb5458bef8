"""Filter design in hertz: the classical recursive filters, FIR by window, notch and peak.

The mathematics is scipy.signal's; the arguments are checked here.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, SamplingError, one_number, one_of

Band = Literal["lowpass", "highpass", "bandpass", "bandstop"]
Edges = float | Sequence[float]
BANDS = ("lowpass", "highpass", "bandpass", "bandstop")
_MOST_POLES = 1000  # long before that, every design has left double precision


def checked_frequency(argument: str, value: float, fs: float) -> float:
    """A frequency that a rate of fs can hold.

    Raises
    ------
    SamplingError : fs not positive, or value not strictly between 0 and fs/2

    >>> checked_frequency("cutoff", 40, fs=250)
    40.0
    """
    fs, value = checked_rate(fs), one_number(argument, value, "in Hz, above 0 and below half of fs")
    if not 0 < value < fs / 2:
        raise SamplingError(
            f"{argument} is {value:g} Hz; at a rate of {fs:g} Hz it lies above 0 and below half the rate, {fs / 2:g} Hz"
        )
    return value


def checked_rate(fs: float) -> float:
    """A sampling rate in Hz.

    Raises
    ------
    ArgumentError : no number;  SamplingError : not positive and finite

    >>> checked_rate(250)
    250.0
    """
    rate = one_number("fs", fs, "in Hz, positive and finite")
    if not 0 < rate < float("inf"):
        raise SamplingError(f"fs is {fs} Hz; a sampling rate is positive and finite")
    return rate


def checked_cutoff(cutoff: Edges, btype: str, fs: float) -> float | list[float]:
    """One cutoff for lowpass and highpass, two rising ones for bandpass and bandstop.

    Raises
    ------
    ArgumentError : an unknown btype, or the wrong number of cutoffs
    SamplingError : a cutoff outside (0, fs/2), or two that do not rise

    >>> checked_cutoff((7, 30), "bandpass", fs=160)
    [7.0, 30.0]
    """
    one_of("btype", btype, BANDS)
    several = isinstance(cutoff, Iterable) and not isinstance(cutoff, str | bytes) and getattr(cutoff, "ndim", 1) != 0
    edges: list[Any] = list(cutoff) if several else [cutoff]  # type: ignore[arg-type]
    needed = 2 if btype.startswith("band") else 1
    if len(edges) != needed:
        raise ArgumentError(f"cutoff is {cutoff!r}; a {btype} filter has {needed}")
    checked = [checked_frequency("cutoff", edge, fs) for edge in edges]
    if needed == 1:
        return checked[0]
    if checked[0] >= checked[1]:
        raise SamplingError(f"cutoff is {cutoff!r} Hz; the lower one comes first and they differ")
    return checked


def butterworth(order: int, cutoff: Edges, btype: Band = "lowpass", *, fs: float) -> Any:
    """Second-order sections with the flattest passband there is.

    Parameters
    ----------
    order : int >= 1; band filters have twice as many poles
    cutoff : Hz, 0 < cutoff < fs/2, where the gain is 1/sqrt(2); (low, high) for band filters
    btype : "lowpass", "highpass", "bandpass" or "bandstop"
    fs : Hz, > 0

    Returns
    -------
    (sections, 6) float64

    Raises
    ------
    ArgumentError : order below 1, unknown btype, the wrong number of cutoffs
    SamplingError : a cutoff outside its range

    Source: Butterworth (1930).  Same as: scipy.signal.butter with output="sos".

    >>> butterworth(4, (7, 30), "bandpass", fs=160).shape
    (4, 6)
    """
    from scipy import signal

    return _sections(signal.butter, order, (), cutoff, btype, fs)


def cheby1(order: int, ripple: float, cutoff: Edges, btype: Band = "lowpass", *, fs: float) -> Any:
    """Second-order sections steeper than Butterworth's, for a passband that ripples.

    Parameters
    ----------
    ripple : dB, > 0, how far the passband falls below 1
    order, cutoff, btype, fs : as in `butterworth`; the cutoff is where the gain leaves the ripple for good

    Returns
    -------
    (sections, 6) float64

    Raises
    ------
    ArgumentError, SamplingError : as `butterworth`; a ripple not positive

    Same as: scipy.signal.cheby1 with output="sos".

    >>> cheby1(4, 0.5, 40, fs=250).shape
    (2, 6)
    """
    from scipy import signal

    return _sections(signal.cheby1, order, (positive("ripple", ripple),), cutoff, btype, fs)


def cheby2(order: int, attenuation: float, cutoff: Edges, btype: Band = "lowpass", *, fs: float) -> Any:
    """Second-order sections with a flat passband, for a stopband that ripples.

    Parameters
    ----------
    attenuation : dB, > 0, how far the whole stopband lies below 1
    order, cutoff, btype, fs : as in `butterworth`; the cutoff is where the stopband begins

    Returns
    -------
    (sections, 6) float64

    Raises
    ------
    ArgumentError, SamplingError : as `butterworth`; an attenuation not positive

    Same as: scipy.signal.cheby2 with output="sos".

    >>> cheby2(4, 40, 40, fs=250).shape
    (2, 6)
    """
    from scipy import signal

    return _sections(signal.cheby2, order, (positive("attenuation", attenuation),), cutoff, btype, fs)


def ellip(order: int, ripple: float, attenuation: float, cutoff: Edges, btype: Band = "lowpass", *, fs: float) -> Any:
    """Second-order sections with the steepest edge there is, for ripples in both bands.

    Parameters
    ----------
    ripple : dB, > 0, how far the passband falls below 1
    attenuation : dB, > ripple, how far the whole stopband lies below 1
    order, cutoff, btype, fs : as in `butterworth`; the cutoff is where the gain leaves the ripple for good

    Returns
    -------
    (sections, 6) float64

    Raises
    ------
    ArgumentError, SamplingError : as `butterworth`; a ripple not positive or not below the attenuation

    Same as: scipy.signal.ellip with output="sos".

    >>> ellip(4, 0.5, 40, 40, fs=250).shape
    (2, 6)
    """
    from scipy import signal

    depths = positive("ripple", ripple), positive("attenuation", attenuation)
    if depths[1] <= depths[0]:
        raise ArgumentError(f"attenuation is {attenuation} dB; it is more than the ripple, {ripple} dB")
    return _sections(signal.ellip, order, depths, cutoff, btype, fs)


def bessel(order: int, cutoff: Edges, btype: Band = "lowpass", *, fs: float, norm: str = "phase") -> Any:
    """Second-order sections that keep the shape of a wave: the flattest group delay (before the bilinear transform).

    Parameters
    ----------
    norm : what the cutoff is: "phase" (the middle of the phase), "mag" (gain 1/sqrt(2)) or "delay"
    order, cutoff, btype, fs : as in `butterworth`

    Returns
    -------
    (sections, 6) float64

    Raises
    ------
    ArgumentError, SamplingError : as `butterworth`; an unknown norm

    Same as: scipy.signal.bessel with output="sos".

    >>> bessel(4, 40, fs=250).shape
    (2, 6)
    """
    from scipy import signal

    one_of("norm", norm, ("phase", "mag", "delay"))
    return _sections(partial(signal.bessel, norm=norm), order, (), cutoff, btype, fs)


def fir(
    taps: int, cutoff: Edges, btype: Band = "lowpass", *, fs: float, window: str | tuple[Any, ...] = "hamming"
) -> Any:
    """A symmetric finite impulse response by the window method: exactly linear phase, delay (taps - 1) / 2 samples.

    Parameters
    ----------
    taps : int >= 1, odd for highpass and bandstop
    cutoff : Hz, 0 < cutoff < fs/2, where the gain is 1/2; (low, high) for band filters
    btype : "lowpass", "highpass", "bandpass" or "bandstop"
    fs : Hz, > 0
    window : a name that scipy.signal.get_window knows, or a tuple of a name and its numbers: ("kaiser", 8)

    Returns
    -------
    (taps,) float64

    Raises
    ------
    ArgumentError : taps even where a zero at fs/2 would spoil the passband, or an unknown window
    SamplingError : a cutoff outside its range

    Source: Oppenheim & Schafer (2010), section 7.5.  Same as: scipy.signal.firwin.

    >>> float(fir(31, 40, fs=250).sum().round(6))
    1.0
    """
    from scipy import signal

    edges = checked_cutoff(cutoff, btype, fs)
    taps = at_least("taps", taps, 1)
    if taps % 2 == 0 and btype in ("highpass", "bandstop"):
        raise ArgumentError(f"taps is {taps}; a {btype} FIR filter has an odd number")
    try:
        signal.get_window(window, taps)
    except (ValueError, TypeError, IndexError) as error:
        raise ArgumentError(
            f"window is {window!r}; it is a name that scipy.signal.get_window knows, or a tuple of one and numbers"
        ) from error
    return signal.firwin(taps, edges, pass_zero=btype, window=window, fs=float(fs))


def notch(freq: float, q: float = 30.0, *, fs: float) -> tuple[Any, Any]:
    """A filter that removes one frequency and little around it.

    Parameters
    ----------
    freq : Hz, 0 < freq < fs/2, where the gain is 0
    q : float > 2 freq / fs, freq divided by the width of the gap at -3 dB
    fs : Hz, > 0

    Returns
    -------
    (b, a), (3,) each

    Raises
    ------
    ArgumentError : q not positive, or so small that the gap is wider than half the rate
    SamplingError : freq outside its range

    Source: Orfanidis (1996), Introduction to Signal Processing, section 11.3.  Same as: scipy.signal.iirnotch.

    >>> b, a = notch(50, fs=250)
    >>> len(b), len(a)
    (3, 3)
    """
    from scipy import signal

    b, a = signal.iirnotch(*_resonance(freq, q, fs), fs=float(fs))
    return b, a


def peak(freq: float, q: float = 30.0, *, fs: float) -> tuple[Any, Any]:
    """A filter that keeps one frequency and little around it: what `notch` removes.

    Parameters, result and errors are those of `notch`; the gain at freq is 1.

    Same as: scipy.signal.iirpeak.

    >>> b, a = peak(50, fs=250)
    >>> len(b), len(a)
    (3, 3)
    """
    from scipy import signal

    b, a = signal.iirpeak(*_resonance(freq, q, fs), fs=float(fs))
    return b, a


def _sections(design: Callable[..., Any], order: int, depths: Any, cutoff: Edges, btype: str, fs: float) -> Any:
    """A design of scipy.signal as sections, refused where its numbers leave double precision."""
    edges, order, fs = checked_cutoff(cutoff, btype, fs), at_least("order", order, 1), float(fs)
    said = f"order is {order} with cutoff {cutoff!r} Hz at a rate of {fs:g} Hz"
    said += f" and {' and '.join(f'{depth:g} dB' for depth in depths)}" if depths else ""
    try:
        with np.errstate(all="ignore"):
            sos = design(order, *depths, edges, btype, fs=fs, output="sos") if order <= _MOST_POLES else None
    except (ArithmeticError, RuntimeError, ValueError) as error:
        raise ArgumentError(f"{said}, which has no design: {error}; give a lower order") from error
    if sos is None or not (np.isfinite(sos).all() and np.abs(sos[0, :3]).max() >= np.finfo(float).tiny):
        raise ArgumentError(
            f"{said}, which double precision cannot hold; give a lower order or a cutoff farther inside"
        )
    return sos


def _resonance(freq: float, q: float, fs: float) -> tuple[float, float]:
    """Frequency and quality of a notch or a peak; a wider one comes out of the design as a narrow one."""
    freq, q = checked_frequency("freq", freq, fs), positive("q", q)
    if not freq / q < fs / 2:
        raise ArgumentError(
            f"q is {q:g}, so the width freq / q is {freq / q:g} Hz; it is below half the rate, {fs / 2:g} Hz: "
            f"give a q above {2 * freq / fs:g}"
        )
    return freq, q


def positive(argument: str, value: float) -> float:
    """A number above 0 and finite, else an ArgumentError that names it.

    >>> positive("q", 30)
    30.0
    """
    number = one_number(argument, value, "positive and finite")
    if not 0 < number < float("inf"):
        raise ArgumentError(f"{argument} is {value}; it is positive and finite")
    return number
