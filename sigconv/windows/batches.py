"""Batches: windows read ahead by worker processes, the same for any number of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ShapeError
from sigconv.windows.cut import Floats, Indices, Integers, Loaded, Windows
from sigconv.windows.readers import Readers


class Batch(NamedTuple):
    """Some windows, ready for a network.

    x : (window, channel, *grid) float32
    y : (window) int64 classes, -1 where not known; or (window, *grid) int64 label maps where the windows have targets
    indices : (window) int64, which windows they are
    """

    x: Floats
    y: Integers
    indices: Integers


def batches(
    windows: Windows | Loaded,
    order: Indices,
    size: int,
    *,
    workers: int = 0,
    ahead: int = 2,
    start: str | None = None,
) -> Iterator[Batch]:
    """The windows in this order, `size` at a time, the last batch with what is left.

    Which numbers come in which batch never depends on `workers`. An error of a reader comes where its batch would
    come, as it was raised; leaving the loop ends the worker processes.

    Parameters
    ----------
    windows : what to read; those in memory (Loaded) are never given to workers
    order : indices of windows, in any order and as often as you like
    size : windows in a batch, >= 1
    workers : processes that read, >= 0; 0 reads in this one, when a batch is asked for
    ahead : batches that a worker reads before they are asked for, >= 1; memory is (workers · ahead + 2) batches
    start : how processes start: "fork", "forkserver", "spawn", or None for the way of this system; the last two need
        sources that can be sent to another process, and a script that does nothing when it is imported

    Yields
    ------
    Batch (x, y, indices)

    Raises
    ------
    ArgumentError : an index outside the windows, or a number below what is allowed
    ResourceError : a worker process was killed
    FormatError, … : what reading raised

    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Signal
    >>> from sigconv.windows import sliding
    >>> cut = sliding(recording.of(Signal.from_array(np.arange(8.0), fs=1)), 2, 1)
    >>> [(x[:, 0, 0].tolist(), indices.tolist()) for x, y, indices in batches(cut, [6, 0, 3], 2)]
    [([6.0, 0.0], [6, 0]), ([3.0], [3])]
    """
    chosen, size = checked_order(order, len(windows)), at_least("size", size, 1)
    workers, ahead = at_least("workers", workers, 0), at_least("ahead", ahead, 1)
    pieces = [chosen[first : first + size] for first in range(0, len(chosen), size)]
    return _all(windows, pieces, size, min(workers, len(pieces)), ahead, start)


Read = Callable[[Sequence[Integers]], Iterator[Batch]]


@contextmanager
def reading(
    windows: Windows | Loaded, size: int, *, workers: int = 0, ahead: int = 2, start: str | None = None
) -> Iterator[Read]:
    """A function that reads any number of batches, with worker processes that stay from one row of them to the next.

    Arguments as of `batches`; size is the most windows in a batch. The function takes arrays of int64 indices and
    yields a Batch for each; where it raises, or is left before its end, no further one is read.

    >>> windows = Loaded(np.ones((5, 1, 3), np.float32), np.arange(5), ("g",) * 5, tuple("abcde"))
    >>> with reading(windows, 2) as read:
    ...     [batch.y.tolist() for batch in read([np.array([4, 0]), np.array([2])])]
    [[4, 0], [2]]
    """
    size = at_least("size", size, 1)
    workers, ahead = at_least("workers", workers, 0), at_least("ahead", ahead, 1)
    if workers == 0 or isinstance(windows, Loaded):
        yield lambda pieces: _here(windows, pieces)
        return
    with Readers(windows, size, workers, ahead, start) as readers:
        yield lambda pieces: _there(windows, readers, pieces)


def checked_order(order: Indices, count: int) -> Integers:
    """`order` as int64 indices, each of one of `count` windows."""
    chosen = np.asarray(order)
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
        raise ShapeError(f"order is {chosen.dtype} of shape {chosen.shape}; it is one line of whole numbers")
    if chosen.size and not (chosen.min() >= 0 and chosen.max() < count):
        raise ArgumentError(f"order goes from {chosen.min()} to {chosen.max()}; there are windows 0 to {count - 1}")
    return chosen.astype(np.int64)


def _all(
    windows: Windows | Loaded, pieces: Sequence[Integers], size: int, workers: int, ahead: int, start: str | None
) -> Iterator[Batch]:
    with reading(windows, size, workers=workers, ahead=ahead, start=start) as read:
        yield from read(pieces)


def _here(windows: Windows | Loaded, pieces: Sequence[Integers]) -> Iterator[Batch]:
    for some in pieces:
        yield Batch(windows.batch(some), windows.wanted(some), some)


def _there(windows: Windows, readers: Readers, pieces: Sequence[Integers]) -> Iterator[Batch]:
    found = readers.read(pieces)
    for some in pieces:
        x, y = next(found)
        yield Batch(x, windows.wanted(some) if y is None else y, some)
        del x, y  # memory that the caller lets go is read into again
