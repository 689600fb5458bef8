"""Flips along grid axes, of windows and their label maps alike."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import drawn, grid_axis, refuse_outside
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Flip:
    """A share of the windows mirrored, along each of some grid axes on its own.

    axes : grid axes, 0 for the first, −1 for the last
    share : of the windows, from 0 to 1
    classes : for each class the number of the one that the mirror makes of it ("left" of "right"), in label maps as
        well; () leaves them. The label −1, which counts for nothing, stays

    >>> import numpy as np
    >>> always = Flip((-1,), share=1.0)
    >>> always(torch.arange(3.0).view(1, 1, 3), torch.tensor([0]), [np.random.default_rng(0)])[0].tolist()
    [[[2.0, 1.0, 0.0]]]
    """

    axes: tuple[int, ...]
    share: float = 0.5
    classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        refuse_outside("share", self.share, 0, 1)
        if not self.axes:
            raise ArgumentError("axes is empty; name the grid axes to flip along, (-1,) for the last")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """The windows, some of them mirrored."""
        u = drawn(draws, len(self.axes))
        for number, axis in enumerate(self.axes):
            at = grid_axis(axis, x)
            turned = torch.from_numpy(u[:, number] < self.share).to(x.device)
            x = torch.where(turned.view(-1, *(1,) * (x.ndim - 1)), x.flip(at), x)
            mirrored = y.flip(at - 1) if y.ndim > 1 else y
            if self.classes:
                table = torch.tensor((*self.classes, -1), device=y.device, dtype=y.dtype)  # [-1] is the last
                mirrored = table[mirrored.long()]
            y = torch.where(turned.to(y.device).view(-1, *(1,) * (y.ndim - 1)), mirrored, y)
        return x, y
