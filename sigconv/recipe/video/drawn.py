"""The pictures of a video recipe: clips as the network sees them, and the network beside its twins."""

import numpy as np

from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.firsts import firsts
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.report import video_pictures
from sigconv.report.metrics import accuracy_by_group, confusion

_MOST_ROWS = 8


def drawn(recipe: VideoRecipe, _gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """Pictures by name."""
    windows = found.windows
    chosen = firsts(windows, most=_MOST_ROWS)
    titles = [windows.classes[number] for number in windows.labels[chosen]]
    times = np.arange(recipe.clip.frames) / recipe.clip.rate
    counts = confusion(found.outcomes, len(windows.classes)).sum(1)
    every = {"the network": found.outcomes, **found.baselines}
    return {
        "frames": Picture(
            video_pictures.frame_strips(list(windows.batch(chosen)), titles, times.tolist()),
            "The first clip of each class, as the network sees it.",
        ),
        "side_by_side": Picture(
            video_pictures.side_by_side(
                {name: accuracy_by_group(outcomes) for name, outcomes in every.items()}, counts.max() / counts.sum()
            ),
            "The network, the same text built for pictures and trained on single frames, and the same network trained "
            "on clips whose frames were put in another order. What the others lack is told by time alone.",
        ),
    }
