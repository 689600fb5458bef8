"""DICOM files sorted into stacks of parallel slices, by series, then by direction and size, then by position."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.dicom.header import SEGMENTATIONS, Header
from sigconv.loaders.dicom.place import Slice, cross
from sigconv.loaders.volume.geometry import Canonical, canonical

_SAME = 1e-2  # mm along the normal: slices nearer than this lie at one position
_PARALLEL = 1e-3  # by which the parts of unit vectors, and mm of spacing, may differ in one stack
_EVEN = 1e-2  # of a step: gaps that differ by less are the same
_SIDEWAYS = 0.1  # of a pixel off a straight line: more is told
_TILT = 0.1  # degrees between the way from slice to slice and their normal: more is told


@dataclass(frozen=True)
class Series:
    """A stack of parallel slices of one size, by position.

    uid : SeriesInstanceUID; stacks beyond the largest of one series have "#2", "#3", … behind it
    header : of the file that was met first;  slices : sorted;  warnings : what is odd, in sentences
    copies : files that hold an image which another one holds, too
    """

    uid: str
    header: Header
    slices: tuple[Slice, ...]
    warnings: tuple[str, ...] = ()
    copies: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of its slices, by position."""
        return tuple(dict.fromkeys(one.path for one in self.slices))

    @property
    def description(self) -> str:
        """SeriesDescription."""
        return self.header.description

    @property
    def modality(self) -> str:
        """Modality: "CT", "MR", "SEG", …"""
        return self.header.modality

    @property
    def patient(self) -> str:
        """PatientID."""
        return self.header.patient

    def __str__(self) -> str:
        stored = self.header.stored
        size = f"{len(self.slices)} slices of {stored.rows} × {stored.columns}" if stored else "no images"
        return f"{self.uid}: {self.modality} {self.description!r}, {size}"


def sorted_into_series(headers: Iterable[Header]) -> list[Series]:
    """The stacks in these files, in order of UID, the largest of each series first.

    Slices are sorted by position along their normal, never by name or number. An image that lies in two files is taken
    once; where other images share a position (phases of the heart), the first of each position make one stack, the
    second another.
    """
    found: dict[str, list[Header]] = {}
    seen: dict[str, Header] = {}
    copies: dict[str, list[Path]] = {}
    for header in headers:
        if header.instance and header.instance in seen:
            copies.setdefault(header.series, []).append(header.path)
            continue
        seen[header.instance] = header
        found.setdefault(header.series, []).append(header)
    out = []
    for uid in sorted(found):
        twins = tuple(copies.get(uid, ()))
        stacks = sorted(_stacks(found[uid]), key=lambda stack: -len(stack.slices))
        for number, stack in enumerate(stacks):
            name = uid if number == 0 else f"{uid}#{number + 1}"
            out.append(replace(stack, uid=name, copies=() if number else twins))
    return out


def _stacks(headers: Sequence[Header]) -> list[Series]:
    """Groups of one direction, size and kind of number, then of different positions."""
    groups: list[tuple[Header, list[Slice]]] = []
    whole = [Series("", header, header.slices) for header in headers if header.kind in SEGMENTATIONS]
    for header in headers:
        if header.kind in SEGMENTATIONS:
            continue
        for one in header.slices:
            for first, group in groups:
                if first.stored == header.stored and first.unit == header.unit and alike(group[0], one):
                    group.append(one)
                    break
            else:
                groups.append((header, [one]))
    whole += [Series("", header, layer) for header, group in groups for layer in _layers(group)]
    return whole or [Series("", headers[0], ())]


def alike(a: Slice, b: Slice) -> bool:
    """Whether two slices have one direction and spacing."""
    if bool(a.position) != bool(b.position):
        return False
    pairs = zip((*a.orientation, *a.spacing), (*b.orientation, *b.spacing), strict=True)
    return all(abs(one - other) <= _PARALLEL for one, other in pairs)


def _layers(slices: Sequence[Slice]) -> list[tuple[Slice, ...]]:
    """The first slice of each position, the second of each, …; each layer by position."""
    if not slices[0].position:
        return [tuple(slices)]
    normal = normal_of(slices[0])
    placed = sorted(slices, key=lambda one: (along(one, normal), one.order, str(one.path)))
    positions: list[list[Slice]] = []
    for one in placed:
        if positions and along(one, normal) - along(positions[-1][0], normal) < _SAME:
            positions[-1].append(one)
        else:
            positions.append([one])
    most = max(len(there) for there in positions)
    positions = [sorted(there, key=lambda one: (one.order, str(one.path))) for there in positions]
    return [tuple(there[n] for there in positions if len(there) > n) for n in range(most)]


def normal_of(one: Slice) -> tuple[float, float, float]:
    """The unit vector at right angles to a slice."""
    normal = cross(one.orientation[:3], one.orientation[3:])
    length = math.hypot(*normal)
    return normal[0] / length, normal[1] / length, normal[2] / length


def along(one: Slice, direction: Sequence[float]) -> float:
    """mm of a slice along a direction."""
    return sum(p * d for p, d in zip(one.position, direction, strict=True))


def placed(path: Path, series: Series) -> tuple[Canonical, list[str]]:
    """The grid of a stack in the house's axes, and what is odd about it, in sentences.

    Raises
    ------
    FormatError : several slices without positions
    """
    slices, stored = series.slices, series.header.stored
    assert stored is not None
    if not slices[0].position:
        if len(slices) > 1:
            raise FormatError(f"{path}: {len(slices)} slices without ImagePositionPatient; expected one for each")
        slices = (replace(slices[0], position=(0.0, 0.0, 0.0)),)
    normal = normal_of(slices[0])
    way = [b - a for a, b in zip(slices[0].position, slices[-1].position, strict=True)]
    length = math.hypot(*way)
    direction = [part / length for part in way] if len(slices) > 1 else list(normal)
    places = [along(one, direction) - along(slices[0], direction) for one in slices]
    step = places[-1] / (len(slices) - 1) if len(slices) > 1 else series.header.step or 1.0
    affine = np.eye(4)
    first = slices[0]
    affine[:3, 0] = [part * first.spacing[1] for part in first.orientation[:3]]
    affine[:3, 1] = [part * first.spacing[0] for part in first.orientation[3:]]
    affine[:3, 2] = [part * step for part in direction]
    affine[:3, 3] = first.position
    affine[:2] *= -1  # DICOM counts towards Left and Posterior
    made = canonical(path, affine, (stored.columns, stored.rows, len(slices)), places if len(slices) > 1 else ())
    odd = [*_gaps(places), *_tilt(direction, normal), *_sideways(slices, direction, places)]
    return made, odd


def _gaps(places: Sequence[float]) -> list[str]:
    steps = [after - before for before, after in pairwise(places)]
    if not steps or max(steps) - min(steps) <= _EVEN * min(steps):
        return []
    usual = float(np.median(steps))
    missing = [round(step / usual) - 1 for step in steps]
    if all(abs(step / usual - 1 - gap) <= 5 * _EVEN for step, gap in zip(steps, missing, strict=True)):
        at = next(i for i, gap in enumerate(missing) if gap > 0)
        return [
            f"missing slices: {sum(missing)}, the first behind slice {at + 1} of {len(places)}: slices lie "
            f"{usual:g} mm apart, there {steps[at]:g} mm"
        ]
    return [f"slices are uneven, {min(steps):g} to {max(steps):g} mm apart: the z axis has a position for each"]


def _tilt(direction: Sequence[float], normal: Sequence[float]) -> list[str]:
    cosine = min(1.0, abs(sum(d * n for d, n in zip(direction, normal, strict=True))))
    angle = math.degrees(math.acos(cosine))
    if angle <= _TILT:
        return []
    return [
        f"the gantry was tilted by {angle:.1f} degrees: z is not at right angles to the slices (notes['directions'])"
    ]


def _sideways(slices: Sequence[Slice], direction: Sequence[float], places: Sequence[float]) -> list[str]:
    first = slices[0].position
    off = max(
        math.dist(one.position, [f + place * d for f, d in zip(first, direction, strict=True)])
        for one, place in zip(slices, places, strict=True)
    )
    if off <= _SIDEWAYS * min(slices[0].spacing):
        return []
    return [f"slices lie up to {off:.2g} mm beside a straight line: their places are that far from the true ones"]
