"""The part of a recording in which something is heard."""

from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.filters.sampling import Quantity, opened, samples

_FRAME = "10 ms"


def without_silence(x: Any, below: float = 30.0, margin: Quantity = "50 ms", fs: Quantity | None = None) -> Any:
    """x from the first to the last moment that is louder than the loudest one less `below`; quiet inside stays.

    The loudness of a moment is the mean power of all channels over 30 ms. An x in which all is equally quiet stays
    whole.

    Parameters
    ----------
    x : Signal with a time axis, or (..., time) array with fs
    below : dB, > 0
    margin : s or text, at least a sample, which is kept before and after
    fs : Hz, for an array

    Returns
    -------
    the kind that came in, as long or shorter; the time axis of a Signal begins where the kept part does

    Raises
    ------
    SamplingError : less than a sample, or no rate;  ArgumentError : below is not positive

    Same as: librosa.effects.trim(top_db=below), but for the length of the moments.

    >>> x = np.concatenate([np.zeros(800), np.ones(400), np.zeros(800)])
    >>> without_silence(x, margin="5 ms", fs=8000).shape
    (640,)
    """
    if not 0 < below < float("inf"):
        raise ArgumentError(f"below is {below} dB; allowed: above 0")
    given = opened(x, fs)
    size, spare = samples("frame", _FRAME, given.fs), samples("margin", margin, given.fs)
    data = np.moveaxis(np.asarray(given.data), given.axis, -1)
    power = np.square(data, dtype=np.float64).mean(tuple(range(data.ndim - 1)))
    frames = np.add.reduceat(power, np.arange(0, len(power), size)) if len(power) else power
    loud = np.convolve(frames, np.ones(3), "same") if len(frames) > 2 else frames
    heard = np.flatnonzero(loud >= loud.max(initial=0.0) * 10 ** (-below / 10))
    first = max(0, int(heard[0]) * size - spare) if len(heard) else 0
    last = min(len(power), (int(heard[-1]) + 1) * size + spare) if len(heard) else len(power)
    where = [slice(None)] * data.ndim
    where[given.axis] = slice(first, last)
    kept = given.data[tuple(where)]
    if given.source is None:
        return kept
    axes = list(given.source.axes)
    axes[given.axis] = axes[given.axis].cut(first, last)
    return given.source.with_data(kept, axes=tuple(axes))
