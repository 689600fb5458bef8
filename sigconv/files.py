"""Writing a file so that it is either whole or absent."""

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes | Callable[[Any], object]) -> None:
    """Write under a temporary name in the same folder, fsync, rename, and fsync the folder.

    Parameters
    ----------
    path : what is there already is replaced
    content : the bytes, or a function that writes them to the open binary file it is given

    Raises
    ------
    OSError : the folder cannot be written or is full; nothing is left then, and what was there stays
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        # NumPy reports a short write, which is a full disk, without a number
        reason = error.strerror or os.strerror(errno.ENOSPC)
        raise OSError(error.errno or errno.ENOSPC, f"cannot write ({reason}); nothing was left", str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync(path.parent)


def refuse_folderless(argument: str, path: Path) -> None:
    """Refuse a file that is to be written into a folder that is not there, before any work.

    Raises
    ------
    FileNotFoundError : no such folder

    >>> refuse_folderless("out", Path("here.csv"))
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{argument} is {str(path)!r}: there is no folder {path.parent}; make it first")


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
