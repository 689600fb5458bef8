"""Training and test by group: a subject, recording, speaker or scan is on one side only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.errors import SplitError


@dataclass(frozen=True, eq=False)
class Split:
    """One division into training and test windows.

    name : the group(s) left out;  train, test : int64 indices
    """

    name: str
    train: Any
    test: Any


def checked(split: Split, groups: Sequence[str]) -> Split:
    """The split itself, or a SplitError naming a group that stands on both sides, or the empty side."""
    train, test = ({groups[i] for i in side} for side in (split.train, split.test))
    if shared := train & test:
        raise SplitError(f"split {split.name!r} has {', '.join(sorted(shared)[:5])} in both training and test")
    if not train or not test:
        raise SplitError(f"split {split.name!r} leaves {'training' if not train else 'test'} without a window")
    return split


def leave_one_group_out(groups: Sequence[str]) -> list[Split]:
    """One split for every group, in order of first appearance: that group is the test set, the others train.

    Raises
    ------
    SplitError : fewer than two groups

    >>> [(s.name, s.test.tolist()) for s in leave_one_group_out(["a", "a", "b"])]
    [('a', [0, 1]), ('b', [2])]
    """
    names = list(dict.fromkeys(groups))
    if len(names) < 2:
        raise SplitError(
            f"there is one group only ({', '.join(names) or 'none'}): nothing could be held out; "
            "add recordings, or group by recording where there is one subject (in a recipe: data.group=recording)"
        )
    each = np.asarray(groups)
    return [checked(Split(n, np.flatnonzero(each != n), np.flatnonzero(each == n)), groups) for n in names]
