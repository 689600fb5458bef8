"""Training and test by group: a subject, recording, speaker or scan is on one side only."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, ShapeError, SplitError, one_number


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


def leave_one_group_out(groups: Sequence[str], together: int = 1) -> list[Split]:
    """One split for every group, in order of first appearance: that group is the test set, the others train.

    Parameters
    ----------
    groups : of each window or recording
    together : int >= 1, groups in a row that are tested at once, the first behind the last; each is then in as many
        test sets

    Raises
    ------
    SplitError : fewer than two groups, or none that is left to train on
    ArgumentError : together below 1

    >>> [(s.name, s.test.tolist()) for s in leave_one_group_out(["a", "a", "b"])]
    [('a', [0, 1]), ('b', [2])]
    >>> [s.name for s in leave_one_group_out(["a", "b", "c"], together=2)]
    ['a, b', 'b, c', 'c, a']
    """
    if together < 1:
        raise ArgumentError(f"together is {together}; allowed: 1 or more")
    names = list(dict.fromkeys(groups))
    _two_or_more(names)
    if len(names) <= together:
        raise SplitError(f"{together} groups are tested together and there are {len(names)}: none is left to train on")
    rows = [(names + names)[first : first + together] for first in range(len(names))]
    tested = [np.isin(groups, row) for row in rows]
    return [
        checked(Split(", ".join(row), np.flatnonzero(~inside), np.flatnonzero(inside)), groups)
        for row, inside in zip(rows, tested, strict=True)
    ]


def holdout(groups: Sequence[str], fraction: float, seed: int, labels: Sequence[Any] | None = None) -> Split:
    """One split with about `fraction` of the groups, drawn at random, as the test set.

    Parameters
    ----------
    groups : of each window or recording
    fraction : 0 < fraction < 1; with `labels`, of the windows, as near as some of up to ten folds come
    seed : int >= 0; the same seed draws the same groups
    labels : of each window, to keep the classes' shares alike on both sides; None to draw without looking

    Raises
    ------
    ArgumentError : fraction outside its range
    SplitError : fewer than two groups
    ShapeError : not as many labels as groups

    Same as: sklearn.model_selection.GroupShuffleSplit; with labels the first fold of StratifiedGroupKFold.

    >>> holdout(["a", "a", "b", "c"], 1 / 3, seed=0).test.tolist()
    [3]
    """
    share = one_number("fraction", fraction, "above 0 and below 1")
    if not 0 < share < 1:
        raise ArgumentError(f"fraction is {fraction!r}; it is above 0 and below 1")
    _two_or_more(groups)
    name = f"{share:g} held out"
    if labels is not None:
        folds, tested = _nearest(share, len(set(groups)))
        of = [fold.test for fold in group_folds(groups, folds, seed, labels)]
        sides = (np.sort(np.concatenate(side)) for side in (of[tested:], of[:tested]))
        return checked(Split(name, *sides), groups)
    from sklearn.model_selection import GroupShuffleSplit

    count = len(set(groups))
    size = min(max(round(share * count), 1), count - 1)
    draw = GroupShuffleSplit(n_splits=1, test_size=size, random_state=seed)
    train, test = next(draw.split(np.zeros(len(groups)), groups=np.asarray(groups)))
    return checked(Split(name, train, test), groups)


def _nearest(share: float, groups: int) -> tuple[int, int]:
    """The fewest folds of which some come within a hundredth of a share, else those that come nearest; and how many.

    >>> _nearest(0.4, 60), _nearest(0.33, 12), _nearest(0.9, 2)
    ((5, 2), (3, 1), (2, 1))
    """
    every = [(folds, min(max(round(share * folds), 1), folds - 1)) for folds in range(2, min(groups, 10) + 1)]
    off = [abs(tested / folds - share) for folds, tested in every]
    return next((each for each, far in zip(every, off, strict=True) if far <= 0.01), every[int(np.argmin(off))])


def group_folds(groups: Sequence[str], k: int, seed: int, labels: Sequence[Any] | None = None) -> list[Split]:
    """`k` splits; each group is in the test set of one of them, and the test sets are about equally large.

    Parameters
    ----------
    groups : of each window or recording
    k : int, 2 to the number of groups
    seed : int >= 0; groups are shuffled by it
    labels : of each window, to keep the classes' shares alike in every fold as far as the groups allow

    Raises
    ------
    ArgumentError : k outside its range
    SplitError : fewer than two groups
    ShapeError : not as many labels as groups

    Same as: sklearn.model_selection.StratifiedGroupKFold(k, shuffle=True, random_state=seed); GroupKFold where that
    leaves a fold empty.

    >>> [fold.test.tolist() for fold in group_folds(["a", "a", "b", "b"], 2, seed=0)]
    [[2, 3], [0, 1]]
    """
    _two_or_more(groups)
    count = len(set(groups))
    if not 2 <= k <= count:
        raise ArgumentError(
            f"k is {k}; there are {count} groups: allowed are 2 to {count} folds (in a recipe: run.folds)"
        )
    classes = np.zeros(len(groups), int) if labels is None else np.unique(np.asarray(labels), return_inverse=True)[1]
    if len(classes) != len(groups):
        raise ShapeError(f"labels has {len(classes)} for {len(groups)} windows; give one each")
    # scikit-learn refuses k above the size of every class, which says nothing where groups are divided
    if np.bincount(classes).max() < k:
        classes = np.zeros(len(groups), int)
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    folds = StratifiedGroupKFold(k, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class in fewer groups than folds
        found = list(folds.split(np.zeros(len(groups)), classes, np.asarray(groups)))
    if not all(len(test) for _, test in found):  # balanced shares were more to it than a group for every fold
        found = list(GroupKFold(k, shuffle=True, random_state=seed).split(groups, groups=np.asarray(groups)))
    return [checked(Split(f"fold {i + 1} of {k}", *pair), groups) for i, pair in enumerate(found)]


def by_part(parts: Sequence[str], groups: Sequence[str], train: str = "train", test: str = "test") -> Split:
    """The split that a data set defines: the windows of part `train`, and those of part `test`.

    Windows of other parts ("val", "") are on neither side.

    Raises
    ------
    SplitError : a part that no window has (those there are, are listed), or a group in both
    ShapeError : not as many parts as groups

    >>> by_part(["train", "test", "val"], ["a", "b", "c"]).test.tolist()
    [1]
    """
    if len(parts) != len(groups):
        raise ShapeError(f"parts has {len(parts)} for {len(groups)} windows; give one each")
    there = sorted({part for part in parts if part})
    for name in (train, test):
        if name not in there:
            raise SplitError(f"no window is in part {name!r}; the parts are {', '.join(there) or 'not defined'}")
    each = np.asarray(parts)
    return checked(Split(test, np.flatnonzero(each == train), np.flatnonzero(each == test)), groups)


def _two_or_more(groups: Sequence[str]) -> None:
    if len(set(groups)) < 2:
        raise SplitError(
            f"there is one group only ({', '.join(set(groups)) or 'none'}): nothing could be held out; "
            "add recordings, or group by recording where there is one subject (in a recipe: data.group=recording)"
        )
