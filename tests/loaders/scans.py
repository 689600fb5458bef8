"""Recordings for the tests of the cache: files of numbers that count how often they are read."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sigconv.loaders.cache import recording
from sigconv.loaders.cache.recording import cached
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Event, Signal


@dataclass(frozen=True)
class Raw:
    """A file of numbers read anew for every box, like a decoder; `calls` counts in a file beside it."""

    path: Path
    shape: tuple[int, ...]
    kind: str = "int16"

    def __call__(self, box, rows):
        with self.path.with_suffix(".calls").open("a") as file:
            file.write("x")
        data = np.fromfile(self.path, self.kind).reshape(self.shape)
        return data[(list(rows), *(slice(*pair) for pair in box))]


@dataclass(frozen=True)
class Scaled:
    factor: float

    def __call__(self, signal: Signal) -> Signal:
        axes = (*signal.axes[:-1], replace(signal.axes[-1], step=2.0))
        notes = {**signal.notes, "affine": np.eye(4) * self.factor, "pair": (1, [2.5, None])}
        return signal.with_data(signal.data * np.float32(self.factor), axes=axes, unit="m", notes=notes)


def halved(signal: Signal, by: float = 2.0) -> Signal:
    return signal.with_data(signal.data / by)


def scan(folder: Path, name="scan", shape=(2, 37, 40, 45), kind="int16", seed=0) -> Recording:
    path = folder / f"{name}.raw"
    if not path.exists():
        np.random.default_rng(seed).integers(0, 200, shape).astype(kind).tofile(path)
        os.utime(path, (1e9, 1e9))
    axes = (
        Axis.channel([str(i) for i in range(shape[0])]),
        *(Axis(n, s, "mm") for n, s in zip("zyx", shape[1:], strict=True)),
    )
    return Recording(axes, Raw(path, shape, kind), "HU", (Event(0.0, 0, "x"),), {"name": name, "path": str(path)})


def reads(recording: Recording) -> int:
    calls = Path(recording.notes["path"]).with_suffix(".calls")
    return calls.stat().st_size if calls.exists() else 0


def everything(recording):
    return recording[...].data


def anew(*arguments, **names):
    """As a process that comes later would have it."""
    for kept in (recording._OPEN, recording._MADE):
        kept._things.clear()
    recording._refused.clear()
    recording._told.clear()
    return cached(*arguments, **names)


def entries(shelf):
    return sorted(shelf.glob("*.sig"))
