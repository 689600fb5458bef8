"""The one window of a recording that is explained, as a Signal on the recording's own axes."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders, units
from sigconv.errors import ArgumentError
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import Placement
from sigconv.recipe.prediction import Model, windows_of
from sigconv.recipe.progress import Progress
from sigconv.signal import Axis, Signal
from sigconv.train import probabilities
from sigconv.windows import Windows

_TIME = re.compile(r"\d+(\.\d*)?\s*(s|ms)")
_FINE = 0.1  # s, from one window to the next where a time is asked for


def chosen_window(
    domain: Domain, model: Model, file: Path, at: str, nth: int, which: str | None, progress: Progress
) -> tuple[Signal, str]:
    """A window prepared as in training, and where it lies, in words.

    Parameters
    ----------
    at : "12.5 s" for the window that begins nearest to then; an event's label; "" for the window of which the model is
        surest (of the class asked about)
    nth : which of the events of that label, 1 for the first
    which : the class asked about, or None

    Raises
    ------
    ArgumentError : `at` for a recording without time; fewer than `nth` such events; what the domain refuses
    ShapeError : the window is not as the model takes it
    """
    recording = loaders.open(file)
    timed = any(axis.name == "time" for axis in recording.axes)
    if at and not timed:
        raise ArgumentError(f"at is {at!r}, but {file} has no time axis; it is explained whole: leave at out")
    is_time = bool(_TIME.fullmatch(at))
    placement = Placement(at=(at,)) if at and not is_time else Placement(_FINE) if is_time else Placement()
    cut = windows_of(domain, model, file, recording, placement)
    if is_time:
        wanted = units.parse(at, "s")
        number = int(np.argmin([abs(cut.times(i)[0] - wanted) for i in range(len(cut))]))
        what = ""
    elif at:
        if not 1 <= nth <= len(cut):
            raise ArgumentError(f"nth is {nth}; {file} has {len(cut)} windows at events {at!r}")
        number, what = nth - 1, f", event {at} number {nth} of {len(cut)}"
    else:
        number = _surest(model, cut, which, progress)
        what = f", the surest of {len(cut)}" if len(cut) > 1 else ""
    return signal_of(cut, number), f"{file}{_told(cut, number)}{what}"


def signal_of(cut: Windows, number: int) -> Signal:
    """One window as a Signal on its recording's axes, which go on where it reaches beyond the recording.

    >>> from sigconv.windows import sliding
    >>> x = loaders.recording.of(Signal.from_array(np.arange(8.0), fs=2, unit="V"))
    >>> window = signal_of(sliding(x, 2, 1), 1)
    >>> window.data.tolist(), window.axis("time").start, window.unit
    ([[2.0, 3.0, 4.0, 5.0]], 1.0, 'V')
    """
    source = cut.sources[cut.where[number][0]]
    axes = [source.axes[0], *(_cut(axis, *pair) for axis, pair in zip(source.axes[1:], cut.box(number), strict=True))]
    return Signal(cut.read(number), tuple(axes), source.unit, notes=source.notes)


def _cut(axis: Axis, first: int, last: int) -> Axis:
    if first >= 0 and last <= axis.size:
        return axis.cut(first, last)
    return Axis(axis.name, last - first, axis.unit, axis.step, axis.at(first))


def _surest(model: Model, cut: Windows, which: str | None, progress: Progress) -> int:
    """The window of the highest probability, of the class asked about or of any."""
    if len(cut) == 1:
        return 0
    with progress.stage("looking for the surest window", 0):
        said: Any = probabilities(model.module, cut)
    known = which in model.classes
    return int((said[:, model.classes.index(str(which))] if known else said.max(1)).argmax())


def _told(cut: Windows, number: int) -> str:
    if not any(axis.name == "time" for axis in cut.sources[0].axes):
        return ""
    start, stop = cut.times(number)
    return f", {start:.2f} to {stop:.2f} s"
