"""What is asked of a network: one input, and one of the scores that it gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError, ShapeError, nearest
from sigconv.nets import Network
from sigconv.nets.layer_values import evaluating, refuse_other
from sigconv.nets.tree import Softmax
from sigconv.signal import Signal


@dataclass(frozen=True, eq=False)
class Question:
    """Why does the network give this input this score?

    Attributes
    ----------
    network : in evaluation mode as long as it is explained
    signal : (channel, *grid), the input as the network sees it
    number : the class, an index into the scores
    name : the class' name
    probability : 0 … 1, of the class, for this input (of a label map: the mean where it is asked about)
    where : None, or for a network that gives a label map the (*grid) bool tensor of the places asked about
    """

    network: Network
    signal: Signal
    number: int
    name: str
    probability: float
    where: Tensor | None = None

    @property
    def x(self) -> Tensor:
        """(1, channel, *grid) in the precision and on the device of the weights."""
        return as_input(self.network, self.signal.data)

    def score(self, x: Tensor) -> Tensor:
        """(N, channel, *grid) -> (N,), the network's output for the class; of a label map its mean where asked."""
        given: Tensor = self.network(x)[:, self.number]
        return given if self.where is None else given[:, self.where].mean(dim=1)


def ask(
    network: Network, signal: Signal, which: str | int | None = None, classes: Sequence[str] = (), where: Any = None
) -> Question:
    """A question about one input.

    Parameters
    ----------
    network : as `nets.build` makes it;  signal : (channel, *grid) as its spec says, every number finite
    which : a name in `classes`, an index, or None for the class of the highest score
    classes : a name for each score, or none: their numbers
    where : for a network that gives a label map (one score a class and place), the places asked about, (*grid) bool;
        None: those where the class wins, or all if it wins nowhere

    Raises
    ------
    ShapeError : another input than the network takes; not a name for each score; `where` of another grid or empty
    ArgumentError : no such class (those there are named); an input with NaN or infinity

    >>> from sigconv.nets import InputSpec, build, parse
    >>> network = build(parse("C2RF"), InputSpec(1, (8,)), classes=2, seed=0)
    >>> ask(network, Signal.from_array(np.ones(8), fs=1), "walk", ["rest", "walk"]).number
    1
    """
    x = as_input(network, signal.data)
    if not bool(x.isfinite().all()):
        raise ArgumentError("signal holds NaN or infinity; fill its gaps first, as in training")
    with evaluating(network), torch.no_grad():
        scores = network(x)[0]
    names = tuple(classes) or tuple(str(i) for i in range(len(scores)))
    if len(names) != len(scores):
        raise ShapeError(f"classes has {len(names)} names; the network gives {len(scores)} scores, a name for each")
    per_class = scores.flatten(1).mean(1) if scores.ndim > 1 else scores
    number = int(per_class.argmax()) if which is None else _number(which, names)
    odds = (scores if isinstance(network.rows[-1].layer, Softmax) else scores.softmax(0))[number]
    places = _places(scores, number, where)
    probability = float(odds if places is None else odds[places].mean())
    return Question(network, signal, number, names[number], probability, places)


def as_input(network: Network, data: Any) -> Tensor:
    """(channel, *grid) array -> (1, channel, *grid) tensor as the network takes it.

    Raises
    ------
    ShapeError : not as the network's spec says
    """
    like = next(network.parameters(), torch.empty(0))
    x = torch.as_tensor(np.ascontiguousarray(data) if isinstance(data, np.ndarray) else data)[None]
    refuse_other(network, x)
    return x.to(like.device, like.dtype)


def _number(which: str | int, names: tuple[str, ...]) -> int:
    if isinstance(which, str) and which in names:
        return names.index(which)
    if isinstance(which, int) and not isinstance(which, bool) and 0 <= which < len(names):
        return which
    raise ArgumentError(f"class is {which!r}{nearest(str(which), names)}; this model knows: {', '.join(names)}")


def _places(scores: Tensor, number: int, where: Any) -> Tensor | None:
    if scores.ndim == 1:
        if where is not None:
            raise ShapeError("where is given, but the network gives one score a class and no label map; leave it out")
        return None
    if where is None:
        won = scores.argmax(0) == number
        return won if bool(won.any()) else torch.ones_like(won)
    places = torch.as_tensor(np.asarray(where), dtype=torch.bool, device=scores.device)
    if places.shape != scores.shape[1:] or not bool(places.any()):
        raise ShapeError(
            f"where has shape {tuple(places.shape)} and {int(places.sum())} places; it is a mask of one place or more "
            f"on the grid {tuple(scores.shape[1:])}"
        )
    return places
