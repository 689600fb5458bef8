"""Evaluated: everything that training and testing found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigconv.recipe.segment.domain import Method
from sigconv.recipe.segment.outcome import Outcome
from sigconv.train import Fitted


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Every fold and seed of the network, the baselines' folds, and the network that the run keeps.

    outcomes : of the network;  baselines : name -> outcomes
    methods : for every fold the first baseline as it was fitted, to be drawn
    masks : index of a held-out recording -> the label map that the first seed's network wrote
    fitted : every network, in the order of folds and seeds;  final : the one that is kept
    chosen : for every fitted network what was chosen beside its weights, the kept one's last
    """

    outcomes: list[Outcome]
    baselines: dict[str, list[Outcome]]
    methods: dict[str, Method]
    masks: dict[int, Path]
    fitted: list[Fitted]
    final: Fitted
    chosen: list[dict[str, Any]]
