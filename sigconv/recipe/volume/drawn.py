"""The pictures of a recipe that classifies volumes: a scan of each class in three planes, and what was mistaken."""

from typing import Any

import numpy as np

from sigconv import space
from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.firsts import firsts
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.volume.scan_tables import ScanRecipe
from sigconv.report.planes import Cut, three_planes

_SHOWN = 4


def drawn(recipe: ScanRecipe, gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """Pictures by name."""
    windows = found.windows
    spacing = recipe.grid.spacing or [axis.step for axis in space.grid(gathered.sources[0])]
    labels = np.asarray(windows.labels)
    chosen = firsts(windows, most=_SHOWN)
    cuts = [Cut(windows.classes[labels[i]], windows.batch([i])[0, 0], spacing) for i in chosen]
    shown = {"scans": Picture(three_planes(cuts), "The middle slices of a scan of each class, as the network sees it.")}
    wrong = _wrong(windows, found)
    if wrong:
        cuts = [Cut(title, windows.batch([i])[0, 0], spacing) for i, title in wrong[:_SHOWN]]
        shown["mistaken"] = Picture(three_planes(cuts), "Held-out scans that were mistaken, the surest first.")
    return shown


def _wrong(windows: Any, found: Evaluated) -> list[tuple[int, str]]:
    """The windows that the first seed's networks mistook, with what they are and were taken for; the surest first."""
    mistakes = []
    seed = found.outcomes[0].seed
    for outcome in (one for one in found.outcomes if one.seed == seed):
        for i, truth, said in zip(outcome.indices, outcome.truth, outcome.probabilities, strict=True):
            if said.argmax() != truth:
                title = f"{windows.classes[truth]}, taken for\n{windows.classes[said.argmax()]} ({said.max():.2f})"
                mistakes.append((float(said.max()), int(i), title))
    return [(i, title) for _, i, title in sorted(mistakes, reverse=True)]
