"""What stands beside the network in a recipe for images."""

from collections.abc import Mapping

from sigconv.recipe.domain import Baseline, on_windows
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.image.tables import ImageRecipe
from sigconv.recipe.progress import Progress
from sigconv.report.image_baselines import linear_on_slopes, nearest_neighbour
from sigconv.windows import Loaded, Windows

_METHODS = {
    "slopes": ("linear on slopes and colours", linear_on_slopes),
    "nearest": ("nearest neighbour", nearest_neighbour),
}


def baselines(
    recipe: ImageRecipe, _gathered: Gathered, windows: Windows | Loaded, _progress: Progress
) -> Mapping[str, Baseline]:
    """The method that [baseline] names, on the images as the network sees them."""
    name, method = _METHODS[recipe.baseline.kind]
    return {name: on_windows(windows, method)}
