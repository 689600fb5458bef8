"""Clips: a sound of a recording as a network takes it, worked out where it is read."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sigconv.errors import FormatError, ShapeError
from sigconv.filters.in_front import InFront
from sigconv.filters.lazy_spectrogram import Spectrogram
from sigconv.filters.mel_scale import log_mel
from sigconv.filters.silence import without_silence
from sigconv.loaders.audio.rate import at_rate, mixed
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Box, Signal, Source


@dataclass(frozen=True)
class Clip(InFront):
    """One sound: without the silence around it, in the middle of `size` samples, at a mean power of 1.

    What is longer is cut to the `size` samples of most energy. Its time axis begins at `start`, whatever was left out.

    source : (1, time) recording or another source
    start, stop : s, between which the sound lies
    size : samples, >= 1
    below : dB, what is silence; see filters.silence

    >>> from sigconv.loaders import recording
    >>> sound = recording.of(Signal.from_array(np.ones(100, np.float32), fs=8000))
    >>> Clip(sound, start=0.0, stop=0.0125, size=300, below=30).read().data.sum()
    np.float32(100.0)
    """

    start: float
    stop: float
    size: int
    below: float

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

    def _whole(self) -> Any:
        """(1, size) float32."""
        sound = self.source.read(self.start, self.stop)
        if not np.isfinite(sound.data).all():
            raise FormatError(f"{_name(self.source)}: holds NaN or infinity; a sound is made of finite numbers")
        kept = _strongest(without_silence(sound, self.below).data, self.size)
        power = float(np.square(kept, dtype=np.float64).mean())
        whole = np.zeros((1, self.size), np.float32)
        spare = self.size - kept.shape[1]
        whole[:, spare // 2 : spare // 2 + kept.shape[1]] = kept / (np.sqrt(power) if power else 1.0)
        return whole


@dataclass(frozen=True)
class Levels(InFront):
    """A spectrogram in dB below its own loudest point, down to a floor; the quiet around a clip lies on the floor.

    source : (channel, freq, time) in dB
    floor : dB, below 0

    >>> from sigconv.loaders import recording
    >>> sound = recording.of(Signal.from_array(np.ones(800, np.float32), fs=8000))
    >>> Levels(Spectrogram(sound, partial(log_mel, bands=20)), floor=-60).read().data.max()
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


def _strongest(sound: Any, size: int) -> Any:
    """The `size` samples in a row, of (1, time) samples, that hold the most energy; all where there are no more."""
    if sound.shape[1] <= size:
        return sound
    sums = np.concatenate([[0.0], np.cumsum(np.square(sound[0], dtype=np.float64))])
    first = int(np.argmax(sums[size:] - sums[:-size]))
    return sound[:, first : first + size]


def _name(source: Source) -> str:
    return str(source.notes.get("path") or source.notes.get("name") or "the recording")
