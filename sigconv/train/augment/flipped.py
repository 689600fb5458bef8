"""Flipping: windows mirrored along axes that have no sense of direction."""

from dataclasses import dataclass

from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Flipped:
    """Windows mirrored along each of some grid axes, as often as not, label maps with them.

    axes : of the grid, from 0;  (N, channel, *grid) windows, classes (N) or label maps (N, *grid)

    Raises
    ------
    ArgumentError : an axis that is named twice, below 0, or not there (when called)

    >>> import numpy as np, torch
    >>> draws = [np.random.default_rng(seed) for seed in (0, 3)]
    >>> x, _ = Flipped((0,))(torch.arange(6.0).reshape(2, 1, 3), torch.zeros(2), draws)
    >>> x[:, 0].tolist()
    [[0.0, 1.0, 2.0], [5.0, 4.0, 3.0]]
    """

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(set(self.axes)) < len(self.axes) or any(axis < 0 for axis in self.axes):
            raise ArgumentError(f"axes is {self.axes}; allowed: numbers of grid axes from 0, each once")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        if any(axis >= x.ndim - 2 for axis in self.axes):
            raise ArgumentError(f"axes is {self.axes}; these windows have the grid axes 0 to {x.ndim - 3}")
        x, y = x.clone(), y.clone()
        for i, draw in enumerate(draws):
            chosen = [axis for axis in self.axes if draw.random() < 0.5]
            if chosen:
                x[i] = x[i].flip([axis + 1 for axis in chosen])
                if y.ndim > 1:
                    y[i] = y[i].flip(chosen)
        return x, y
