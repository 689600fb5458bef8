"""Lines: which kinds of recipe there are for which domains, and what carries each out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sigconv.errors import ArgumentError
from sigconv.recipe.progress import Progress
from sigconv.recipe.tables import Recipe

# (kind, domain) -> the module that has its LINE; imported when it is needed
_MODULES = {
    ("classify", "eeg"): "sigconv.recipe.eeg.line",
    ("classify", "audio"): "sigconv.recipe.audio.line",
    ("classify", "motion"): "sigconv.recipe.motion.line",
    ("classify", "video"): "sigconv.recipe.video.line",
    ("show", "eeg"): "sigconv.recipe.eeg.smooth",
    ("classify", "image"): "sigconv.recipe.image.line",
    ("online", "image"): "sigconv.recipe.image.online",
    ("cells", "image"): "sigconv.recipe.image.cells",
    ("show", "image"): "sigconv.recipe.image.edges",
    ("transfer", "image"): "sigconv.recipe.image.transfer",
    ("classify", "volume"): "sigconv.recipe.volume.line",
    ("segment", "image"): "sigconv.recipe.segment.image",
    ("segment", "volume"): "sigconv.recipe.segment.volume",
}


class Placement(NamedTuple):
    """Which windows of a new recording are asked for: at events of these labels, or every `step` s of the time axis."""

    step: float = 0.5
    at: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """What a run found: its folder, everything in metrics.json, and the lines that tell it to a person."""

    folder: Path
    summary: dict[str, Any]
    told: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Line:
    """One kind of recipe in one domain.

    tables : what its TOML may hold
    run : (recipe, name, out, progress) -> Result; makes the run folder `out`
    predict : (run folder, files, out, placement, progress) -> lines that tell it; None where there is no model
    plan : (recipe, progress) -> dry_run.Plan: what would be trained on; None where nothing is trained
    domain : a Domain of classifiers or a Segmenter; None where there is no model
    """

    tables: type[Recipe]
    run: Callable[[Any, str, Path, Progress], Result]
    predict: Callable[..., tuple[str, ...]] | None = None
    plan: Callable[[Any, Progress], Any] | None = None
    domain: Any = None


def line_of(
    domain: Any, run: Callable[..., Result], predict: Callable[..., tuple[str, ...]], plan: Callable[..., Any]
) -> Line:
    """The line of a Domain or a Segmenter: functions as in `Line` that take it first."""
    return Line(domain.tables, partial(run, domain), partial(predict, domain), partial(plan, domain), domain)


def kinds() -> list[str]:
    """The kinds of recipe."""
    return list(dict.fromkeys(kind for kind, _ in _MODULES))


def domains(kind: str | None = None) -> list[str]:
    """The domains that there is a recipe for, of one kind or of any."""
    return list(dict.fromkeys(domain for one, domain in _MODULES if kind in (None, one)))


def line(kind: str, domain: str) -> Line:
    """What carries out the recipes of this kind and domain."""
    found: Line = import_module(_MODULES[kind, domain]).LINE
    return found


def run(recipe: Recipe, name: str, out: Path, progress: Progress) -> Result:
    """Carry out a recipe.

    Parameters
    ----------
    recipe : from `read`
    name : of the recipe, for the log
    out : the run folder to make; absent or empty, or what an unfinished run of this recipe left
    progress : see sigconv.recipe.progress.Progress

    Raises
    ------
    SigconvError : whatever is wrong with recipe or data
    OSError : the folder exists, or cannot be written
    """
    return line(recipe.kind, recipe.domain).run(recipe, name, out, progress)


def predict(
    made: Path, files: Sequence[Path], out: Path | None, placement: Placement, progress: Progress
) -> tuple[str, ...]:
    """Write what the model in a run folder says of recordings; return the lines that tell it.

    Parameters
    ----------
    made : the run folder
    files : recordings like those of the training
    out : file to write; by default named after the first recording, in the present folder
    placement : which windows of a recording with a time axis

    Raises
    ------
    ArgumentError : a run without a model, or what the domain refuses
    FileNotFoundError, FormatError : no such run, or a damaged one
    """
    from sigconv.recipe.config import of_run

    recipe = of_run(made)
    found = line(recipe.kind, recipe.domain)
    if not placement.step > 0:
        raise ArgumentError(f"step is {placement.step:g} s; windows slide by more than 0 s")
    if found.predict is None:
        raise ArgumentError(f"{made} is a run of the kind {recipe.kind!r}, which leaves no model to predict with")
    return found.predict(made, files, out, placement, progress)
