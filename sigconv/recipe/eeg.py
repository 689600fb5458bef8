"""The EEG trip: path -> recordings -> filter -> alignment -> windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders
from sigconv.errors import ArgumentError, RecipeError, nearest
from sigconv.filters.align import covariance, whitened, whitening
from sigconv.filters.fir import fir, fir_bandpass_taps
from sigconv.filters.lazy import Filtered
from sigconv.recipe.config import Filter, Recipe
from sigconv.recipe.progress import Tick
from sigconv.signal import Signal, Source
from sigconv.windows import Windows, around_events


@dataclass(frozen=True, eq=False)
class Gathered:
    """Recordings with the group each belongs to and what their events mean."""

    sources: tuple[Source, ...]
    groups: tuple[str, ...]
    events: dict[str, str]
    kind: str


def gather(recipe: Recipe, tick: Tick = lambda: None) -> Gathered:
    """Open the recipe's recordings (headers only), or make EEG up where it has no path; a tick for each.

    Raises
    ------
    RecipeError : an unknown task, or no file that fits its patterns (three that are there are named)
    FileNotFoundError : data.path does not exist
    """
    if not recipe.data.path:
        made = recipe.data.made
        from sigconv.loaders.eeg.generator import motor_imagery

        sources = tuple(motor_imagery(subjects=made.subjects, trials=made.trials, seed=made.seed, progress=tick))
        events = recipe.data.events or {"left": "left", "right": "right"}
    else:
        files, events = _task(recipe)
        opened = []
        for path in _found(Path(recipe.data.path), files):
            opened.append(loaders.open(path))
            tick()
        sources = tuple(opened)
        brain = [name for name in sources[0].channels if sources[0].notes["kinds"][name] == "eeg"]
        for source in sources:
            if missing := [name for name in brain if name not in source.channels]:
                raise RecipeError(
                    f"{source.notes['path']} lacks {len(missing)} channels of {sources[0].notes['path']}: "
                    f"{', '.join(missing[:8])}; narrow data.files to recordings of the same channels"
                )
        sources = tuple(source.pick(brain) for source in sources)
    subjects = [str(source.notes["subject"]) for source in sources]
    kind = recipe.data.group
    if kind == "auto":
        kind = "subject" if len(set(subjects)) > 1 else "recording"
    owners = subjects if kind == "subject" else [str(source.notes["name"]) for source in sources]
    return Gathered(sources, tuple(owners), events, kind)


def _task(recipe: Recipe) -> tuple[list[str], dict[str, str]]:
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


def trial_windows(gathered: Gathered, recipe: Recipe, tick: Tick = lambda: None) -> tuple[Windows, Windows, list[Any]]:
    """The network's windows, the baseline's windows of the same trials, and each recording's matrix of patterns.

    Raises
    ------
    ArgumentError : the two windows do not fit the same trials
    """
    passed = [band_passed(source, recipe.filter) for source in gathered.sources]
    ready, matrices = [], []
    for source in gathered.sources:
        filtered, matrix = prepared(source, recipe.filter)
        ready.append(filtered)
        matrices.append(matrix)
        tick()
    net = around_events(ready, gathered.events, recipe.window.start, recipe.window.stop, gathered.groups)
    base = around_events(passed, gathered.events, recipe.baseline.start, recipe.baseline.stop, gathered.groups)
    if not np.array_equal(net.labels, base.labels) or net.groups != base.groups:
        raise ArgumentError(
            f"window and baseline cut different trials ({len(net)} and {len(base)}); choose both so that the first and "
            "the last trial fit"
        )
    return net, base, matrices
