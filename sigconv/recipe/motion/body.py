"""A body's left and right, which tell the way it faces."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sigconv.recipe.mirrored import mirror, mirrored_name

Array = np.ndarray[Any, Any]

_STEADY = 0.01  # m, by which the distance of two joints varies anyhow


def lefts(names: Sequence[str]) -> list[tuple[int, int]]:
    """(left, right) numbers of the joints that mirror each other.

    >>> lefts(["Head", "Hand_R", "Hand_L"])
    [(2, 1)]
    """
    other = mirror(names)
    return [(i, j) for i, j in enumerate(other) if i != j and _is_left(names[i])]


def upright(places: Array, up: str) -> Array:
    """(joint, 3, frame) with the third coordinate upwards, right-handed still.

    up : "x", "y" or "z", the axis that points upwards in what is given

    >>> upright(np.array([[[1.0], [2.0], [3.0]]]), "y").ravel().tolist()
    [3.0, 1.0, 2.0]
    """
    last = "xyz".index(up)
    return places[:, [(last + 1) % 3, (last + 2) % 3, last]]


def facing(places: Array, pairs: Sequence[tuple[int, int]]) -> Array:
    """(frame) which way a body looks, rad from the first axis towards the second.

    It looks to where its left joints are left of its right ones. Pairs that keep their distance, as hips and shoulders
    do, count more than hands and feet that swing.

    places : (joint, 3, frame) m, the third coordinate upwards;  pairs : (left, right) numbers of joints, one or more

    >>> places = np.array([[[0.0], [1.0], [0.0]], [[0.0], [-1.0], [0.0]]])
    >>> abs(float(facing(places, [(0, 1)])[0]))
    0.0
    """
    left, right = (list(side) for side in zip(*pairs, strict=True))
    apart = places[left] - places[right]
    weights = 1 / (np.linalg.norm(apart, axis=1).var(-1) + _STEADY**2)
    x, y = np.tensordot(weights, apart[:, :2], 1)
    return np.asarray(np.arctan2(-x, y))


def turned(places: Array, angle: float) -> Array:
    """(joint, 3, frame) turned about the third axis by `angle`, rad, from the first axis towards the second."""
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ places)


def _is_left(name: str) -> bool:
    """Whether the first thing in which a name and its mirror image differ is an L."""
    return next((a for a, b in zip(name, mirrored_name(name), strict=False) if a != b), "").lower() == "l"
