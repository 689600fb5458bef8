"""Audio at another rate: pieces through soxr as they are read, equal to the whole resampled and cut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import MissingExtra, SamplingError
from sigconv.loaders.recording import Reader, Recording
from sigconv.signal import Axis, Box

_REACH = 200  # samples of the lower rate that soxr's high-quality filter sees to either side, twice what was measured
_HIGHEST = 10_000_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class _Mixed:
    """The mean of all channels of a reader."""

    reader: Reader
    rows: tuple[int, ...]

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        every = self.reader(box, self.rows)
        return np.repeat(every.mean(0, keepdims=True, dtype=every.dtype), len(rows), 0)


@dataclass(frozen=True)
class _AtRate:
    """A reader of `size` samples at up / down times its rate."""

    reader: Reader
    size: int
    up: int
    down: int

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) samples at the new rate, those beyond the ends of the file taken as 0."""
        ((first, last),) = box
        reach = -(-_REACH * max(self.up, self.down) // self.up)
        # begins where a new sample lies, too
        begin = max(0, (first * self.down // self.up - reach) // self.down * self.down)
        stop = -(-last * self.down // self.up) + reach
        piece = self.reader(((begin, min(stop, self.size)),), rows)
        x = np.concatenate([piece, np.zeros((len(rows), max(0, stop - self.size)), piece.dtype)], axis=1)
        y = _soxr().resample(np.ascontiguousarray(x.T), self.down, self.up, "HQ")
        skipped = first - begin // self.down * self.up
        return np.ascontiguousarray(y[skipped : skipped + last - first].T)


def mixed(recording: Recording) -> Recording:
    """A (channel, time) recording as its one channel "mono", the mean of those it has.

    >>> from sigconv.loaders.recording import of
    >>> from sigconv.signal import Signal
    >>> mixed(of(Signal.from_array(np.array([[1.0, 2], [3, 4]]), fs=8))).read().data
    array([[2., 3.]])
    """
    reader = _Mixed(recording.reader, recording.rows)
    return replace(recording, axes=(Axis.channel(("mono",)), *recording.axes[1:]), reader=reader, rows=(0,))


def at_rate(recording: Recording, fs: float | str) -> Recording:
    """A (channel, time) recording at another rate, resampled as it is read; what the rate cannot hold is removed.

    A piece equals the slice of the whole to 5e-6 of the largest sample (soxr's own rounding).

    Parameters
    ----------
    recording : with a whole number of hertz
    fs : whole Hz or text ("16 kHz"), 1 Hz to 10 MHz

    Returns
    -------
    Recording of ceil(n fs / old) samples

    Raises
    ------
    SamplingError : a rate that is no whole number in this range
    MissingExtra : soxr is not installed

    Same as: librosa.resample(..., res_type="soxr_hq").
    """
    time = recording.axes[1]
    new = units.parse(fs, "Hz", "fs")
    for rate in (new, time.rate):
        if not 1 <= rate <= _HIGHEST or rate != round(rate):
            raise SamplingError(f"fs is {new:g} Hz for {time.rate:g} Hz; both are whole numbers, 1 to {_HIGHEST}")
    if new == time.rate:
        return recording
    _soxr()
    ratio = Fraction(round(new), round(time.rate))
    size = -(-time.size * ratio.numerator // ratio.denominator)
    reader = _AtRate(recording.reader, time.size, ratio.numerator, ratio.denominator)
    axis = replace(time, size=size, step=1 / new)
    return replace(recording, axes=(recording.axes[0], axis), reader=reader)


def _soxr() -> Any:
    try:
        import soxr
    except ImportError as error:
        raise MissingExtra("soxr", "audio") from error
    return soxr
