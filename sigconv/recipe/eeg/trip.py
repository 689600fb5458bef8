"""The EEG trip: path -> recordings -> filter -> alignment -> windows, in training and for a new recording."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sigconv import loaders
from sigconv.errors import ArgumentError, RecipeError, SamplingError, nearest
from sigconv.filters.align import covariance, whitened, whitening
from sigconv.filters.fir import fir, fir_bandpass_taps
from sigconv.filters.lazy import Filtered
from sigconv.recipe.eeg.tables import EegRecipe, Filter
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.lines import Placement
from sigconv.recipe.progress import Progress, Tick
from sigconv.signal import Signal, Source
from sigconv.windows import Windows, around_events, sliding


def gather(recipe: EegRecipe, progress: Progress) -> Gathered:
    """Open the recipe's recordings (headers only), or make EEG up where it has no path.

    Raises
    ------
    RecipeError : an unknown task, or no file that fits its patterns (three that are there are named)
    FileNotFoundError : data.path does not exist
    """
    with progress.stage("opening recordings", 0) as tick:
        if not recipe.data.path:
            from sigconv.loaders.eeg.generator import motor_imagery

            made = recipe.data.made
            people = motor_imagery(subjects=made.subjects, trials=made.trials, seed=made.seed, progress=tick)
            sources: tuple[Source, ...] = tuple(people)
        else:
            sources = _opened(recipe, tick)
    subjects = [str(source.notes["subject"]) for source in sources]
    kind: str = recipe.data.group
    if kind == "auto":
        kind = "subject" if len(set(subjects)) > 1 else "recording"
    owners = subjects if kind == "subject" else [str(source.notes["name"]) for source in sources]
    origin = recipe.data.path or "made-up EEG (spherical head model)"
    return Gathered(sources, ("",) * len(sources), tuple(owners), kind, origin)


def _opened(recipe: EegRecipe, tick: Tick) -> tuple[Source, ...]:
    opened: list[Any] = []
    for path in _found(Path(recipe.data.path), _task(recipe)[0]):
        opened.append(loaders.open(path))
        tick()
    first = opened[0]
    brain = [name for name in first.channels if first.notes["kinds"][name] == "eeg"]
    for source in opened:
        if missing := [name for name in brain if name not in source.channels]:
            raise RecipeError(
                f"{source.notes['path']} lacks {len(missing)} channels of {first.notes['path']}: "
                f"{', '.join(missing[:8])}; narrow data.files to recordings of the same channels"
            )
    return tuple(source.pick(brain) for source in opened)


def meaning(recipe: EegRecipe) -> dict[str, str]:
    """Event label -> class."""
    if not recipe.data.path:
        return recipe.data.events or {"left": "left", "right": "right"}
    return _task(recipe)[1]


def _task(recipe: EegRecipe) -> tuple[list[str], dict[str, str]]:
    data, task = recipe.data, recipe.tasks.get(recipe.data.task)
    if task is None and not data.events:
        raise RecipeError(
            f"data.task is {data.task!r}{nearest(data.task, recipe.tasks)}; tasks here: {', '.join(recipe.tasks)}; "
            "or say what your events mean: data.events.LABEL=CLASS"
        )
    if data.events:
        return data.files or ["*"], data.events
    assert task is not None
    return data.files or task.files, task.events


def _found(path: Path, patterns: Sequence[str]) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"data.path is {str(path)!r}: there is no such file or folder")
    if path.is_file():
        return [path]
    inside = sorted(
        p
        for p in path.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(path).parts)
    )
    known = [p for p in inside if p.suffix.lower() in loaders.eeg.SUFFIXES]
    found = [p for p in known if any(p.match(pattern) for pattern in patterns)]
    if not found:
        shown = ", ".join(str(p.relative_to(path)) for p in (known or inside)[:3]) or "nothing"
        raise RecipeError(
            f"data.path is {str(path)!r}: no recording fits {', '.join(patterns)}; found there: {shown}; "
            "choose with data.files='[\"*.edf\"]' and data.events.LABEL=CLASS, or another data.task"
        )
    return found


def band_passed(source: Source, settings: Filter) -> Filtered:
    """The recording behind the recipe's band-pass, read lazily with a margin of half the taps."""
    time = source.axes[-1]
    taps = fir_bandpass_taps(settings.low, settings.high, time.rate)
    if len(taps) > time.size:
        raise ArgumentError(
            f"{source.notes.get('name', 'the recording')} has {time.size} samples, fewer than the filter's {len(taps)} "
            "taps; it is too short for this band"
        )

    def step(piece: Signal) -> Signal:
        return fir(piece, taps)

    return Filtered(source, step, margin=(len(taps) // 2 + 1) * time.step)


def prepared(source: Source, settings: Filter) -> tuple[Filtered, Any]:
    """The recording band-passed and aligned, and the matrix (channel, channel) that turns filters into patterns.

    Alignment 0 only scales the recording to unit power: shrinkage 1 leaves nothing of its covariance but the level.
    """
    passed = band_passed(source, settings)
    moments = covariance(passed)
    matrix = whitening(moments, settings.align or 1.0)
    return whitened(passed, matrix), moments @ matrix


def windows(recipe: EegRecipe, gathered: Gathered, progress: Progress) -> Windows:
    """One window for each event that has a class, filtered and aligned."""
    with progress.stage("filtering and aligning", len(gathered.sources)) as tick:
        ready = []
        for source in gathered.sources:
            ready.append(prepared(source, recipe.filter)[0])
            tick()
    return around_events(ready, meaning(recipe), recipe.window.start, recipe.window.stop, gathered.groups)


def fresh(recipe: EegRecipe, facts: Mapping[str, Any], recording: Source, placement: Placement) -> Windows:
    """Windows of a new recording: at its events of these labels, placed as in training, or one after the other.

    Raises
    ------
    ArgumentError : channels that are missing (named), or no such event
    SamplingError : another rate, or a recording too short
    """
    picked: Source = recording.pick(facts["channels"])  # type: ignore[attr-defined]
    rate, wanted = picked.axes[-1].rate, float(facts["fs"])
    if rate != wanted:
        path = recording.notes.get("path", "FILE")
        raise SamplingError(
            f"{path} is sampled at {rate:g} Hz, the model was trained at {wanted:g} Hz; "
            f"first: sigconv filter {path} resampled.edf --resample {wanted:g}"
        )
    ready, _ = prepared(picked, recipe.filter)
    start, length = recipe.window.start, facts["shape"][-1] / wanted
    if placement.at:
        name = str(recording.notes.get("name", "recording"))
        return around_events([ready], {label: label for label in placement.at}, start, start + length, [name])
    return sliding(ready, length, placement.step, facts["classes"])


def facts(_recipe: EegRecipe, gathered: Gathered) -> dict[str, Any]:
    """Channels, rate and unit that the network was trained on."""
    source = gathered.sources[0]
    return {"channels": list(source.axes[0].labels), "fs": source.axes[-1].rate, "unit": source.unit}


def told(recipe: EegRecipe, _gathered: Gathered) -> dict[str, str]:
    """The report's facts about windows and filter."""
    return {
        "window": f"{recipe.window.start:g} to {recipe.window.stop:g} s after the event",
        "band": f"{recipe.filter.low:g} to {recipe.filter.high:g} Hz, zero phase",
        "alignment": f"whitened, shrinkage {recipe.filter.align:g}" if recipe.filter.align else "none",
    }
