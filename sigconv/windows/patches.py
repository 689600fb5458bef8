"""Patches: windows of the same size along every grid axis, with a label map beside them where there is one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product, zip_longest

import numpy as np

from sigconv.core.boundary import BoundaryLike, rule_of
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.signal import Axis, Source
from sigconv.windows.alike import name_of, same_channels
from sigconv.windows.cut import Windows, each_axis


def patches(
    sources: Sequence[Source],
    size: Sequence[int] | int,
    step: Sequence[int] | int,
    groups: Sequence[str],
    targets: Sequence[Source] = (),
    boundary: BoundaryLike | None = None,
) -> Windows:
    """Patches of `size` samples, one every `step` samples along every grid axis, and one flush with each far end.

    So every sample of every source is in a patch; labels are -1. A source that is shorter than a patch lies in its
    middle.

    Parameters
    ----------
    sources : recordings with the same channels and the same number of grid axes
    size, step : int >= 1 for every grid axis, or one for all
    groups : one name for each source
    targets : a label map for each source, on its grid; or none
    boundary : what lies beyond a source that is shorter than a patch; None refuses it

    Raises
    ------
    ShapeError : not as many sizes, steps, groups or targets as axes or sources, or a patch larger than a source
    ArgumentError : no source, or an unknown rule
    SamplingError : other channels, an uneven axis, or a label map on another grid

    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Axis, Signal
    >>> grid = (Axis.channel(["grey"]), Axis("y", 5), Axis("x", 4))
    >>> patches([recording.of(Signal(np.zeros((1, 5, 4)), grid))], (2, 4), (2, 4), ["a"]).where.tolist()
    [[0, 0, 0], [0, 2, 0], [0, 3, 0]]
    """
    sources = tuple(sources)
    if not sources:
        raise ArgumentError("sources is empty; give at least one recording")
    if len(groups) != len(sources):
        raise ShapeError(f"groups has {len(groups)} names for {len(sources)} recordings; give one each")
    where: list[tuple[int, ...]] = []
    for number, source in enumerate(sources):
        grid = source.axes[1:]
        sizes, steps = (each_axis(name, given, source) for name, given in (("size", size), ("step", step)))
        same_channels(sources[0], source)
        starts = []
        for axis, n, hop in zip(grid, sizes, steps, strict=True):
            if axis.size < n and boundary is None:
                raise ShapeError(
                    f"{name_of(source)} has {axis.size} samples along {axis.name}; a patch of {n} is larger"
                )
            _ = axis.rate  # an uneven axis refuses, and says why
            starts.append(covering(axis.size, n, hop) if axis.size >= n else [-((n - axis.size) // 2)])
        where += [(number, *first) for first in product(*starts)]
    owners = tuple(groups[number] for number, *_ in where)
    sizes = each_axis("size", size, sources[0])
    rule = "zeros" if boundary is None else boundary
    rule_of(rule)
    cut = Windows(sources, np.array(where), np.full(len(where), -1), owners, (), sizes, boundary=rule)
    return with_targets(cut, targets) if targets else cut


def covering(length: int, size: int, step: int) -> list[int]:
    """Where pieces of `size` begin, one every `step`, and one flush with the end, so that all of `length` is covered.

    length >= size, size >= 1 and step >= 1

    >>> covering(10, 4, 4)
    [0, 4, 6]
    """
    last = length - size
    return sorted({*range(0, last + 1, step), last})


def with_targets(windows: Windows, targets: Sequence[Source]) -> Windows:
    """The same windows, each with the piece of a label map that lies where it lies.

    targets : a label map for each source, on its grid

    Raises
    ------
    ShapeError : not one for each source, or other channels than the first label map
    SamplingError : a label map on another grid than its source
    """
    if len(targets) != len(windows.sources):
        raise ShapeError(f"targets has {len(targets)} label maps for {len(windows.sources)} recordings; give one each")
    for source, target in zip(windows.sources, targets, strict=True):
        for axis, other in zip_longest(source.axes[1:], target.axes[1:]):
            if axis is None or other is None or not _same_places(axis, other):
                raise SamplingError(
                    f"the label map {name_of(target)} has {other or 'no further axis'}, {name_of(source)} has "
                    f"{axis or 'no further axis'}; resample it to the same grid first"
                )
        if target.axes[0].size != targets[0].axes[0].size:
            raise ShapeError(
                f"the label map {name_of(target)} has {target.axes[0].size} channels, {name_of(targets[0])} has "
                f"{targets[0].axes[0].size}"
            )
    return replace(windows, targets=tuple(targets))


def _same_places(a: Axis, b: Axis) -> bool:
    """Whether two axes have their samples at the same positions, to a hundredth of a step."""
    near = 0.01 * a.step
    ends = abs(a.start - b.start) <= near and abs(a.at(a.size - 1) - b.at(b.size - 1)) <= near
    return (a.name, a.size, a.unit) == (b.name, b.size, b.unit) and ends
