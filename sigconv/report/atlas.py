"""Atlas: what is where in the middle of all training volumes, and how bright it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.core.gaussian import gaussian
from sigconv.errors import ArgumentError

Array = np.ndarray[Any, Any]

_SMOOTH = 1.0  # cells of the atlas
_LEAST = 1e-3  # probability of every class everywhere, so that levels may overrule the atlas
_NARROW = 0.1  # of the spread of all levels: no class is narrower, as one that is cut off at a level would be


@dataclass(frozen=True, eq=False)
class Atlas:
    """Where each class lies, in parts of the volume's extent, and the mean and spread of its levels.

    places : (class, z, y, x) probabilities on a grid that is laid over every volume
    means, spreads : (class) of levels
    """

    places: Array
    means: Array
    spreads: Array

    def __call__(self, volume: Array) -> Array:
        """The most likely class of each voxel, (z, y, x) uint8, from its place and its level."""
        best, found = np.full(volume.shape, -np.inf, np.float32), np.zeros(volume.shape, np.uint8)
        for number, (mean, spread) in enumerate(zip(self.means, self.spreads, strict=True)):
            place = _resampled(self.places[number], volume.shape)
            said = np.log(place) - np.log(spread) - ((volume - mean) / spread) ** 2 / 2
            more = said > best
            best[more], found[more] = said[more], number
        return found


def atlas(
    cases: Callable[[], Iterable[tuple[Array, Array]]], classes: int, grid: tuple[int, int, int] = (48, 48, 48)
) -> Atlas:
    """The atlas of some volumes with their label maps: naive Bayes on place and level.

    Parameters
    ----------
    cases : gives (volume, labels) pairs, (z, y, x) each, one after the other, as often as it is called
    classes : of the label maps, 0 and up; one without a voxel is never said
    grid : cells along z, y, x

    Raises
    ------
    ArgumentError : no pair

    Source: Fischl et al. (2002), Neuron 33:341-355, without its neighbourhoods.

    >>> bright = np.zeros((4, 4, 4))
    >>> bright[:2] = 1
    >>> atlas(lambda: [(bright, (bright > 0).astype(int))], 2, (4, 4, 4))(bright)[:, 0, 0].tolist()
    [1, 1, 0, 0]
    """
    places = np.zeros((classes, *grid), np.float32)
    sums = np.zeros((3, classes))
    count = 0
    for volume, labels in cases():
        seen = _resampled(labels, grid)
        for number in range(classes):
            places[number] += seen == number
            levels = volume[labels == number].astype(np.float64)
            sums[:, number] += levels.size, levels.sum(), (levels**2).sum()
        count += 1
    if not count:
        raise ArgumentError("cases is empty; an atlas is made of one (volume, labels) pair or more")
    smooth = gaussian(places / count, _SMOOTH, axes=(1, 2, 3), boundary="edge")
    size = np.where(sums[0] > 0, sums[0], np.nan)  # what is NaN is never the most likely
    means = sums[1] / size
    spreads = np.sqrt(np.maximum(sums[2] / size - means**2, 0))
    whole = np.sqrt(sums[2].sum() / sums[0].sum() - (sums[1].sum() / sums[0].sum()) ** 2)
    return Atlas(
        np.maximum(smooth, _LEAST), means, np.maximum(spreads, max(_NARROW * whole, np.finfo(np.float32).tiny))
    )


def _resampled(data: Array, grid: tuple[int, ...]) -> Array:
    """The nearest cells of a (z, y, x) array on another grid over the same extent."""
    at = [((np.arange(n) + 0.5) * size / n).astype(int) for n, size in zip(grid, data.shape, strict=True)]
    return data[np.ix_(*at)]
