"""Segmenter: what a segmentation recipe needs to know of one kind of data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.recipe.segment.labels import Classes
from sigconv.recipe.segment.tables import Segment
from sigconv.signal import Source
from sigconv.train import most_likely

Array = np.ndarray[Any, Any]
Decide = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Cases:
    """Recordings with their label maps, as they lie in the files and as the network sees them.

    gathered : the recordings as they were opened
    classes : of the label maps
    masks : label maps on the recordings' own grids, holding classes
    ready : what the network sees of each recording, prepared, on whatever grid
    wanted : its label map on that grid
    counts : for each recording the samples of every class, on its own grid
    """

    gathered: Gathered
    classes: Classes
    masks: tuple[Source, ...]
    ready: tuple[Source, ...]
    wanted: tuple[Source, ...]
    counts: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.masks)

    def name(self, index: int) -> str:
        """What a recording is called."""
        return str(self.gathered.sources[index].notes.get("name", index))

    def truth(self, index: int) -> Array:
        """The label map of a recording on its own grid, (*grid) of classes."""
        found: Array = self.masks[index].read().data[0]
        return found


# index of a recording -> its label map on its own grid, (*grid) of classes
Method = Callable[[int], Array]
# indices of the training recordings -> the method that was fitted to them
Baseline = Callable[[Sequence[int]], Method]


def as_it_is(_recipe: Any, given: Any, _source: Source) -> Any:
    """For a network that sees the recording's own grid."""
    return given


def nothing_chosen(_recipe: Any, _cases: Cases, _train: Sequence[int], _said: Method) -> dict[str, Any]:
    """Nothing is chosen beside the network's weights."""
    return {}


def by_probability(_recipe: Any, _chosen: Mapping[str, Any]) -> Decide:
    """The class of highest probability."""
    return most_likely


def as_decided(_recipe: Any, _chosen: Mapping[str, Any], decided: Array) -> Array:
    """What `decide` gave are the classes."""
    return decided


def no_measures(_recipe: Any, _truth: Array, _said: Array) -> dict[str, float]:
    """Nothing beside Dice and the share of wrong samples."""
    return {}


def no_augmentation(_recipe: Any) -> None:
    """No change of training patches."""


def no_facts(_recipe: Any, _cases: Cases) -> dict[str, Any]:
    """Nothing beside the recipe."""
    return {}


@dataclass(frozen=True, eq=False)
class Segmenter:
    """One kind of data, as functions that the shared line of segmentation recipes calls.

    tables : the pydantic model of its recipes, a Segment
    gather : (recipe, progress) -> Gathered with masks, made up where data.path is ""
    prepared : (recipe, recording) -> Source: what the network sees, of any new recording as well
    target : (recording, path) -> where its label map goes: `path`, with a suffix of the recording's own format where it
        has none; an error where it names a format that would harm a label map
    save : (classes, (*grid) label map of classes, recording, target) -> files it wrote, with the classes' own numbers
        and in the recording's geometry; the first is `target`
    baselines : (recipe, cases, progress) -> {name: Baseline}: at least one; the first is the one to beat
    prepared_mask : (recipe, label map of classes, recording) -> the same on the grid of `prepared`
    restored : (recipe, (*grid) classes on the grid of `prepared`, recording) -> (*grid) on the recording's own
    chosen : (recipe, cases, training indices, index -> probabilities) -> JSON values that `decide` takes, chosen on
        training recordings alone
    decide : (recipe, chosen) -> (class, *grid) probabilities -> (*grid) classes, or what `finished` takes; it is called
        for one slab after the other, so that memory stays bounded
    finished : (recipe, chosen, what `decide` gave of the whole) -> (*grid) classes
    measures : (recipe, truth, said) -> {name: number, the higher the better} of a recording, beside Dice
    facts : (recipe, cases) -> JSON values that prediction and report need beside the recipe
    augment : (recipe) -> Augment or None, of training patches
    drawn : (recipe, cases, Evaluated) -> Figure of some held-out recordings' label maps; by default a section of each
    """

    tables: type[Segment]
    gather: Callable[[Any, Progress], Gathered]
    prepared: Callable[[Any, Source], Source]
    target: Callable[[Source, Path], Path]
    save: Callable[[Classes, Array, Source, Path], list[Path]]
    baselines: Callable[[Any, Cases, Progress], Mapping[str, Baseline]]
    prepared_mask: Callable[[Any, Any, Source], Source] = as_it_is
    restored: Callable[[Any, Array, Source], Array] = as_it_is
    chosen: Callable[[Any, Cases, Sequence[int], Method], dict[str, Any]] = nothing_chosen
    decide: Callable[[Any, Mapping[str, Any]], Decide] = by_probability
    finished: Callable[[Any, Mapping[str, Any], Array], Array] = as_decided
    measures: Callable[[Any, Array, Array], dict[str, float]] = no_measures
    facts: Callable[[Any, Cases], dict[str, Any]] = no_facts
    augment: Callable[[Any], Any] = no_augmentation
    drawn: Callable[[Any, Cases, Any], Figure] | None = None
