"""Covering: a square of a picture is hidden, so that no single detail decides."""

from dataclasses import dataclass

from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Covered:
    """Pictures (N, channel, y, x) with a square set to 0, its middle anywhere in the picture.

    side : pixels, >= 1

    Raises
    ------
    ArgumentError : side below 1

    Source: DeVries & Taylor (2017), Improved regularization of convolutional neural networks with cutout,
    arXiv:1708.04552.

    >>> import numpy as np, torch
    >>> x, _ = Covered(2)(torch.ones(1, 1, 3, 3), torch.zeros(1), [np.random.default_rng(0)])
    >>> x[0, 0].tolist()
    [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    side: int

    def __post_init__(self) -> None:
        if self.side < 1:
            raise ArgumentError(f"side is {self.side}; a square that covers has 1 pixel or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        x = x.clone()
        for one, draw in zip(x, draws, strict=True):
            a, b = (int(draw.random() * n) - self.side // 2 for n in x.shape[-2:])
            one[:, max(0, a) : a + self.side, max(0, b) : b + self.side] = 0
        return x, y
