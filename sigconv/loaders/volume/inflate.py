"""Compressed files read at any place: gzip, zlib or bzip2, inflated piece by piece and no further than asked.

While a stream is inflated, copies of the decoder are kept every few MB; a later read begins at the nearest one before
it. The pieces inflated last stay in memory (`kept`).
"""

import bz2
import os
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sigconv.errors import FormatError
from sigconv.loaders import kept

Compression = Literal["zlib", "bzip2"]

PIECE = 1 << 20  # bytes inflated at a time
_MARKS = 128  # decoders that are kept for one file; each has a window of 32 KiB and little more
_FILES = 8  # files whose decoders are kept
_INPUT = 1 << 16  # compressed bytes read at a time
_MAGIC: dict[Compression, bytes] = {"zlib": b"\x1f\x8b", "bzip2": b"BZh"}


@dataclass
class _Stream:
    """A decoder on its way through a compressed file; None before its first stream and between two."""

    path: Path
    compression: Compression
    at: int  # of the next compressed byte in the file
    decoder: Any = None
    waiting: bytes = b""
    begun: bool = False

    def copy(self) -> "_Stream":
        return replace(self, decoder=self.decoder and self.decoder.copy())

    def piece(self, size: int = PIECE) -> bytes:
        """The next `size` bytes, fewer where the stream ends."""
        out = bytearray()
        with self.path.open("rb") as file:
            file.seek(self.at)
            while len(out) < size:
                if self.decoder is None and not self._another(file):
                    break
                if not self.waiting and getattr(self.decoder, "needs_input", True):
                    self._more(file)
                fed = bool(self.waiting)
                made = self._step(size - len(out))
                if not made and not fed and self.decoder is not None:
                    raise FormatError(f"{self.path}: cut short: its compressed data break off at byte {self.at}")
                out += made
        return bytes(out)

    def _more(self, file: Any) -> None:
        read = file.read(_INPUT)
        self.at += len(read)
        self.waiting += read

    def _another(self, file: Any) -> bool:
        """Whether a stream begins here: the first, or one behind another; what else may follow is left alone."""
        if len(self.waiting) < len(_MAGIC[self.compression]):
            self._more(file)
        if self.begun and not self.waiting.startswith(_MAGIC[self.compression]):
            return False
        # 32: gzip or zlib, as its first bytes say
        self.decoder = zlib.decompressobj(32 + 15) if self.compression == "zlib" else bz2.BZ2Decompressor()
        self.begun = True
        return True

    def _step(self, most: int) -> bytes:
        try:
            made: bytes = self.decoder.decompress(self.waiting, most)
        except (zlib.error, OSError, ValueError, EOFError) as error:
            raise FormatError(f"{self.path}: damaged compressed data before byte {self.at}: {error}") from error
        if self.decoder.eof:
            self.waiting, self.decoder = self.decoder.unused_data, None
        else:  # a bz2 decoder holds what it has not used itself
            self.waiting = getattr(self.decoder, "unconsumed_tail", b"")
        return made


@dataclass
class _Known:
    """What is kept of one file: decoders at some pieces, the furthest one, and the size once the end was seen."""

    marks: dict[int, _Stream]
    step: int = 4  # pieces from one mark to the next
    size: int | None = None
    furthest: tuple[int, _Stream] | None = None


@dataclass
class _Decoders:
    """The decoders that this process keeps."""

    files: "OrderedDict[kept.Key, _Known]" = field(default_factory=OrderedDict)
    lock: Any = field(default_factory=threading.RLock)


_decoders = _Decoders()


def _forget() -> None:
    """A forked child begins with nothing: its parent may have held the lock."""
    global _decoders
    _decoders = _Decoders()


os.register_at_fork(after_in_child=_forget)


def fill(path: Path, start: int, compression: Compression, first: int, view: memoryview) -> int:
    """Write inflated bytes from number `first` on into `view`; returns how many there were.

    Parameters
    ----------
    path : the compressed file;  start : its byte at which the stream begins
    compression : "zlib" (gzip, too, of one member or several) or "bzip2"
    first : of the inflated bytes, >= 0

    Raises
    ------
    FormatError : damaged or cut short (byte)

    >>> import gzip, tempfile
    >>> four = bytearray(4)
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = Path(file.name).write_bytes(gzip.compress(b"0123456789"))
    ...     fill(Path(file.name), 0, "zlib", 3, memoryview(four)), bytes(four)
    (4, b'3456')
    """
    key, begin = ("inflated", start, compression, *kept.version(path)), _Stream(path, compression, start)
    done = 0
    with _decoders.lock:
        while done < len(view):
            number, skipped = divmod(first + done, PIECE)
            piece = memoryview(_piece(key, begin, number))[skipped : skipped + len(view) - done]
            if not len(piece):
                break
            view[done : done + len(piece)] = piece
            done += len(piece)
    return done


def beginning(path: Path, compression: Compression, count: int) -> bytes:
    """The first `count` inflated bytes, fewer where there are no more; nothing is kept of them.

    Raises
    ------
    FormatError : damaged or cut short (byte)

    >>> import gzip, tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = Path(file.name).write_bytes(gzip.compress(b"0123456789"))
    ...     beginning(Path(file.name), "zlib", 4)
    b'0123'
    """
    return _Stream(path, compression, 0).piece(count)


def _piece(key: kept.Key, begin: _Stream, number: int) -> bytes:
    """Piece `number` of the stream that `begin` stands at the beginning of."""
    found: bytes | None = kept.found((*key, number))
    if found is not None:
        return found
    known = _decoders.files.setdefault(key, _Known({0: begin}))
    _decoders.files.move_to_end(key)
    if len(_decoders.files) > _FILES:
        _decoders.files.popitem(last=False)
    if known.size is not None and number * PIECE >= known.size:
        return b""
    at = max(mark for mark in known.marks if mark <= number)
    if known.furthest is not None and at < known.furthest[0] <= number:
        at, stream = known.furthest
        known.furthest = None  # until it has made its piece: a stream that broke off is not gone on with
    else:
        stream = known.marks[at].copy()
    piece = b""
    while at <= number:
        piece = stream.piece()
        kept.keep((*key, at), piece)
        at += 1
        if len(piece) < PIECE:
            known.size = (at - 1) * PIECE + len(piece)
            return piece if at > number else b""
        _mark(known, at, stream)
    return piece


def _mark(known: _Known, at: int, stream: _Stream) -> None:
    """Keep the decoder that is about to make piece `at`; every other mark goes when there are too many."""
    known.furthest = (at, stream)
    if stream.compression == "bzip2":  # whose decoders cannot be copied
        return
    if at % known.step == 0 and at not in known.marks:
        known.marks[at] = stream.copy()
    if len(known.marks) > _MARKS:
        known.step *= 2
        known.marks = {mark: one for mark, one in known.marks.items() if mark % known.step == 0}
