"""Arrays as compiled kernels take them: contiguous, of this machine's byte order, of one type whether locked or not."""

from typing import Any

import numpy as np


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
