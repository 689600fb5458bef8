"""What stands beside a network for volumes: its twin that sees the middle slice alone, and a histogram."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.recipe.domain import Baseline
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.recipe.volume.scan_tables import ScanRecipe
from sigconv.train import fit, probabilities
from sigconv.windows import Loaded, Split, Windows


def baselines(
    recipe: ScanRecipe, _gathered: Gathered, windows: Windows | Loaded, _progress: Progress
) -> Mapping[str, Baseline]:
    """The same text built in two dimensions for the middle slice, and logistic regression on counts of levels."""
    name = f"histogram of {recipe.baseline.bins} levels, logistic regression"
    found: dict[str, Baseline] = {name: _histogram(windows, recipe.baseline.bins)}
    if recipe.baseline.slice:
        found = {"its 2-D twin on the middle slice": _slice(windows, recipe), **found}
    return found


def _slice(windows: Windows | Loaded, recipe: ScanRecipe) -> Baseline:
    def says(split: Split) -> Any:
        train, test = (_middle(windows.select(side)) for side in (split.train, split.test))
        spec = nets.InputSpec(channels=train.shape[0], grid=train.shape[1:])
        twin = nets.build(nets.parse(recipe.net.text), spec, classes=len(train.classes), seed=recipe.run.seeds[0])
        model = fit(twin, train, recipe.settings, seed=recipe.run.seeds[0], device=recipe.run.device)
        return probabilities(model.module, test.data)

    return says


def _middle(windows: Windows | Loaded) -> Loaded:
    """The middle slice of each volume."""
    loaded = windows.load()
    return replace(loaded, data=np.ascontiguousarray(loaded.data[:, :, loaded.shape[1] // 2]))


def _histogram(windows: Windows | Loaded, bins: int) -> Baseline:
    def says(split: Split) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        train, test = (windows.select(side).load() for side in (split.train, split.test))
        edges = np.quantile(train.data, np.linspace(0, 1, bins + 1)[1:-1])
        counts = [
            np.array([np.bincount(np.searchsorted(edges, one.ravel()), minlength=bins) for one in side.data])
            for side in (train, test)
        ]
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(counts[0], train.labels)
        said = np.zeros((len(test), len(train.classes)))
        said[:, model.classes_] = model.predict_proba(counts[1])
        return said

    return says
