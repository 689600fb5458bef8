"""How a recording is cut into windows for a spectrogram: seconds outside, samples inside."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from sigconv.core.boundary import rule_of
from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.filters.sampling import Quantity, Sampled, samples
from sigconv.signal import Axis, Signal


@dataclass(frozen=True)
class Framing:
    """The windows of a spectrogram, all in samples; window m is centred at sample m hop.

    fs : Hz;  window : samples that the taper covers;  hop : from a window to the next;  size : of the transform
    taper : its name, as scipy.signal.get_window knows it;  boundary : what lies beyond the ends
    samples : length of the recording;  start : of its time axis, s
    """

    fs: float
    window: int
    hop: int
    size: int
    taper: str
    boundary: str
    samples: int
    start: float = 0.0

    @property
    def weights(self) -> Any:
        """(size,) float64, the periodic taper in the middle of the transform."""
        return _weights(self.taper, self.window, self.size)

    @property
    def framing(self) -> "Framing":
        """Itself, as the settings of all spectrograms have one."""
        return self

    @property
    def reach(self) -> int:
        """How many samples a window sees to either side of its centre."""
        return self.size // 2 + 1

    @property
    def stride(self) -> int:
        """A piece begins at a multiple of so many samples."""
        return self.hop

    @property
    def frequencies(self) -> Axis:
        """The axis of the transform, 0 to fs/2."""
        return Axis("freq", self.size // 2 + 1, "Hz", self.fs / self.size)

    @property
    def times(self) -> Axis:
        """The axis of the windows' centres."""
        count = (self.samples + 2 * (self.size // 2) - self.size) // self.hop + 1
        return Axis("time", count, "s", self.hop / self.fs, self.start)


def framed(
    given: Sampled, window: Quantity, hop: Quantity, size: int | None, taper: str, boundary: str = "zeros"
) -> Framing:
    """The windows of what came through the door, in samples.

    Parameters
    ----------
    given : samples whose last axis is time
    window, hop : s or text, one sample or more
    size : int >= window in samples, of the transform (zeros around the window); None is the window itself
    taper : name of a window of scipy.signal.get_window
    boundary : name of a rule of core.boundary

    Raises
    ------
    SamplingError : less than a sample, or a size below the window
    ShapeError : no sample, or time is not the last axis
    ArgumentError : an unknown taper or boundary
    """
    count = given.data.shape[given.axis]
    if given.axis != given.data.ndim - 1 or not count:
        raise ShapeError(
            f"x has shape {tuple(given.data.shape)}; a spectrogram is of (..., time) with one sample or more"
        )
    if given.source is not None and tuple(axis.name for axis in given.source.axes) != ("channel", "time"):
        names = ", ".join(axis.name for axis in given.source.axes)
        raise ShapeError(f"x has the axes {names}; a spectrogram is of channel, time")
    wide, step = samples("window", window, given.fs), samples("hop", hop, given.fs)
    whole = wide if size is None else at_least("size", size, 1)
    if whole < wide:
        raise SamplingError(f"size is {whole}, the window {wide} samples; a transform is at least as long")
    rule_of(boundary)
    _weights(taper, wide, whole)
    start = 0.0 if given.source is None else given.source.axes[-1].start
    return Framing(given.fs, wide, step, whole, taper, boundary, count, start)


@lru_cache(maxsize=32)
def _weights(taper: str, window: int, size: int) -> Any:
    from scipy.signal import get_window

    try:
        middle = get_window(taper, window)
    except (ValueError, TypeError) as error:
        raise ArgumentError(
            f"taper is {taper!r}: {error}; allowed: hann, hamming, blackman, boxcar … of SciPy"
        ) from None
    weights = np.zeros(size)
    before = (size - window) // 2
    weights[before : before + window] = middle
    weights.setflags(write=False)
    return weights


def closed(given: Sampled, data: Any, axes: tuple[Axis, Axis], settings: Any) -> Any:
    """A (channel, freq, time) Signal that knows how it was made, or the (..., freq, time) array itself."""
    if given.source is None:
        return data
    notes = {**given.source.notes, "spectrogram": settings}
    return given.source.with_data(data, axes=(given.source.axes[0], *axes), unit="", notes=notes)


def settings_of(x: Any, kind: type) -> Any:
    """The settings that a spectrogram was made with.

    Raises
    ------
    ArgumentError : not a Signal, or not one of that kind
    """
    settings = x.notes.get("spectrogram") if isinstance(x, Signal) else None
    if not isinstance(settings, kind):
        raise ArgumentError(
            f"x is a {type(x).__name__} without the settings of {kind.__name__}; give the Signal that a filter made"
        )
    return settings
