"""The augmentation that [augment] asks for."""

from sigconv.recipe.volume.tables import Grid, Varied
from sigconv.train.augment import Augment, compose
from sigconv.train.augment.contrast import Contrast
from sigconv.train.augment.flipped import Flipped
from sigconv.train.augment.noisy import Noisy
from sigconv.train.augment.posed import Posed


def varied(told: Varied, grid: Grid) -> Augment | None:
    """What makes training volumes anew, or None where every bound is 0."""
    step = sum(grid.spacing) / 3 if grid.spacing else 1.0
    steps: list[Augment] = []
    if told.mirror:
        steps.append(Flipped(tuple("zyx".index(name) for name in told.mirror)))
    if told.turn or told.size or told.stretch or told.shift:
        steps.append(Posed(told.turn, told.size, told.stretch, told.shift / step))
    if told.gain or told.offset or told.gamma:
        steps.append(Contrast(told.gain, told.offset, told.gamma))
    if told.noise:
        steps.append(Noisy(told.noise))
    return compose(*steps) if steps else None
