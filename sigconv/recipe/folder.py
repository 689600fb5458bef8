"""The run folder: made beside its final name and renamed when the run is complete, so it is whole or absent."""

import contextlib
import importlib.metadata
import json
import logging
import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sigconv.files import write_whole

log = logging.getLogger("sigconv")


def new_name(parent: Path, recipe: str) -> Path:
    """parent/recipe-YYYYMMDD-HHMMSS, with -2, -3 … where that is taken."""
    stem = f"{recipe}-{time.strftime('%Y%m%d-%H%M%S')}"
    taken = parent / stem
    number = 1
    while taken.exists():
        number += 1
        taken = parent / f"{stem}-{number}"
    return taken


class _Log(logging.FileHandler):
    """run.log; a line that cannot be written stops the run instead of being told and forgotten."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's own name
        raise


@contextmanager
def building(final: Path) -> Iterator[Path]:
    """A folder to fill; renamed to `final` at the end, removed on any error or Ctrl-C. Its log is run.log.

    Raises
    ------
    FileExistsError : `final` exists and is not an empty folder
    OSError : it cannot be made or written
    """
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise FileExistsError(f"{final} exists already; choose another --out, or remove it")
    if final.parent.exists() and not final.parent.is_dir():
        raise NotADirectoryError(f"{final.parent} is a file, so {final} cannot be made in it; choose another --out")
    made = [parent for parent in (final.parent, *final.parent.parents) if not parent.exists()]
    working = final.with_name(f".{final.name}.part{os.getpid()}")
    handler = None
    try:
        working.mkdir(parents=True)
        handler = _Log(working / "run.log", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        yield working
        handler.close()
        working.rename(final)
    finally:
        if handler is not None:
            log.removeHandler(handler)
            with contextlib.suppress(OSError):
                handler.close()
        shutil.rmtree(working, ignore_errors=True)
        if not final.exists():
            for parent in made:
                with contextlib.suppress(OSError):
                    parent.rmdir()


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


def write_json(path: Path, value: Any) -> None:
    """A JSON file, whole or not at all; NaN becomes null."""
    write_whole(path, (json.dumps(_plain(value), indent=1, allow_nan=False) + "\n").encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and value != value else value
