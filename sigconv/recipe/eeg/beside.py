"""What stands beside the network in an EEG recipe: CSP and LDA, on their own window and on the network's."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.recipe.domain import Baseline, on_windows
from sigconv.recipe.eeg.tables import EegRecipe
from sigconv.recipe.eeg.trip import band_passed, meaning
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.report.baseline import csp_lda
from sigconv.windows import Loaded, Windows, around_events


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
    method = partial(csp_lda, components=recipe.baseline.components)
    return {name: on_windows(read, method), f"{name} on the network's aligned windows": on_windows(windows, method)}
