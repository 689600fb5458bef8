"""Integrated gradients: the gradient summed up on the straight way from a baseline to the input."""

import torch

from sigconv.core.geometry import at_least
from sigconv.nets.layer_values import evaluating
from sigconv.report.explain.baseline import Baseline, baseline_of, baseline_words
from sigconv.report.explain.explanation import Explanation, on_input
from sigconv.report.explain.limits import LIMIT, Tick, captum, counted, together
from sigconv.report.explain.question import Question


def integrated_gradients(
    question: Question,
    *,
    baseline: Baseline = 0.0,
    steps: int = 64,
    limit: int = LIMIT,
    tick: Tick = lambda: None,
) -> Explanation:
    """(x − b) times the mean gradient of the score between b and x; the sum is f(x) − f(b) for steps fine enough.

    Parameters
    ----------
    question : from `ask`
    baseline : see `baseline_of`
    steps : >= 1, nodes of Gauss and Legendre; `Explanation.error` says whether they were enough
    limit : bytes that activations may take; the steps are worked out in as many batches as that needs
    tick : called for each batch

    Raises
    ------
    ArgumentError, ShapeError : a baseline that does not fit, steps below 1
    MissingExtra : captum is not installed;  ResourceError : one step takes more than `limit`

    Source: Sundararajan, Taly & Yan (2017), ICML.  Same as: captum.attr.IntegratedGradients.
    """
    steps, few = at_least("steps", steps, 1), together(question.network, limit, gradients=True)
    x, b = question.x, baseline_of(question, baseline)
    method = captum().IntegratedGradients(counted(question.score, tick))
    with evaluating(question.network), torch.enable_grad():
        found = method.attribute(x, baselines=b, n_steps=steps, internal_batch_size=few)
        fx, fb = (question.score(one)[0].item() for one in (x, b))
    said = f"{steps} steps, {baseline_words(baseline, question.signal.unit)}"
    return Explanation(question, "integrated_gradients", on_input(question, found), fx, fb, settings=said)
