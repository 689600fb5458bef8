"""A cache of recordings on disk: decoded and transformed once, mapped afterwards by every process."""

import logging
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

import numpy as np

from sigconv.errors import ArgumentError, FormatError
from sigconv.files import write_whole
from sigconv.loaders.cache import head
from sigconv.loaders.cache.file import Bricks, Damaged, Mapped, write
from sigconv.loaders.cache.key import content_of, key_of, spelled
from sigconv.loaders.cache.shelf import Shelf, default_folder, name_of
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Box, Signal, Source

Transform = Callable[[Signal], Signal]
Thing = TypeVar("Thing")

_SLAB = 1 << 26  # bytes of samples in memory while an entry is written

log = logging.getLogger("sigconv")


def cached(
    source: Source, transform: Transform | None = None, key: str = "", folder: str | Path | None = None
) -> Recording:
    """The recording, or what a transform makes of it, with samples from a file that was written once.

    The entry's name tells the content of the recording's files, its reader, the transform and the version of sigconv:
    a change of any makes another entry. A damaged entry is written again. Where nothing can be written (a full disk,
    a folder without permission) the recording is read as it is, and the log says so once.

    Parameters
    ----------
    source : a Recording, or another Source that can be sent to other processes, such as
        filters.Spectrogram(recording, filters.log_mel)
    transform : Signal -> Signal (channel, *grid): a function of a module, a frozen dataclass with a __call__ (its
        fields are parameters and part of the key), or functools.partial of one; it has the whole in memory
    key : whatever else the result depends on, for example the version of a model inside the transform
    folder : by default SIGCONV_CACHE, or else sigconv/recordings in the user's folder for caches

    Returns
    -------
    Recording with the same samples, bit for bit; it can be sent to worker processes

    Raises
    ------
    ArgumentError : a transform or reader without a lasting name, such as a lambda
    FormatError, … : what reading raises

    >>> import tempfile
    >>> eeg = of(Signal.from_array(np.arange(8.0), fs=4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cached(eeg, folder=folder)[:, 2:5].data
    array([[2., 3., 4.]])
    """
    if isinstance(source, (str, Path, Signal)) or not hasattr(source, "axes"):
        first = "of(signal)" if isinstance(source, Signal) else "open(path)"
        raise ArgumentError(f"source is a {type(source).__name__}; it is a Recording: cached(loaders.{first})")
    if transform is not None and not callable(transform):
        raise ArgumentError(f"transform is {transform!r}; it is a function of a Signal that gives a Signal")
    place = default_folder() if folder is None else Path(folder).absolute()
    reader = _Cached(source, transform, key, place, key_of(source, transform, key, place))
    entry = reader.entry()
    if entry is not None:
        return Recording(reader=reader, **head.restored(entry.facts["signal"], source.notes))
    made = reader.made()
    return Recording(made.axes, reader, made.unit, made.events, made.notes)


@dataclass(frozen=True)
class _Cached:
    """Reads from an entry, which is written when it is not there or damaged; where none can be, from the source."""

    source: Source
    transform: Transform | None
    extra: str
    folder: Path = field(compare=False)
    key: str = field(compare=False)

    @property
    def path(self) -> Path:
        """Where the entry is, or would be."""
        return Shelf(self.folder).path(self.key)

    def __call__(self, box: Box, rows: Sequence[int]) -> Any:
        for _ in range(2):
            if (entry := self.entry()) is None:
                break
            try:
                return entry.samples(box, rows)
            except Damaged as reason:
                log.warning("cache: %s of %s: %s; it is written again", self.path, name_of(self.source), reason)
                _OPEN.drop(self.path)
                with suppress(OSError):
                    self.path.unlink()
        data = self.made().samples(box)
        return data if list(rows) == list(range(len(data))) else data[list(rows)]

    def entry(self) -> Mapped | None:
        """The open entry, written first where there is none; None where none can be."""
        found = _OPEN.get(self.path)
        if found is None and (found := self._found()) is not None:
            _OPEN.put(self.path, found)
        return found

    def _found(self) -> Mapped | None:
        shelf = Shelf(self.folder)
        if (entry := self._sound()) is not None or self.path in _refused:
            return entry
        try:
            with shelf.locked(self.key):
                entry = self._sound()  # another process may have written it meanwhile
                if entry is None:
                    self._write(shelf)
                    entry = self._sound()
        except OSError as error:
            _refused.add(self.path)
            if self.folder not in _told:
                _told.add(self.folder)
                log.warning("cache: read without it, since nothing can be written: %s", error)
        return entry

    def _sound(self) -> Mapped | None:
        """The entry, or None where it is absent, damaged or another's."""
        try:
            entry = Mapped(self.path)
        except OSError:
            return None
        except (Damaged, KeyError, TypeError, ValueError) as reason:
            log.warning("cache: %s: %s; it is written again", self.path, reason)
            return None
        if entry.facts.get("key") != self.key:
            log.warning("cache: %s holds another entry; it is written again", self.path)
            return None
        with suppress(OSError):
            os.utime(self.path)  # the least recently used goes first
        return entry

    def _write(self, shelf: Shelf) -> None:
        self._check()
        made = self.made()
        bricks = Bricks.of(tuple(axis.size for axis in made.axes))
        signal = head.described(made, self.source.notes, partial(_same, self.folder))
        facts = {"key": self.key, "name": name_of(self.source), "signal": signal}

        def content(file: IO[bytes]) -> None:
            write(file, bricks, _slabs(made, bricks, shelf), facts)
            self._check()  # or samples of a file that changed meanwhile would be served for ever

        write_whole(self.path, content)
        _MADE.drop(self.path)
        shelf.make_room(0)

    def _check(self) -> None:
        if key_of(self.source, self.transform, self.extra, self.folder) != self.key:
            raise FormatError(f"{name_of(self.source)}: its file has changed since it was opened; open it again")

    def made(self) -> Source:
        """What the entry holds: the source, or what the transform makes of it; the last one made is kept."""
        if self.transform is None:
            return self.source
        found = _MADE.get(self.path)
        if found is None:
            signal = self.transform(self.source.read())
            if not isinstance(signal, Signal):
                raise ArgumentError(f"the transform gave a {type(signal).__name__}; it gives a Signal")
            found = of(signal.with_data(np.asarray(signal.data)))
            _MADE.put(self.path, found)
        return found


def _slabs(made: Source, bricks: Bricks, shelf: Shelf) -> Iterator[Any]:
    """Pieces along the first grid axis, each of whole bricks and no larger than _SLAB where that can be."""
    channels, first, *others = bricks.shape
    row = 8 * channels * math.prod(others)
    thick = bricks.brick[0] * max(1, _SLAB // max(1, row * bricks.brick[0]))
    for start in range(0, first, thick):
        slab = np.asarray(made.samples(((start, min(first, start + thick)), *((0, n) for n in others))))
        if start == 0:
            shelf.make_room(math.prod(bricks.counts) * bricks.numbers * slab.dtype.itemsize)
        yield slab


def _same(folder: Path, one: object, other: object) -> bool:
    """Whether two notes are equal; those that cannot be compared are, where they are one object."""
    if one is other:
        return True
    content = partial(content_of, folder=folder)
    try:
        return spelled(one, content) == spelled(other, content)
    except ArgumentError:
        return False


class _Kept(Generic[Thing]):
    """The last few things that were used, by path; safe for threads and after a fork."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Path, Thing] = OrderedDict()
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._unlock)

    def _unlock(self) -> None:
        self._lock = threading.Lock()  # another thread of the parent may have held it

    def get(self, path: Path) -> Thing | None:
        with self._lock:
            if path in self._things:
                self._things.move_to_end(path)
            return self._things.get(path)

    def put(self, path: Path, thing: Thing) -> None:
        with self._lock:
            self._things[path] = thing
            while len(self._things) > self._most:
                self._things.popitem(last=False)

    def drop(self, path: Path) -> None:
        with self._lock:
            self._things.pop(path, None)


_OPEN: _Kept[Mapped] = _Kept(256)
_MADE: _Kept[Source] = _Kept(1)
_refused: set[Path] = set()  # entries that could not be written
_told: set[Path] = set()  # folders of which the log has said so
