"""Saliency: how the score changes with each number, of the input or of any hidden layer."""

import torch

from sigconv.nets.layer_names import Which
from sigconv.nets.layer_values import evaluating
from sigconv.report.explain.explanation import Explanation, on_input
from sigconv.report.explain.layer_axes import layer_axes, row_of
from sigconv.report.explain.limits import LIMIT, together
from sigconv.report.explain.question import Question
from sigconv.signal import Axis, Signal


def saliency(question: Question, layer: Which | None = None, *, limit: int = LIMIT) -> Explanation:
    """The gradient of the score, dψ/dh.

    Parameters
    ----------
    question : from `ask`
    layer : whose output h is; None for the input itself
    limit : bytes that activations may take

    Returns
    -------
    Explanation on the input's axes; for a layer on (its channels, *its grid in the input's units)

    Raises
    ------
    ArgumentError : no such layer;  ResourceError : the activations take more than `limit`

    Source: Simonyan, Vedaldi & Zisserman (2014), arXiv:1312.6034.  Same as: captum.attr.Saliency(abs=False).

    >>> import numpy as np
    >>> from sigconv.nets import InputSpec, build, parse
    >>> from sigconv.report.explain import ask
    >>> network = build(parse("F2"), InputSpec(1, (8,)), seed=0)
    >>> x = Signal.from_array(np.ones(8), fs=8)
    >>> found = saliency(ask(network, x, 1)).attribution
    >>> np.allclose(found.data[0], network.layer("F1").weight[1].detach().numpy()), found.fs
    (True, 8.0)
    """
    network = question.network
    together(network, limit, gradients=True)
    x = question.x.requires_grad_(True)
    with evaluating(network), torch.enable_grad():
        if layer is None:
            score = question.score(x)[0]
            (slope,) = torch.autograd.grad(score, x)
            return Explanation(question, "saliency", on_input(question, slope), score.item())
        row = row_of(network, layer)
        kept: list[torch.Tensor] = []
        handle = network.layer(row.name).register_forward_hook(lambda _module, _given, made: kept.append(made))
        try:
            score = question.score(x)[0]
        finally:
            handle.remove()
        (slope,) = torch.autograd.grad(score, kept[0])
    data = slope.detach().cpu().double().numpy()[0]
    axes = layer_axes(question.signal, row) if row.grid else (Axis("channel", row.channels),)
    return Explanation(question, "saliency", Signal(data, axes), score.item(), layer=row.name)
