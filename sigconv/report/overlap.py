"""How far two label maps agree, sample by sample: Dice's coefficient for each class, and the share that differs."""

from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, ShapeError

Array = np.ndarray[Any, Any]


def confusion_counts(truth: Array, said: Array, classes: int) -> Array:
    """(true class, said class) int64 counts of samples.

    Parameters
    ----------
    truth, said : label maps of one shape, whole numbers from 0 to classes - 1
    classes : int >= 1

    Raises
    ------
    ShapeError : two shapes
    ArgumentError : a label that is no class

    >>> confusion_counts(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    same_shape(truth, said)
    for name, labels in (("truth", truth), ("said", said)):
        if labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ArgumentError(f"{name} has labels {labels.min()} to {labels.max()}; allowed: 0 to {classes - 1}")
    pairs = truth.ravel().astype(np.int64) * classes + said.ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def dice(counts: Array) -> list[float]:
    """Dice's coefficient of every class: 2 |A and B| / (|A| + |B|), 0 … 1; NaN for a class that neither map has.

    counts : (true class, said class), of one recording or summed over several

    Source: Dice (1945), Ecology 26.

    >>> [round(value, 3) for value in dice(np.array([[1, 0], [1, 1]]))]
    [0.667, 0.667]
    """
    both = counts.sum(0) + counts.sum(1)
    return [
        2 * float(inside) / float(n) if n else float("nan") for inside, n in zip(np.diag(counts), both, strict=True)
    ]


def sample_error(counts: Array) -> float:
    """The share of samples (pixels, voxels) whose class is wrong, 0 … 1.

    counts : (true class, said class), with a sample at least

    >>> sample_error(np.array([[1, 0], [1, 2]]))
    0.25
    """
    return float(1 - np.trace(counts) / counts.sum())


def same_shape(truth: Array, said: Array) -> None:
    """Refuse two label maps that do not lie sample on sample."""
    if truth.shape != said.shape:
        raise ShapeError(f"truth has shape {truth.shape} and said {said.shape}; they lie on one grid")
