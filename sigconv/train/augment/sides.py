"""Sides: a body seen in a mirror, its left being its right."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import drawn
from sigconv.train.augment.heading import in_joints
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Sides:
    """Windows of joints mirrored with probability 1/2, and their classes with them.

    joints : for each joint the number of the one that stands in its place in the mirror
    classes : for each class the number of the one that the mirror makes of it ("turn left" of "turn right")

    Raises
    ------
    ArgumentError : numbers that are not each other's; other joints than the windows have (when called)

    >>> import numpy as np
    >>> x, y = Sides(joints=(1, 0), classes=(1, 0))(
    ...     torch.arange(6.0).reshape(1, 6, 1), torch.tensor([0]), [np.random.default_rng(3)])
    >>> x.ravel().tolist(), y.tolist()
    ([3.0, -4.0, 5.0, 0.0, -1.0, 2.0], [1])
    """

    joints: tuple[int, ...]
    classes: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, others in (("joints", self.joints), ("classes", self.classes)):
            if not _paired(others):
                raise ArgumentError(f"{name} is {others}; each has the number of its counterpart, or its own")

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, 3 joints, time), each joint's x, y to the left, and z;  y : (N) classes."""
        joints = in_joints(x)
        if joints.shape[1] != len(self.joints):
            raise ArgumentError(f"x has {joints.shape[1]} joints; this mirror knows {len(self.joints)}")
        chosen = torch.from_numpy(drawn(draws, 1)[:, 0] < 0.5).to(x.device)
        signs = torch.tensor([1.0, -1.0, 1.0]).to(x)[:, None]
        seen = (joints[:, list(self.joints)] * signs).reshape(x.shape)
        other = torch.tensor(self.classes, device=y.device)[y]
        return torch.where(chosen[:, None, None], seen, x), torch.where(chosen.to(y.device), other, y)


def _paired(others: Sequence[int]) -> bool:
    return all(0 <= other < len(others) and others[other] == number for number, other in enumerate(others))
