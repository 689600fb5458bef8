"""Filter design in hertz: Butterworth, windowed FIR, notch. The mathematics is scipy.signal's."""

from collections.abc import Sequence
from typing import Any, Literal

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, SamplingError, one_of

Band = Literal["lowpass", "highpass", "bandpass", "bandstop"]
BANDS = ("lowpass", "highpass", "bandpass", "bandstop")


def checked_frequency(argument: str, value: float, fs: float) -> float:
    """A frequency that a rate of fs can hold.

    Raises
    ------
    SamplingError : fs not positive, or value not strictly between 0 and fs/2

    >>> checked_frequency("cutoff", 40, fs=250)
    40.0
    """
    if not 0 < fs < float("inf"):
        raise SamplingError(f"fs is {fs} Hz; a sampling rate is positive and finite")
    if not 0 < value < fs / 2:
        raise SamplingError(
            f"{argument} is {value:g} Hz; at a rate of {fs:g} Hz it lies above 0 and below half the rate, {fs / 2:g} Hz"
        )
    return float(value)


def checked_cutoff(cutoff: float | Sequence[float], btype: str, fs: float) -> float | list[float]:
    """One cutoff for lowpass and highpass, two rising ones for bandpass and bandstop.

    Raises
    ------
    ArgumentError : an unknown btype, or the wrong number of cutoffs
    SamplingError : a cutoff outside (0, fs/2), or two that do not rise

    >>> checked_cutoff((7, 30), "bandpass", fs=160)
    [7.0, 30.0]
    """
    one_of("btype", btype, BANDS)
    edges = [cutoff] if isinstance(cutoff, int | float) else list(cutoff)
    needed = 2 if btype.startswith("band") else 1
    if len(edges) != needed:
        raise ArgumentError(f"cutoff is {cutoff!r}; a {btype} filter has {needed}")
    checked = [checked_frequency("cutoff", edge, fs) for edge in edges]
    if needed == 1:
        return checked[0]
    if checked[0] >= checked[1]:
        raise SamplingError(f"cutoff is {cutoff!r} Hz; the lower one comes first and they differ")
    return checked


def butterworth(order: int, cutoff: float | Sequence[float], btype: Band = "lowpass", *, fs: float) -> Any:
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

    edges = checked_cutoff(cutoff, btype, fs)
    return signal.butter(at_least("order", order, 1), edges, btype, fs=fs, output="sos")


def fir(
    taps: int, cutoff: float | Sequence[float], btype: Band = "lowpass", *, fs: float, window: str = "hamming"
) -> Any:
    """A symmetric finite impulse response by the window method: exactly linear phase, delay (taps - 1) / 2 samples.

    Parameters
    ----------
    taps : int >= 1, odd for highpass and bandstop
    cutoff : Hz, 0 < cutoff < fs/2, where the gain is 1/2; (low, high) for band filters
    btype : "lowpass", "highpass", "bandpass" or "bandstop"
    fs : Hz, > 0
    window : a name scipy.signal.get_window knows

    Returns
    -------
    (taps,) float64

    Raises
    ------
    ArgumentError : taps even where a zero at fs/2 would spoil the passband
    SamplingError : a cutoff outside its range

    Source: Oppenheim & Schafer (2010), section 7.5.  Same as: scipy.signal.firwin.

    >>> float(fir(31, 40, fs=250).sum().round(6))
    1.0
    """
    from scipy import signal

    edges = checked_cutoff(cutoff, btype, fs)
    if at_least("taps", taps, 1) % 2 == 0 and btype in ("highpass", "bandstop"):
        raise ArgumentError(f"taps is {taps}; a {btype} FIR filter has an odd number")
    return signal.firwin(taps, edges, pass_zero=btype, window=window, fs=fs)


def notch(freq: float, q: float = 30.0, *, fs: float) -> tuple[Any, Any]:
    """A filter that removes one frequency and little around it.

    Parameters
    ----------
    freq : Hz, 0 < freq < fs/2, where the gain is 0
    q : float > 0, freq divided by the width of the gap at -3 dB
    fs : Hz, > 0

    Returns
    -------
    (b, a), (3,) each

    Raises
    ------
    ArgumentError : q not positive
    SamplingError : freq outside its range

    Source: Orfanidis (1996), Introduction to Signal Processing, section 11.3.  Same as: scipy.signal.iirnotch.

    >>> b, a = notch(50, fs=250)
    >>> len(b), len(a)
    (3, 3)
    """
    from scipy import signal

    if not 0 < q < float("inf"):
        raise ArgumentError(f"q is {q}; it is positive and finite")
    b, a = signal.iirnotch(checked_frequency("freq", freq, fs), q, fs=fs)
    return b, a
