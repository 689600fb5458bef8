"""A spectrogram of a recording that is worked out where it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sigconv.core.boundary import Boundary, rule_of
from sigconv.errors import ArgumentError, ShapeError
from sigconv.filters.constant_q import ConstantQ
from sigconv.filters.framing import Framing
from sigconv.filters.in_front import InFront
from sigconv.filters.mel_scale import Mel
from sigconv.signal import Axis, Box, Signal

Positions = float | Sequence[float | None] | None


@dataclass(frozen=True)
class Spectrogram(InFront):
    """A source of (channel, freq, time) in front of one of (channel, time): windows of it can be cut from hours.

    A piece is read with as many samples more on both sides as its outermost windows see, and equals the slice of the
    whole spectrogram to rounding (of `cqt` to 1e-5 of the largest value: its filters have no ends).

    Parameters
    ----------
    source : (channel, time) Recording, or a filter in front of one
    step : Signal -> Signal, one of stft, spectrogram, mel, log_mel, mfcc, cqt with its settings:
        functools.partial(log_mel, bands=64), which can be sent to other processes

    Raises
    ------
    ArgumentError : the step is none of these, or its boundary is "wrap"
    ShapeError : the source is not (channel, time), or without samples

    >>> from sigconv.filters import log_mel
    >>> from sigconv.loaders import recording
    >>> sound = recording.of(Signal.from_array(np.zeros(16000), fs=16000))
    >>> Spectrogram(sound, log_mel).read((None, 0.2), (None, 0.5)).shape
    (1, 40, 30)
    """

    step: Callable[[Signal], Signal]

    def __post_init__(self) -> None:
        names = tuple(axis.name for axis in self.source.axes)
        if names != ("channel", "time") or not self.source.axes[-1].size:
            raise ShapeError(f"source has the axes {', '.join(map(str, self.source.axes))}; it is (channel, time)")
        settings = self._example.notes.get("spectrogram")
        if not isinstance(settings, Framing | Mel | ConstantQ):
            raise ArgumentError("step is no stft, spectrogram, mel, log_mel, mfcc or cqt")
        if rule_of(settings.framing.boundary)[0] is Boundary.WRAP:
            raise ArgumentError("step has the boundary 'wrap', for which a piece would need both ends of the source")

    @cached_property
    def _example(self) -> Signal:
        """A moment of silence through the step, which shows its axes."""
        channel, time = self.source.axes
        silence = np.zeros((channel.size, min(time.size, 256)), np.float32)
        return self.step(Signal(silence, (channel, time.cut(0, silence.shape[1]))))

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, freq, time) axes of the whole."""
        time, settings = self.source.axes[-1], self._example.notes["spectrogram"]
        whole = replace(settings.framing, samples=time.size, start=time.start)
        return (*self._example.axes[:2], whole.times)

    @property
    def unit(self) -> str:
        """Plain numbers."""
        return ""

    def samples(self, box: Box) -> Any:
        """(channel, freq, time) array; box is ((first, last) of freq, (first, last) of time)."""
        (low, high), (first, last) = box
        channel, time = self.source.axes
        settings = self._example.notes["spectrogram"]
        hop = settings.framing.hop
        begin = max(0, first * hop - settings.reach) // settings.stride * settings.stride
        stop = min(time.size, (last - 1) * hop + settings.reach + 1)
        piece = Signal(self.source.samples(((begin, stop),)), (channel, time.cut(begin, stop)))
        skipped = begin // hop
        return self.step(piece).data[:, low:high, first - skipped : last - skipped]

    def read(self, start: Positions = None, stop: Positions = None) -> Signal:
        """The piece from `start` up to but not including `stop`: hertz (or coefficient), or a pair with seconds.

        None is the beginning and the end: read((None, 1.5), (None, 2.5)) is one second of all frequencies.

        Raises
        ------
        SamplingError : an empty piece, or one that reaches outside;  ArgumentError : more than two positions
        """
        grid = self.axes[1:]
        starts, stops = _pair("start", start), _pair("stop", stop)
        box = tuple(
            axis.between(axis.start if low is None else low, high)
            for axis, low, high in zip(grid, starts, stops, strict=True)
        )
        axes = tuple(axis.cut(*pair) for axis, pair in zip(grid, box, strict=True))
        events = tuple(event for event in self.events if axes[1].start <= event.onset < axes[1].stop)
        return Signal(self.samples(box), (self.axes[0], *axes), self.unit, events, self.notes)


def _pair(name: str, given: Positions) -> tuple[float | None, float | None]:
    if given is None or not isinstance(given, Sequence):
        return given, None
    if not 1 <= len(given) <= 2:
        raise ArgumentError(f"{name} has {len(given)} positions; a spectrogram has two: hertz, seconds")
    return given[0], given[1] if len(given) == 2 else None
