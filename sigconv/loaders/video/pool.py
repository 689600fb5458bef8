"""Open decoders of this process: a few stay where they stand, so that the next clip need not begin anew."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.kept import Key, version
from sigconv.loaders.video.decoder import Decoder
from sigconv.loaders.video.index import Index

MOST = 16  # open decoders of one thread
_MOST_OF_A_FILE = 4
_MOST_PIXELS = 1 << 23  # of their pictures together: 4 of 1080p, at up to 32 bytes a pixel
_FAR = 16  # frames to pass over that are worth a decoder of their own

_foreign: list[object] = []  # decoders of the process that this one was forked from: not to be used, not to be closed


class _Pool(threading.local):
    """Decoders with the file they belong to, least recently used first."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.open: list[tuple[Path, Key, Decoder]] = []

    def mine(self) -> list[tuple[Path, Key, Decoder]]:
        if self.process != os.getpid():
            _foreign.append(self.open)
            self.process, self.open = os.getpid(), []
        return self.open


_pool = _Pool()


@contextmanager
def lent(path: Path, suffix: str, index: Index, first: int, state: Key) -> Iterator[Decoder]:
    """A decoder of the file that is near frame `first`; after an error it is closed, else kept for the next clip.

    Raises
    ------
    FormatError : the file is no longer the one that was opened, or not readable
    """
    if version(path) != state:
        raise FormatError(f"{path}: the file has changed since it was opened; open it again")
    held = _pool.mine()
    for entry in [entry for entry in held if entry[0] == path and entry[1] != state]:
        _close(held, entry)
    same = [entry for entry in held if entry[0] == path and entry[2].index.same(index)]
    nearest = min(same, key=lambda entry: entry[2].distance(first), default=None)
    far = first - index.starts(first)[0][0]
    roomy = len(same) < _MOST_OF_A_FILE and far > _FAR
    if nearest is None or (roomy and nearest[2].distance(first) >= far):
        nearest = (path, state, Decoder(path, suffix, index))
    else:
        held.remove(nearest)
    try:
        yield nearest[2]
    except BaseException:
        nearest[2].close()
        raise
    held.append(nearest)
    while len(held) > MOST or (len(held) > 1 and sum(decoder.pixels for *_, decoder in held) > _MOST_PIXELS):
        _close(held, held[0])


def _close(held: list[tuple[Path, Key, Decoder]], entry: tuple[Path, Key, Decoder]) -> None:
    held.remove(entry)
    entry[2].close()
