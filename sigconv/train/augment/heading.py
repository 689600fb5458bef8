"""Headings: a body turned about the vertical."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.augment.drawn import between, drawn, for_each, refuse_outside
from sigconv.train.augment.protocol import Draws


@dataclass(frozen=True)
class Heading:
    """Joints turned about the vertical, each window by an angle of its own.

    most : degrees, 0 to 180; the angle lies evenly between -most and most

    Raises
    ------
    ArgumentError : outside this range; channels that are not x, y, z of one joint after another (when called)

    >>> x = torch.tensor([[[1.0], [0.0], [5.0]]])
    >>> turned, _ = Heading(180)(x, torch.zeros(1), [np.random.default_rng(0)])
    >>> float(turned[0, :2].norm()), float(turned[0, 2])
    (1.0, 5.0)
    """

    most: float

    def __post_init__(self) -> None:
        refuse_outside("most", self.most, 0, 180)

    def __call__(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """x : (N, 3 joints, time), each joint's x, y and, upwards, z;  y goes through."""
        angles = for_each(np.radians(between(-self.most, self.most, drawn(draws, 1)[:, 0])), x)
        cos, sin = angles.cos(), angles.sin()
        joints = in_joints(x)
        ahead, left, up = joints.unbind(2)
        return torch.stack([cos * ahead - sin * left, sin * ahead + cos * left, up], 2).reshape(x.shape), y


def in_joints(x: Tensor) -> Tensor:
    """(N, joint, 3, time) view of (N, 3 joints, time).

    Raises
    ------
    ArgumentError : another number of axes, or of channels

    >>> in_joints(torch.zeros(2, 60, 7)).shape
    torch.Size([2, 20, 3, 7])
    """
    if x.ndim != 3 or x.shape[1] % 3:
        raise ArgumentError(f"x has shape {tuple(x.shape)}; joints are (N, 3 a joint, time)")
    return x.reshape(len(x), -1, 3, x.shape[-1])
