"""How much of every class each window shows."""

from typing import Any

import numpy as np

from sigconv.train.task import Task, refuse_map
from sigconv.windows import Loaded, Windows

Counts = np.ndarray[Any, np.dtype[np.int64]]


def contents(windows: Windows | Loaded, task: Task) -> Counts:
    """A table of how often each window shows each class: (window, class) int64.

    Label maps are read one window at a time, so that memory is that of the table.

    Raises
    ------
    ArgumentError : a label that is no class

    >>> task = Task(classes=3, maps=False)
    >>> contents(Loaded(np.zeros((2, 1, 4)), np.array([2, -1]), ("a", "b"), ("x", "y", "z")), task).tolist()
    [[0, 0, 1], [0, 0, 0]]
    """
    table = np.zeros((len(windows), task.classes), np.int64)
    if not task.maps:
        labels = np.asarray(windows.labels, np.int64)
        known = np.flatnonzero(labels >= 0)
        table[known, labels[known]] = 1
        return table
    for index in range(len(windows)):
        labels = windows.wanted([index])[0]
        refuse_map(labels, task.classes)
        table[index] = np.bincount(labels[labels >= 0].ravel(), minlength=task.classes)
    return table


def balanced_weights(table: Counts) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """A weight for every class, inverse to how often it is shown, 1 in the mean over what is shown; 0 if never.

    table : as `contents` gives.  Returns (class) float32

    Same as: class_weight="balanced" of scikit-learn.

    >>> balanced_weights(np.array([[4, 0], [0, 0], [0, 1], [3, 0]])).tolist()
    [0.5714285..., 4.0]
    """
    shown = table.sum(0)
    present = shown > 0
    return np.where(present, shown.sum() / (present.sum() * np.maximum(shown, 1)), 0).astype(np.float32)
