"""What a training is made of, in short: whether a checkpoint belongs to it."""

import hashlib
import re
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError
from sigconv.train.settings import Settings
from sigconv.windows import Loaded, Windows

_FREE = ("workers",)  # what changes no weight


def fingerprint(
    module: torch.nn.Module,
    windows: Windows | Loaded,
    settings: Settings,
    seed: int,
    validation: Windows | Loaded | None,
    augment: object,
) -> dict[str, Any]:
    """JSON values that differ where the weights of two trainings would: settings, and hashes of the rest.

    Of windows in memory everything counts; of those that are read, where they lie in which recordings, and the numbers
    of the first, the middle and the last. Of augmentation its repr counts, without addresses.
    """
    return {
        "settings": {name: value for name, value in asdict(settings).items() if name not in _FREE},
        "seed": seed,
        "net": _module(module),
        "windows": _windows(windows),
        "validation": "" if validation is None else _windows(validation),
        "augmentation": re.sub(r" at 0x[0-9a-f]+", "", repr(augment)),
    }


def refuse_other(found: dict[str, Any], ours: dict[str, Any], folder: object) -> None:
    """An error that says in what a checkpoint's training differs from this one.

    Raises
    ------
    ArgumentError : they differ
    """
    if found == ours:
        return
    told = []
    for part, value in ours.items():
        other = found.get(part)
        if part == "settings" and isinstance(other, dict):
            told += [f"{k} was {other.get(k)!r} and is {v!r}" for k, v in value.items() if other.get(k) != v]
        elif part == "seed" and other != value:
            told.append(f"seed was {other!r} and is {value!r}")
        elif other != value:
            told.append(f"{part} differ{'s' * (part != 'windows')}")
    raise ArgumentError(
        f"{folder} holds the checkpoint of another training: {', '.join(told)}; resume with what it was started with, "
        "or give another folder"
    )


def _module(module: torch.nn.Module) -> str:
    digest = hashlib.sha256(str(module).encode())
    for name, value in module.state_dict().items():
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _windows(windows: Windows | Loaded) -> str:
    digest = hashlib.sha256(repr((len(windows), windows.shape, windows.classes, windows.groups)).encode())
    digest.update(_bytes(windows.labels))
    if isinstance(windows, Loaded):
        digest.update(_bytes(windows.data))
        return digest.hexdigest()
    digest.update(_bytes(windows.where))
    for source in (*windows.sources, *windows.targets):
        digest.update(repr((source.axes, source.unit)).encode())
    some = sorted({0, len(windows) // 2, len(windows) - 1})
    digest.update(_bytes(windows.batch(some)))
    digest.update(_bytes(windows.wanted(some)))
    return digest.hexdigest()


def _bytes(array: Any) -> Any:
    """The numbers of an array as bytes, without a copy where they lie in a row."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
