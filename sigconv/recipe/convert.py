"""`sigconv filter`: a recording through filters into a new file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sigconv import filters, loaders, units
from sigconv.errors import ArgumentError, SamplingError
from sigconv.recipe.progress import Progress
from sigconv.signal import Signal


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
    """Filter `source` into `target`; returns what was done in words.

    edges : filter name (bandpass, bandstop, lowpass, highpass, notch) -> its frequency or two, Hz or "7 Hz"

    Raises
    ------
    ArgumentError : nothing to do, or the target is the source
    """
    if not edges and smooth is None and not average_reference and resample is None:
        raise ArgumentError("nothing to do; give one or more of --bandpass, --notch, --smooth, --resample (see --help)")
    if target.exists() and source.exists() and target.samefile(source):
        raise ArgumentError(f"{target} is the source itself; write to another file")
    steps = _steps(edges, smooth=smooth, reference=average_reference, resample=resample)
    if target.suffix.lower() != ".edf" or target.is_dir():
        raise ArgumentError(f"target is {str(target)!r}; sigconv writes an .edf file")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"target is {str(target)!r}: there is no folder {target.parent}; make it first")
    with progress.stage("reading", 1) as tick:
        signal = loaders.load(source)
        tick()
    with progress.stage("filtering", len(steps)) as tick:
        for name, values in steps:
            signal = _apply(signal, name, values, order, zero_phase)
            tick()
    with progress.stage("writing", 1) as tick:
        loaders.save(signal, target)
        tick()
    done = ", ".join(
        f"{name.replace('_', ' ')} {' to '.join(f'{v:g}' for v in values)}".strip() for name, values in steps
    )
    told = f"{done}; {len(signal.channels)} channels, {signal.axis('time').size} samples at {signal.fs:g} Hz"
    left_out = signal.notes.get("left_out", ())
    return told + (f"; left out, no voltage: {', '.join(left_out)}" if left_out else "")


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


def _apply(signal: Signal, name: str, values: list[float], order: int, zero_phase: bool) -> Signal:
    butterworth: dict[str, Callable[..., Any]] = {
        "bandpass": filters.bandpass,
        "bandstop": filters.bandstop,
        "lowpass": filters.lowpass,
        "highpass": filters.highpass,
    }
    done: Signal
    if name in butterworth:
        done = butterworth[name](signal, *values, order=order, zero_phase=zero_phase)
    elif name == "notch":
        done = filters.notch(signal, values[0], zero_phase=zero_phase)
    elif name == "smooth":
        done = filters.smooth(signal, values[0])
    elif name == "average_reference":
        done = filters.common_average(signal)
    else:
        done = filters.resample(signal, values[0])
    return done
