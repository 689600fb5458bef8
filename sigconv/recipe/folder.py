"""The run folder: made beside its final name and renamed when the run is complete, so it is whole or absent."""

import contextlib
import csv
import hashlib
import importlib.metadata
import io
import json
import logging
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sigconv.errors import ArgumentError
from sigconv.files import write_whole
from sigconv.train.processes import here

log = logging.getLogger("sigconv")


LOG = "log.csv"  # a row for every epoch of every training
TRAINING = "training"  # inside the run folder while it is made: the checkpoints of every fold and seed


def target(parent: Path, recipe: str, told: str) -> Path:
    """The run folder to make: one that an unfinished run of the same recipe was making, or else a new name.

    A new name is parent/recipe-YYYYMMDD-HHMMSS, with -2, -3 … where that is taken.

    told : the resolved recipe, as TOML text
    """
    for working in sorted(parent.glob(f".{recipe}-*.part")):
        if _recipe_of(working) == told and not _taken(working):
            return working.with_name(working.name[1:].removesuffix(".part"))
    stem = f"{recipe}-{time.strftime('%Y%m%d-%H%M%S')}"
    taken = parent / stem
    number = 1
    while taken.exists() or _working(taken).exists():
        number += 1
        taken = parent / f"{stem}-{number}"
    return taken


def _working(final: Path) -> Path:
    """Where a run folder is made: beside its final name, hidden."""
    return final.with_name(f".{final.name}.part")


def _recipe_of(working: Path) -> str:
    try:
        return (working / "recipe.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _taken(working: Path) -> bool:
    """Whether a process is making this folder now."""
    import fcntl

    try:
        with (working / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


class _Log(logging.FileHandler):
    """run.log; a line that cannot be written stops the run instead of being told and forgotten."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's own name
        raise


@contextmanager
def building(final: Path, told: str) -> Iterator[Path]:
    """A folder to fill; renamed to `final` at the end. Its log is run.log, and its recipe stands in it from the start.

    Of several processes the first one makes it, and the others fill a folder each that is thrown away.
    What an unfinished run of the same recipe left is taken up again. On an error or Ctrl-C the folder stays if a
    training in it has a checkpoint, and is removed otherwise.

    told : the resolved recipe, as TOML text

    Raises
    ------
    FileExistsError : `final` exists and is not an empty folder, or an unfinished run of another recipe was making it
    BlockingIOError : another process is making it
    OSError : it cannot be made or written
    """
    if not here().first:
        with tempfile.TemporaryDirectory() as mine:
            yield Path(mine)
        return
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise FileExistsError(f"{final} exists already; choose another --out, or remove it")
    if final.parent.exists() and not final.parent.is_dir():
        raise NotADirectoryError(f"{final.parent} is a file, so {final} cannot be made in it; choose another --out")
    made = [parent for parent in (final.parent, *final.parent.parents) if not parent.exists()]
    working = _working(final)
    if working.exists() and _recipe_of(working) not in ("", told):
        raise FileExistsError(
            f"{working} is an unfinished run of another recipe; remove it, or choose another --out; with its own "
            "recipe the run would go on"
        )
    keep = True  # until the lock is ours, the folder may be another's
    try:
        working.mkdir(parents=True, exist_ok=True)
        with _alone(working):
            keep = False
            try:
                with _logged(working):
                    if _recipe_of(working) != told:
                        write_whole(working / "recipe.toml", told.encode())
                    yield working
                (working / "lock").unlink()
                _keep_log(working)
                shutil.rmtree(working / TRAINING, ignore_errors=True)
                working.rename(final)
            except BaseException as error:
                if keep := unfinished(working):
                    error.add_note(f"{working} keeps the training so far; the same command goes on from there")
                raise
    finally:
        if not keep:
            shutil.rmtree(working, ignore_errors=True)
        if not final.exists() and not working.exists():
            for parent in made:
                with contextlib.suppress(OSError):
                    parent.rmdir()


def _keep_log(working: Path) -> None:
    """Put the rows of all trainings into one log.csv of the run folder, in the order in which they began."""
    found = sorted((working / TRAINING).glob(f"*/{LOG}"), key=lambda path: (path.stat().st_mtime_ns, path))
    texts = [path.read_text(encoding="utf-8") for path in found]
    if texts:
        head = texts[0].partition("\n")[0]
        write_whole(working / LOG, "".join([head, "\n", *(text.partition("\n")[2] for text in texts)]).encode())


def unfinished(working: Path) -> bool:
    """Whether a training in this folder can go on from a checkpoint."""
    return any((working / TRAINING).glob("*/*.safetensors"))


@contextmanager
def _alone(working: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with this process however it ends."""
    import fcntl

    with (working / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"{working}: another run is working in it; wait for it, or choose another --out"
            ) from None
        yield


@contextmanager
def _logged(working: Path) -> Iterator[None]:
    handler = _Log(working / "run.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
        handler.close()
    finally:
        log.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()


def environment() -> dict[str, Any]:
    """Versions and machine, for environment.json."""
    packages = ("sigconv", "numpy", "scipy", "torch", "mne", "scikit-learn")
    versions = {}
    for name in packages:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "packages": versions,
    }


def plain(text: str) -> str:
    """A text as the name of a folder: letters, digits, dots and dashes.

    >>> plain("fold 1 of 5-seed0")
    'fold-1-of-5-seed0'
    """
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
    same = kept == text.replace(" ", "-")
    return kept if same else f"{kept[:40]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def place(working: Path, number: int, name: str) -> Path:
    """Where one training of a run keeps its checkpoints.

    number : of its fold, as names may differ in a space alone;  name : of it
    """
    return working / TRAINING / f"{number}-{plain(name)}"


def as_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows of one and the same set of columns as CSV text with a header line."""
    if not rows:
        raise ArgumentError("rows is empty; a table needs one row or more")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def write_json(path: Path, value: Any) -> None:
    """A JSON file, whole or not at all; NaN becomes null."""
    write_whole(path, (json.dumps(_plain(value), indent=1, allow_nan=False) + "\n").encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and value != value else value
