"""What brightness alone tells of a class: the segmentation that a network has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, ShapeError
from sigconv.report.overlap import same_shape

Array = np.ndarray[Any, Any]

_BINS = 256


@dataclass(frozen=True, eq=False)
class Thresholds:
    """A class for each range of brightness.

    edges : (n) rising;  classes : (n + 1), of what lies below the first edge, between the first two …
    """

    edges: Array
    classes: Array

    def __call__(self, image: Array) -> Array:
        """(*grid) numbers -> (*grid) classes; a number that is an edge lies above it.

        >>> Thresholds(np.array([0.5]), np.array([2, 7]))(np.array([0.5, 0.2])).tolist()
        [7, 2]
        """
        found: Array = self.classes[np.searchsorted(self.edges, image, side="right")]
        return found


def otsu(image: Array) -> float:
    """The threshold that divides numbers into two kinds with the largest variance between their means.

    image : finite numbers, not all the same, in 256 bins

    Raises
    ------
    ArgumentError : all numbers are the same

    Source: Otsu (1979), IEEE Trans. SMC 9:62-66.

    >>> otsu(np.array([0.0, 0.1, 1.0, 0.9])) > 0.1
    True
    """
    counts, edges = np.histogram(image, _BINS)
    if edges[0] == edges[-1] or np.count_nonzero(counts) < 2:
        raise ArgumentError(f"every number is about {float(np.mean(image)):g}; a threshold divides two kinds")
    middles = (edges[1:] + edges[:-1]) / 2
    below, moment = np.cumsum(counts)[:-1], np.cumsum(counts * middles)[:-1]
    above = counts.sum() - below
    means = moment / np.maximum(below, 1), ((counts * middles).sum() - moment) / np.maximum(above, 1)
    between = below * above * (means[0] - means[1]) ** 2
    best = np.flatnonzero(between == between.max())
    return float(edges[1 + best[len(best) // 2]])  # the middle of an empty range


def learnt(images: Sequence[Array], labels: Sequence[Array], classes: int) -> Thresholds:
    """For each of 256 ranges of brightness the class that most training samples there have.

    Parameters
    ----------
    images, labels : of each training recording, (*grid) numbers and classes
    classes : int >= 1

    Raises
    ------
    ShapeError : an image and its label map of two shapes

    >>> learnt([np.array([0.0, 1.0])], [np.array([1, 0])], 2)(np.array([0.1, 0.9])).tolist()
    [1, 0]
    """
    if not images:
        raise ShapeError("images is empty; there is nothing to learn from")
    for image, label in zip(images, labels, strict=True):
        same_shape(label, image)
    low, high = min(float(image.min()) for image in images), max(float(image.max()) for image in images)
    edges = np.linspace(low, high, _BINS + 1)
    counts = np.zeros((classes, _BINS))
    for image, label in zip(images, labels, strict=True):
        for number in range(classes):
            counts[number] += np.histogram(image[label == number], edges)[0]
    seen = counts.sum(0) > 0
    # a range without a sample goes with its nearest neighbour that has one
    near = np.abs(np.arange(_BINS)[:, None] - np.flatnonzero(seen)).argmin(1)
    return Thresholds(edges[1:-1], counts.argmax(0)[np.flatnonzero(seen)[near]].astype(np.uint8))
