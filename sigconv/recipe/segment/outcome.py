"""Outcomes: what was said of each held-out recording, counted against its label map."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.report.metrics import interval
from sigconv.report.overlap import dice, sample_error

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Outcome:
    """One held-out recording.

    index, name, group : of the recording;  fold, seed : of the model
    counts : (true class, said class) samples;  measures : what the domain measures beside
    """

    index: int
    name: str
    group: str
    fold: str
    seed: int
    counts: Array
    measures: dict[str, float]

    @property
    def dice(self) -> list[float]:
        """Of every class; NaN where neither map has it."""
        return dice(self.counts)

    @property
    def error(self) -> float:
        """The share of samples whose class is wrong."""
        return sample_error(self.counts)

    @property
    def foreground(self) -> float:
        """The mean Dice of the classes behind the first; NaN where there is none of them."""
        return _mean(self.dice[1:])

    def values(self, classes: Sequence[str]) -> dict[str, float]:
        """Everything that was measured, by name."""
        each = {f"dice {name}": value for name, value in zip(classes, self.dice, strict=True)}
        return {"error": self.error, "mean dice": self.foreground, **each, **self.measures}


def typical(outcomes: Sequence[Outcome], seed: int) -> list[Outcome]:
    """One seed's outcomes with the fewest, the middle and the most wrong samples."""
    ranked = sorted((outcome for outcome in outcomes if outcome.seed == seed), key=lambda outcome: outcome.error)
    return [ranked[i] for i in dict.fromkeys((0, len(ranked) // 2, len(ranked) - 1))]


def summarised(outcomes: Sequence[Outcome], classes: Sequence[str]) -> dict[str, Any]:
    """Means over recordings, with Student's 95 % intervals over groups, for metrics.json."""
    rows = [outcome.values(classes) for outcome in outcomes]
    groups = [outcome.group for outcome in outcomes]
    return {name: _told(list(zip(groups, (row[name] for row in rows), strict=True))) for name in rows[0]}


def _told(values: Sequence[tuple[str, float]]) -> dict[str, Any]:
    groups = dict.fromkeys(group for group, _ in values)
    by_group = {group: _mean([value for g, value in values if g == group]) for group in groups}
    sizes = Counter(group for group, value in values if value == value)
    spread = interval([by_group[group] for group in sizes], list(sizes.values()))
    return {"mean": _mean([value for _, value in values]), "interval_95": spread, "by_group": by_group}


def _mean(values: Sequence[float]) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")
