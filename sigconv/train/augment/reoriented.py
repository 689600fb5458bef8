"""Reorienting: a window as it looks from another side, which no number of it changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from sigconv.errors import ArgumentError, ShapeError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Reoriented:
    """Windows with some axes of their grid exchanged and mirrored at random, label maps with them.

    Two axes give the eight symmetries of a square (quarter turns and mirror images), three the 48 of a cube; one axis
    is mirrored as often as not.

    axes : of the grid, from the end: (-2, -1) are y and x; exchanged ones are equally long

    Raises
    ------
    ArgumentError : no axes, one twice, or one that is not below 0
    ShapeError : windows with fewer axes, or of unequal length along these (when called)

    >>> import numpy as np, torch
    >>> x = torch.tensor([[[[1, 2], [3, 4]]]])
    >>> Reoriented((-2, -1))(x, torch.zeros(1), [np.random.default_rng(1)])[0].tolist()
    [[[[2, 1], [4, 3]]]]
    """

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", tuple(self.axes))
        if not self.axes or max(self.axes) >= 0 or len(set(self.axes)) < len(self.axes):
            raise ArgumentError(
                f"axes is {self.axes}; allowed: axes of the grid counted from the end, each below 0, once"
            )

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        if max(-axis for axis in self.axes) > x.ndim - 2 or len({x.shape[axis] for axis in self.axes}) > 1:
            raise ShapeError(
                f"axes is {self.axes}, and the windows have {tuple(x.shape[2:])}; only equal ones exchange"
            )
        maps = y.ndim == x.ndim - 1
        x, y = x.clone(), y.clone() if maps else y
        for i, draw in enumerate(draws):
            order = draw.permutation(len(self.axes)).tolist()
            mirrored = (draw.random(len(self.axes)) < 0.5).tolist()
            x[i] = self._seen(x[i], order, mirrored)
            if maps:
                y[i] = self._seen(y[i], order, mirrored)
        return x, y

    def _seen(self, one: Tensor, order: Sequence[int], mirrored: Sequence[bool]) -> Tensor:
        places = list(range(one.ndim))
        for axis, other in zip(self.axes, order, strict=True):
            places[axis] = one.ndim + self.axes[other]
        return one.permute(places).flip([axis for axis, flip in zip(self.axes, mirrored, strict=True) if flip])
