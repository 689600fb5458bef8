"""Arrays as compiled kernels take them: contiguous, of this machine's byte order, of one type whether locked or not."""

from math import prod
from typing import Any

import numpy as np

PAST = 16 << 20  # bytes from which results are written past the caches, which could not hold them and what is read


class _Unlocked:
    """The memory of a read-only array; a kernel compiled for arrays that may be written reads it just as well."""

    def __init__(self, x: Any) -> None:
        self.x = x
        self.__array_interface__ = {**x.__array_interface__, "data": (x.__array_interface__["data"][0], False)}


def plain(x: Any) -> Any:
    """x itself if a kernel can read it as it stands, else a copy. Only for arrays that are not written to.

    >>> plain(np.broadcast_to(1.0, (2,))).flags.c_contiguous
    True
    """
    x = np.ascontiguousarray(x, x.dtype.newbyteorder("="))
    return x if x.flags.writeable or not x.size else np.asarray(_Unlocked(x))


def lined_up(shape: tuple[int, ...], dtype: Any, number: int = 0) -> Any:
    """Room for a result. If it is large, its element `number` begins one of memory's lines.

    >>> lined_up((1 << 22,), np.dtype("f")).ctypes.data % 64
    0
    """
    count = prod(shape)
    if count * dtype.itemsize < PAST:
        return np.empty(shape, dtype)
    room = np.empty(count + 64 // dtype.itemsize, dtype)
    away = -(room.ctypes.data // dtype.itemsize + number) % (64 // dtype.itemsize)
    return room[away : away + count].reshape(shape)
