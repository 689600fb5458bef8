"""DICOM segmentations: labels with names, on their own grid or on that of the scan they belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders.dicom import header as dicom_header
from sigconv.loaders.dicom.file import Where, opened
from sigconv.loaders.dicom.header import SEGMENTATIONS, Header, Stored
from sigconv.loaders.dicom.pixels import Slices, cut
from sigconv.loaders.dicom.place import Slice
from sigconv.loaders.dicom.stack import Series, alike, along, normal_of, placed
from sigconv.loaders.limits import within_limit
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.loaders.volume.geometry import Turn
from sigconv.signal import Axis, Box

Array = np.ndarray[Any, Any]

_NEAR = 1e-2  # of a pixel: a frame nearer than this to a slice lies on it
_EVEN = 5e-2  # of a step: gaps this near to a multiple of the least are filled with empty slices
_MOST_PLANES = 1 << 14  # beyond this, gaps are not filled


@dataclass(frozen=True)
class Segments:
    """The samples of a segmentation, read when called; it can be sent to other processes.

    planes : the frames on each slice;  stored : how the numbers of each lie
    numbers : of the segments; (channel, …) has one of them each, or, where `merged`, one channel their numbers
    most : stored number of a whole voxel, where they are fractions; else 0;  mapped : stored numbers are segments'
    """

    path: Path
    planes: tuple[tuple[Slice, ...], ...]
    stored: Stored
    turn: Turn
    numbers: tuple[int, ...]
    merged: bool
    most: int
    mapped: bool

    @property
    def kind(self) -> np.dtype[Any]:
        """uint8, or uint16 for more than 255 segments; float32 for fractions."""
        return np.dtype(np.float32 if self.most else np.uint8 if max(self.numbers) < 256 else np.uint16)

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(channel, z, y, x) array: the number of the segment at each voxel, 0 for none; or for each segment 0 to 1."""
        (left, right), (top, bottom), (first, last) = self.turn.box(box)
        within_limit(self.path, len(rows) * int(np.prod([b - a for a, b in box])) * self.kind.itemsize, "the piece")
        out = np.zeros((len(rows), *(high - low for low, high in box)), self.kind)
        target = self.turn.back(out).transpose(0, 3, 2, 1)
        for plane in range(first, last):
            for one in self.planes[plane]:
                found = cut(one, self.stored, (top, bottom), (left, right))
                self._put(target[:, plane - first], one, found, rows)
        return out

    def _put(self, target: Array, one: Slice, found: Array, rows: Sequence[int]) -> None:
        if self.mapped and self.merged:
            unknown = np.setdiff1d(found, [0, *self.numbers])
            if unknown.size:
                raise FormatError(
                    f"{self.path}: frame {one.frame} has segment {unknown[0]}, which SegmentSequence lacks"
                )
            target[:] = found
        elif self.merged:
            inside = found > 0
            if target[0][inside].any():
                other = int(target[0][inside].max())
                raise FormatError(
                    f"{self.path}: segments {other} and {one.segment} overlap in frame {one.frame}; read them with "
                    "dicom.segmentation(path, apart=True)"
                )
            target[:, inside] = one.segment
        else:
            for channel, row in enumerate(rows):
                if self.mapped:
                    target[channel][found == self.numbers[row]] = 1
                elif self.numbers[row] == one.segment:
                    target[channel] = found / np.float32(self.most) if self.most else found > 0


def segmentation(path: str | Path, scan: Recording | None = None, apart: bool | None = None) -> Recording:
    """A DICOM segmentation as labels on its own grid, or on that of the scan it belongs to.

    Parameters
    ----------
    path : a Segmentation Storage file: binary, fractional or a label map
    scan : the DICOM volume that it was drawn on, with slices where every frame lies; frames that the file leaves out
        are empty. None takes the frames' own grid; gaps of whole steps become empty slices
    apart : False for one channel with the number of the segment at each voxel, True for a channel of 0 to 1 for each
        segment; None takes what the file allows: fractions, and segments that it says overlap, need one for each

    Returns
    -------
    (channel, z, y, x) Recording; notes["labels"] has the name of each segment's number

    Raises
    ------
    FormatError : damaged, without segments, or frames that do not lie on slices of the scan
    ArgumentError : `scan` is not from DICOM, or fractions are to be one channel

    Source: DICOM PS3.3 A.51 (segmentation), C.8.20.
    """
    path = Path(path)
    header = dicom_header.read(path)
    if header.kind not in SEGMENTATIONS or header.stored is None:
        raise FormatError(f"{path}: SOP class {header.kind}; expected a segmentation with pixels")
    labels, sort, most, overlap = _described(path)
    mapped = sort == "LABELMAP"
    if apart is None:
        apart = sort == "FRACTIONAL" or overlap
    if sort == "FRACTIONAL" and not apart:
        raise ArgumentError(f"{path}: apart is False; fractions of segments need a channel for each")
    for one in header.slices:
        if not mapped and one.segment not in labels:
            raise FormatError(
                f"{path}: frame {one.frame} has segment {one.segment}; SegmentSequence has {list(labels)}"
            )
        if not one.position or not alike(header.slices[0], one):
            raise FormatError(f"{path}: frame {one.frame} has no position, or another direction; expected one grid")
    planes, turn, axes, notes = _own(path, header) if scan is None else _onto(path, header, scan)
    reader = Segments(
        path, planes, header.stored, turn, tuple(labels), not apart, most if sort == "FRACTIONAL" else 0, mapped
    )
    names = list(labels.values()) if apart else ["label"]
    names = [
        f"{name} ({number})" if names.count(name) > 1 else name for name, number in zip(names, labels, strict=False)
    ]
    facts = {**header.facts, "segmentation": sort.lower(), "segments": ", ".join(labels.values())[:200]}
    notes = {
        "domain": "volume",
        "path": str(path),
        "name": path.name.removesuffix(".dcm"),
        "subject": subject_of(path, header.patient),
        "series": header.series,
        "patient": header.patient,
        "labels": labels,
        "facts": facts,
        **notes,
    }
    return Recording((Axis.channel(names), *axes), reader, "", (), notes)


def _described(path: Path) -> tuple[dict[int, str], str, int, bool]:
    """Names of the segments by number, the sort of segmentation, the number that is a whole, whether they overlap."""
    with opened(path) as (dataset, _, _):
        where = Where(path, dataset)
        labels = {}
        for item in where.items("SegmentSequence"):
            one = Where(path, item)
            number = one.whole("SegmentNumber", 0, 65535)
            if number:  # 0 is the background of a label map
                labels[number] = one.text("SegmentLabel") or str(number)
        sort = where.text("SegmentationType")
        if sort not in ("BINARY", "FRACTIONAL", "LABELMAP"):
            raise where.refused("SegmentationType", sort, "BINARY, FRACTIONAL or LABELMAP")
        if not labels:
            raise where.refused("SegmentSequence", "no segment", "one or more")
        most = where.whole("MaximumFractionalValue", 1, 255, 255)
        return dict(sorted(labels.items())), sort, most, where.text("SegmentsOverlap") == "YES"


Planes = tuple[tuple[Slice, ...], ...]
Grid = tuple[Planes, Turn, Sequence[Axis], Mapping[str, Any]]


def _own(path: Path, header: Header) -> Grid:
    """The grid of the frames themselves."""
    normal = normal_of(header.slices[0])
    gathered: list[list[Slice]] = []
    for one in sorted(header.slices, key=lambda one: along(one, normal)):
        near = _NEAR * min(one.spacing)
        if gathered and along(one, normal) - along(gathered[-1][0], normal) < near:
            gathered[-1].append(one)
        else:
            gathered.append([one])
    planes, slices = _filled(gathered, normal)
    grid, odd = placed(path, Series(header.series, header, slices))
    return planes, grid.turn, grid.axes, {**grid.notes, "warnings": tuple(odd)}


def _filled(gathered: Sequence[Sequence[Slice]], normal: Sequence[float]) -> tuple[Planes, tuple[Slice, ...]]:
    """The planes, with empty ones in gaps of whole steps, and a slice for each."""
    firsts = [plane[0] for plane in gathered]
    gaps = [along(b, normal) - along(a, normal) for a, b in pairwise(firsts)]
    counts = [round(gap / min(gaps)) for gap in gaps]
    whole = all(abs(gap / min(gaps) - count) <= _EVEN for gap, count in zip(gaps, counts, strict=True))
    if not whole or sum(counts) > _MOST_PLANES:
        counts = [1] * len(gaps)
    planes, slices = [tuple(gathered[0])], [firsts[0]]
    for (before, after), count, plane in zip(pairwise(firsts), counts, gathered[1:], strict=True):
        for step in range(1, count):
            part = step / count
            position = [a + part * (b - a) for a, b in zip(before.position, after.position, strict=True)]
            planes.append(())
            slices.append(replace(before, position=tuple(position)))
        planes.append(tuple(plane))
        slices.append(after)
    return tuple(planes), tuple(slices)


def _onto(path: Path, header: Header, scan: Recording) -> Grid:
    """The grid of the scan, on whose slices the frames must lie."""
    volume = volume_of(scan)
    first, stored = volume.slices[0], header.stored
    assert stored is not None
    size, expected = (stored.rows, stored.columns), (volume.stored.rows, volume.stored.columns)
    if size != expected or not alike(first, header.slices[0]):
        raise FormatError(
            f"{path}: frames of {size} pixels of {header.slices[0].spacing} mm along {header.slices[0].orientation}; "
            f"the scan has {expected} of {first.spacing} along {first.orientation}: resample it"
        )
    normal = normal_of(first)
    places = np.array([along(one, normal) for one in volume.slices])
    planes: list[list[Slice]] = [[] for _ in volume.slices]
    for one in header.slices:
        nearest = int(np.argmin(np.abs(places - along(one, normal))))
        off = np.subtract(volume.slices[nearest].position, one.position)
        if np.abs(off).max() > _NEAR * min(first.spacing):
            raise FormatError(
                f"{path}: frame {one.frame} at {one.position} mm lies on no slice of the scan (the nearest is "
                f"{np.linalg.norm(off):.3g} mm away): open it on its own grid and resample it"
            )
        planes[nearest].append(one)
    placed_like = {name: scan.notes[name] for name in ("origin", "directions", "stored")}
    return tuple(map(tuple, planes)), volume.turn, scan.axes[1:], {**placed_like, "warnings": ()}


def volume_of(scan: Recording) -> Slices:
    """The reader of a whole DICOM volume.

    Raises
    ------
    ArgumentError : a recording of something else
    """
    if isinstance(scan, Recording) and isinstance(scan.reader, Slices):
        return scan.reader
    raise ArgumentError(f"scan is {scan!r}; it is the recording of a DICOM series, as loaders.open gives it")
