"""Windows of several kinds of cutting as one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.windows.alike import name_of
from sigconv.windows.cut import Windows


def concatenate(parts: Sequence[Windows]) -> Windows:
    """The windows of all parts, in order; a class of one part is the class of that name in the others.

    Parameters
    ----------
    parts : windows of the same shape, channels, unit and boundary, all with targets or none

    Raises
    ------
    ArgumentError : no parts, or other boundaries
    ShapeError : other shapes, or targets in some only
    SamplingError : other channels or units

    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Signal
    >>> from sigconv.windows import sliding
    >>> runs = [recording.of(Signal.from_array(np.zeros((2, n)), fs=10)) for n in (20, 30)]
    >>> len(concatenate([sliding(run, 1.0, 0.5) for run in runs]))
    8
    """
    if not parts:
        raise ArgumentError("parts is empty; give at least one Windows")
    first = parts[0]
    for part in parts[1:]:
        _alike(first, part)
    classes = tuple(dict.fromkeys(name for part in parts for name in part.classes))
    where, labels, before = [], [], 0
    for part in parts:
        where.append(part.where + np.array([before, *(0 for _ in part.size)]))
        numbers = np.array([*(classes.index(name) for name in part.classes), -1])  # the last is for the unknown, -1
        labels.append(numbers[part.labels])
        before += len(part.sources)
    return replace(
        first,
        sources=tuple(source for part in parts for source in part.sources),
        where=np.concatenate(where),
        labels=np.concatenate(labels),
        groups=tuple(group for part in parts for group in part.groups),
        classes=classes,
        targets=tuple(target for part in parts for target in part.targets),
    )


def _alike(first: Windows, part: Windows) -> None:
    ours, theirs = first.sources[0], part.sources[0]
    if (part.shape, part.target_shape, bool(part.targets)) != (first.shape, first.target_shape, bool(first.targets)):
        raise ShapeError(
            f"windows of {name_of(theirs)} have shape {part.shape} and targets {part.target_shape}, those of "
            f"{name_of(ours)} {first.shape} and {first.target_shape}; cut them to the same"
        )
    if (theirs.axes[0].labels, theirs.unit) != (ours.axes[0].labels, ours.unit):
        raise SamplingError(
            f"{name_of(theirs)} and {name_of(ours)} differ in channels or unit ({theirs.unit or 1}, {ours.unit or 1})"
        )
    if part.boundary != first.boundary:
        raise ArgumentError(f"boundary is {part.boundary!r} and {first.boundary!r}; windows of one set share it")
