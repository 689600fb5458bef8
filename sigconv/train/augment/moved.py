"""Moving: a picture, a few pixels along each of its axes."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from sigconv.errors import ArgumentError
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Moved:
    """Pictures (N, channel, y, x), or all frames of a clip alike, moved by whole pixels; edges are mirrored.

    most : pixels along y and along x, >= 0 and less than the picture's own

    Raises
    ------
    ArgumentError : most below 0, or as many as the picture has (when called)

    >>> import numpy as np
    >>> x, _ = Moved(1)(torch.arange(9.0).reshape(1, 1, 3, 3), torch.zeros(1), [np.random.default_rng(0)])
    >>> x[0, 0].tolist()
    [[3.0, 4.0, 5.0], [6.0, 7.0, 8.0], [3.0, 4.0, 5.0]]
    """

    most: int

    def __post_init__(self) -> None:
        if self.most < 0:
            raise ArgumentError(f"most is {self.most}; a picture moves by 0 pixels or more")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        if self.most >= min(x.shape[-2:]):
            raise ArgumentError(f"most is {self.most} pixels; these pictures have {' x '.join(map(str, x.shape[-2:]))}")
        places = [draw.integers(0, 2 * self.most + 1, 2).tolist() for draw in draws]
        return self._moved(x, places), self._moved(y[:, None], places)[:, 0] if y.ndim == 3 else y

    def _moved(self, x: Tensor, places: list[list[int]]) -> Tensor:
        flat = (x if x.is_floating_point() else x.double()).flatten(1, -3)
        wide = functional.pad(flat, (self.most,) * 4, mode="reflect").to(x.dtype)
        height, width = x.shape[-2:]
        seen = [one[:, a : a + height, b : b + width] for one, (a, b) in zip(wide, places, strict=True)]
        return torch.stack(seen).reshape(x.shape)
