"""Keep or remove a band of frequencies: Butterworth filters and the notch, in hertz."""

from collections.abc import Sequence
from typing import Any

from sigconv.core.design import Band
from sigconv.errors import SamplingError
from sigconv.filters.ccde import CCDE
from sigconv.filters.sampling import Quantity, hertz, opened


def lowpass(x: Any, cutoff: Quantity, fs: Quantity | None = None, *, order: int = 4, zero_phase: bool = True) -> Any:
    """x without what is faster than the cutoff.

    Parameters
    ----------
    x : Signal with a time axis, or (..., time) array or tensor with fs
    cutoff : Hz or text, 0 < cutoff < fs/2; the gain there is 1/2 with zero phase, else 1/sqrt(2)
    fs : Hz, for an array
    order : int >= 1, of the Butterworth filter; zero phase runs it twice
    zero_phase : True filters forward and backward, without delay; False forward only, from rest

    Returns
    -------
    the kind that came in, same axes

    Raises
    ------
    SamplingError : cutoff at or above half the rate, or no rate
    ShapeError : too few samples for zero phase
    ArgumentError : order below 1

    Same as: scipy.signal.butter, then sosfiltfilt or sosfilt.

    >>> import numpy as np
    >>> lowpass(np.ones(100), 40, fs=250).round(6).max()
    np.float64(1.0)
    """
    return _banded(x, [cutoff], "lowpass", fs, order, zero_phase)


def highpass(x: Any, cutoff: Quantity, fs: Quantity | None = None, *, order: int = 4, zero_phase: bool = True) -> Any:
    """x without what is slower than the cutoff, its mean among it.

    Parameters, result and errors are those of `lowpass`.

    >>> import numpy as np
    >>> abs(highpass(np.ones(100), 1, fs=250)).max() < 1e-9
    np.True_
    """
    return _banded(x, [cutoff], "highpass", fs, order, zero_phase)


def bandpass(
    x: Any, low: Quantity, high: Quantity, fs: Quantity | None = None, *, order: int = 4, zero_phase: bool = True
) -> Any:
    """x between two frequencies.

    Parameters
    ----------
    low, high : Hz or text, 0 < low < high < fs/2
    x, fs, order, zero_phase : as in `lowpass`

    Returns
    -------
    the kind that came in, same axes

    Raises
    ------
    SamplingError : as `lowpass`; low not below high
    ShapeError, ArgumentError : as `lowpass`

    Same as: scipy.signal.butter(order, (low, high), "bandpass"), then sosfiltfilt or sosfilt.

    >>> import numpy as np
    >>> bandpass(np.zeros((64, 2500)), "7 Hz", 30, fs=250).shape
    (64, 2500)
    """
    return _banded(x, [low, high], "bandpass", fs, order, zero_phase)


def bandstop(
    x: Any, low: Quantity, high: Quantity, fs: Quantity | None = None, *, order: int = 4, zero_phase: bool = True
) -> Any:
    """x without what lies between two frequencies.

    Parameters, result and errors are those of `bandpass`.

    >>> import numpy as np
    >>> bandstop(np.zeros((64, 2500)), 49, 51, fs=250).shape
    (64, 2500)
    """
    return _banded(x, [low, high], "bandstop", fs, order, zero_phase)


def notch(x: Any, freq: Quantity, q: float = 30.0, fs: Quantity | None = None, *, zero_phase: bool = True) -> Any:
    """x without one frequency, such as the mains.

    Parameters
    ----------
    freq : Hz or text, 0 < freq < fs/2
    q : float > 0; the gap is freq / q wide
    x, fs, zero_phase : as in `lowpass`

    Returns
    -------
    the kind that came in, same axes

    Raises
    ------
    SamplingError, ShapeError : as `lowpass`
    ArgumentError : q not positive

    Same as: scipy.signal.iirnotch, then filtfilt or lfilter.

    >>> import numpy as np
    >>> notch(np.zeros(500), 50, fs=250).shape
    (500,)
    """
    given = opened(x, fs)
    return _run(CCDE.notch(freq, q, fs=given.fs), x, given.data, zero_phase)


def _banded(x: Any, cutoff: Sequence[Quantity], btype: Band, fs: Quantity | None, order: int, zero_phase: bool) -> Any:
    given = opened(x, fs)
    if len(cutoff) == 1:
        return _run(CCDE.butterworth(order, cutoff[0], btype, fs=given.fs), x, given.data, zero_phase)
    edges = [hertz(name, edge, given.fs) for name, edge in zip(("low", "high"), cutoff, strict=True)]
    if edges[0] >= edges[1]:
        raise SamplingError(f"low is {edges[0]:g} Hz and high is {edges[1]:g} Hz; low is below high")
    return _run(CCDE.butterworth(order, edges, btype, fs=given.fs), x, given.data, zero_phase)


def _run(f: CCDE, x: Any, data: Any, zero_phase: bool) -> Any:
    from sigconv.signal import Signal

    kept = x if isinstance(x, Signal) else data
    return f.zero_phase(kept) if zero_phase else f(kept)
