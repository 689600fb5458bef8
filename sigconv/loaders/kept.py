"""What was costly to make from a file stays in memory, up to a bound for the whole process.

Inflated pieces, decoded pictures and decoded slices share the room; what was asked for longest ago goes first.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Key = tuple[Hashable, ...]

MOST = 128 << 20  # bytes that a process keeps; one thing that needs more than half of it is not kept
_BESIDE = 1 << 10  # bytes that a thing's key and place take


@dataclass
class _Room:
    """What this process keeps."""

    things: "OrderedDict[Key, Array | bytes]" = field(default_factory=OrderedDict)
    taken: int = 0  # bytes of them
    lock: Any = field(default_factory=threading.Lock)


_room = _Room()


def forget() -> None:
    """Keep nothing. A forked child begins so: its parent may have held the lock."""
    global _room
    _room = _Room()


os.register_at_fork(after_in_child=forget)


def version(path: Path) -> Key:
    """What tells a file from another one, and from itself once it has been written again: path, inode, size, time.

    Raises
    ------
    FileNotFoundError, PermissionError : as it says
    """
    return version_of(path, path.stat())


def version_of(path: str | Path, told: os.stat_result) -> Key:
    """`version` by what is known of the file already."""
    return str(path), told.st_ino, told.st_size, told.st_mtime_ns


def found(key: Key) -> Any:
    """What was kept under the key, or None."""
    room = _room
    with room.lock:
        if key in room.things:
            room.things.move_to_end(key)
        return room.things.get(key)


def keep(key: Key, thing: Array | bytes) -> None:
    """Keep bytes, or an array, which becomes read-only, until others need the room."""
    if isinstance(thing, np.ndarray):
        thing.flags.writeable = False
    room = _room
    if (size := _size(thing)) > MOST // 2:
        return
    with room.lock:
        if key in room.things:  # another thread has made it, too
            return
        room.things[key] = thing
        room.taken += size
        while room.taken > MOST:
            room.taken -= _size(room.things.popitem(last=False)[1])


def once(key: Key, make: Callable[[], Array]) -> Array:
    """The read-only array kept under the key, made where there is none.

    >>> once(("doctest", 1), lambda: np.arange(3)) is once(("doctest", 1), lambda: np.arange(3))
    True
    """
    thing: Array | None = found(key)
    if thing is None:
        thing = make()
        keep(key, thing)
    return thing


def _size(thing: Array | bytes) -> int:
    return _BESIDE + (thing.nbytes if isinstance(thing, np.ndarray) else len(thing))
