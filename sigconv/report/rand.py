"""How far two divisions into regions agree: the Rand score of connectomics, which counts splits and mergers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.report.overlap import same_shape

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rand:
    """Agreement of two divisions, each 0 … 1 and 1 where they are the same.

    split : of two samples that belong together, how often they are together; low where regions are split
    merge : of two samples that are together, how often they belong together; low where regions are merged
    """

    split: float
    merge: float

    @property
    def score(self) -> float:
        """The F-score: the harmonic mean of the two."""
        return 2 * self.split * self.merge / (self.split + self.merge)


def rand(truth: Array, said: Array) -> Rand:
    """The foreground-restricted Rand score of one division into regions against the true one.

    With p_ij the share of samples in true region i and said region j, t_i and s_j their sums:
        split = sum p_ij² / sum t_i²      merge = sum p_ij² / sum s_j²

    Parameters
    ----------
    truth : whole numbers >= 0, a region each; samples of 0 (borders) do not count
    said : whole numbers of the same shape; its 0 is a region like any other: thin its borders first, by `regions`

    Raises
    ------
    ShapeError : two shapes
    ArgumentError : truth has no region

    Source: Arganda-Carreras et al. (2015), Frontiers in Neuroanatomy 9:142, with alpha = 0.5 in `score`.
    Same as: skimage.metrics.adapted_rand_error, which counts pairs of two different samples.

    >>> rand(np.array([1, 1, 2, 2]), np.array([1, 1, 1, 1]))
    Rand(split=1.0, merge=0.5)
    """
    same_shape(truth, said)
    inside = truth > 0
    if not inside.any():
        raise ArgumentError("truth has no region: every label is 0")
    rows, columns = (np.unique(labels[inside], return_inverse=True)[1].astype(np.int64) for labels in (truth, said))
    together = np.bincount(np.unique(rows * (columns.max() + 1) + columns, return_inverse=True)[1])
    alike = _squares(together)
    return Rand(alike / _squares(np.bincount(rows)), alike / _squares(np.bincount(columns)))


def _squares(counts: Array) -> float:
    return float((counts.astype(np.float64) ** 2).sum())


def regions(inside: Array, thin: bool = True) -> Array:
    """The connected regions of a mask, numbered from 1; samples touch by their faces.

    Parameters
    ----------
    inside : (*grid) bool, what is no border
    thin : give every sample of a border to the nearest region, so that its width does not matter; a mask without a
        region stays 0

    >>> regions(np.array([True, True, False, True])).tolist(), regions(np.array([False, True]), thin=False).tolist()
    ([1, 1, 1, 2], [0, 1])
    """
    from scipy.ndimage import distance_transform_edt, label

    numbered, count = label(inside)
    if not thin or not count:
        return np.asarray(numbered)
    nearest = distance_transform_edt(numbered == 0, return_distances=False, return_indices=True)
    return np.asarray(numbered[tuple(nearest)])
