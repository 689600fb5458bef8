"""The labelled S-cells at the top of the Neocognitron: one or more reference vectors per class.

They learn one pass at a time: where the most like vector has the right label it takes part of what it sees, and
where it has a wrong one, a new vector with the right label is added (Fukushima 2003, the layer U_S4). Something is
then said to be of the class with the vector most like it, or, by interpolating vectors (Fukushima 2011), of the class
in which some point between two of its vectors is most like it. For unit vectors with cosines s₁, s₂ to what is seen
and s₁₂ to one another, the best point between them has

    s = √((s₁² + s₂² − 2 s₁ s₂ s₁₂) / (1 − s₁₂²))     if s₁ > s₁₂ s₂ and s₂ > s₁₂ s₁, else max(s₁, s₂)
"""

from typing import Any

import numpy as np

from sigconv.errors import ArgumentError

Array = np.ndarray[Any, Any]


class LabelledCells:
    """A classifier of non-negative vectors by their cosine to labelled reference vectors.

    Parameters
    ----------
    rounds : passes over the examples, 1 <= rounds <= 1000; fewer where a pass adds no vector and none is wrong
    interpolate : whether points between two vectors of a class count too

    Attributes
    ----------
    classes_ : the labels in order;  vectors_ : (vectors, numbers) float32 of length 1;  labels_ : (vectors,) index of
        the class in classes_

    Raises
    ------
    ArgumentError : rounds outside its range

    Sources: Fukushima (2003), Neurocomputing 51:161-180; Fukushima (2011), Neural Networks 24(7):767-778.

    >>> cells = LabelledCells().fit([[1.0, 0], [0, 1], [1, 0.2]], ["a", "b", "a"])
    >>> cells.predict([[3.0, 1.0]]).tolist(), len(cells.vectors_)
    (['a'], 2)
    """

    def __init__(self, rounds: int = 3, *, interpolate: bool = True) -> None:
        if not 1 <= rounds <= 1000:
            raise ArgumentError(f"rounds is {rounds}; allowed: 1 to 1000")
        self.rounds, self.interpolate = rounds, interpolate

    def fit(self, x: Any, y: Any) -> "LabelledCells":
        """Learn from x : (n, numbers), y : (n,) labels, in the order given."""
        rows = _unit(x)
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        sums, owners = np.zeros((64, rows.shape[1]), np.float32), np.zeros(64, np.int64)
        units, used = np.zeros_like(sums), 0
        for _ in range(self.rounds):
            right = True
            for row, label in zip(rows, labels, strict=True):
                winner = int((units[:used] @ row).argmax()) if used else -1
                if winner < 0 or owners[winner] != label:
                    right, winner, used = False, used, used + 1
                    if used > len(sums):
                        sums, units, owners = (np.concatenate([a, np.zeros_like(a)]) for a in (sums, units, owners))
                    owners[winner] = label
                sums[winner] += row
                units[winner] = sums[winner] / max(np.linalg.norm(sums[winner]), 1e-30)
            if right:
                break
        self.vectors_, self.labels_ = units[:used].copy(), owners[:used].copy()
        return self

    def likeness(self, x: Any) -> Array:
        """(n, classes): the cosine to the most like vector, or point between two vectors, of each class."""
        rows = _unit(x)
        best = np.empty((len(rows), len(self.classes_)), np.float32)
        for label in range(len(self.classes_)):
            vectors = self.vectors_[self.labels_ == label]
            near = rows @ vectors.T
            best[:, label] = near.max(1)
            if self.interpolate:
                best[:, label] = np.maximum(best[:, label], _between(near, vectors @ vectors.T))
        return best

    def predict(self, x: Any) -> Array:
        """The label of each row of x : (n, numbers)."""
        found: Array = self.classes_[self.likeness(x).argmax(1)]
        return found


def _between(near: Array, mutual: Array) -> Array:
    """(n,): the cosine to the best point between two vectors; 0 where no pair has its best point in between."""
    best = np.zeros(len(near), np.float32)
    for first in range(len(mutual) - 1):
        one, two, s = near[:, first, None], near[:, first + 1 :], mutual[first, first + 1 :]
        inside = (one > s * two) & (two > s * one) & (s < 1 - 1e-6)
        square = (one**2 + two**2 - 2 * one * two * s) / np.maximum(1 - s**2, 1e-6)
        best = np.maximum(best, np.sqrt(np.where(inside, square, 0).clip(min=0)).max(1))
    return best


def _unit(x: Any) -> Array:
    rows = np.asarray(x, np.float32)
    units: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    return units
