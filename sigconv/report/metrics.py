"""Figures of a classifier: accuracy per held-out group with its spread, kappa, confusion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one model said about what was held out.

    name : of the fold;  seed : of the model;  truth : (window) int;  probabilities : (window, class), rows sum to one
    groups : (window) str, the group of each; by default they are all one group of the fold's name
    """

    name: str
    seed: int
    truth: Any
    probabilities: Any
    groups: tuple[str, ...] = ()

    @property
    def predicted(self) -> Any:
        """(window) int, the class of highest probability."""
        return self.probabilities.argmax(1)

    @property
    def accuracy(self) -> float:
        """The share of windows that are right, 0 … 1."""
        return float((self.predicted == self.truth).mean())


def accuracy_by_seed(outcomes: Sequence[Outcome]) -> dict[int, float]:
    """Right windows over all windows of every held-out group, for each seed."""
    result = {}
    for seed in dict.fromkeys(o.seed for o in outcomes):
        mine = [o for o in outcomes if o.seed == seed]
        result[seed] = sum(float((o.predicted == o.truth).sum()) for o in mine) / sum(len(o.truth) for o in mine)
    return result


def accuracy_by_group(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The share of right windows of each held-out group, over all seeds."""
    right: dict[str, list[bool]] = {}
    for outcome in outcomes:
        groups = outcome.groups or (outcome.name,) * len(outcome.truth)
        for group, hit in zip(groups, outcome.predicted == outcome.truth, strict=True):
            right.setdefault(group, []).append(bool(hit))
    return {group: float(np.mean(hits)) for group, hits in right.items()}


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Student's confidence interval of a mean over groups, cut to 0 … 1; (nan, nan) for fewer than two groups.

    >>> [round(v, 3) for v in interval([0.8, 0.9, 1.0])]
    [0.652, 1.0]
    """
    from scipy.stats import t

    if len(values) < 2:
        return float("nan"), float("nan")
    half = t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return float(max(0.0, np.mean(values) - half)), float(min(1.0, np.mean(values) + half))


def confusion(outcomes: Sequence[Outcome], classes: int) -> "np.ndarray[Any, Any]":
    """(true class, predicted class) counts over all outcomes."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    for outcome in outcomes:
        np.add.at(counts, (outcome.truth, outcome.predicted), 1)
    return counts


def kappa(counts: "np.ndarray[Any, Any]") -> float:
    """Cohen's kappa of a confusion matrix: 0 is chance, 1 perfect; NaN where all windows are of one class.

    >>> kappa(np.array([[10, 0], [0, 10]]))
    1.0
    """
    total = counts.sum()
    agreed = np.trace(counts) / total
    chance = float((counts.sum(0) * counts.sum(1)).sum()) / float(total) ** 2
    return float((agreed - chance) / (1 - chance)) if chance < 1 else float("nan")


def log_loss(outcomes: Sequence[Outcome]) -> float:
    """Mean −ln(probability given to the true class), nats."""
    given = np.concatenate([o.probabilities[np.arange(len(o.truth)), o.truth] for o in outcomes])
    return float(-np.log(np.maximum(given, 1e-300)).mean())
