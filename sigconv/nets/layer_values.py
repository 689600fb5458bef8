"""What the layers inside a network answer, for as many examples as wanted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.builder import Network
from sigconv.nets.fused import Fork, Steps
from sigconv.nets.layer_names import Which, layer_name


def features(
    network: Network, x: Any, layers: Which | Sequence[Which], *, batch: int = 64, gradients: bool = False
) -> Any:
    """The outputs of some layers for many examples, in evaluation mode.

    No layer is computed that none of them needs, and beside the answers no more than one batch is in memory.

    Parameters
    ----------
    network : Network; every module of it is in the mode afterwards that it was in before
    x : (N, channels, *grid) tensor or array of numbers, on any device
    layers : a name ("F2"), an index (-2), a name as in papers ("fc7", see nets/layer_names.py), or several of them
    batch : int >= 1, examples at a time
    gradients : whether they can be differentiated; the intermediate results of all batches stay in memory then

    Returns
    -------
    (N, channels of the layer, *its grid) tensor on x's device, in the precision of the weights; for several layers a
    dict of them under the names as given

    Raises
    ------
    ShapeError : x is not as the network's spec says;  ArgumentError : no such layer, no layers, batch below 1

    >>> from sigconv.nets import InputSpec, build, parse
    >>> network = build(parse("C4RPF8RF"), InputSpec(1, (16, 16)), classes=3, seed=0)
    >>> found = features(network, torch.zeros(5, 1, 16, 16), ("C1", "fc2", -1))
    >>> {name: tuple(value.shape) for name, value in found.items()}
    {'C1': (5, 4, 16, 16), 'fc2': (5, 8), -1: (5, 3)}
    """
    asked = [layers] if isinstance(layers, str | int) else list(layers)
    if not asked:
        raise ArgumentError("layers is empty; name one layer or more, such as -2 or 'C1'")
    names = {which: layer_name(network, which) for which in asked}
    given = torch.as_tensor(x)
    refuse_other(network, given)
    like = next((p for p in network.parameters()), given if given.is_floating_point() else torch.empty(0))
    wanted = frozenset(names.values())
    joined: dict[str, Tensor] = {}
    with evaluating(network), torch.set_grad_enabled(gradients):
        for first in range(0, max(1, len(given)), at_least("batch", batch, 1)):
            trip = _Trip(network, wanted)
            trip.along(network.steps, given[first : first + batch].to(like.device, like.dtype), False)
            for name, value in trip.kept.items():
                if first == 0:
                    # written into one place as it comes: to join the batches at the end would need the memory twice
                    joined[name] = given.new_empty((len(given), *value.shape[1:]), dtype=value.dtype)
                joined[name][first : first + batch] = value
    found = {which: joined[name] for which, name in names.items()}
    return found[layers] if isinstance(layers, str | int) else found


def refuse_other(network: Network, x: Tensor) -> None:
    """A ShapeError unless x is a batch as the network's spec says.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> refuse_other(build(parse("C"), InputSpec(1, (8,))), torch.zeros(2, 1, 8))
    """
    wanted = (network.spec.channels, *network.spec.grid)
    if x.ndim != len(wanted) + 1 or tuple(x.shape[1:]) != wanted:
        needed = ", ".join(["N", *map(str, wanted)])
        raise ShapeError(f"x has shape {tuple(x.shape)}; this net takes ({needed}): a batch, channels, grid")


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; each module goes back to its own mode afterwards.

    >>> network = nn.Sequential(nn.Dropout())
    >>> with evaluating(network):
    ...     network.training
    False
    """
    before = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


class _Trip:
    """One batch on its way through the net, as far as the wanted layers need it."""

    def __init__(self, network: Network, wanted: frozenset[str]) -> None:
        self.network, self.wanted = network, wanted
        self.kept: dict[str, Tensor] = {}

    def along(self, steps: Steps, x: Tensor, whole: bool) -> Tensor:
        """What the steps give if `whole` says that it is needed, else what the last wanted one of them gives."""
        last = len(steps) if whole else max((i for i, step in enumerate(steps) if self._holds(step)), default=-1)
        for i, step in enumerate(steps[: last + 1]):
            if not isinstance(step, Fork):
                x = self._keep(step, self.network.layers[step](x))
                continue
            joined = i < last or step.name in self.wanted
            ends = [self.along(branch, x, joined) for branch in step.branches]
            if joined:
                x = self._keep(step.name, self.network.layers[step.name](*ends))
        return x

    def _keep(self, name: str, value: Tensor) -> Tensor:
        if name in self.wanted:
            self.kept[name] = value
        return value

    def _holds(self, step: str | Fork) -> bool:
        if not isinstance(step, Fork):
            return step in self.wanted
        return step.name in self.wanted or any(self._holds(inner) for branch in step.branches for inner in branch)
