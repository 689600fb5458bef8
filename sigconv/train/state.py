"""A model on disk: model.safetensors and model.json, checked by SHA-256, written whole or not at all."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.files import write_whole

VERSION = 1
_WEIGHTS, _FACTS = "model.safetensors", "model.json"


def save_model(folder: Path, tensors: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write named tensors and the JSON facts about them.

    folder : exists;  tensors : name -> torch tensor;  facts : JSON values (net text, channels, classes, filter …)
    """
    from safetensors.torch import save

    content = save({name: tensor.detach().contiguous() for name, tensor in tensors.items()})
    told = {"version": VERSION, "sha256": hashlib.sha256(content).hexdigest(), **facts}
    write_whole(folder / _WEIGHTS, content)
    write_whole(folder / _FACTS, json.dumps(told, indent=1).encode())


class _Facts(dict[str, Any]):
    """What model.json says; a fact that is not there is refused with the file's name."""

    def __init__(self, path: Path, facts: Mapping[str, Any]) -> None:
        super().__init__(facts)
        self.path = path

    def __missing__(self, key: str) -> Any:
        raise FormatError(f"{self.path}: does not tell {key!r}; it is damaged, or of another version of sigconv")


def load_model(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and facts of `save_model`; nothing in them is executed.

    Raises
    ------
    FileNotFoundError : the folder holds no model
    FormatError : damaged or cut files, or a model of a newer version; later a fact that is asked for and not there
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    for name in (_FACTS, _WEIGHTS):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} holds no {name}; give the folder that `sigconv run` printed")
    try:
        facts = json.loads((folder / _FACTS).read_bytes())
        version = int(facts["version"])
        expected = str(facts["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"{folder / _FACTS}: not a model description ({error}); expected JSON with a version"
        ) from error
    if version > VERSION:
        raise FormatError(f"{folder / _FACTS}: version {version}; this sigconv reads up to {VERSION}: update it")
    content = (folder / _WEIGHTS).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise FormatError(
            f"{folder / _WEIGHTS}: SHA-256 is {found[:12]}…, expected {expected[:12]}…; the file is damaged"
        )
    try:
        return load(content), _Facts(folder / _FACTS, facts)
    except SafetensorError as error:
        raise FormatError(f"{folder / _WEIGHTS}: {error}") from error
