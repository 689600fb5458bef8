"""Figures of a classifier: accuracy per held-out group with its spread, kappa, confusion."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one model said about what was held out.

    name : of the fold;  seed : of the model;  truth : (window) int;  probabilities : (window, class), rows sum to one
    groups : (window) str, the group of each; by default they are all one group of the fold's name
    indices : (window) int, which of all windows they are, where that is known
    """

    name: str
    seed: int
    truth: Any
    probabilities: Any
    groups: tuple[str, ...] = ()
    indices: Any = ()

    @property
    def group_of_each(self) -> tuple[str, ...]:
        """The group of each window."""
        return self.groups or (self.name,) * len(self.truth)

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
        for group, hit in zip(outcome.group_of_each, outcome.predicted == outcome.truth, strict=True):
            right.setdefault(group, []).append(bool(hit))
    return {group: float(np.mean(hits)) for group, hits in right.items()}


def accuracy_interval(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """The interval of the share of right windows, over held-out groups that may be of different size."""
    shares = accuracy_by_group(outcomes)
    sizes = Counter(group for outcome in outcomes for group in outcome.group_of_each)
    return interval(list(shares.values()), [sizes[group] for group in shares])


def interval(
    values: Sequence[float], weights: Sequence[float] | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Student's confidence interval of a weighted mean over groups, cut to 0 … 1; (nan, nan) below two groups.

    weights : of each group, as the windows that its value is a mean of; alike by default

    Source: Cochran, Sampling Techniques (3rd ed. 1977), section 9.6, ratio to size.

    >>> [round(v, 3) for v in interval([0.8, 0.9, 1.0])]
    [0.652, 1.0]
    """
    from scipy.stats import t

    count = len(values)
    if count < 2:
        return float("nan"), float("nan")
    share = np.ones(count) if weights is None else np.asarray(weights, float)
    share /= share.sum()
    middle = float(share @ np.asarray(values))
    error = np.sqrt(count / (count - 1) * ((share * (np.asarray(values) - middle)) ** 2).sum())
    half = t.ppf((1 + level) / 2, count - 1) * error
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


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
