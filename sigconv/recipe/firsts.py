"""The first windows of every class, to be drawn."""

from typing import Any

import numpy as np

from sigconv.windows import Loaded, Windows


def firsts(windows: Windows | Loaded, each: int = 1, most: int | None = None) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Numbers of the first `each` windows of every class that is shown, one class after the other.

    most : classes, the first of them; None for all

    >>> told = Loaded(np.zeros((5, 1, 2), np.float32), np.array([2, 0, 0, 2, 2]), ("g",) * 5, ("a", "b", "c"))
    >>> firsts(told, each=2).tolist()
    [1, 2, 0, 3]
    """
    labels = np.asarray(windows.labels)
    return np.concatenate([np.flatnonzero(labels == number)[:each] for number in np.unique(labels)[:most]])
