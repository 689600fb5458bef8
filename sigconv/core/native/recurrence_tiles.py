"""Rows of an array as vectors, a tile of samples at a time, and back."""

from collections.abc import Callable
from typing import Any

from sigconv.core.native import vectors
from sigconv.core.native.compiled import kernel
from sigconv.core.native.plain import PAST
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.vectors import BYTES

SAMPLES = 128  # of a group of rows, in the first cache with room to spare
ALONE = 400_000  # multiply-adds that one core has done before another has begun


@kernel
def address(x: Any) -> Any:
    """Where an array begins: in a tenth of the time of x.ctypes.data."""
    return x.ctypes.data


@kernel
def gather(scratch: Any, tile: Any, x: Any, x_row: Any, x_time: Any, rows: Any, count: Any, size: Any) -> None:
    """`count` samples of the rows of x into a tile, where a vector holds one sample of every row.

    x : address, with the bytes from row to row and from sample to sample, below 0 where time runs down in memory
    size : bytes of a sample
    rows : at most the lanes of a vector; the lanes left over hold the last row again, so that scatter may repeat it
    """
    many = vectors.width(scratch)
    done = 0
    if x_time == size:
        while done + many <= count:
            vectors.transpose(scratch, x + done * size, x_row, rows, tile + done * 64, 64, many, False)
            done += many
    elif x_time == -size:
        while done + many <= count:
            done += many
            vectors.transpose(scratch, x - (done - 1) * size, x_row, rows, tile + (done - 1) * 64, -64, many, False)
    elif rows == many and x_row == size:
        while done < count:
            vectors.store(tile + done * 64, vectors.load(scratch, x + done * x_time))
            done += 1
    for r in range(many):
        row = x + min(r, rows - 1) * x_row
        for i in range(done, count):
            vectors.write(tile + i * 64 + r * size, vectors.read(scratch, row + i * x_time))


@kernel
def scatter(
    scratch: Any, tile: Any, y: Any, y_row: Any, y_time: Any, rows: Any, count: Any, size: Any, past: Any
) -> None:
    """A tile's samples back into the rows of y. past : past the caches, where samples lie side by side and rows begin
    memory's lines."""
    many = vectors.width(scratch)
    done = 0
    if y_time == size:
        while done + many <= count:
            vectors.transpose(scratch, tile + done * 64, 64, many, y + done * size, y_row, rows, past)
            done += many
    elif y_time == -size:
        while done + many <= count:
            done += many
            vectors.transpose(scratch, tile + (done - 1) * 64, -64, many, y - (done - 1) * size, y_row, rows, False)
    elif rows == many and y_row == size:
        while done < count:
            vectors.store(y + done * y_time, vectors.load(scratch, tile + done * 64))
            done += 1
    for r in range(rows):
        for i in range(done, count):
            vectors.write(y + r * y_row + i * y_time, vectors.read(scratch, tile + i * 64 + r * size))


def past_caches(y: Any) -> bool:
    """Whether the rows of y (rows, n) are so much that they are written past the caches, and lie as that wants.

    >>> import numpy as np
    >>> past_caches(np.zeros((1, 5)))
    False
    """
    if y.nbytes < PAST or y.strides[1] != y.itemsize:
        return False
    return bool(address(y) % BYTES == 0 and (len(y) == 1 or y.strides[0] % BYTES == 0))


def in_pieces(job: Callable[[int, int], None], count: int, work: int, together: int, first: int = 0) -> None:
    """job(begin, end) for rows first to count: at once where it is short, else some groups of rows on every core.

    work : what a row costs, in multiply-adds or so;  together : rows of a group
    """
    groups = -(-(count - first) // together)
    if (count - first) * work < ALONE or groups == 1 or threads() == 1:
        job(first, count)
        return
    size = together * max(1, groups // (4 * threads()))
    spread(lambda i: job(first + i * size, min(count, first + (i + 1) * size)), -(-(count - first) // size))
