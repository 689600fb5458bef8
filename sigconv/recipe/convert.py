"""`sigconv filter`: a recording through filters into a new file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from sigconv import filters, loaders, units
from sigconv.core.design import Band
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.files import refuse_folderless
from sigconv.filters import CCDE
from sigconv.filters.lazy import Filtered, Resampled
from sigconv.filters.memory import padding
from sigconv.loaders.eeg import edf_write
from sigconv.recipe.progress import Progress
from sigconv.signal import Source

SUFFIXES = (".edf", ".wav", ".flac", ".c3d", ".trc")
_FORGOTTEN = 1e-12  # of the impulse response's peak: far less than one step of 16 bits


def convert(
    source: Path,
    target: Path,
    edges: Mapping[str, str | tuple[str, str]],
    *,
    smooth: str | None,
    average_reference: bool,
    resample: str | None,
    order: int,
    zero_phase: bool,
    progress: Progress,
) -> str:
    """Filter `source` into `target` piece by piece; returns what was done in words.

    Each piece is read with a margin in which the filters forget, so the file is that of the recording filtered whole.

    edges : filter name (bandpass, bandstop, lowpass, highpass, notch) -> its frequency or two, Hz or "7 Hz"

    Raises
    ------
    ArgumentError : nothing to do, the target is the source, or causal steps beside others that cannot be
    ArgumentError, SamplingError, ShapeError : a step that the recording does not allow; the message names its option
    """
    _refuse(source, target, bool(edges) or average_reference, smooth or resample, zero_phase)
    steps = _steps(edges, smooth=smooth, reference=average_reference, resample=resample)
    with progress.stage("opening", 1) as tick:
        signal: Source = loaders.open(source)
        tick()
    if [axis.name for axis in signal.axes] != ["channel", "time"]:
        named = ", ".join(axis.name for axis in signal.axes)
        raise ShapeError(f"{source} has the axes {named}; sigconv filter takes signals of (channel, time)")
    if target.suffix.lower() == ".edf" and not signal.unit:
        raise ArgumentError(f"{source} holds plain numbers, and EDF would make volts of them; write a .wav")
    margin = 0.0
    for name, values in steps:
        signal, added = _behind(signal, name, values, order, zero_phase)
        margin += added
    if target.suffix.lower() == ".edf":
        with progress.stage("filtering and writing", edf_write.ticks(signal, 2 * margin)) as tick:
            edf_write.save(signal, target, longest=2 * margin, tick=tick)
    else:
        with progress.stage("filtering and writing", 0):
            loaders.save(signal, target)
    done = ", ".join(
        f"{name.replace('_', ' ')} {' to '.join(f'{v:g}' for v in values)}".strip() for name, values in steps
    )
    channel, time = signal.axes
    told = f"{done}; {channel.size} channels, {time.size} samples at {time.rate:g} Hz"
    left_out = signal.notes.get("left_out", ())
    return told + (f"; left out, no voltage: {', '.join(left_out)}" if left_out else "")


def _refuse(source: Path, target: Path, filtered: bool, both_sides: str | None, zero_phase: bool) -> None:
    """Refuse what cannot be done before a file is opened; `both_sides` are the steps that look to both sides."""
    if not filtered and both_sides is None:
        raise ArgumentError(
            "nothing to do; give one or more of --bandpass, --bandstop, --lowpass, --highpass, --notch, --smooth, "
            "--average-reference, --resample (see --help)"
        )
    if not zero_phase and both_sides is not None:
        raise ArgumentError(
            "--causal does not go with --smooth and --resample, which look to both sides; leave one out"
        )
    if target.exists() and source.exists() and target.samefile(source):
        raise ArgumentError(f"{target} is the source itself; write to another file")
    if target.suffix.lower() not in SUFFIXES or target.is_dir():
        raise ArgumentError(f"target is {str(target)!r}; sigconv filter writes {', '.join(SUFFIXES)}")
    refuse_folderless("target", target)


def _steps(
    edges: Mapping[str, str | tuple[str, str]], *, smooth: str | None, reference: bool, resample: str | None
) -> list[tuple[str, list[float]]]:
    steps: list[tuple[str, list[float]]] = []
    for name, edge in edges.items():
        texts = (edge,) if isinstance(edge, str) else edge
        steps.append((name, [_quantity(name, text, "Hz") for text in texts]))
    if smooth is not None:
        steps.append(("smooth", [_quantity("smooth", smooth, "s")]))
    if reference:
        steps.append(("average_reference", []))
    if resample is not None:
        steps.append(("resample", [_quantity("resample", resample, "Hz")]))
    return steps


def _quantity(option: str, text: str, unit: str) -> float:
    try:
        return units.parse(text, unit)
    except SamplingError as error:
        raise ArgumentError(f"--{option}: {error}") from error


@contextmanager
def _named(option: str) -> Iterator[None]:
    """Errors within begin with the option they come from."""
    try:
        yield
    except (ArgumentError, SamplingError, ShapeError) as error:
        raise type(error)(f"{option}: {error}") from error


def _behind(source: Source, name: str, values: list[float], order: int, zero_phase: bool) -> tuple[Source, float]:
    """The source behind one step, and how far (s) the step looks to either side of a piece."""
    option = " ".join([f"--{name.replace('_', '-')}", *(f"{value:g}" for value in values)])
    with _named(option):
        behind, margin = _step(source, name, values, order, zero_phase)
    if isinstance(behind, Filtered):
        behind = replace(behind, step=_named(option)(behind.step))
    return behind, margin


def _step(
    source: Source, name: str, values: list[float], order: int, zero_phase: bool
) -> tuple[Filtered | Resampled, float]:
    if name == "resample":
        return Resampled(source, values[0]), 0.0
    if name == "average_reference":
        return Filtered(source, filters.common_average), 0.0
    if name == "smooth":
        return Filtered(source, lambda piece: filters.smooth(piece, values[0]), values[0]), values[0]
    fs = source.axes[-1].rate
    if name == "notch":
        f = CCDE.notch(values[0], fs=fs)
    else:
        f = CCDE.butterworth(order, values if len(values) > 1 else values[0], cast(Band, name), fs=fs)
    margin = (f.settle(_FORGOTTEN) + padding(f)) / fs
    return Filtered(source, f.zero_phase if zero_phase else f, margin), margin
