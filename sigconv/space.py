"""Space: where the samples of a volume lie, in millimetres towards Right, Anterior and Superior (RAS).

A volume has axes z, y, x in mm that ascend towards Superior, Anterior and Right as nearly as the scanner's own grid
allows. A position on an axis is counted from the first voxel of the whole grid; a piece keeps its positions. Two notes
say where that is, so that pieces and resampled volumes need no new ones:

    notes["origin"]      (3) mm RAS, the place of position 0 on every axis
    notes["directions"]  {"z": (3), "y": (3), "x": (3)} unit vectors RAS; not at right angles where a gantry is tilted

Without these notes the axes are the patient's own, and position 0 is at (0, 0, 0).
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from sigconv.errors import SamplingError, ShapeError
from sigconv.signal import Axis

GRID = ("z", "y", "x")
_NEAR = 1e-2  # of a voxel: grids that differ by less are the same
_PLAIN = {"z": (0.0, 0.0, 1.0), "y": (0.0, 1.0, 0.0), "x": (1.0, 0.0, 0.0)}

Array = np.ndarray[Any, np.dtype[np.float64]]


class Placed(Protocol):
    """What has axes and notes: a Signal, a Recording, any Source."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """(channel, *grid) axes."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """Among them origin and directions."""


def grid(volume: Placed) -> tuple[Axis, Axis, Axis]:
    """The z, y and x axes of a volume.

    Raises
    ------
    ShapeError : it lacks one of them
    SamplingError : one that is not in mm

    >>> from sigconv.signal import Signal
    >>> axes = (Axis.channel(["CT"]), Axis("z", 2, "mm", 3.0), Axis("y", 4, "mm"), Axis("x", 5, "mm"))
    >>> [axis.size for axis in grid(Signal(np.zeros((1, 2, 4, 5)), axes))]
    [2, 4, 5]
    """
    named = {axis.name: axis for axis in volume.axes}
    if missing := [name for name in GRID if name not in named]:
        raise ShapeError(f"volume has axes {', '.join(named)}; it lacks {', '.join(missing)} (all in mm)")
    for name in GRID:
        if named[name].unit != "mm":
            raise SamplingError(f"axis {name} is in {named[name].unit!r}; the axes of a volume are in 'mm'")
    return named["z"], named["y"], named["x"]


def frame(volume: Placed) -> Array:
    """(4, 4) from positions (x, y, z, 1) on the axes, mm, to places (R, A, S, 1), mm.

    >>> from sigconv.signal import Signal
    >>> axes = (Axis.channel(["CT"]), Axis("z", 2, "mm", 3.0), Axis("y", 4, "mm"), Axis("x", 5, "mm"))
    >>> frame(Signal(np.zeros((1, 2, 4, 5)), axes, notes={"origin": (7, 8, 9)}))[:3, 3]
    array([7., 8., 9.])
    """
    directions = {**_PLAIN, **volume.notes.get("directions", {})}
    out = np.eye(4)
    for column, name in enumerate(reversed(GRID)):
        out[:3, column] = directions[name]
    out[:3, 3] = volume.notes.get("origin", (0.0, 0.0, 0.0))
    return out


def affine(volume: Placed) -> Array:
    """(4, 4) from sample numbers (x, y, z, 1) of this piece to places (R, A, S, 1) in mm, as NIfTI counts.

    Raises
    ------
    SamplingError : uneven slices, or an axis that is not in mm
    ShapeError : no z, y or x axis

    Same as: nibabel's affine of the closest canonical image.

    >>> from sigconv.signal import Signal
    >>> axes = (Axis.channel(["CT"]), Axis("z", 2, "mm", 3.0, start=6.0), Axis("y", 4, "mm"), Axis("x", 5, "mm"))
    >>> affine(Signal(np.zeros((1, 2, 4, 5)), axes))[2]
    array([0., 0., 3., 6.])
    """
    scale = np.eye(4)
    for column, axis in enumerate(reversed(grid(volume))):
        scale[column, column] = 1 / axis.rate
        scale[column, 3] = axis.start
    return np.asarray(frame(volume) @ scale)


def described(volume: Placed) -> str:
    """A grid in words: voxels, spacing and first voxel.

    >>> from sigconv.signal import Signal
    >>> axes = (Axis.channel(["CT"]), Axis("z", 2, "mm", 3.0), Axis("y", 4, "mm"), Axis("x", 5, "mm"))
    >>> described(Signal(np.zeros((1, 2, 4, 5)), axes))
    '2 × 4 × 5 voxels (z, y, x) of 3 × 1 × 1 mm from (0, 0, 0) mm RAS'
    """
    axes = grid(volume)
    first = frame(volume) @ [*(axis.start for axis in reversed(axes)), 1.0]
    sizes, steps = (" × ".join(f"{number:g}" for number in each) for each in _numbers(axes))
    uneven = "about " if any(axis.positions for axis in axes) else ""
    place = ", ".join(f"{round(float(number), 3) + 0.0:g}" for number in first[:3])
    return f"{sizes} voxels (z, y, x) of {uneven}{steps} mm from ({place}) mm RAS"


def _numbers(axes: tuple[Axis, ...]) -> tuple[list[int], list[float]]:
    return [axis.size for axis in axes], [axis.step for axis in axes]


def same_grid(a: Placed, b: Placed) -> None:
    """Return if two volumes have the same voxels; a mask on another grid is never used in silence.

    Raises
    ------
    ShapeError : other numbers of voxels
    SamplingError : voxels in other places, by more than a hundredth of one; both messages tell both grids

    >>> from sigconv.signal import Signal
    >>> axes = (Axis.channel(["CT"]), Axis("z", 2, "mm", 3.0), Axis("y", 4, "mm"), Axis("x", 5, "mm"))
    >>> volume = Signal(np.zeros((1, 2, 4, 5)), axes)
    >>> same_grid(volume, volume)
    """
    told = f"one has {described(a)}, the other {described(b)}; bring one onto the other (filters.onto)"
    if [axis.size for axis in grid(a)] != [axis.size for axis in grid(b)]:
        raise ShapeError(f"two volumes of different size: {told}")
    near = _NEAR * min(axis.step for axis in grid(a))
    if np.abs(_outline(a) - _outline(b)).max(initial=0) > near:
        raise SamplingError(f"two volumes in different places: {told}")


def _outline(volume: Placed) -> Array:
    """(point, 3) mm RAS of every sample on the four edges along z."""
    z, y, x = ([axis.at(i) for i in range(axis.size)] for axis in grid(volume))
    ends = [(i, j, k, 1.0) for i in (x[0], x[-1]) for j in (y[0], y[-1]) for k in z]
    return np.asarray((np.array(ends) @ frame(volume).T)[:, :3])
