"""The folder of a cache: which entries there are, room for new ones, one writer for each."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sigconv.errors import ArgumentError
from sigconv.loaders import limits
from sigconv.loaders.cache.file import Damaged, Mapped
from sigconv.signal import Source

FOLDER, BYTES = "SIGCONV_CACHE", "SIGCONV_CACHE_BYTES"
_MOST = 1 << 34
_SUFFIX = ".sig"


def default_folder() -> Path:
    """SIGCONV_CACHE, or sigconv/recordings in the user's folder for caches (XDG_CACHE_HOME, ~/.cache).

    >>> default_folder().is_absolute()
    True
    """
    if told := os.environ.get(FOLDER):
        return Path(told).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "sigconv" / "recordings"


def most_bytes() -> int:
    """How large a cache may become: the environment variable SIGCONV_CACHE_BYTES, or 16 GiB.

    Raises
    ------
    ArgumentError : the variable is not a whole number above 0

    >>> most_bytes() > 0
    True
    """
    return limits.bytes_told(BYTES, _MOST)


def name_of(source: Source) -> str:
    """What an entry and a message call a recording."""
    return str(source.notes.get("name") or source.notes.get("path") or "recording")


@dataclass(frozen=True)
class Entry:
    """One entry of a cache.

    key : 40 hexadecimal digits;  name : of the recording, "" where the entry is damaged;  bytes : on disk
    used : when it was last opened, s since 1970;  busy : whether a process has it open
    """

    key: str
    name: str
    bytes: int
    used: float
    busy: bool


def contents(folder: str | Path | None = None) -> list[Entry]:
    """The entries of a cache, the least recently used first.

    folder : by default that of `cached`

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     contents(folder)
    []
    """
    shelf = Shelf(default_folder() if folder is None else Path(folder))
    return [
        Entry(path.name.removesuffix(_SUFFIX), _name(path), size, used, _busy(path)) for used, size, path in shelf.all()
    ]


def clean(most_bytes: int = 0, folder: str | Path | None = None) -> int:
    """Remove entries, the least recently used first, until no more than `most_bytes` are left; returns the bytes freed.

    Entries that a process has open are left. What a process that was killed left half-written goes, too, and hashes of
    files that are remembered.

    Raises
    ------
    ArgumentError : `most_bytes` is not a whole number, 0 or more

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     clean(0, folder)
    0
    """
    if not isinstance(most_bytes, int) or most_bytes < 0:
        raise ArgumentError(f"most_bytes is {most_bytes!r}; it is a whole number of bytes, 0 or more")
    shelf = Shelf(default_folder() if folder is None else Path(folder))
    freed = shelf.shrink(most_bytes)
    for part in shelf.folder.glob(".*.part"):
        with suppress(OSError), shelf.locked(part.name[1:3], wait=False):
            freed += part.stat().st_size
            part.unlink()
    for note in (shelf.folder / "seen").glob("*"):
        note.unlink(missing_ok=True)
    return freed


@dataclass(frozen=True)
class Shelf:
    """A folder with entries."""

    folder: Path

    def path(self, key: str) -> Path:
        """Where the entry of a key is, or would be."""
        return self.folder / f"{key}{_SUFFIX}"

    def all(self) -> list[tuple[float, int, Path]]:
        """(last use in s, bytes, path) of every entry, the least recently used first."""
        found = []
        with suppress(FileNotFoundError), os.scandir(self.folder) as listed:
            for one in listed:
                if one.name.endswith(_SUFFIX):
                    with suppress(FileNotFoundError):
                        state = one.stat()
                        found.append((state.st_mtime, state.st_size, Path(one.path)))
        return sorted(found)

    @contextmanager
    def locked(self, key: str, wait: bool = True) -> Iterator[None]:
        """The only writer, among all processes, of entries whose keys begin as this one does.

        Raises
        ------
        OSError : nothing can be written here; BlockingIOError where another one writes and `wait` is False
        """
        locks = self.folder / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / key[:2]).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if wait:
                for part in self.folder.glob(f".{key[:2]}*.part"):  # of a writer that was killed
                    part.unlink(missing_ok=True)
            yield

    def make_room(self, needed: int) -> None:
        """Remove entries that nobody uses, the least recently used first, until `needed` bytes fit below the limit.

        Raises
        ------
        OSError : there is not as much room
        """
        limit = most_bytes()
        if needed <= limit:
            self.shrink(limit - needed)
        if needed and needed + sum(size for _, size, _ in self.all()) > limit:
            raise OSError(errno.EDQUOT, f"{needed} bytes more than {BYTES}={limit} allows, beside what is in use")

    def shrink(self, most: int) -> int:
        """Remove entries that nobody uses until no more than `most` bytes are left; returns the bytes freed."""
        every = self.all()
        total, freed = sum(size for _, size, _ in every), 0
        for _, size, path in every:
            if total - freed <= most:
                break
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where a reader holds it
                path.unlink()
                freed += size
        return freed


def _busy(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _name(path: Path) -> str:
    try:
        return str(Mapped(path).facts["name"])
    except (OSError, Damaged, KeyError, ValueError, TypeError):
        return ""
