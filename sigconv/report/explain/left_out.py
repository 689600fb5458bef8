"""Occlusion by pieces: what the score loses when one piece alone is taken away."""

import numpy as np
import torch

from sigconv.nets.layer_values import evaluating
from sigconv.report.explain.baseline import Baseline, baseline_words
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.game import explained, game
from sigconv.report.explain.limits import LIMIT, Tick, captum, counted
from sigconv.report.explain.players import Players
from sigconv.report.explain.question import Question


def left_out(
    question: Question,
    players: Players,
    *,
    baseline: Baseline = 0.0,
    limit: int = LIMIT,
    tick: Tick = lambda: None,
) -> Explanation:
    """How much the score falls when one piece alone is taken away: occlusion by pieces that mean something.

    question, players, baseline, limit, tick : as for `shapley`, one tick for each batch

    Raises
    ------
    ArgumentError, ShapeError, MissingExtra, ResourceError : as `shapley`

    Same as: captum.attr.FeatureAblation.
    """
    few, score = game(question, players, baseline, limit)
    one, none = torch.ones(1, len(players.names)), torch.zeros(1, len(players.names))
    with evaluating(question.network), torch.no_grad():
        found = (
            captum().FeatureAblation(counted(score, tick)).attribute(one, baselines=none, perturbations_per_eval=few)
        )
        ends = float(score(one)), float(score(none))
    values = found[0].double().numpy()
    said = f"{len(values)} pieces, {baseline_words(baseline, question.signal.unit)}"
    return explained(question, "left_out", players, values, np.full(len(values), np.nan), ends, said)
