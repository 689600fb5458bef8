"""What a result depends on, spelt so that equal things have equal names and others have not.

Files count by their content; where they lie does not matter.
"""

import dataclasses
import datetime
import functools
import hashlib
import inspect
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import __version__
from sigconv.errors import ArgumentError
from sigconv.files import write_whole

_FORMAT = 1  # of entries and of names: a change makes every older entry unknown
_YOUNG = 2.0  # s: a file that was changed so recently may change again without a sign


def key_of(source: object, transform: object, extra: str, folder: Path) -> str:
    """40 hexadecimal digits for a source, what is done with it, and whatever else the caller says.

    Parameters
    ----------
    source : a Recording, or another Source that is a dataclass
    transform : None, or a callable that has a name
    extra : any text
    folder : where hashes of files are remembered

    Raises
    ------
    ArgumentError : something that has no lasting name: a lambda, a function inside another, an object of no known kind
    """
    spell = functools.partial(spelled, content=functools.partial(content_of, folder=folder))
    told = [f"{_FORMAT} {__version__}", spell(source), spell(transform), repr(extra)]
    if transform is not None:
        told.append(_notes(getattr(source, "notes", {}), spell))
    return hashlib.blake2b("\n".join(told).encode(), digest_size=20).hexdigest()


def _notes(notes: Mapping[str, Any], spell: Callable[[object], str]) -> str:
    """The notes that can be spelt: a transform may look at them."""
    found = {}
    for name, value in notes.items():
        if name not in ("path", "name"):
            with suppress(ArgumentError):
                found[name] = spell(value)
    return repr(sorted(found.items()))


def spelled(value: object, content: Callable[[Path], str]) -> str:
    """A text that is equal for equal values and no others.

    content : what stands for a file

    >>> spelled((1, 2.5, "a", None), str)
    "(1 2.5 'a' None)"
    """
    spell = functools.partial(spelled, content=content)
    match value:
        case None | Number() | bytes() | range() | slice() | np.dtype():
            return repr(value)
        case datetime.date() | datetime.time() | datetime.timedelta():
            return repr(value)
        case Enum():
            return f"{_named(type(value))}.{value.name}"
        case Path():
            return content(value)
        case str():
            return f"{value!r}" if not os.path.isfile(value) else content(Path(value))
        case np.ndarray():
            data = np.ascontiguousarray(value)
            digest = hashlib.blake2b(data.data.cast("B") if data.size else b"", digest_size=20).hexdigest()
            return f"array({data.dtype.str} {data.shape} {digest})"
        case tuple() | list():
            return f"({' '.join(spell(one) for one in value)})"
        case set() | frozenset():
            return f"{{{' '.join(sorted(spell(one) for one in value))}}}"
        case Mapping():
            return "{" + " ".join(sorted(f"{spell(name)}: {spell(one)}" for name, one in value.items())) + "}"
        case functools.partial():
            return f"partial{spell((value.func, value.args, value.keywords))}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = [f for f in dataclasses.fields(value) if f.compare and f.name != "notes"]
        return f"{_named(type(value))}({' '.join(f'{f.name}={spell(getattr(value, f.name))}' for f in kept)})"
    if inspect.isfunction(value) or inspect.isbuiltin(value) or isinstance(value, (type, np.ufunc)):
        return _named(value)
    raise ArgumentError(
        f"{value!r} has no name that lasts ({type(value).__name__}); a cached transform or reader is a function or a "
        "frozen dataclass of a module, with numbers, texts, arrays and paths"
    )


def _named(value: Any) -> str:
    """Module and name, and the text of what is not of the library: an edit makes it another."""
    name = getattr(value, "__qualname__", value.__name__)
    module = getattr(value, "__module__", None) or "numpy"
    if "<" in name:
        raise ArgumentError(
            f"{module}.{name} has no name that lasts; write it as a function or a frozen dataclass of a module "
            "(its fields are its parameters), or use functools.partial"
        )
    if module.split(".")[0] == "sigconv" or not (inspect.isfunction(value) or isinstance(value, type)):
        return f"{module}.{name}"
    try:
        text = inspect.getsource(value)
    except (OSError, TypeError):
        return f"{module}.{name}"
    return f"{module}.{name}#{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def content_of(path: Path, folder: Path) -> str:
    """A hash of a file's content; remembered in `folder` for as long as size, times and inode stay.

    Raises
    ------
    OSError : it cannot be read
    """
    path = path.resolve()
    state = path.stat()
    seen = (str(path), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev)
    note = folder / "seen" / hashlib.blake2b(repr(seen).encode(), digest_size=20).hexdigest()
    with suppress(OSError, ValueError):
        told = note.read_text("ascii")
        if len(told) == 40 and int(told, 16) >= 0:
            return told
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()
    if time.time() - max(state.st_mtime, state.st_ctime) > _YOUNG and path.stat() == state:
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(note, digest.encode())
    return digest
