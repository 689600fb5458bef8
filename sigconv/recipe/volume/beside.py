"""What stands beside a network for volumes: its twin that sees the middle slice alone, and a histogram."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sigconv.recipe.domain import Baseline, on_windows
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.recipe.twin import twin
from sigconv.recipe.volume.scan_tables import ScanRecipe
from sigconv.report.logistic import logistic
from sigconv.windows import Loaded, Windows


def baselines(
    recipe: ScanRecipe, _gathered: Gathered, windows: Windows | Loaded, progress: Progress
) -> Mapping[str, Baseline]:
    """The same text built in two dimensions for the middle slice, and logistic regression on counts of levels.

    Raises
    ------
    RecipeError : a text with sizes for three axes, which builds no network for slices
    """
    name = f"histogram of {recipe.baseline.bins} levels, logistic regression"
    found = {name: on_windows(windows, partial(_on_levels, bins=recipe.baseline.bins))}
    if recipe.baseline.slice:
        flat = twin(recipe, _middle(windows), progress, what="slices", key="baseline.slice")
        found = {"its 2-D twin on the middle slice": flat, **found}
    return found


def _middle(windows: Windows | Loaded) -> Loaded:
    """The middle slice of each volume."""
    loaded = windows.load()
    return replace(loaded, data=np.ascontiguousarray(loaded.data[:, :, loaded.shape[1] // 2]))


def _on_levels(train: Loaded, test: Loaded, bins: int) -> Any:
    """Logistic regression on how many levels lie in each of `bins` ranges, which training levels fill evenly."""
    edges = np.quantile(train.data, np.linspace(0, 1, bins + 1)[1:-1])
    shown, asked = (
        np.array([np.bincount(np.searchsorted(edges, one.ravel()), minlength=bins) for one in side.data])
        for side in (train, test)
    )
    return logistic(shown, train.labels, asked, len(train.classes))
