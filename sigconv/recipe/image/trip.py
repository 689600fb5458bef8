"""The image trip: path -> recordings -> what the network sees, in training and for a new image."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sigconv.recipe.gathered import Gathered, labelled, made_up
from sigconv.recipe.image.brought import brought
from sigconv.recipe.image.tables import ImageRecipe
from sigconv.recipe.lines import Placement
from sigconv.recipe.progress import Progress, Tick
from sigconv.signal import Source
from sigconv.train.augment import Affine, Augment, Cutout, Flip, RandomCrop, compose
from sigconv.windows import Loaded, Windows, whole


def gather(recipe: ImageRecipe, progress: Progress) -> Gathered:
    """Open the recipe's images (headers only), or make some up where it has no path.

    Raises
    ------
    RecipeError, FormatError, FileNotFoundError : as gathered.labelled
    """
    with progress.stage("opening images", 0) as tick:
        return labelled(recipe.data, "image", tick) if recipe.data.path else _drawn(recipe, tick)


def _drawn(recipe: ImageRecipe, tick: Tick) -> Gathered:
    """Made-up images; the last quarter of their groups is the test part."""
    made = recipe.data.made
    if made.what == "digits":
        from sigconv.loaders.image.drawn_digits import drawn_digits

        images = drawn_digits(writers=made.groups, each=made.each, seed=made.seed, progress=tick)
        group, origin = "writer", "made-up handwriting"
    else:
        from sigconv.loaders.image.generator import textured_shapes

        size = max(32, recipe.image.size)  # made as large as they are seen: scaling would blur the stripes
        images = textured_shapes(textures=made.groups, each=made.each, size=size, seed=made.seed, progress=tick)
        group, origin = "texture", "made-up shapes that only their texture shows"
    gathered = made_up(images, "group", origin, group)
    names = sorted(set(gathered.groups))
    tested = set(names[-max(1, len(names) // 4) :])
    return replace(gathered, parts=tuple("test" if name in tested else "train" for name in gathered.groups))


def windows(recipe: ImageRecipe, gathered: Gathered, _progress: Progress) -> Windows:
    """Each image as one window, brought to the recipe's size and channels when it is read."""
    ready = [brought(source, recipe.image) for source in gathered.sources]
    return whole(ready, gathered.labels, gathered.groups, recipe.image.size)


def fresh(recipe: ImageRecipe, facts: Mapping[str, Any], recording: Source, _placement: Placement) -> Windows:
    """A new image as one window, brought to size in the same way."""
    ready = brought(recording, recipe.image)
    owner = str(recording.notes.get("name", "image"))
    return whole([ready], None, [owner], recipe.image.size, classes=facts["classes"])


def facts(recipe: ImageRecipe, _gathered: Gathered) -> dict[str, Any]:
    """What the network was trained on, beside its classes."""
    return {"channels": recipe.image.channels, "size": recipe.image.size}


def told(recipe: ImageRecipe, gathered: Gathered) -> dict[str, str]:
    """The report's facts about the images."""
    given = sorted({source.axes[1].size * source.axes[2].size for source in gathered.sources})
    side = recipe.image.size
    kept = [f"{name} {value}" for name, value in recipe.augment.model_dump().items() if value]
    return {
        "images": f"of {given[0]} to {given[-1]} pixels, seen as {side} × {side} in {recipe.image.channels}",
        "made anew in training": ", ".join(kept) or "not",
    }


def augment(recipe: ImageRecipe, _windows: Windows | Loaded) -> Augment | None:
    """The techniques that [augment] asks for, one after the other."""
    asked = recipe.augment
    steps: list[Augment] = []
    if asked.turn or asked.scale or asked.shift:
        size = (1 / (1 + asked.scale), 1 + asked.scale)
        steps.append(Affine(asked.turn, size, asked.shift, fill=-1.0))
    if asked.move:
        steps.append(RandomCrop(asked.move, "reflect"))
    if asked.mirror:
        steps.append(Flip((-1,)))
    if asked.cover:
        steps.append(Cutout(asked.cover))
    return compose(*steps) if steps else None
