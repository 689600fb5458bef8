"""The motion trip: path -> recordings of joints -> takes in the body's own frame, in training and for a new one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, RecipeError, ShapeError
from sigconv.loaders.mocap.markers import COORDINATES, markers
from sigconv.recipe.gathered import Gathered, labelled, made_up
from sigconv.recipe.lines import Placement
from sigconv.recipe.mirrored import mirror
from sigconv.recipe.motion.body import lefts
from sigconv.recipe.motion.tables import MotionRecipe
from sigconv.recipe.motion.take import Take
from sigconv.recipe.progress import Progress
from sigconv.signal import Source
from sigconv.train.augment import Augment, Heading, Noise, Sides, Tempo, compose
from sigconv.windows import Loaded, Windows, whole

_FITS = 1.5  # of a window: what is not longer is looked at as a whole


def gather(recipe: MotionRecipe, progress: Progress) -> Gathered:
    """Open the recipe's recordings (headers only), or make walks up where it has no path.

    Raises
    ------
    RecipeError, FormatError, FileNotFoundError : as gathered.labelled
    """
    with progress.stage("opening recordings", 0) as tick:
        if recipe.data.path:
            return labelled(recipe.data, "motion capture", tick)
        from sigconv.loaders.mocap.generator import walking

        made = recipe.data.made
        takes = walking(made.subjects, made.takes, made.seconds, seed=made.seed, progress=tick)
    return made_up(takes, "subject", "made-up walks of a skeleton")


def joints(recipe: MotionRecipe, gathered: Gathered) -> tuple[str, ...]:
    """The joints that the network sees: those of the recipe, or those that every recording has.

    Raises
    ------
    RecipeError : a joint that a recording lacks, or none that all have (what two of them have is told)
    """
    first, *others = gathered.sources
    have = [markers(source.axes[0].labels) for source in (first, *others)]
    if recipe.pose.joints:
        for source, names in zip(gathered.sources, have, strict=True):
            if missing := [name for name in recipe.pose.joints if name not in names]:
                raise RecipeError(
                    f"pose.joints: {source.notes['name']} lacks {', '.join(missing)}; it has {', '.join(names[:30])}"
                )
        return tuple(recipe.pose.joints)
    everywhere = set(have[0]).intersection(*have[1:])
    if not everywhere:
        shortest = min(range(len(have)), key=lambda i: len(set(have[i]) & set(have[0])))
        raise RecipeError(
            f"no marker is in every recording: {first.notes['name']} has {', '.join(have[0][:8])}, "
            f"{gathered.sources[shortest].notes['name']} has {', '.join(have[shortest][:8])}; leave some recordings out"
        )
    return tuple(name for name in have[0] if name in everywhere)


def windows(recipe: MotionRecipe, gathered: Gathered, _progress: Progress) -> Windows:
    """Each recording as one window: the whole of it, or its middle where it is longer than a window."""
    names = joints(recipe, gathered)
    takes = []
    for source in gathered.sources:
        time = source.axes[1]
        spare = max(0.0, time.stop - time.start - recipe.pose.length) / 2
        takes.append(_taken(recipe, source, names, time.start + spare, time.stop - spare))
    return whole(takes, gathered.labels, gathered.groups, recipe.pose.size)


def fresh(recipe: MotionRecipe, facts: Mapping[str, Any], recording: Source, placement: Placement) -> Windows:
    """A new recording: as one window where it is about as long, else windows that slide over it by the step.

    Raises
    ------
    ArgumentError : markers that are missing (named); windows at events, of which motion has none
    ShapeError : another kind of recording
    """
    if placement.at:
        raise ArgumentError("windows at events are not for motion; leave --at out, and give --step")
    if [axis.name for axis in recording.axes] != ["channel", "time"] or recording.unit != "m":
        raise ShapeError(f"{recording.notes.get('path', 'FILE')} is no motion capture: it is {recording!r}")
    time, length = recording.axes[1], recipe.pose.length
    names, duration = tuple(facts["joints"]), time.stop - time.start
    up = str(facts.get("up", ""))
    takes = [_taken(recipe, recording, names, time.start, time.stop, up)]
    if duration > _FITS * length:
        starts = time.start + placement.step * np.arange(int((duration - length) / placement.step + 1e-9) + 1)
        takes = [_taken(recipe, recording, names, float(start), float(start + length), up) for start in starts]
    owner = str(recording.notes.get("name", "recording"))
    return whole(takes, None, (owner,) * len(takes), recipe.pose.size, classes=facts["classes"])


def _taken(
    recipe: MotionRecipe, source: Source, names: tuple[str, ...], start: float, stop: float, up: str = ""
) -> Take:
    picked: Source = source.pick([f"{name}.{one}" for name in names for one in COORDINATES])  # type: ignore[attr-defined]
    unknown = [name for name in recipe.pose.origin if name not in names]
    if unknown:
        raise RecipeError(f"pose.origin has {', '.join(unknown)}; the joints are {', '.join(names[:30])}")
    origin = tuple(names.index(name) for name in recipe.pose.origin) or tuple(range(len(names)))
    time, pose = source.axes[1], recipe.pose
    upwards = _up(recipe, source) or up
    if not upwards:
        raise RecipeError(
            f"{source.notes.get('name', 'a recording')} does not tell which way is up; say so: pose.up=z (or y, x)"
        )
    return Take(picked, origin, upwards, max(start, time.start), min(stop, time.stop), pose.rate, pose.size)


def _up(recipe: MotionRecipe, source: Source) -> str:
    """The axis that points upwards, "" where neither recipe nor file tells."""
    told = str(source.notes.get("up", "")) if recipe.pose.up == "file" else recipe.pose.up
    return told if told in ("x", "y", "z") else ""


def facts(recipe: MotionRecipe, gathered: Gathered) -> dict[str, Any]:
    """The joints that the network was trained on, and which way is up in files that do not tell: as in the others."""
    ways = {_up(recipe, source) for source in gathered.sources}
    return {"joints": list(joints(recipe, gathered)), "up": ways.pop() if len(ways) == 1 else ""}


def told(recipe: MotionRecipe, gathered: Gathered) -> dict[str, str]:
    """The report's facts about windows and joints."""
    names, pose = joints(recipe, gathered), recipe.pose
    long = [source.axes[1].stop - source.axes[1].start for source in gathered.sources]
    kept = [f"{name} {value}" for name, value in recipe.augment.model_dump().items() if value not in (0, 1, False)]
    return {
        "recordings last": f"{min(long):.1f} to {max(long):.1f} s",
        "window": f"{pose.length:g} s at {pose.rate:g} Hz, facing along x when it begins",
        "joints": ", ".join(names),
        "that mirror each other": f"{len(lefts(names))} pairs by name",
        "made anew in training": ", ".join([*kept, *["mirror"] * recipe.augment.mirror]) or "not",
    }


def augment(recipe: MotionRecipe, windows: Windows | Loaded) -> Augment | None:
    """The techniques that [augment] asks for, one after the other."""
    asked, names = recipe.augment, markers(windows.channels)[:-1]
    steps: list[Augment] = []
    if asked.mirror:
        steps.append(Sides((*mirror(names), len(names)), tuple(mirror(windows.classes))))
    if asked.turn:
        steps.append(Heading(asked.turn))
    if asked.tempo > 1 or asked.shift:
        speeds = (3 * len(names), 3 * len(names) + 1)
        steps.append(Tempo(asked.tempo, asked.shift, recipe.pose.rate, speeds))
    if asked.noise:
        steps.append(Noise(asked.noise))
    return compose(*steps) if steps else None
