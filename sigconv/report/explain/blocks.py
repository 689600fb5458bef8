"""An input cut into blocks along its axes: moments, frames, patches, cuboids, bands of a spectrogram."""

from collections.abc import Mapping
from itertools import pairwise, product

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ShapeError, nearest
from sigconv.report.explain.players import Groups
from sigconv.signal import Axis, Signal


def blocks(signal: Signal, counts: Mapping[str, int], *, channels: str = "together") -> Groups:
    """As many blocks along each axis as asked for, as equal as whole samples allow.

    Parameters
    ----------
    signal : (channel, *grid)
    counts : axis name -> blocks along it, 1 … its samples; an axis that is not named is not cut
    channels : "together", or "each" to take every channel away by itself

    Raises
    ------
    ArgumentError : an axis the signal has not, more blocks than samples, another word for channels

    >>> x = Signal.from_array(np.zeros((2, 320)), fs=160, channels=["C3", "C4"])
    >>> blocks(x, {"time": 4}).names
    ('0 to 0.5 s', '0.5 to 1 s', '1 to 1.5 s', '1.5 to 2 s')
    >>> blocks(x, {"time": 2}, channels="each").names
    ('C3 · 0 to 1 s', 'C3 · 1 to 2 s', 'C4 · 0 to 1 s', 'C4 · 1 to 2 s')
    """
    if channels not in ("together", "each"):
        raise ArgumentError(f"channels is {channels!r}; allowed: together, each")
    grid = signal.axes[1:]
    for name in counts:
        if name not in [axis.name for axis in grid]:
            there = ", ".join(axis.name for axis in grid)
            raise ArgumentError(f"counts names {name!r}{nearest(name, [a.name for a in grid])}; axes: {there}")
    edges = [_edges(axis, counts.get(axis.name, 1)) for axis in grid]
    first = signal.axes[0]
    lines = [list(_labels(first)) if channels == "each" else [""]]
    lines += [[_told(axis, *pair) for pair in pairs] for axis, pairs in zip(grid, edges, strict=True)]
    numbers = [np.arange(len(lines[0]))]
    numbers += [np.repeat(np.arange(len(pairs)), [b - a for a, b in pairs]) for pairs in edges]
    sizes = [len(line) for line in lines]
    where = np.ravel_multi_index(np.ix_(*numbers), sizes)
    names = tuple(" · ".join(filter(None, words)) or "all of it" for words in product(*lines))
    return Groups(names, where.astype(np.int64))


def marker_names(signal: Signal) -> tuple[str, ...]:
    """The markers or joints whose channels are called NAME.x, NAME.y, NAME.z one after the other; or none.

    >>> marker_names(Signal.from_array(np.zeros((3, 4)), fs=2, channels=["hip.x", "hip.y", "hip.z"]))
    ('hip',)
    """
    labels = signal.axes[0].labels
    names = tuple(label.removesuffix(".x") for label in labels[::3])
    return names if labels == tuple(f"{name}.{axis}" for name in names for axis in "xyz") else ()


def joints(signal: Signal) -> Groups:
    """The markers or joints of a motion, each of which has three channels.

    signal : (3 · markers, time), the channels called NAME.x, NAME.y, NAME.z

    Raises
    ------
    ShapeError : channels that are called otherwise

    >>> walk = Signal.from_array(np.zeros((3, 4)), fs=2, channels=["hip.x", "hip.y", "hip.z"])
    >>> joints(walk).names
    ('hip',)
    """
    names = marker_names(signal)
    if not names:
        raise ShapeError(f"signal is {signal!r}; joints takes a motion whose channels are NAME.x, NAME.y, NAME.z")
    rows = np.repeat(np.arange(len(names)), 3)
    return Groups(names, rows.reshape(-1, *(1,) * (len(signal.axes) - 1)) + np.zeros(signal.shape, np.int64))


def _edges(axis: Axis, count: int) -> list[tuple[int, int]]:
    if not at_least(f"counts[{axis.name!r}]", count, 1) <= axis.size:
        raise ArgumentError(f"counts[{axis.name!r}] is {count}; the axis has {axis.size} samples, a block one or more")
    places = [round(i * axis.size / count) for i in range(count + 1)]
    return list(pairwise(places))


def _labels(axis: Axis) -> tuple[str, ...]:
    return axis.labels or tuple(str(i) for i in range(axis.size))


def _told(axis: Axis, first: int, last: int) -> str:
    if (first, last) == (0, axis.size):
        return ""
    if not axis.unit:
        return f"{axis.name} {first} to {last - 1}"
    name = "" if axis.unit in ("s", "Hz") else f"{axis.name} "
    return f"{name}{axis.at(first):.4g} to {axis.at(last):.4g} {axis.unit}"


def checked_groups(groups: Groups, signal: Signal) -> None:
    """Refuse groups of another input.

    Raises
    ------
    ShapeError : their numbers lie on another grid
    """
    found, wanted = groups.numbers.shape, signal.shape
    if found[1:] != wanted[1:] or found[0] not in (1, wanted[0]):
        raise ShapeError(f"groups lie on a grid of {found}, the signal has {wanted}; cut this signal itself")
