"""Records of one length, read from a file by their numbers."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError


def records(descriptor: int, path: Path, at: int, count: int, length: int) -> np.ndarray[Any, Any]:
    """(record, byte) uint8 of `count` records of `length` bytes from byte `at` on.

    Raises
    ------
    FormatError : the file ends before them

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"abcdef"), file.flush()
    ...     records(file.fileno(), Path(file.name), 2, 2, 2).tobytes()
    b'cdef'
    """
    parts, missing = [], count * length
    while missing:
        part = os.pread(descriptor, missing, at)
        if not part:
            raise FormatError(f"{path}: ends at byte {at}; {missing} more are expected: was it cut while open?")
        parts.append(part)
        missing, at = missing - len(part), at + len(part)
    return np.frombuffer(b"".join(parts), np.uint8).reshape(count, length)
