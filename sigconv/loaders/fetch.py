"""Fetching a public data set: each file is checked before it gets its name; a call goes on where the last one broke."""

import fnmatch
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sigconv.errors import ArgumentError, FormatError, MissingExtra, SigconvError

SILENCE = 30  # seconds without a byte after which a server counts as gone
TRIES = 3  # a cut connection is taken up again where it broke
_AT_ONCE = 8  # small files fetched beside each other
_PIECE = 1 << 16  # bytes; what a cut connection loses at most

Tell = Callable[[int], object]


@dataclass(frozen=True)
class File:
    """A file of a data set.

    name : where it lies below the folder, with /
    url : its address, below the data set's home unless it begins with http; by default its name
    checksum : "sha256:…" or "md5:…" in hexadecimal; "" where its publisher tells none
    size : bytes; 0 where they are not known
    """

    name: str
    checksum: str = ""
    size: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        path = PurePosixPath(self.name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise ArgumentError(f"name is {self.name!r}; a file lies below the folder, without ..")


@dataclass(frozen=True)
class Dataset:
    """A public data set: where its files lie, how each is known again, and what its user must be told.

    name : of its script;  title : one line
    licence : licence, terms and whom to cite, printed before anything is fetched
    home : the address that the files' addresses hang from
    files : in the order they are fetched
    tidy : turns what was fetched into folders and tables that `loaders.Collection` reads; it can run again
    then : the command to type next; {folder} stands for the folder
    """

    name: str
    title: str
    licence: str
    home: str
    files: tuple[File, ...]
    tidy: Callable[[Path], None] | None = None
    then: str = "sigconv info {folder}"


class FetchError(SigconvError, ConnectionError):
    """An address that gives no file, or another one than it should: what happened and what to do, in one line."""


def chosen(dataset: Dataset, patterns: Sequence[str]) -> tuple[File, ...]:
    """The files whose names fit one of the patterns (as in a shell), all where there is none.

    Raises
    ------
    ArgumentError : a pattern that no file fits; three that are there are named

    >>> chosen(Dataset("d", "", "", "", (File("a.wav"), File("b.wav"))), ["a*"])[0].name
    'a.wav'
    """
    for pattern in patterns:
        if not any(fnmatch.fnmatch(file.name, pattern) for file in dataset.files):
            shown = ", ".join(file.name for file in dataset.files[:3])
            raise ArgumentError(f"{pattern!r} fits none of the {len(dataset.files)} files; there are: {shown} …")
    return tuple(f for f in dataset.files if not patterns or any(fnmatch.fnmatch(f.name, p) for p in patterns))


def is_right(path: Path, file: File) -> bool:
    """Whether `path` holds exactly the bytes of `file`, as far as they are known."""
    if not path.is_file() or (file.size and path.stat().st_size != file.size):
        return False
    if not file.checksum:
        return True
    algorithm, _, expected = file.checksum.partition(":")
    return bool(_pooch().file_hash(str(path), alg=algorithm) == expected)


def fetch(
    files: Iterable[File], folder: Path, home: str, mirror: str | None = None, tell: Tell = lambda _: None
) -> int:
    """Fetch what is missing or wrong below `folder`; returns how many files that were.

    Parameters
    ----------
    files : what is wanted
    folder : made where it is not there
    home : the address that the files' own addresses hang from
    mirror : an address or a folder that holds a copy, each file under its name; read instead of home
    tell : called with the number of bytes as they come

    Raises
    ------
    FetchError : the address gives no such file, or another one, which is not kept
    OSError : the folder cannot be written, or holds too little space
    MissingExtra : pooch is not installed
    """
    missing = [file for file in files if not is_right(folder / file.name, file)]
    if not missing:
        return 0
    for parent in sorted({(folder / file.name).parent for file in missing}):
        parent.mkdir(parents=True, exist_ok=True)
        if not os.access(parent, os.W_OK):
            raise PermissionError(13, "Permission denied", str(parent))
    needed, free = sum(file.size for file in missing), shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(28, f"{needed / 1e6:.1f} MB are needed and {free / 1e6:.1f} MB free", str(folder))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tasks = [pool.submit(_fetch, file, folder, _address(file, home, mirror), tell) for file in missing]
        try:
            for task in tasks:
                task.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return len(missing)


def _fetch(file: File, folder: Path, address: str, tell: Tell) -> None:
    """Put one file below `folder`, whole or not at all; what came of a file that broke off stays for the next time."""
    pooch = _pooch()
    import requests

    path = folder / file.name
    part = path.with_name(f".{path.name}.part")

    def download(url: str, target: str, _: Any) -> None:
        if "://" in url:
            _resumed(url, part, tell)
        else:
            shutil.copyfile(url, part)
            tell(part.stat().st_size)
        part.replace(target)

    try:
        pooch.retrieve(address, file.checksum or None, path.name, path.parent, downloader=download)
    except requests.RequestException as error:
        raise FetchError(f"{address}: {_reason(error)}") from error
    except ValueError as error:
        raise FetchError(
            f"{address} is not the file it should be: its checksum is not {file.checksum[:23]}…; nothing was kept. "
            "Try again, or another --mirror"
        ) from error
    if file.size and path.stat().st_size != file.size:
        found = path.stat().st_size
        path.unlink()
        raise FetchError(f"{address} has {found} bytes, expected {file.size}; nothing was kept")
    path.chmod(0o644)  # pooch's temporary files are readable by their owner alone


def _address(file: File, home: str, mirror: str | None) -> str:
    if mirror is not None:
        return f"{mirror.rstrip('/')}/{file.name}"
    return file.url if "://" in file.url else f"{home.rstrip('/')}/{file.url or file.name}"


def _resumed(url: str, part: Path, tell: Tell) -> None:
    """Download into `part`, going on behind what it holds; a connection that breaks is taken up again."""
    import requests

    for tries_left in reversed(range(TRIES)):
        have = part.stat().st_size if part.is_file() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            with requests.get(url, headers=headers, stream=True, timeout=SILENCE) as answer:
                if answer.status_code == 416:  # nothing behind what is there: it was whole
                    return
                answer.raise_for_status()
                goes_on = answer.status_code == 206
                with part.open("ab" if goes_on else "wb") as out:
                    for piece in answer.iter_content(_PIECE):
                        out.write(piece)
                        tell(len(piece))
                return
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            grown = part.is_file() and part.stat().st_size > have
            if not (tries_left and grown):
                raise


def _reason(error: Exception) -> str:
    import requests

    again = "run the same command again to go on"
    match error:
        case requests.HTTPError(response=answer) if answer is not None:
            return f"the server answers {answer.status_code} {answer.reason}"
        case requests.ConnectionError() if "Read timed out" in str(error):
            return f"nothing came for {SILENCE} s; {again}"
        case requests.Timeout():
            return f"no answer for {SILENCE} s; {again}"
        case requests.exceptions.ChunkedEncodingError():
            return f"the connection was cut; {again}"
        case requests.ConnectionError():
            return "cannot connect; is there a network, and is the address right?"
        case _:
            return str(error)


def table(text: str) -> tuple[File, ...]:
    """The files of a table: name, SHA-256, bytes and, if it is not the name, address, parted by tabs; # is a comment.

    Raises
    ------
    FormatError : a row that is not so

    >>> table("a.wav\\tab12\\t10")[0]
    File(name='a.wav', checksum='sha256:ab12', size=10, url='')
    """
    files = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) not in (3, 4) or not fields[2].isdecimal():
            raise FormatError(f"line {number} is {line[:60]!r}; expected name, SHA-256, bytes and perhaps an address")
        files.append(File(fields[0], f"sha256:{fields[1]}", int(fields[2]), fields[3] if len(fields) == 4 else ""))
    return tuple(files)


def _pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise MissingExtra("pooch", "fetch") from error
    pooch.get_logger().setLevel("WARNING")
    return pooch
