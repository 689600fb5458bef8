"""Checkpoints: the state of a training on disk, the newest good one found by itself.

A checkpoint is a pair `state-N.safetensors` and `state-N.json`, each written whole or not at all. The JSON comes last
and holds the SHA-256 of the tensors and of its own text, so that a pair that passes is complete and undamaged.
"""

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sigconv.errors import FormatError
from sigconv.files import write_whole
from sigconv.train.processes import Processes

VERSION = 1
_KEPT = 2
_NAME = re.compile(r"state-(\d{9})\.(json|safetensors)")
_SEAL = b'{"check": "%s", "state": %s}'
_BEFORE = len(_SEAL % (b"0" * 64, b"")) - 1
_log = logging.getLogger("sigconv")


@dataclass(frozen=True, eq=False)
class State:
    """What a checkpoint holds: named tensors, and facts that are JSON values."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


class Checkpoints:
    """The checkpoints of one training in a folder, which is made where it is absent; the newest two good ones stay.

    folder : of this training alone

    >>> import tempfile, torch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Checkpoints(Path(folder)).write({"w": torch.ones(2)}, {"step": 3})
    ...     found = Checkpoints(Path(folder)).newest()
    >>> found.tensors["w"].tolist(), found.facts
    ([1.0, 1.0], {'step': 3})
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._good: list[int] = []
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Write one more, and let go of the oldest.

        tensors : on any device;  facts : JSON values with text for keys

        Raises
        ------
        OSError : the folder cannot be written or is full; the checkpoints before this one stay
        """
        from safetensors.torch import save

        content = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()})
        told = {"version": VERSION, "sha256": hashlib.sha256(content).hexdigest(), "facts": dict(facts)}
        sealed = _sealed(json.dumps(told).encode())  # whatever is no JSON fails before anything is written
        number = max((n for n, _ in self._written()), default=0) + 1
        write_whole(self._path(number, "safetensors"), content)
        write_whole(self._path(number, "json"), sealed)
        self._good = [*self._good, number][-_KEPT:]
        self._tidy()

    def newest(self) -> State | None:
        """The newest checkpoint that is undamaged; None where there is none.

        A line of the log "sigconv" tells of each damaged one that was passed over. Nothing in a file is executed.

        Raises
        ------
        FormatError : a checkpoint of a newer version
        """
        for number, _ in sorted(self._written(), reverse=True):
            path = self._path(number, "json")
            try:
                state = _read(path)
            except _DamageError as damage:
                _log.warning("%s is passed over for an older checkpoint: %s", path, damage)
                continue
            self._good = [number]
            return state
        return None

    def _path(self, number: int, kind: str) -> Path:
        return self.folder / f"state-{number:09d}.{kind}"

    def _written(self) -> list[tuple[int, Path]]:
        """Number and path of everything whose JSON is there."""
        found = [(_NAME.fullmatch(path.name), path) for path in self.folder.iterdir()]
        return [(int(name[1]), path) for name, path in found if name and name[2] == "json"]

    def _tidy(self) -> None:
        """Remove what is older than the newest two good ones, damaged, or half-written by one who crashed."""
        for path in sorted(self.folder.iterdir()):
            name = _NAME.fullmatch(path.name)
            if (name and int(name[1]) not in self._good) or re.fullmatch(r"\.state-\d{9}\..*\.part", path.name):
                path.unlink(missing_ok=True)


def shared(state: State | None, processes: Processes) -> State | None:
    """The state that the first of several processes has."""
    from safetensors.torch import load, save

    told = processes.told(b"" if state is None else json.dumps(state.facts).encode())
    content = processes.told(b"" if state is None else save(state.tensors))
    return State(load(content), json.loads(told)) if told else None


class _DamageError(Exception):
    """Why a checkpoint is no good."""


def _sealed(body: bytes) -> bytes:
    """A JSON text that holds another one and its SHA-256."""
    return _SEAL % (hashlib.sha256(body).hexdigest().encode(), body)


def _read(path: Path) -> State:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        raw = path.read_bytes()
        body = raw[_BEFORE:-1]
        if raw != _sealed(body):
            raise _DamageError("its JSON is not as it was written")
        told = json.loads(body)
        if told["version"] > VERSION:
            raise FormatError(f"{path}: version {told['version']}; this sigconv reads up to {VERSION}: update it")
        content = path.with_suffix(".safetensors").read_bytes()
        if hashlib.sha256(content).hexdigest() != told["sha256"]:
            raise _DamageError("its tensors are not as they were written")
        return State(load(content), told["facts"])
    except (ValueError, KeyError, TypeError, RecursionError, OSError, SafetensorError) as error:
        raise _DamageError(f"it cannot be read ({error})") from error
