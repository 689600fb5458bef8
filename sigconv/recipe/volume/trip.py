"""The trip of classified volumes: path -> scans -> one grid, one range of levels -> one window each."""

from collections.abc import Mapping
from typing import Any

from sigconv.recipe.gathered import Gathered, labelled, made_up
from sigconv.recipe.lines import Placement
from sigconv.recipe.progress import Progress
from sigconv.recipe.volume import tables
from sigconv.recipe.volume.prepared import outside, prepared
from sigconv.recipe.volume.scan_tables import ScanRecipe
from sigconv.signal import Source
from sigconv.windows import Loaded, Windows, whole


def gather(recipe: ScanRecipe, progress: Progress) -> Gathered:
    """Open the recipe's scans (headers only), or make vessels up where it has no path.

    Raises
    ------
    RecipeError, FormatError, FileNotFoundError : what `gathered.labelled` refuses
    """
    if recipe.data.path:
        with progress.stage("opening scans", 0) as tick:
            return labelled(recipe.data, "volume", tick)
    from sigconv.loaders.volume.generator import helices

    made = recipe.data.made
    with progress.stage("making volumes up", made.volumes) as tick:
        vessels = helices(made.volumes, made.size, made.noise, made.seed, tick)
    return made_up(vessels, "name", "made-up vessels that wind to the left or to the right", "volume")


def windows(recipe: ScanRecipe, gathered: Gathered, progress: Progress) -> Windows:
    """One window for each scan: on the recipe's grid, cropped or padded about its middle."""
    ready = []
    with progress.stage("preparing scans", len(gathered.sources)) as tick:
        for source in gathered.sources:
            ready.append(prepared(source, recipe.grid, recipe.levels))
            tick()
    beyond = outside(recipe.levels)
    return whole(ready, gathered.labels, gathered.groups, recipe.grid.size, boundary=beyond)


def fresh(recipe: ScanRecipe, facts: Mapping[str, Any], recording: Source, _placement: Placement) -> Windows:
    """The one window of a new scan, prepared in the same way."""
    ready, owner = prepared(recording, recipe.grid, recipe.levels), str(recording.notes.get("name", "scan"))
    beyond = outside(recipe.levels)
    return whole([ready], None, [owner], recipe.grid.size, classes=facts["classes"], boundary=beyond)


def facts(_recipe: ScanRecipe, gathered: Gathered) -> dict[str, Any]:
    """The channels that the network was trained on."""
    return {"channels": list(gathered.sources[0].axes[0].labels)}


def told(recipe: ScanRecipe, _gathered: Gathered) -> dict[str, str]:
    """The report's facts about grid and levels."""
    size = " × ".join(map(str, recipe.grid.size))
    return {"seen by the network": f"{size} voxels (z, y, x)", **tables.told(recipe.grid, recipe.levels)}


def augment(recipe: ScanRecipe, _windows: Windows | Loaded) -> Any:
    """What makes training volumes anew, or None."""
    return recipe.augment.steps(recipe.grid.spacing)
