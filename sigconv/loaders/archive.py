"""Archives: zip and tar files extracted, or read member by member, without harm from what they say."""

import bz2
import gzip
import lzma
import os
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sigconv.errors import FormatError, ResourceError
from sigconv.loaders import limits

_MOST_MEMBERS = 1_000_000
_CHUNK = 1 << 20
_MOST_AT_ONCE = 1 << 22  # a tar header that asks for more is a bomb
_PACKED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_LOCAL = 30  # bytes of a zip's local header before the name


@dataclass(frozen=True)
class Member:
    """A file inside a zip, read without extracting it; it opens like a path and goes along to worker processes.

    archive : the zip file;  inside : path in it;  offset : of its local header, bytes
    packed, size : bytes compressed and whole;  deflated : whether it is compressed;  crc : CRC-32 of the whole
    """

    archive: Path
    inside: str
    offset: int
    packed: int
    size: int
    deflated: bool
    crc: int

    @property
    def name(self) -> str:
        """The last part of its path."""
        return PurePosixPath(self.inside).name

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.inside).stem

    def __str__(self) -> str:
        return f"{self.archive}/{self.inside}"

    def open(self, mode: str = "rb") -> IO[bytes]:
        """The whole member as an open binary file in memory; FormatError where size or checksum differ."""
        if mode != "rb":
            raise FormatError(f"{self}: a member of a zip is only read (mode 'rb'), not {mode!r}")
        return BytesIO(self.content())

    def content(self) -> bytes:
        """The whole member; inflated no further than the size that the zip's directory tells.

        Raises
        ------
        FormatError : damaged, cut short, or another size or checksum than the directory says
        ResourceError : larger than SIGCONV_MOST_BYTES
        """
        limits.within_limit(self.archive, self.size, f"member {self.inside}")
        with self.archive.open("rb") as file:
            file.seek(self.offset)
            head = file.read(_LOCAL)
            if head[:4] != b"PK\x03\x04" or len(head) < _LOCAL:
                raise FormatError(f"{self}: byte {self.offset} holds {head[:4]!r}, expected the header of a member")
            file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), os.SEEK_CUR)
            packed = file.read(self.packed)
        if len(packed) < self.packed:
            raise FormatError(f"{self}: cut short: {len(packed)} bytes of {self.packed}")
        content = self._inflated(packed) if self.deflated else packed
        if len(content) != self.size or zlib.crc32(content) != self.crc:
            raise FormatError(
                f"{self}: {len(content)} bytes with checksum {zlib.crc32(content):08x}, "
                f"expected {self.size} with {self.crc:08x}"
            )
        return content

    def _inflated(self, packed: bytes) -> bytes:
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, self.size + 1)
        except zlib.error as error:
            raise FormatError(f"{self}: not readable as deflated data: {error}") from error


def members(archive: str | Path) -> list[Member]:
    """The files inside a zip in the order of its directory; none is read.

    Raises
    ------
    FormatError : not a zip, damaged, encrypted, or a name that would leave a folder (it is named)
    """
    archive = Path(archive)
    found = []
    seen: set[str] = set()
    held = archive.stat().st_size
    with _zip(archive) as opened:
        for info in opened.infolist():
            inside = _checked(archive, info.filename, info.is_dir(), seen)
            if info.is_dir():
                continue
            _plain(archive, info)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FormatError(f"{archive}: {inside} is compressed by method {info.compress_type}; expected 0 or 8")
            if info.header_offset + info.compress_size > held:
                raise FormatError(
                    f"{archive}: {inside} ends at byte {info.header_offset + info.compress_size} of {held}"
                )
            deflated = info.compress_type == zipfile.ZIP_DEFLATED
            where = (archive, inside, info.header_offset, info.compress_size, info.file_size)
            found.append(Member(*where, deflated, info.CRC))
    return found


def extract(archive: str | Path, folder: str | Path, most: int | None = None) -> list[Path]:
    """Extract a zip or tar (plain, gz, bz2, xz) into a new folder, whole or not at all.

    Parameters
    ----------
    archive : recognised by content
    folder : does not exist yet, or is empty; its parent exists
    most : bytes that the files may take together; by default SIGCONV_MOST_BYTES

    Returns
    -------
    the files, in the archive's order

    Raises
    ------
    FormatError : damaged, encrypted, neither zip nor tar; a name that is absolute, has "..", a backslash, a colon or a
        control character, or comes twice; a link, device or pipe
    ResourceError : more than `most` bytes or a million members
    FileExistsError : the folder holds something
    OSError : the disk is full, or the parent cannot be written

    Modes, owners and times of the archive are not taken over.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: holds something already; give a new folder")
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"{folder.parent}: there is no such folder to extract into")
    allowed = limits.most_bytes() if most is None else most
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    with archive.open("rb") as file:
        head = file.read(512)
    shutil.rmtree(part, ignore_errors=True)  # of a process of that number that was killed
    part.mkdir()
    try:
        entries = _zipped(archive, part, allowed) if head[:2] == b"PK" else _tarred(archive, part, allowed, head)
        written = [_write(archive, part, *entry) for entry in entries]
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return [folder / name for name in written]


Entry = tuple[str, int, IO[bytes]]  # safe path inside, bytes it must have, open file


def _write(archive: Path, part: Path, inside: str, size: int, content: IO[bytes]) -> str:
    left = size
    _make_folder(archive, part, str(PurePosixPath(inside).parent))
    try:
        target = (part / inside).open("xb")
    except FileExistsError:
        raise _both(archive, inside) from None
    with target as out, content:
        while left:
            with _reading(archive, inside):
                chunk = content.read(min(_CHUNK, left))
            if not chunk:
                raise FormatError(f"{archive}: {inside} is cut short: {size - left} bytes of {size}")
            out.write(chunk)
            left -= len(chunk)
        with _reading(archive, inside):  # a zip's checksum is looked at when its end is reached
            rest = content.read(1)
    if rest:
        raise FormatError(f"{archive}: {inside} has more than the {size} bytes that are announced")
    return inside


def _zipped(archive: Path, part: Path, allowed: int) -> Iterator[Entry]:
    seen: set[str] = set()
    total = 0
    with _zip(archive) as opened:
        for info in opened.infolist():
            inside = _checked(archive, info.filename, info.is_dir(), seen)
            _plain(archive, info)
            if info.is_dir():
                _make_folder(archive, part, inside)
                continue
            total = _counted(archive, total + info.file_size, allowed)
            with _reading(archive, inside):
                content = opened.open(info)
            yield inside, info.file_size, content


def _tarred(archive: Path, part: Path, allowed: int, head: bytes) -> Iterator[Entry]:
    unpack = next((opener for magic, opener in _PACKED.items() if head.startswith(magic)), open)
    seen: set[str] = set()
    total = 0
    with unpack(archive, "rb") as file:
        with _reading(archive, "the first header"):
            careful: Any = _Careful(file)
            opened: Any = tarfile.open(fileobj=careful, mode="r:")  # noqa: SIM115 - it holds no file of its own
        while True:
            with _reading(archive, "a header"):
                info = opened.next()
                opened.members = []  # or a long archive is kept in memory
            if info is None:
                break
            inside = _checked(archive, info.name, info.isdir(), seen)
            if info.isdir():
                _make_folder(archive, part, inside)
                continue
            if not info.isreg() or info.issparse():
                raise FormatError(f"{archive}: {inside} is a link, device, pipe or sparse file; expected plain files")
            total = _counted(archive, total + info.size, allowed)
            with _reading(archive, inside):
                content = opened.extractfile(info)
            if content is not None:
                yield inside, info.size, content
        with _reading(archive, "its end"):
            file.seek(opened.offset)
            end = file.read(512)
    if end != bytes(512):  # where tarfile stops in silence
        raise FormatError(f"{archive}: byte {opened.offset} holds {end[:8]!r}, expected a header or an end of zeros")


def _make_folder(archive: Path, part: Path, inside: str) -> None:
    try:
        (part / inside).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _both(archive, inside) from None


def _both(archive: Path, inside: str) -> FormatError:
    return FormatError(f"{archive}: {inside!r} comes twice, or is a file as well as a folder")


@dataclass(frozen=True)
class _Careful:
    """An open tar that gives out no more than a few megabytes at once, whatever its headers ask for."""

    file: IO[bytes]

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise tarfile.ReadError(f"a header of {size} bytes; expected at most {_MOST_AT_ONCE}")
        return self.file.read(size)

    def seek(self, *where: int) -> int:
        return self.file.seek(*where)

    def tell(self) -> int:
        return self.file.tell()

    def close(self) -> None:
        self.file.close()


@contextmanager
def _zip(archive: Path) -> Iterator[zipfile.ZipFile]:
    with _reading(archive, "its directory"):
        opened = zipfile.ZipFile(archive)
    with opened:
        yield opened


@contextmanager
def _reading(archive: Path, what: str) -> Iterator[None]:
    """What the standard library raises for a damaged archive is many kinds; here it is one."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:
        raise FormatError(
            f"{archive}: {what} is not readable as zip or tar: {error or type(error).__name__}"
        ) from error


def _plain(archive: Path, info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FormatError(f"{archive}: {info.filename!r} is a link, device or pipe; expected plain files")
    if info.flag_bits & 1:
        raise FormatError(f"{archive}: {info.filename!r} is encrypted; decrypt the archive first")


def _counted(archive: Path, total: int, allowed: int) -> int:
    if total > allowed:
        raise ResourceError(
            f"{archive}: its files take {total} bytes or more; allowed: {allowed}. Pass most={total} or more, "
            f"or set {limits.NAME}"
        )
    return total


def _checked(archive: Path, name: str, folder: bool, seen: set[str]) -> str:
    """The name as a clean relative path that is new in this archive; a million of them at most."""
    inside = inner(name)
    if inside is None or (inside == "." and not folder):
        raise FormatError(f"{archive}: a member is called {name[:200]!r}; expected a relative path without '..'")
    if inside in seen and not folder:
        raise FormatError(f"{archive}: {name[:200]!r} comes twice")
    seen.add(inside)
    if len(seen) > _MOST_MEMBERS:
        raise ResourceError(f"{archive}: it has more members than {_MOST_MEMBERS}, which are allowed")
    return inside


def inner(name: str) -> str | None:
    """A path that was found in a file, tidied, if it stays below the folder it is taken from; None if not.

    >>> inner("./train/7.png"), inner("../../etc/passwd"), inner("/etc/passwd"), inner("c:\\\\x")
    ('train/7.png', None, None, None)
    """
    if not name or name.startswith("/") or re.search(r"[\x00-\x1f\x7f\\:]", name) or len(name) > 2000:
        return None
    parts = PurePosixPath(name).parts
    if ".." in parts or any(len(part.encode("utf-8", "surrogateescape")) > 255 for part in parts):
        return None
    return "/".join(parts) or "."
