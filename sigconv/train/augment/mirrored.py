"""Mirroring: a window, left and right exchanged, as often as not."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Mirrored:
    """Windows mirrored along their last axis with probability 1/2, label maps with them.

    classes : for each class the number of the one that the mirror makes of it ("left" of "right"); () leaves them

    >>> import numpy as np, torch
    >>> draws = [np.random.default_rng(seed) for seed in (0, 3)]
    >>> x, _ = Mirrored()(torch.arange(6.0).reshape(2, 1, 3), torch.zeros(2), draws)
    >>> x[:, 0].tolist()
    [[0.0, 1.0, 2.0], [5.0, 4.0, 3.0]]
    """

    classes: tuple[int, ...] = ()

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The batch made anew."""
        chosen = [i for i, draw in enumerate(draws) if draw.random() < 0.5]
        x = x.clone()
        x[chosen] = x[chosen].flip(-1)
        if y.ndim > 1 or self.classes:
            y = y.clone()
            y[chosen] = y[chosen].flip(-1) if y.ndim > 1 else torch.tensor(self.classes, device=y.device)[y[chosen]]
        return x, y
