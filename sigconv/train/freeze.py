"""Fine-tuning: the first stages of a network stay as they are while the rest learns."""

from dataclasses import dataclass
from types import MethodType

from torch import nn

from sigconv.errors import ArgumentError
from sigconv.nets.builder import Network
from sigconv.nets.layer_names import Which, layer_name


@dataclass(frozen=True)
class Frozen:
    """How many numbers of a network stay as they are, and how many learn.

    >>> Frozen(frozen=40, unfrozen=12)
    Frozen(frozen=40, unfrozen=12)
    """

    frozen: int
    unfrozen: int


def freeze(network: Network, until: Which) -> Frozen:
    """Keep every layer up to and including one; the layers behind it go on learning.

    A frozen layer's numbers get no gradient, and it stays in evaluation mode whatever network.train() says: its norms
    keep the means that they have, its dropout is silent. `train.fit` then trains what is left.

    Parameters
    ----------
    network : Network; changed in place. What was frozen before behind `until` learns again
    until : a layer's name ("C3"), index, or name as in papers ("conv3", its norm and activation included). Of a layer
        within a branch, everything written before it is frozen, the branches before its own as well

    Returns
    -------
    Frozen, the numbers that are frozen and those that are not

    Raises
    ------
    ArgumentError : no such layer, or no layer behind it that learns

    Source: Yosinski et al. (2014), How transferable are features in deep neural networks?

    >>> from sigconv.nets import InputSpec, build, parse
    >>> freeze(build(parse("C4BRPF"), InputSpec(1, (16,)), classes=3), "conv1")
    Frozen(frozen=24, unfrozen=99)
    """
    last = layer_name(network, until)
    names = [row.name for row in network.rows]
    kept = names[: names.index(last) + 1]
    if not any(row.parameters for row in network.rows[len(kept) :]):
        raise ArgumentError(
            f"until is {until!r}; no layer behind {last} learns, so that nothing would be left to train"
        )
    unfreeze(network)
    for name in kept:
        layer = network.layers[name]
        # what learns without gradients, as the patterns of S-cells, is none of these
        vars(layer)["learning"] = [name for name, parameter in layer.named_parameters() if parameter.requires_grad]
        layer.requires_grad_(False)
        # one method of this one module: network.train() calls it on its way through the layers
        vars(layer)["train"] = MethodType(_stay, layer)
        layer.eval()
    return _counted(network)


def unfreeze(network: Network) -> Frozen:
    """Let every layer learn again that `freeze` keeps.

    network : Network; changed in place. Raises nothing.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> unfreeze(build(parse("C4BRPF"), InputSpec(1, (16,)), classes=3))
    Frozen(frozen=0, unfrozen=123)
    """
    for layer in network.layers.values():
        if vars(layer).pop("train", None) is not None:
            for name in vars(layer).pop("learning"):
                layer.get_parameter(name).requires_grad_(True)
            layer.train(network.training)
    return _counted(network)


def _stay(layer: nn.Module, mode: bool = True) -> nn.Module:  # noqa: ARG001 - train's own signature
    """What a frozen layer does when it is told to train."""
    return nn.Module.train(layer, False)


def _counted(network: Network) -> Frozen:
    numbers = [(p.numel(), p.requires_grad) for p in network.parameters()]
    return Frozen(sum(n for n, learns in numbers if not learns), sum(n for n, learns in numbers if learns))
