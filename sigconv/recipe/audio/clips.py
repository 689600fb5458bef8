"""Clips: a sound of a recording as a network takes it, worked out where it is read."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.filters.ccde import CCDE
from sigconv.filters.in_front import InFront
from sigconv.filters.silence import without_silence
from sigconv.signal import Axis, Box, Signal


@dataclass(frozen=True)
class Clip(InFront):
    """One sound: without the silence around it, in the middle of `size` samples, at one mean power.

    What is longer is cut to the `size` samples of most energy. Its time axis begins at `start`, whatever was left out.

    source : (1, time) recording or another source
    start, stop : s, between which the sound lies
    size : samples, >= 1
    below : dB, what is silence; see filters.silence
    emphasis : 0 <= emphasis < 1, the share of the sample before that is subtracted from each, y[n] = x[n] - a x[n-1]:
        it lifts high frequencies, which are weak in speech
    level : dB, the mean power of the sound, 0 for 1

    >>> from sigconv.loaders import recording
    >>> sound = recording.of(Signal.from_array(np.ones(100, np.float32), fs=8000))
    >>> Clip(sound, start=0.0, stop=0.0125, size=300, below=30).read().data.sum()
    np.float32(100.0)
    """

    start: float
    stop: float
    size: int
    below: float
    emphasis: float = 0.0
    level: float = 0.0

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(1, time) axes."""
        channel, time = self.source.axes
        return channel, Axis.time(self.size, time.rate, self.start)

    def samples(self, box: Box) -> Any:
        """(1, last - first) samples; box is ((first, last),)."""
        ((first, last),) = box
        return self._whole()[:, first:last]

    def read(self, start: float | None = None, stop: float | None = None) -> Signal:
        """The samples from `start` up to but not including `stop`, s."""
        channel, time = self.axes
        first, last = time.between(time.start if start is None else start, stop)
        return Signal(self.samples(((first, last),)), (channel, time.cut(first, last)), "", (), self.notes)

    def piece(self) -> Signal:
        """(1, time) the recording from `start` to `stop`, as it is.

        Raises
        ------
        FormatError : NaN or infinity
        """
        piece = self.source.read(self.start, self.stop)
        if not np.isfinite(piece.data).all():
            named = piece.notes.get("path") or piece.notes.get("name") or "the recording"
            raise FormatError(f"{named}: holds NaN or infinity; a sound is made of finite numbers")
        return piece

    def sound(self) -> Signal:
        """(1, time) the sound alone, at its level, without the zeros around it."""
        piece = self.piece()
        kept = _strongest(without_silence(piece, self.below), self.size)
        if self.emphasis:
            kept = CCDE([1.0, -self.emphasis], [1.0])(kept)
        power = float(np.square(kept.data, dtype=np.float64).mean())
        gain = 10 ** (self.level / 20) / np.sqrt(power) if power else 1.0
        return kept.with_data((kept.data * gain).astype(np.float32))

    def _whole(self) -> Any:
        """(1, size) float32."""
        sound = self.sound().data
        whole = np.zeros((1, self.size), np.float32)
        before = (self.size - sound.shape[1]) // 2
        whole[:, before : before + sound.shape[1]] = sound
        return whole


@dataclass(frozen=True)
class Levels(InFront):
    """A spectrogram in dB below its own loudest point, down to a floor; the quiet around a clip lies on the floor.

    source : (channel, freq, time) in dB
    floor : dB, below 0

    >>> from sigconv.filters import Spectrogram, log_mel
    >>> from sigconv.loaders import recording
    >>> sound = recording.of(Signal.from_array(np.ones(800, np.float32), fs=8000))
    >>> Levels(Spectrogram(sound, log_mel), floor=-60).read().data.max()
    np.float32(0.0)
    """

    floor: float

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, freq, time) axes of the source."""
        return self.source.axes

    def samples(self, box: Box) -> Any:
        """(channel, freq, time) levels; box is ((first, last) of freq, (first, last) of time)."""
        (low, high), (first, last) = box
        whole = self.source.read().data
        return np.maximum(whole - whole.max(), np.float32(self.floor))[:, low:high, first:last]

    def read(self, start: Any = None, stop: Any = None) -> Signal:
        """The piece from `start` up to but not including `stop`; see filters.Spectrogram."""
        piece, loudest = self.source.read(start, stop), self.source.read().data.max()
        return piece.with_data(np.maximum(piece.data - loudest, np.float32(self.floor)))


def _strongest(sound: Signal, size: int) -> Signal:
    """The `size` samples in a row, of (1, time), that hold the most energy; all where there are no more."""
    channel, time = sound.axes
    if time.size <= size:
        return sound
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound.data[0], dtype=np.float64))])
    first = int(np.argmax(sums[size:] - sums[:-size]))
    return sound.with_data(sound.data[:, first : first + size], axes=(channel, time.cut(first, first + size)))
