"""BVH: the joints of a skeleton in metres, by forward kinematics from its channels."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sigconv.errors import ArgumentError, FormatError, one_of
from sigconv.loaders.limits import within_limit
from sigconv.loaders.mocap.bvh_skeleton import Joint, skeleton
from sigconv.loaders.mocap.kinematics import about, forward
from sigconv.loaders.mocap.markers import axes, metres
from sigconv.loaders.mocap.rows import Array, Lines, once, table
from sigconv.loaders.recording import Recording
from sigconv.loaders.subject import subject_of
from sigconv.signal import Axis, Box

Offsets = Literal["replaced", "added"]

_MOST_HEADER = 1 << 20
_AT_ONCE = 1 << 15  # joints times frames in a piece
_SLACK = 1 << 26  # bytes of positions that a small file may make; no real skeleton has most of its joints fixed
_MOTION = re.compile(
    rb"^[ \t]*MOTION[ \t]*\r?\n[ \t]*Frames:[ \t]*(\S+)[ \t]*\r?\n[ \t]*Frame Time:[ \t]*(\S+)[ \t]*\r?\n", re.M
)


def known(head: bytes) -> bool:
    """Whether a file's first bytes are those of a BVH file.

    >>> known(b"HIERARCHY\\nROOT Hips")
    True
    """
    return head.split(None, 1)[:1] == [b"HIERARCHY"]


def open(path: Path, unit: str | None = None, offsets: Offsets = "replaced", ends: bool = False) -> Recording:
    """The joints of a BVH file: three channels each ("Hips.x", "Hips.y", "Hips.z") in metres.

    Opening reads the hierarchy; frames are parsed when first read. notes: "skeleton" (joints, parents, offsets in
    metres), "up" ("y": the format's custom, which files do not tell), "markers" (the joints' names).

    Parameters
    ----------
    path : the file
    unit : of its lengths, "mm", "cm", "m", which BVH does not tell: by default centimetres, and a warning in the notes
    offsets : whether the position channels of a joint stand in place of its OFFSET ("replaced": MotionBuilder, Blender,
        Bandai-Namco) or are added to it; for a root whose OFFSET is 0 both are the same
    ends : whether End Sites are joints, too ("Head-end")

    Raises
    ------
    FormatError : damaged, cut short, or a hierarchy deeper than any body's
    """
    one_of("offsets", offsets, ("replaced", "added"))
    factor = _metres(path, unit)
    header = _read(path)
    joints = [i for i, joint in enumerate(header.joints) if ends or not joint.end]
    names = [header.joints[i].name for i in joints]
    notes = _notes(path, header, names)
    notes["up"] = "y"
    notes["skeleton"] = {
        "joints": tuple(joint.name for joint in header.joints),
        "parents": tuple(joint.parent for joint in header.joints),
        "offsets": tuple(tuple(factor * value for value in joint.offset) for joint in header.joints),
    }
    if unit is None:
        notes["warnings"] = ("BVH does not tell its unit of length: centimetres are assumed",)
    reader = _Joints(path, header, tuple(joints), factor, offsets == "added")
    return Recording(axes(names, header.rows.count, header.rate), reader, "m", (), notes)


def channels(path: Path) -> Recording:
    """The channels of a BVH file as they are written: "Hips.Zrotation" in degrees, "Hips.Xposition" in its length.

    notes["units"] tells which is which: "deg", or "" for a length.

    Raises
    ------
    FormatError : damaged, or cut short
    """
    header = _read(path)
    names = [f"{joint.name}.{channel}" for joint in header.joints for channel in joint.channels]
    time = Axis.time(header.rows.count, header.rate)
    notes = _notes(path, header, [joint.name for joint in header.joints])
    notes["units"] = {name: "deg" if name.endswith("rotation") else "" for name in names}
    return Recording((Axis.channel(names), time), _Channels(path, header), "", (), notes)


def _metres(path: Path, unit: str | None) -> float:
    try:
        return metres(path, "cm" if unit is None else unit)
    except FormatError:
        raise ArgumentError(f"unit is {unit!r}; allowed: mm, cm, m") from None


def _notes(path: Path, header: "_Header", names: Sequence[str]) -> dict[str, Any]:
    return {
        "domain": "motion capture",
        "path": str(path),
        "name": path.stem,
        "subject": subject_of(path),
        "markers": tuple(names),
        "facts": {"format": "BVH", "joints": str(sum(not joint.end for joint in header.joints))},
        "warnings": (),
    }


@dataclass(frozen=True)
class _Header:
    """The hierarchy, the frame rate in Hz, and where the frames lie."""

    joints: tuple[Joint, ...]
    rate: float
    rows: Lines


@dataclass(frozen=True)
class _Joints:
    """Positions of joints in metres: row 3j + i is coordinate i of the j-th of `joints`."""

    path: Path
    header: _Header
    joints: tuple[int, ...]
    metres: float
    added: bool

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64; box is ((first, last),) in frames."""
        ((first, last),) = box
        return once(self.path, self._parsed, self)[list(rows), first:last]

    def _parsed(self) -> Array:
        count, long = self.header.rows.count, 3 * len(self.joints)
        within_limit(self.path, 8 * long * count, f"{long} coordinates of {count} frames")
        numbers, out = table(self.path, self.header.rows), np.empty((long, count))
        step = max(1, _AT_ONCE // len(self.header.joints))
        for first in range(0, count, step):
            places = self._placed(numbers[first : first + step])[list(self.joints)]
            out[:, first : first + step] = self.metres * places.reshape(long, -1)
        return out

    def _placed(self, numbers: Array) -> Array:
        """(joint, 3, frame) positions of all joints in the file's unit, for (frame, channel) numbers."""
        joints, count = self.header.joints, len(numbers)
        turns = np.broadcast_to(np.eye(3), (len(joints), count, 3, 3)).copy()
        shifts = np.broadcast_to(np.array([j.offset for j in joints])[:, None], (len(joints), count, 3)).copy()
        columns = iter(numbers.T)
        for i, joint in enumerate(joints):
            for channel in joint.channels:
                axis, values = "XYZ".index(channel[0]), next(columns)
                if channel.endswith("position"):
                    shifts[i, :, axis] = values + (joint.offset[axis] if self.added else 0.0)
                else:
                    turns[i] = turns[i] @ about(axis, np.radians(values))
        return forward([joint.parent for joint in joints], shifts, turns)


@dataclass(frozen=True)
class _Channels:
    """The numbers of the frames as they are written."""

    path: Path
    header: _Header

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, last - first) float64; box is ((first, last),) in frames."""
        ((first, last),) = box
        return once(self.path, self._parsed, self)[list(rows), first:last]

    def _parsed(self) -> Array:
        return table(self.path, self.header.rows).T.copy()


def _read(path: Path) -> _Header:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_MOST_HEADER)
    found = _MOTION.search(head)
    if found is None:
        raise FormatError(
            f"{path}: no MOTION, Frames: and Frame Time: in its first {len(head)} bytes: not a BVH file, or cut short"
        )
    joints = skeleton(path, head[: found.start()])
    width = sum(len(joint.channels) for joint in joints)
    if not found[1].isdigit() or len(found[1]) > 12 or int(found[1]) == 0:
        raise FormatError(f"{path}: Frames is {found[1][:40]!r}, expected a whole number above 0")
    count = int(found[1])
    if count * 2 * width - 1 > size - found.end():
        raise FormatError(
            f"{path}: cut short: {size - found.end()} bytes of motion, expected {count * 2 * width - 1} or more "
            f"({count} frames of {width} numbers)"
        )
    if 24 * len(joints) * count > _SLACK + 8 * size:
        raise FormatError(
            f"{path}: {len(joints)} joints have {width} channels in all, and {count} frames; expected more"
        )
    skipped = head.count(b"\n", 0, found.end())
    return _Header(joints, _rate(path, found[2]), Lines(skipped, None, count, width, missing=False))


def _rate(path: Path, text: bytes) -> float:
    """Frames a second; 0.0333333 s are 30 Hz."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1e-6 <= seconds <= 1e6:
        raise FormatError(f"{path}: Frame Time is {text[:40]!r}, expected seconds above 0")
    whole = round(1 / seconds)
    return float(whole) if abs(1 / seconds - whole) < 1e-4 * whole else 1 / seconds
