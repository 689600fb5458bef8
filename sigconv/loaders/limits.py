"""The one limit on what a file may make us allocate: SIGCONV_MOST_BYTES, in worker processes too."""

import os
from pathlib import Path

from sigconv.errors import ArgumentError, ResourceError

NAME = "SIGCONV_MOST_BYTES"
_DEFAULT = 1 << 31


def most_bytes() -> int:
    """The largest array that one read may allocate, bytes: the environment variable SIGCONV_MOST_BYTES, or 2 GiB.

    Raises
    ------
    ArgumentError : the variable is not a whole number above 0

    >>> most_bytes() > 0
    True
    """
    return bytes_told(NAME, _DEFAULT)


def bytes_told(name: str, default: int) -> int:
    """The bytes that an environment variable tells, or the default.

    Raises
    ------
    ArgumentError : the variable is not a whole number above 0

    >>> bytes_told("SIGCONV_NOT_SET", 5)
    5
    """
    told = os.environ.get(name, str(default))
    if not told.isdecimal() or int(told) == 0:
        raise ArgumentError(f"{name} is {told!r}; it is a whole number of bytes above 0")
    return int(told)


def within_limit(path: Path, needed: int, what: str) -> None:
    """Return if `needed` bytes are allowed; ask this before anything of a size that a file tells is allocated.

    Raises
    ------
    ResourceError : more than `most_bytes()`; the message has both numbers
    """
    if needed > (most := most_bytes()):
        raise ResourceError(
            f"{path}: {what} needs {needed} bytes; allowed: {most}. Read a piece of it, or set {NAME}={needed}"
        )
