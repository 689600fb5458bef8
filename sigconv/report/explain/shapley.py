"""Shapley values: what each piece adds to the score, over all orders in which the pieces may come."""

import numpy as np
import torch

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError
from sigconv.nets.layer_values import evaluating
from sigconv.report.explain.baseline import Baseline, baseline_words
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.game import explained, game
from sigconv.report.explain.limits import LIMIT, Tick, captum
from sigconv.report.explain.players import Players
from sigconv.report.explain.question import Question


def shapley(
    question: Question,
    players: Players,
    *,
    samples: int = 25,
    baseline: Baseline = 0.0,
    seed: int = 0,
    limit: int = LIMIT,
    tick: Tick = lambda: None,
) -> Explanation:
    """Each piece's mean contribution when the pieces come one after the other, over random orders.

    The sum is f(x) − f(baseline) in every order, so it is so in the mean, but for rounding.

    Parameters
    ----------
    question : from `ask`
    players : the pieces: `blocks`, `bands`, `supervoxels`, `joints`, or Groups of your own
    samples : orders drawn, >= 2; the network sees (pieces + 2) inputs for each
    baseline : see `baseline_of`
    seed : >= 0; the same seed draws the same orders
    limit : bytes that activations may take
    tick : called for each order

    Returns
    -------
    Explanation; `parts` has each piece's value and its standard error, `attribution` the value shared out among the
    piece's numbers (bands: channel × band)

    Raises
    ------
    ArgumentError, ShapeError : a baseline or pieces that do not fit
    MissingExtra : captum is not installed;  ResourceError : one input takes more than `limit`

    Source: Castro, Gómez & Tejada (2009), Comput. Oper. Res. 36.  Same as: captum.attr.ShapleyValueSampling.
    """
    if at_least("samples", samples, 1) < 2:
        raise ArgumentError("samples is 1; two orders or more show how far they agree")
    few, score = game(question, players, baseline, limit)
    method = captum().ShapleyValueSampling(score)
    one, none = torch.ones(1, len(players.names)), torch.zeros(1, len(players.names))
    drawn = []
    with evaluating(question.network), torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(at_least("seed", seed, 0))
        for _ in range(samples):
            found = method.attribute(one, baselines=none, n_samples=1, perturbations_per_eval=few)
            drawn.append(found[0].double().numpy())
            tick()
        ends = float(score(one)), float(score(none))
    values = np.mean(drawn, axis=0)
    spread = np.std(drawn, axis=0, ddof=1) / np.sqrt(samples)
    said = f"{samples} orders of {len(values)} pieces, {baseline_words(baseline, question.signal.unit)}"
    return explained(question, "shapley", players, values, spread, ends, said)
