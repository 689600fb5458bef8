"""What stands beside the network in a video recipe: its twins, to which time tells nothing or little."""

from collections.abc import Mapping
from typing import Any

from sigconv import nets
from sigconv.errors import RecipeError, SigconvError
from sigconv.recipe.classify import in_memory
from sigconv.recipe.domain import Baseline
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.recipe.video.trip import augment, windows
from sigconv.recipe.video.twins import Shuffled, Still
from sigconv.train import fit, probabilities
from sigconv.windows import Loaded, Split, Windows, whole

FRAME, SHUFFLED = "its 2-D twin on single frames", "the same on shuffled frames"


def baselines(
    recipe: VideoRecipe, gathered: Gathered, _windows: Windows | Loaded, progress: Progress
) -> Mapping[str, Baseline]:
    """The same text built for pictures and trained on the middle frames; the same net trained on shuffled clips.

    Raises
    ------
    RecipeError : a text with sizes for three axes, which builds no network for pictures
    """
    clips = windows(recipe, gathered, progress)
    found: dict[str, Baseline] = {}
    if recipe.baseline.frame:
        stills = whole([Still(clip) for clip in clips.sources], gathered.labels, gathered.groups, clips.size[1:])
        _refuse_text(recipe, stills)
        found[FRAME] = _twin(recipe, in_memory(stills, progress))
    if recipe.baseline.shuffled:
        mixed = [Shuffled(clip, number) for number, clip in enumerate(clips.sources)]
        clips = whole(mixed, gathered.labels, gathered.groups, clips.size)
        found[SHUFFLED] = _twin(recipe, in_memory(clips, progress))
    return found


def _twin(recipe: VideoRecipe, seen: Windows | Loaded) -> Baseline:
    def said(split: Split) -> Any:
        train, test = seen.select(split.train), seen.select(split.test)
        spec, seed = nets.InputSpec(channels=seen.shape[0], grid=seen.shape[1:]), recipe.run.seeds[0]
        module = nets.build(nets.parse(recipe.net.text), spec, classes=len(seen.classes), seed=seed)
        changed, where = augment(recipe, train), recipe.run.device
        fitted = fit(module, train, recipe.settings, seed=seed, augment=changed, device=where)
        return probabilities(fitted.module, test)

    return said


def _refuse_text(recipe: VideoRecipe, stills: Windows) -> None:
    try:
        spec = nets.InputSpec(channels=stills.shape[0], grid=stills.shape[1:])
        nets.measure.shapes(nets.parse(recipe.net.text), spec, classes=len(stills.classes))
    except SigconvError as error:
        raise RecipeError(
            f"net.text {recipe.net.text!r} does not build for single frames ({error}); write one size for all axes, as "
            "in C16k3, or leave the twin out: baseline.frame=false"
        ) from error
