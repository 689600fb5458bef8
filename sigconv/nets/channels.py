"""A network for inputs of another number of channels: colour to grey, grey to colour, either to many."""

from typing import Literal

import torch
from torch import Tensor

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, one_of
from sigconv.nets.builder import Network, build
from sigconv.nets.fused import Fork, Steps
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Conv, ConvTranspose, Full, Join, Layer, Norm

How = Literal["mean", "cycle"]


def adapt_channels(network: Network, channels: int, how: How = "mean") -> Network:
    """A network that takes another number of channels, its weights kept behind the first layer.

    An input that shows the same picture in every channel is answered as before: the weights of the first layer for
    all channels together have the sum that they had.

        mean    w'[o, j] = sum over c of w[o, c] / channels: every new channel counts alike. 3 to 1 adds the weights
        cycle   w'[o, j] = w[o, j mod old] / (the new channels that share it): red, green, blue, red, green, …

    Parameters
    ----------
    network : Network; left as it is
    channels : int >= 1, of the new input; for "cycle" not fewer than before
    how : "mean" or "cycle"

    Returns
    -------
    Network, of the same precision, device and mode

    Raises
    ------
    ArgumentError : channels below 1, or below the old number for "cycle"; a layer that works on each input channel on
        its own, or on the input beside its features (named)
    ShapeError : the net's text does not take so many channels

    Source: Carreira & Zisserman (2017), section 2.4, the same rule along time.

    >>> from sigconv.nets import parse
    >>> colour = build(parse("C4RPF"), InputSpec(3, (8, 8)), classes=2, seed=0)
    >>> grey = adapt_channels(colour, 1)
    >>> x = torch.ones(1, 1, 8, 8)
    >>> torch.allclose(grey(x), colour(x.expand(1, 3, 8, 8)), atol=1e-6)
    True
    """
    one_of("how", how, ("mean", "cycle"))
    before = network.spec.channels
    if how == "cycle" and at_least("channels", channels, 1) < before:
        raise ArgumentError(f"channels is {channels}; 'cycle' needs the {before} of before or more, 'mean' takes fewer")
    made = build(network.net, InputSpec(channels, network.spec.grid), network.rows[-1].channels, seed=0)
    first = _first(network, network.steps)
    with torch.no_grad():
        for row in network.rows:
            target = made.layers[row.name].state_dict()
            layer = row.layer
            takes_input = row.name in first and channels != before
            if takes_input and not _is_dense(layer):
                raise ArgumentError(f"{row.name}, {layer}, takes the input's channels one by one; it cannot be adapted")
            for name, value in network.layers[row.name].state_dict().items():
                if takes_input and name == "weight":
                    value = _adapted(value, before, channels, how)
                if value.shape != target[name].shape:
                    raise ArgumentError(f"{row.name}, {layer}, works on the input's channels; it cannot be adapted")
                target[name].copy_(value)
    like = next(network.parameters(), torch.empty(0))
    return made.to(like.device, like.dtype).train(network.training)


def _adapted(weight: Tensor, before: int, channels: int, how: How) -> Tensor:
    """The first layer's weights for other channels; (outputs, before, *kernel) or (outputs, before times the grid).

    Behind fixed kernels there are several in place of each of the channels, side by side.
    """
    each = weight.reshape(len(weight), before, -1)
    if how == "mean":
        each = (each.sum(dim=1, keepdim=True) / channels).expand(-1, channels, -1)
    else:
        taken = torch.arange(channels) % before
        each = each[:, taken] / torch.bincount(taken)[taken].to(weight)[:, None]
    return each.reshape(len(weight), -1, *weight.shape[2:])


def _is_dense(layer: Layer | Join) -> bool:
    """Whether each of its outputs adds up all channels that it gets, each with weights of its own."""
    if isinstance(layer, Full):
        return layer.kind == "weights"
    return isinstance(layer, Conv) and layer.table is None and layer.groups == 1


def _first(network: Network, steps: Steps) -> set[str]:
    """The layers that the input reaches first, not counting those that treat every channel alike."""
    rows = {row.name: row for row in network.rows}
    for step in steps:
        if isinstance(step, Fork):
            return set().union(*(_first(network, branch) for branch in step.branches))
        if isinstance(rows[step].layer, Conv | ConvTranspose | Full | Norm):
            return {step}
    return set()
