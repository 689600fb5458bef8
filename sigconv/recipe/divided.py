"""Dividing: the splits that [run] asks for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sigconv.errors import SplitError
from sigconv.recipe.tables import Run
from sigconv.windows import Split, by_part, group_folds, holdout, leave_one_group_out

Indices = np.ndarray[Any, Any]


def splits_of(
    run: Run, groups: Sequence[str], parts: Sequence[str], labels: Sequence[Any] | None = None
) -> list[Split]:
    """The splits that [run] asks for; none shares a group between its sides.

    groups, parts : of each window or recording
    labels : of each, to keep the classes' shares alike; None where there are none

    >>> [split.test.tolist() for split in splits_of(Run(hold_out="each"), ["a", "b"], ())]
    [[0], [1]]
    """
    how = held_out(run, parts)
    if how == "each":
        return leave_one_group_out(groups, run.together)
    if how == "part":
        return [by_part(parts or ("",) * len(groups), groups)]
    if how == "share":
        return [holdout(groups, run.share, seed=0, labels=labels)]
    return group_folds(groups, run.folds, seed=0, labels=labels)


def apart(run: Run, groups: Sequence[str], labels: Sequence[Any] | None = None) -> tuple[Indices, Indices]:
    """A training side parted again: what is trained on, and what chooses the epoch, nothing unless run.validation says.

    groups, labels : of each window or recording of the training side

    >>> [side.tolist() for side in apart(Run(validation=0.5), ["a", "b"])]
    [[0], [1]]
    """
    if not run.validation:
        return np.arange(len(groups)), np.arange(0)
    split = holdout(groups, run.validation, seed=0, labels=labels)
    return split.train, split.test


def refuse_untaught(split: Split, missing: Sequence[str], what: str) -> None:
    """Refuse to hold out what alone shows a class: a network would be asked for one that it never met.

    missing : classes that nothing on the training side shows;  what : is trained on, as "window"

    Raises
    ------
    SplitError : some are missing
    """
    if missing:
        raise SplitError(
            f"with {split.name!r} held out, no training {what} shows {', '.join(missing[:8])}; each class needs one: "
            "add recordings of it in other groups, or hold out another way (run.hold_out)"
        )


def held_out(run: Run, parts: Sequence[str]) -> str:
    """What [run] holds out: "each", "folds", "part" or "share"; "auto" is the parts where both are defined."""
    if run.hold_out == "auto":
        return "part" if {"train", "test"} <= set(parts) else "share"
    return run.hold_out
