"""What stands beside the network in an EEG recipe: CSP and LDA, on their own window and on the network's."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.recipe.domain import Baseline
from sigconv.recipe.eeg.tables import EegRecipe
from sigconv.recipe.eeg.trip import band_passed, meaning
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.report.baseline import csp_lda
from sigconv.windows import Loaded, Split, Windows, around_events


def baselines(
    recipe: EegRecipe, gathered: Gathered, windows: Windows | Loaded, progress: Progress
) -> Mapping[str, Baseline]:
    """CSP + LDA on the band-passed recordings, and the same on the aligned windows that the network sees.

    Raises
    ------
    ArgumentError : the two windows do not fit the same trials
    """
    passed = [band_passed(source, recipe.filter) for source in gathered.sources]
    own = around_events(passed, meaning(recipe), recipe.baseline.start, recipe.baseline.stop, gathered.groups)
    if not np.array_equal(windows.labels, own.labels) or windows.groups != own.groups:
        raise ArgumentError(
            f"window and baseline cut different trials ({len(windows)} and {len(own)}); choose both so that the first "
            "and the last trial fit"
        )
    with progress.stage("reading the baseline's", len(own)) as tick:
        read = own.load(tick)
    name = f"CSP({recipe.baseline.components})+LDA"
    return {name: _on(read, recipe), f"{name} on the network's aligned windows": _on(windows, recipe)}


def _on(windows: Windows | Loaded, recipe: EegRecipe) -> Callable[[Split], Any]:
    def said(split: Split) -> Any:
        train, test = (windows.select(side).load() for side in (split.train, split.test))
        return csp_lda(train, test, recipe.baseline.components)

    return said
