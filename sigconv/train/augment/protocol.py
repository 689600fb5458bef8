"""What augmentation is: a function of a batch and of one generator for each of its windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

Draws = Sequence[np.random.Generator]


class Augment(Protocol):
    """A batch made anew: (x, y) of the same shapes, the given ones left as they are.

    x : (N, channel, *grid) float32;  y : (N) classes or (N, *grid) label maps, int64
    draws : a generator for each window; window i uses draws[i] alone, and takes as many numbers from it whatever they
        turn out to be, so that what happens to a window does not depend on the others
    """

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""


@dataclass(frozen=True)
class Composed:
    """Techniques one after the other; see `compose`."""

    steps: tuple[Augment, ...]

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew by each in turn."""
        for step in self.steps:
            x, y = step(x, y, draws)
        return x, y


def compose(*steps: Augment) -> Composed:
    """Techniques one after the other, as one.

    >>> import torch
    >>> compose(lambda x, y, draws: (2 * x, y), lambda x, y, draws: (x + 1, y))(torch.ones(1), None, [])[0]
    tensor([3.])
    """
    return Composed(steps)
