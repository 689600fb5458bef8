"""Where the frames of a DICOM file lie in space, read from its top level or from functional groups."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.dicom.file import Where


@dataclass(frozen=True)
class Slice:
    """One image of a volume.

    path, frame : where it is;  at : byte at which its numbers begin, -1 where a decoder must find them
    slope, intercept : from stored numbers to values
    position : mm of the centre of its first pixel, LPS;  orientation : unit vectors along a row and along a column
    spacing : mm between rows, mm between columns
    order : of acquisition, where two lie at one position
    segment : its number, in a segmentation
    """

    path: Path
    frame: int
    at: int
    slope: float
    intercept: float
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, ...]
    order: tuple[int, int, int] = (0, 0, 0)
    segment: int = 0


def frames(where: Where, count: int, at: int, size: int) -> Iterator[Slice]:
    """One slice for every frame, in the file's order.

    count : of frames;  at : byte at which the first begins, or -1;  size : bytes from one to the next

    Raises
    ------
    FormatError : frames whose place is not told, or a field that cannot be

    Source: DICOM PS3.3 C.7.6.2 (image plane), C.7.6.16 (functional groups).
    """
    acquired, number = (where.whole(name, -(1 << 31), 1 << 31, 0) for name in ("AcquisitionNumber", "InstanceNumber"))
    groups = where.items("PerFrameFunctionalGroupsSequence")
    if groups and len(groups) != count:
        raise where.refused("PerFrameFunctionalGroupsSequence", f"{len(groups)} items", f"{count}, one a frame")
    shared = (where.items("SharedFunctionalGroupsSequence") or [None])[0]
    whole = _placed(where, Slice(where.path, 0, at, 1.0, 0.0, (), (), ()))
    if shared is not None:
        whole = _grouped(where.path, shared, whole)
    for frame in range(count):
        found = _grouped(where.path, groups[frame], whole) if groups else whole
        if not groups and count > 1:
            found = _stacked(where, found, frame)
        place = at if at < 0 else at + frame * size
        yield replace(_checked(where, found, count), frame=frame, at=place, order=(acquired, number, frame))


def _placed(where: Where, like: Slice) -> Slice:
    """`like` with what a data set or a functional group tells about place and scale."""
    spacing = where.numbers("PixelSpacing", 2) or where.numbers("ImagerPixelSpacing", 2)
    return replace(
        like,
        slope=where.number("RescaleSlope", like.slope),
        intercept=where.number("RescaleIntercept", like.intercept),
        position=where.numbers("ImagePositionPatient", 3) or like.position,
        orientation=where.numbers("ImageOrientationPatient", 6) or like.orientation,
        spacing=spacing or like.spacing,
        segment=where.whole("ReferencedSegmentNumber", 1, 65535, like.segment),
    )


_GROUPS = (
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "SegmentIdentificationSequence",
)


def _grouped(path: Path, group: Any, like: Slice) -> Slice:
    for name in _GROUPS:
        for item in Where(path, group).items(name)[:1]:
            like = _placed(Where(path, item), like)
    return like


def _stacked(where: Where, first: Slice, frame: int) -> Slice:
    """A frame of a file that tells the place of the first and the distance of the others (nuclear medicine, old CT)."""
    step = where.number("SpacingBetweenSlices", 0.0)
    if not (first.position and first.orientation and step):
        raise FormatError(
            f"{where.path}: {where.text('NumberOfFrames')} frames without a position each; expected per-frame "
            "functional groups, or ImagePositionPatient and SpacingBetweenSlices"
        )
    normal = cross(first.orientation[:3], first.orientation[3:])
    return replace(first, position=tuple(p + frame * step * n for p, n in zip(first.position, normal, strict=True)))


def _checked(where: Where, found: Slice, count: int) -> Slice:
    """A slice that has a place in space; one picture alone, without a place, lies at the origin."""
    if not found.spacing and count == 1 and not found.position:
        found = replace(found, spacing=(1.0, 1.0))
    if len(found.spacing) != 2 or min(found.spacing) <= 0:
        raise where.refused("PixelSpacing", list(found.spacing), "2 numbers of mm above 0")
    if not found.orientation:
        found = replace(found, orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    row, column = found.orientation[:3], found.orientation[3:]
    lengths, across = [math.dist(one, (0, 0, 0)) for one in (row, column)], sum(map(float.__mul__, row, column))
    if max(abs(length - 1) for length in lengths) > 1e-2 or abs(across) > 1e-2:
        raise where.refused(
            "ImageOrientationPatient", list(found.orientation), "two vectors of length 1 at right angles"
        )
    if not 0 < abs(found.slope) < 1e9:
        raise where.refused("RescaleSlope", found.slope, "a number that is not 0")
    return found


def cross(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    """The vector at right angles to two others.

    >>> cross((1, 0, 0), (0, 1, 0))
    (0, 0, 1)
    """
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
