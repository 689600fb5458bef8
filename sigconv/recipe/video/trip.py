"""The video trip: path -> videos -> clips at one rate and size, in training and for a new video."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigconv.errors import ArgumentError, ShapeError
from sigconv.recipe.gathered import Gathered, labelled, made_up
from sigconv.recipe.lines import Placement
from sigconv.recipe.mirrored import mirror
from sigconv.recipe.progress import Progress
from sigconv.recipe.video.clips import Frames
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.signal import Source
from sigconv.train.augment import Augment, Flip, RandomCrop, compose
from sigconv.windows import Loaded, Windows, whole


def gather(recipe: VideoRecipe, progress: Progress) -> Gathered:
    """Open the recipe's videos (headers only), or make clips up where it has no path.

    Raises
    ------
    RecipeError, FormatError, FileNotFoundError : as gathered.labelled
    """
    with progress.stage("opening videos", 0) as tick:
        if recipe.data.path:
            return labelled(recipe.data, "video", tick)
        from sigconv.loaders.video.generator import moving_shapes

        made = recipe.data.made
        clips = moving_shapes(made.sources, made.clips, made.frames, made.size, made.rate, made.seed, progress=tick)
    return made_up(clips, "source", "made-up clips of a moving textured shape")


def windows(recipe: VideoRecipe, gathered: Gathered, _progress: Progress) -> Windows:
    """The middle clip of each video."""
    clips = []
    for source in gathered.sources:
        time = source.axes[1]
        clips.append(_clip(recipe, source, time.start + max(0.0, time.stop - time.start - recipe.clip.length) / 2))
    return whole(clips, gathered.labels, gathered.groups, _grid(clips[0]))


def fresh(recipe: VideoRecipe, facts: Mapping[str, Any], recording: Source, placement: Placement) -> Windows:
    """Clips of a new video, the first at its beginning, then one every step.

    Raises
    ------
    ArgumentError : clips at events, of which a video has none
    ShapeError : no video
    """
    if placement.at:
        raise ArgumentError("windows at events are not for video; leave --at out, and give --step")
    if [axis.name for axis in recording.axes] != ["channel", "time", "y", "x"]:
        raise ShapeError(f"{recording.notes.get('path', 'FILE')} is no video: it is {recording!r}")
    time = recording.axes[1]
    count = max(0, int((time.stop - time.start - recipe.clip.length) / placement.step + 1e-9)) + 1
    clips = [_clip(recipe, recording, time.start + number * placement.step) for number in range(count)]
    owner = str(recording.notes.get("name", "video"))
    return whole(clips, None, (owner,) * count, _grid(clips[0]), classes=facts["classes"])


def _clip(recipe: VideoRecipe, source: Source, start: float) -> Frames:
    told = recipe.clip
    return Frames(source, start, told.rate, told.frames, told.size, told.channels == "colour")


def _grid(clip: Frames) -> tuple[int, ...]:
    return tuple(axis.size for axis in clip.axes[1:])


def facts(_recipe: VideoRecipe, _gathered: Gathered) -> dict[str, Any]:
    """Nothing beside the recipe."""
    return {}


def told(recipe: VideoRecipe, gathered: Gathered) -> dict[str, str]:
    """The report's facts about clips."""
    clip = recipe.clip
    given = sorted({(source.axes[2].size, source.axes[3].size) for source in gathered.sources})
    long = [source.axes[1].stop - source.axes[1].start for source in gathered.sources]
    return {
        "videos": f"{min(long):.2f} to {max(long):.2f} s, {_sizes(given)} pixels",
        "clip": f"{clip.frames} frames at {clip.rate:g} Hz, {clip.size} × {clip.size} pixels, {clip.channels}",
    }


def _sizes(given: Sequence[tuple[int, int]]) -> str:
    first, last = (f"{x} × {y}" for y, x in (given[0], given[-1]))
    return first if first == last else f"{first} to {last}"


def augment(recipe: VideoRecipe, windows: Windows | Loaded) -> Augment | None:
    """The techniques that [augment] asks for, one after the other, for clips and for single frames."""
    steps: list[Augment] = []
    if recipe.augment.move:
        still = (0,) * (len(windows.shape) - 3)  # time, of which frames have none
        steps.append(RandomCrop((*still, recipe.augment.move, recipe.augment.move), boundary="reflect"))
    if recipe.augment.mirror:
        steps.append(Flip((-1,), classes=tuple(mirror(windows.classes))))
    return compose(*steps) if steps else None
