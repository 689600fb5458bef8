"""Grad-CAM: where in the input a layer's features speak for the class."""

import torch

from sigconv.errors import ArgumentError
from sigconv.nets.layer_names import Which
from sigconv.nets.layer_values import evaluating
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.layer_axes import last_map, layer_axes, onto_input, row_of
from sigconv.report.explain.limits import LIMIT, captum, together
from sigconv.report.explain.question import Question
from sigconv.signal import Axis, Signal


def grad_cam(question: Question, layer: Which | None = None, *, fine: bool = True, limit: int = LIMIT) -> Explanation:
    """The layer's channels, each weighted by the mean of the score's gradient over it, summed and cut at 0.

    Parameters
    ----------
    question : from `ask`
    layer : a layer with a grid; None: the last one (of a net that gives label maps: the coarsest)
    fine : drawn out onto the input's grid by straight lines, each sample at the middle of what it sees; False leaves
        the map as the layer has it, in its own steps of the input's units
    limit : bytes that activations may take

    Returns
    -------
    Explanation with one channel, (1, *grid)

    Raises
    ------
    ArgumentError : no such layer, or one without a grid (those with one are listed)
    MissingExtra : captum is not installed;  ResourceError : the activations take more than `limit`

    Source: Selvaraju et al. (2017), ICCV; of label maps Vinogradova, Dibrov & Myers (2020), AAAI.
    Same as: captum.attr.LayerGradCam with relu_attributions.
    """
    network = question.network
    together(network, limit, gradients=True)
    row = last_map(network) if layer is None else row_of(network, layer)
    if not row.grid:
        there = ", ".join(other.name for other in network.rows if other.grid)
        raise ArgumentError(f"layer is {row.name!r}, which has no grid left to draw on; those with one: {there}")
    method = captum().LayerGradCam(question.score, network.layer(row.name))
    x = question.x.requires_grad_(True)
    with evaluating(network), torch.enable_grad():
        found = method.attribute(x, relu_attributions=True).detach().cpu().double().numpy()[0]
        score = question.score(x).item()
    signal = question.signal
    name = Axis.channel((f"Grad-CAM of {row.name}",))
    axes = (name, *(signal.axes[1:] if fine else layer_axes(signal, row)[1:]))
    if fine:
        found = onto_input(found[0], row, network.spec.grid)[None]
    drawn = Signal(found, axes, events=signal.events, notes=signal.notes)
    return Explanation(question, "grad_cam", drawn, score, layer=row.name)
