"""One window for every recording: clips, pictures and volumes of differing sizes brought to one."""

from collections.abc import Sequence

import numpy as np

from sigconv.core.boundary import BoundaryLike, rule_of
from sigconv.errors import ArgumentError, ShapeError, nearest, one_of
from sigconv.signal import Source
from sigconv.windows.alike import name_of, same_channels, same_rate
from sigconv.windows.cut import Windows, each_axis


def whole(
    sources: Sequence[Source],
    labels: Sequence[str] | None,
    groups: Sequence[str],
    size: Sequence[int] | int,
    *,
    classes: Sequence[str] = (),
    boundary: BoundaryLike = "zeros",
    align: str = "centre",
) -> Windows:
    """Every recording as one window of `size` samples: what is longer is cropped, what is shorter is padded.

    Parameters
    ----------
    sources : recordings with the same channels and as many grid axes
    labels : the class of each; None where it is not known (-1), of new recordings
    groups : one name for each, what must never be divided between training and test
    size : samples along every grid axis, each >= 1, or one number for all
    classes : names of the classes in order; by default those that `labels` has, sorted
    boundary : what lies beyond a recording's end: "zeros", "edge", ("constant", -1000) for air in HU, …
    align : "centre" keeps the middle, and pads both ends (the far one by one more where it is odd);
        "start" keeps the beginning, and pads the end

    Raises
    ------
    ShapeError : not one label, group or size for each recording or axis
    ArgumentError : no recording, a label that is empty or no class, an unknown rule
    SamplingError : other channels, or another rate along time

    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Signal
    >>> clips = [recording.of(Signal.from_array(np.arange(1.0, n), fs=8)) for n in (4, 7)]
    >>> whole(clips, ["a", "b"], ["x", "y"], [5]).batch([0, 1])[:, 0].tolist()
    [[0.0, 1.0, 2.0, 3.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0]]
    """
    sources = tuple(sources)
    rule_of(boundary)
    one_of("align", align, ("centre", "start"))
    if not sources:
        raise ArgumentError("sources is empty; give at least one recording")
    for what, given in (("labels", labels), ("groups", groups)):
        if given is not None and len(given) != len(sources):
            raise ShapeError(f"{what} has {len(given)} names for {len(sources)} recordings; give one each")
    names = tuple(classes) if labels is None else _classes(sources, labels, classes)
    first = sources[0]
    sizes = each_axis("size", size, first)
    where = []
    for number, source in enumerate(sources):
        _alike(first, source)
        spare = [axis.size - n for axis, n in zip(source.axes[1:], sizes, strict=True)]
        where.append((number, *(int(one / 2) if align == "centre" else 0 for one in spare)))
    numbers = np.array([names.index(label) for label in labels] if labels else [-1] * len(sources), dtype=np.int64)
    return Windows(sources, np.array(where), numbers, tuple(groups), names, sizes, boundary=boundary)


def _classes(sources: Sequence[Source], labels: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
    """The names of the classes; some labels that are empty are no class of their own unless it is named."""
    empty = [name_of(source) for label, source in zip(labels, sources, strict=True) if label == ""]
    if 0 < len(empty) < len(sources) and "" not in classes:
        raise ArgumentError(
            f"labels is empty for {len(empty)} of {len(sources)} recordings, {empty[0]} the first; leave them out"
        )
    names = tuple(classes) or tuple(sorted(set(labels)))
    for label in labels:
        if label not in names:
            raise ArgumentError(f"labels has {label!r}{nearest(label, names)}; classes: {', '.join(names)}")
    return names


def _alike(first: Source, source: Source) -> None:
    """Refuse a recording that a network could not take for one of the same kind as the first."""
    same_channels(first, source)
    same_rate(first, source)
    if [axis.name for axis in first.axes] != [axis.name for axis in source.axes]:
        raise ShapeError(
            f"{name_of(source)} has axes {', '.join(a.name for a in source.axes)}, {name_of(first)} has "
            f"{', '.join(a.name for a in first.axes)}"
        )
