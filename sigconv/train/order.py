"""Which windows a step takes: a function of the seed and the epoch alone."""

from typing import Any

import numpy as np

from sigconv.train.draws import generator
from sigconv.train.settings import Settings

Integers = np.ndarray[Any, np.dtype[np.int64]]


def steps_of(count: int, settings: Settings) -> int:
    """Steps in an epoch of `count` windows; none is of one window alone, of which batch norms learn nothing.

    >>> steps_of(33, Settings(batch=16)), steps_of(5, Settings(batch=2))
    (3, 2)
    """
    return settings.steps or min(-(-count // (settings.batch * settings.accumulate)), max(1, count // 2))


def epoch_order(count: int, settings: Settings, seed: int, epoch: int, shows: Any = None) -> Integers:
    """The windows of one epoch in order, as positions 0 … count − 1.

    Sampling "once" goes through all windows before one comes again, from one epoch to the next where `steps` cuts a
    pass short; "balanced" draws a class, and then a window that shows it.

    count : windows, >= 1
    seed : int >= 0
    epoch : 0, 1, …
    shows : (count, class) bool, which window shows which class; only for "balanced"
    """
    wanted = settings.steps * settings.batch * settings.accumulate or count
    if settings.sampling == "balanced":
        return _balanced(np.asarray(shows), generator(seed, "balanced", epoch), wanted)
    first, last = epoch * wanted // count, ((epoch + 1) * wanted - 1) // count
    passes = [generator(seed, "shuffle", number).permutation(count) for number in range(first, last + 1)]
    start = epoch * wanted - first * count
    return np.concatenate(passes)[start : start + wanted]


def _balanced(shows: Any, draw: np.random.Generator, wanted: int) -> Integers:
    present = [np.flatnonzero(column) for column in shows.T if column.any()]
    classes, places = draw.integers(len(present), size=wanted), draw.random(wanted)
    return np.array([present[c][int(u * len(present[c]))] for c, u in zip(classes, places, strict=True)], np.int64)


def pieces_of(order: Integers, steps: int, settings: Settings, least: int = 2) -> list[list[Integers]]:
    """The order divided into steps of nearly equal size, and each step into the batches that it fills.

    least : windows of a batch; never below two where a step has two

    >>> [[len(batch) for batch in step] for step in pieces_of(np.arange(33), 3, Settings(batch=6, accumulate=2))]
    [[6, 5], [6, 5], [6, 5]]
    """

    def batches(step: Integers) -> int:
        return max(1, min(-(-len(step) // settings.batch), len(step) // max(2, least)))

    return [np.array_split(step, batches(step)) for step in np.array_split(order, steps)]
