"""Bytes of an open file, all of them or an error."""

import os
from pathlib import Path

from sigconv.errors import FormatError


def exactly(path: Path, number: int, at: int, size: int) -> bytes:
    """`size` bytes from byte `at` on.

    Parameters
    ----------
    path : for the message;  number : of the open file, whose own position stays as it is

    Raises
    ------
    FormatError : the file ends before
    """
    content = os.pread(number, size, at)
    while len(content) < size:
        more = os.pread(number, size - len(content), at + len(content))
        if not more:
            raise FormatError(
                f"{path}: ends at byte {at + len(content)}; {size - len(content)} more are expected: was it cut while "
                "open?"
            )
        content += more
    return content
