"""What stands beside the network in a video recipe: its twins, to which time tells nothing or little."""

from collections.abc import Mapping
from functools import partial

from sigconv.recipe.domain import Baseline
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.recipe.twin import twin
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.recipe.video.trip import augment, windows
from sigconv.recipe.video.twins import Shuffled, Still
from sigconv.windows import Loaded, Windows, whole

FRAME, SHUFFLED = "its 2-D twin on single frames", "the same on shuffled frames"


def baselines(
    recipe: VideoRecipe, gathered: Gathered, _windows: Windows | Loaded, progress: Progress
) -> Mapping[str, Baseline]:
    """The same text built for pictures and trained on the middle frames; the same net trained on shuffled clips.

    Raises
    ------
    RecipeError : a text with sizes for three axes, which builds no network for pictures
    """
    clips, changed = windows(recipe, gathered, progress), partial(augment, recipe)
    found: dict[str, Baseline] = {}
    if recipe.baseline.frame:
        stills = whole([Still(clip) for clip in clips.sources], gathered.labels, gathered.groups, clips.size[1:])
        found[FRAME] = twin(recipe, stills, progress, what="single frames", key="baseline.frame", augment=changed)
    if recipe.baseline.shuffled:
        mixed = [Shuffled(clip, number) for number, clip in enumerate(clips.sources)]
        clips = whole(mixed, gathered.labels, gathered.groups, clips.size)
        found[SHUFFLED] = twin(recipe, clips, progress, what="clips", key="baseline.shuffled", augment=changed)
    return found
