"""What stands beside the network in a motion recipe: a line through means and spreads of the joints."""

from collections.abc import Mapping

from sigconv.recipe.domain import Baseline, on_windows
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.motion.tables import MotionRecipe
from sigconv.recipe.progress import Progress
from sigconv.report.motion_baseline import linear_on_spreads
from sigconv.windows import Loaded, Windows


def baselines(
    _recipe: MotionRecipe, _gathered: Gathered, windows: Windows | Loaded, _progress: Progress
) -> Mapping[str, Baseline]:
    """Logistic regression on the windows that the network sees."""
    return {"linear on means and spreads": on_windows(windows, linear_on_spreads)}
