"""The one patch that is explained of a recording whose label map is predicted."""

from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders
from sigconv.errors import ArgumentError, RecipeError, nearest
from sigconv.recipe.explain.window import signal_of
from sigconv.recipe.prediction import Model
from sigconv.recipe.progress import Progress
from sigconv.recipe.segment.domain import Segmenter
from sigconv.signal import Axis, Signal
from sigconv.train import probabilities
from sigconv.windows import Windows, patches


def chosen_patch(
    domain: Segmenter, model: Model, file: Path, at: str, which: str | None, progress: Progress
) -> tuple[Signal, str, str]:
    """A patch prepared as in training, where it lies in words, and the class to ask about.

    Parameters
    ----------
    at : "z=120,y=80,x=60" in the axes' units, for the patch whose middle is nearest; "" for the patch in which the
        model finds most of the class
    which : the class, or None for the one of which there is most, not counting the first, the background

    Raises
    ------
    ArgumentError : no such class or axis, or a position that is no number
    RecipeError : a recording of another domain or with other channels
    """
    recording = loaders.open(file)
    if (found := recording.notes["domain"]) != model.recipe.domain:
        raise RecipeError(f"{file} is of the domain {found!r}; this model takes {model.recipe.domain!r}")
    ready, patch = domain.prepared(model.recipe, recording), model.recipe.patch
    if ready.axes[0].size != model.facts["shape"][0]:
        raise RecipeError(f"{file} has {ready.axes[0].size} channels; this model takes {model.facts['shape'][0]}")
    cut = patches([ready], patch.size, patch.step, [str(file)], boundary=patch.boundary)
    classes = model.classes
    if which is not None and which not in classes:
        raise ArgumentError(f"class is {which!r}{nearest(which, classes)}; this model knows: {', '.join(classes)}")
    if at:
        wanted = _position(at, ready.axes[1:])
        distance = [_distance(cut, number, wanted) for number in range(len(cut))]
        number = int(np.argmin(distance))
        counts = _counts(model, cut.select([number]), progress)
    else:
        counts = _counts(model, cut, progress)
        column = slice(1, None) if which is None else slice(classes.index(which), classes.index(which) + 1)
        number = int(counts[:, column].sum(1).argmax())
        counts = counts[number : number + 1]
    name = which or classes[1 + int(counts[0, 1:].argmax())]
    signal = signal_of(cut, number)
    middle = ", ".join(f"{axis.name} {axis.at(axis.size // 2):.4g} {axis.unit}".rstrip() for axis in signal.axes[1:])
    return signal, f"{file}, patch {number + 1} of {len(cut)}, around {middle}", name


def _counts(model: Model, cut: Windows, progress: Progress) -> Any:
    """(patch, class) samples that the model gives to each class, one patch in memory at a time."""
    rows = []
    with progress.stage("looking through the patches", len(cut)) as tick:
        for number in range(len(cut)):
            said = probabilities(model.module, cut.select([number]))[0]
            rows.append(np.bincount(said.argmax(0).ravel(), minlength=len(said)))
            tick()
    return np.array(rows)


def _position(at: str, grid: tuple[Axis, ...]) -> list[float]:
    """A position along every axis, in its unit; the middle of an axis that is not named."""
    told: dict[str, float] = {}
    names = [axis.name for axis in grid]
    for word in at.split(","):
        name, _, value = (part.strip() for part in word.partition("="))
        try:
            told[name] = float(value)
        except ValueError:
            name = ""
        if name not in names:
            units = ", ".join(f"{axis.name} ({axis.unit or 'samples'})" for axis in grid)
            raise ArgumentError(f"at is {at!r}; a place is AXIS=POSITION,… with the axes {units}")
    return [told.get(axis.name, axis.at(axis.size // 2)) for axis in grid]


def _distance(cut: Windows, number: int, wanted: list[float]) -> float:
    axes = cut.sources[0].axes[1:]
    middles = [axis.at((first + last) // 2) for axis, (first, last) in zip(axes, cut.box(number), strict=True)]
    return float(np.linalg.norm(np.subtract(middles, wanted)))
