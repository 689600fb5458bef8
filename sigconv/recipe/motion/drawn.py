"""The pictures of a motion recipe: bodies in strips, and where their joints go."""

from typing import Any

import numpy as np

from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.firsts import firsts
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.motion.body import lefts
from sigconv.recipe.motion.tables import MotionRecipe
from sigconv.recipe.motion.trip import joints
from sigconv.report import motion_pictures
from sigconv.signal import Source

_MOST_ROWS = 6


def drawn(recipe: MotionRecipe, gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """The first window of each of the first classes, as the network sees it."""
    names, windows = joints(recipe, gathered), found.windows
    chosen = firsts(windows, most=_MOST_ROWS)
    takes = [window[:-3].reshape(len(names), 3, -1) for window in windows.batch(chosen)]
    titles = [windows.classes[number] for number in windows.labels[chosen]]
    times = np.arange(recipe.pose.size) / recipe.pose.rate
    sides = np.zeros(len(names), int)
    for left, right in lefts(names):
        sides[left], sides[right] = 1, -1
    strips = motion_pictures.skeleton_strips(takes, titles, times, bones(gathered.sources[0], names), sides.tolist())
    lines = motion_pictures.trajectories(takes[:4], titles[:4], times, names)
    return {
        "skeletons": Picture(strips, "The first window of each class, as the network sees it: relative to the body."),
        "joints": Picture(lines, "The joints that move most, relative to the point on the floor below the body."),
    }


def bones(source: Source, names: tuple[str, ...]) -> list[tuple[int, int]]:
    """(joint, joint) numbers of the skeleton's bones; none where the recording tells no skeleton.

    >>> from sigconv.loaders.mocap.generator import walking
    >>> bones(walking(subjects=1, takes=1)[0], ("Hips", "Neck", "Head"))
    [(0, 1), (1, 2)]
    """
    told: Any = source.notes.get("skeleton")
    if not told:
        return []
    every, parents, found = told["joints"], told["parents"], []
    for name in names:
        above = parents[every.index(name)] if name in every else -1
        while above >= 0 and every[above] not in names:
            above = parents[above]
        if above >= 0:
            found.append((names.index(every[above]), names.index(name)))
    return found
