"""A game between the pieces of an input: who takes part decides the score."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from sigconv.report.explain.baseline import Baseline, baseline_of
from sigconv.report.explain.blocks import checked_groups
from sigconv.report.explain.explanation import Explanation, Part
from sigconv.report.explain.limits import together
from sigconv.report.explain.players import Groups, Players
from sigconv.report.explain.question import Question

Game = Callable[[Tensor], Tensor]


def game(question: Question, players: Players, baseline: Baseline, limit: int) -> tuple[int, Game]:
    """How many inputs at a time, and the game: (N, players) of 0 and 1 -> (N,) scores."""
    if isinstance(players, Groups):
        checked_groups(players, question.signal)
    few = together(question.network, limit, gradients=False)
    x, b = question.x, baseline_of(question, baseline)

    def score(present: Tensor) -> Tensor:
        return question.score(players.without(present.to(x.device), x, b)).cpu()

    return few, score


def explained(
    question: Question, method: str, players: Players, values: Any, spread: Any, ends: tuple[float, float], said: str
) -> Explanation:
    """An Explanation of a game's pieces; ends : f(x), f(baseline)."""
    parts = tuple(Part(*one) for one in zip(players.names, values.tolist(), spread.tolist(), strict=True))
    drawn = players.spread(values, question.signal)
    return Explanation(question, method, drawn, ends[0], ends[1], parts=parts, settings=said)
