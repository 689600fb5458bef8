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
    return np.frombuffer(exactly(descriptor, path, at, count * length), np.uint8).reshape(count, length)


def exactly(descriptor: int, path: Path, at: int, size: int) -> bytes:
    """`size` bytes from byte `at` on of an open file, whose own position stays as it is.

    Raises
    ------
    FormatError : the file ends before them
    """
    content = os.pread(descriptor, size, at)
    while len(content) < size:
        part = os.pread(descriptor, size - len(content), at + len(content))
        if not part:
            missing = size - len(content)
            raise FormatError(f"{path}: ends at byte {at + len(content)}; {missing} more are expected: was it cut?")
        content += part
    return content
