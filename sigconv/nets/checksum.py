"""Whether a file is the one that a SHA-256, or its beginning, stands for."""

import hashlib
import re
from pathlib import Path

from sigconv.errors import ArgumentError, FormatError


def refuse_other_sum(path: Path, sha256: str) -> None:
    """A FormatError unless the file's SHA-256 begins with the given digits.

    Parameters
    ----------
    path : a file;  sha256 : 8 to 64 hexadecimal digits, the beginning of its SHA-256

    Raises
    ------
    FormatError : the sum is another one;  ArgumentError : sha256 is not such digits;  OSError : no such file

    >>> refuse_other_sum(Path(__file__), "0")
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: sha256 is '0'; it is the SHA-256 in hexadecimal, or its first 8 digits or more
    """
    if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-fA-F]{8,64}", sha256):
        raise ArgumentError(f"sha256 is {sha256!r}; it is the SHA-256 in hexadecimal, or its first 8 digits or more")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(sha256.lower()):
        shown = found[: max(12, len(sha256))]
        raise FormatError(f"{path}: SHA-256 is {shown}…, expected {sha256}…; the file is damaged or another one")
