"""A scan as the network sees it: of the wanted spacing and levels."""

import tempfile
from typing import Any

import numpy as np

from sigconv import filters, space
from sigconv.errors import ArgumentError, ShapeError
from sigconv.loaders import recording
from sigconv.recipe.volume.tables import Grid, Levels
from sigconv.signal import Signal, Source

IN_MEMORY = 1 << 28  # bytes of a prepared scan; a larger one lies in a nameless file, mapped
_NEAR = 1e-3  # of a step: spacings that are nearer are one


def prepared(source: Source, grid: Grid, levels: Levels) -> Source:
    """A scan on the wanted grid, its levels as numbers about 0; unread samples stay on disk where it is large.

    Raises
    ------
    ShapeError : not (channel, z, y, x);  SamplingError : axes that are not in mm
    ArgumentError : a scan that is flat, or holds NaN
    """
    if [axis.name for axis in source.axes] != ["channel", *space.GRID]:
        name = source.notes.get("path") or source.notes.get("name", "the scan")
        raise ShapeError(f"{name} has axes {', '.join(a.name for a in source.axes)}; this recipe takes volumes z, y, x")
    return _kept(_levelled(_spaced(source.read(), grid, labels=False), levels))


def prepared_labels(labels: Source, grid: Grid) -> Source:
    """A label map on the wanted grid, the nearest voxel's label everywhere."""
    return _kept(_spaced(labels.read(), grid, labels=True))


def outside(levels: Levels) -> tuple[str, float] | str:
    """The boundary of what lies beyond a prepared scan: the lowest level, or as the scan ends."""
    return "edge" if levels.low is None else ("constant", -1.0)


def _spaced(volume: Signal, grid: Grid, labels: bool) -> Signal:
    steps = [axis.step for axis in space.grid(volume)]
    even = not any(axis.positions for axis in space.grid(volume))
    near = even and all(abs(a - b) <= _NEAR * b for a, b in zip(steps, grid.spacing, strict=False))
    if not grid.spacing or near:
        return volume
    return filters.to_spacing(volume, grid.spacing, labels=labels)


def _levelled(volume: Signal, levels: Levels) -> Signal:
    data = np.asarray(volume.data, dtype=np.float32)
    name = volume.notes.get("path") or volume.notes.get("name", "the scan")
    if not np.isfinite(data).all():
        raise ArgumentError(f"{name} holds NaN or infinity; replace them by the level of air or background first")
    if levels.low is not None and levels.high is not None:
        scaled = np.clip((data - levels.low) * (2 / (levels.high - levels.low)) - 1, -1, 1)
        return volume.with_data(scaled, unit="")
    axes = (-3, -2, -1)
    spread = data.std(axes, keepdims=True, dtype=np.float64)
    if not (spread > 0).all():
        raise ArgumentError(f"{name} is of one level everywhere; there is nothing to see in it")
    mean = data.mean(axes, keepdims=True, dtype=np.float64)
    return volume.with_data(((data - mean) / spread).astype(np.float32), unit="")


def _kept(volume: Signal) -> Source:
    data: Any = np.asarray(volume.data)
    if data.nbytes > IN_MEMORY:
        with tempfile.TemporaryFile() as file:  # which stays until nothing maps it
            mapped = np.memmap(file, data.dtype, "w+", shape=data.shape)
        mapped[:] = data
        data = mapped
    return recording.of(volume.with_data(data))
