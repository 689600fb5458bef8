"""The pictures of an EEG recipe: a spectrum, where each spatial filter looks, what each kernel lets through."""

from typing import Any

import numpy as np

from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.eeg.tables import EegRecipe
from sigconv.recipe.eeg.trip import band_passed, prepared
from sigconv.recipe.gathered import Gathered
from sigconv.report import pictures
from sigconv.train.start import convolutions


def drawn(recipe: EegRecipe, gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """Pictures by name; scalp map and temporal kernels where the network begins with such layers."""
    source = gathered.sources[0]
    shown = {
        "spectrum": Picture(
            _spectrum(recipe, source), "One channel of the first recording, as recorded and behind the filter."
        )
    }
    layers = convolutions(found.final.module)
    if layers and layers[0].weight.shape[2] == 1 and layers[0].weight.shape[1] == found.windows.shape[0]:
        filters = layers[0].weight.detach().numpy()[:, :, 0]
        sensor = np.mean([prepared(one, recipe.filter)[1] for one in gathered.sources], axis=0)
        titles = [f"filter {n}" for n in range(1, len(filters) + 1)]
        names, positions = source.axes[0].labels, source.notes.get("positions", {})
        shown["scalp_map"] = Picture(
            pictures.scalp_map((sensor @ filters.T).T, names, positions, titles),
            "What each spatial filter of the final network looks at, as the pattern C w over the scalp.",
        )
        if len(layers) > 1 and layers[1].weight.shape[1] == 1:
            kernels = layers[1].weight.detach().numpy()[:, 0]
            shown["temporal_kernels"] = Picture(
                pictures.temporal_responses(kernels, source.axes[-1].rate),
                "Which frequencies each temporal kernel lets through, inside the band.",
            )
    return shown


def _spectrum(recipe: EegRecipe, source: Any) -> Any:
    time = source.axes[-1]
    stop = min(time.stop, time.start + 60)
    names = source.axes[0].labels
    which = names.index("C3") if "C3" in names else len(names) // 2
    before = source.read(time.start, stop).data[which]
    after = band_passed(source, recipe.filter).read(time.start, stop).data[which]
    band = (recipe.filter.low, recipe.filter.high)
    return pictures.spectra(before, after, time.rate, band, names[which], source.unit)
