"""Forward kinematics: where the joints of a skeleton are when its bones turn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def about(axis: int, angles: Array) -> Array:
    """(..., 3, 3) matrices that turn by `angles` (radians, right-handed) about x (0), y (1) or z (2).

    >>> np.round(about(2, np.array(np.pi / 2)) @ [1, 0, 0], 12) + 0.0
    array([0., 1., 0.])
    """
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.zeros((*angles.shape, 3, 3))
    turn[..., axis, axis] = 1
    turn[..., i, i] = turn[..., j, j] = np.cos(angles)
    turn[..., j, i] = np.sin(angles)
    turn[..., i, j] = -turn[..., j, i]
    return turn


def forward(parents: Sequence[int], shifts: Array, turns: Array) -> Array:
    """(joint, 3, frame) positions of the joints.

    Each joint hangs at `shifts` in its parent's frame and turns what hangs on it:
        world turn = parent's world turn @ turn;  position = parent's position + parent's world turn @ shift

    Parameters
    ----------
    parents : a number below its own for each joint, or -1 for a root
    shifts : (joint, frame, 3), or (joint, 1, 3) for bones that keep their length
    turns : (joint, frame, 3, 3) rotation matrices

    >>> turns = about(2, np.full((2, 1), np.pi / 2))
    >>> np.round(forward([-1, 0], np.array([[[0, 0, 0]], [[1, 0, 0]]]), turns)[1, :, 0], 12) + 0.0
    array([0., 1., 0.])
    """
    frames = turns.shape[1]
    world: list[Array] = []
    places = np.empty((len(parents), 3, frames))
    for joint, parent in enumerate(parents):
        if parent < 0:
            world.append(turns[joint])
            places[joint] = shifts[joint].T
        else:
            world.append(world[parent] @ turns[joint])
            places[joint] = places[parent] + (world[parent] @ shifts[joint][..., None])[..., 0].T
    return places
