"""The pictures of a video recipe: clips as the network sees them, and the network beside its twins."""

import numpy as np

from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.report import video_pictures
from sigconv.report.metrics import accuracy_by_group, confusion

_MOST_ROWS = 8


def drawn(recipe: VideoRecipe, _gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """Pictures by name."""
    windows = found.windows
    labels = np.asarray(windows.labels)
    classes = [number for number in range(len(windows.classes)) if number in labels][:_MOST_ROWS]
    firsts = [int(np.flatnonzero(labels == number)[0]) for number in classes]
    times = np.arange(recipe.clip.frames) / recipe.clip.rate
    counts = confusion(found.outcomes, len(windows.classes)).sum(1)
    every = {"the network": found.outcomes, **found.baselines}
    return {
        "frames": Picture(
            video_pictures.frame_strips(
                list(windows.batch(firsts)), [windows.classes[number] for number in classes], times.tolist()
            ),
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
