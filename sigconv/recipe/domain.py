"""Domain: what a classify recipe needs to know of one kind of data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from sigconv.recipe.gathered import Gathered
from sigconv.recipe.lines import Placement
from sigconv.recipe.progress import Progress, Tick
from sigconv.recipe.tables import Classify
from sigconv.report.metrics import Outcome
from sigconv.signal import Source
from sigconv.train import Fitted
from sigconv.windows import Loaded, Split, Windows

# (the split's windows, a folder for checkpoints of its own) -> (window, class) probabilities of the test windows
Baseline = Callable[[Split, Path], Any]


def on_windows(windows: Windows | Loaded, method: Callable[[Loaded, Loaded], Any]) -> Baseline:
    """A baseline that looks at windows: method(training windows, test windows) says what the latter show."""

    def said(split: Split, _place: Path) -> Any:
        return method(*(windows.select(side).load() for side in (split.train, split.test)))

    return said


class Picture(NamedTuple):
    """A figure of the report and the sentence below it."""

    figure: Figure
    text: str


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Every fold and seed of the network, the baselines' folds, and the network that the run keeps."""

    windows: Windows | Loaded
    outcomes: list[Outcome]
    baselines: dict[str, list[Outcome]]
    fitted: list[Fitted]
    final: Fitted


def no_augmentation(_recipe: Any, _windows: Any) -> None:
    """No change of training windows."""


@dataclass(frozen=True, eq=False)
class Domain:
    """One kind of data, as functions that the shared line of classify recipes calls.

    tables : the pydantic model of its recipes, a Classify
    gather : (recipe, progress) -> Gathered: recordings opened, or made up where data.path is ""
    windows : (recipe, gathered, progress) -> Windows: what the network sees, prepared lazily, each with class and group
    baselines : (recipe, gathered, windows, progress) -> {name: Baseline}: at least one; the first is the one to beat
    facts : (recipe, gathered) -> JSON values that prediction needs beside the recipe: channels, rates …
    fresh : (recipe, facts, recording, placement) -> Windows: a new recording prepared in the same way
    pictures : (recipe, gathered, evaluated) -> {name: Picture}: what people of this domain would look at
    told : (recipe, gathered) -> {fact: text} for the report's table of data
    augment : (recipe, windows) -> Augment or None, of training windows alone
    learn : (recipe, module, training windows, seed, held out, tick for each epoch) -> Fitted; None for train.fit
    guessed : (windows of each new recording, (window, class) probabilities, classes) -> the figure of a prediction;
        None for probabilities along time, or their means
    """

    tables: type[Classify]
    gather: Callable[[Any, Progress], Gathered]
    windows: Callable[[Any, Gathered, Progress], Windows]
    baselines: Callable[[Any, Gathered, Windows | Loaded, Progress], Mapping[str, Baseline]]
    facts: Callable[[Any, Gathered], dict[str, Any]]
    fresh: Callable[[Any, Mapping[str, Any], Source, Placement], Windows]
    pictures: Callable[[Any, Gathered, Evaluated], Mapping[str, Picture]]
    told: Callable[[Any, Gathered], Mapping[str, str]]
    augment: Callable[[Any, Windows | Loaded], Any] = no_augmentation
    learn: Callable[[Any, Any, Loaded, int, Loaded | None, Tick], Fitted] | None = None
    guessed: Callable[[Sequence[Windows], Any, Sequence[str]], Figure] | None = None
