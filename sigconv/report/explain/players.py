"""Pieces of an input that are taken away as a whole: the players of a game whose outcome is the score."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ShapeError
from sigconv.signal import Signal

Integers = np.ndarray[Any, np.dtype[np.int64]]


class Players(Protocol):
    """A way to cut an input into pieces."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of each piece, in the input's units."""

    def without(self, present: Tensor, x: Tensor, baseline: Tensor) -> Tensor:
        """(N, players) of 0 and 1 -> (N, channel, *grid): x where present, the baseline where not."""

    def spread(self, values: Any, signal: Signal) -> Signal:
        """(players,) values as a Signal whose numbers sum to theirs."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Pieces that are places: each number of the input belongs to one group.

    Parameters
    ----------
    names : one for each group
    numbers : (channel, *grid) int, the group of each number, 0 … len(names) - 1; every group has one or more;
        (1, *grid) where all channels go together

    Raises
    ------
    ShapeError : a group without a place, or a number that is none

    >>> Groups(("left", "right"), np.array([[0, 0, 1, 1]])).names
    ('left', 'right')
    """

    names: tuple[str, ...]
    numbers: Integers

    def __post_init__(self) -> None:
        known = self.numbers.min() >= 0
        counts = np.bincount(self.numbers.ravel(), minlength=len(self.names)) if known else np.zeros(0)
        if len(counts) != len(self.names) or not counts.all():
            raise ShapeError(f"numbers must hold each of 0 to {len(self.names) - 1}, and nothing else")

    def without(self, present: Tensor, x: Tensor, baseline: Tensor) -> Tensor:
        """(N, groups) of 0 and 1 -> (N, channel, *grid)"""
        where = torch.as_tensor(self.numbers, device=x.device)
        return torch.where(present.bool()[:, where], x, baseline)

    def spread(self, values: Any, signal: Signal) -> Signal:
        """Each group's value shared out evenly among its numbers."""
        shape = np.broadcast_shapes(self.numbers.shape, signal.shape)
        numbers = np.broadcast_to(self.numbers, shape)
        share = np.asarray(values) / np.bincount(numbers.ravel(), minlength=len(self.names))
        return signal.with_data(share[numbers], unit="")
