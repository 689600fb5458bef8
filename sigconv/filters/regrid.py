"""Volumes on another grid, in millimetres."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from sigconv import space, units
from sigconv.core.gaussian import gaussian
from sigconv.errors import ArgumentError, SamplingError, one_number
from sigconv.filters.sampling import Quantity
from sigconv.signal import Axis, Signal

Array = np.ndarray[Any, Any]

_AT_ONCE = 1 << 20  # samples of the new grid that are worked out together
_AIR = -1000.0  # HU
_NEAR = 1e-6  # of a voxel


def to_spacing(volume: Signal, spacing: Sequence[Quantity] | Quantity, labels: bool = False) -> Signal:
    """A volume with voxels of another size, over the same piece of space.

    Parameters
    ----------
    volume : (…, z, y, x) Signal in mm
    spacing : mm or text such as "0.5 cm" along z, y, x, or one for all, > 0
    labels : True keeps whole numbers (nearest voxel); False interpolates linearly, blurred before it shrinks

    Returns
    -------
    (…, z, y, x) Signal of float32, or float64 for numbers that need it; labels in their own kind. The outer faces of
    the volume stay where they are, to half a new voxel; uneven slices become even ones

    Raises
    ------
    SamplingError : a spacing not positive and finite

    Source: the blur before shrinking is that of skimage.transform.resize.

    >>> axes = (Axis.channel(["CT"]), Axis("z", 4, "mm", 3.0), Axis("y", 6, "mm"), Axis("x", 6, "mm"))
    >>> small = to_spacing(Signal(np.ones((1, 4, 6, 6)), axes, "HU"), 2)
    >>> small.shape, small.axis("x").start
    ((1, 6, 3, 3), 0.5)
    """
    return _moved(volume, spaced_grid(volume, spacing), space.frame(volume), labels, 0.0)


def spaced_grid(volume: space.Placed, spacing: Sequence[Quantity] | Quantity) -> tuple[Axis, ...]:
    """The axes z, y, x on which `to_spacing` puts a volume; nothing is read.

    volume, spacing : as in `to_spacing`

    Raises
    ------
    SamplingError : a spacing not positive and finite

    >>> axes = (Axis.channel(["CT"]), Axis("z", 4, "mm", 3.0), Axis("y", 6, "mm"), Axis("x", 6, "mm"))
    >>> [axis.size for axis in spaced_grid(Signal(np.ones((1, 4, 6, 6)), axes), 2)]
    [6, 3, 3]
    """
    told = [spacing] * 3 if isinstance(spacing, int | float | str) else list(spacing)
    steps = [units.parse(step, "mm", "spacing") for step in told]
    if len(steps) != 3 or not all(0 < step < float("inf") for step in steps):
        raise SamplingError(f"spacing is {spacing!r}; it is a length in mm above 0, or three of them (z, y, x)")
    return tuple(map(_respaced, space.grid(volume), steps))


def onto(volume: Signal, like: space.Placed, labels: bool = False, outside: float | None = None) -> Signal:
    """A volume on the grid of another one: a mask on its scan's, a second scan on the first one's.

    Parameters
    ----------
    volume : (…, z, y, x) Signal in mm
    like : Signal or Recording with the grid that is wanted; tilted, turned or uneven as it may be
    labels : as in `to_spacing`
    outside : the value where `volume` has no voxel within half a step; by default 0, and -1000 for images in HU

    Returns
    -------
    (…, z, y, x) Signal; where it lies, and how it is to be written, is told by the axes and notes of `like`

    Raises
    ------
    ShapeError, SamplingError : no z, y or x axis, or one that is not in mm
    ArgumentError : an `outside` that labels of this kind cannot hold

    Same as: scipy.ndimage.affine_transform(order=1), SimpleITK.Resample.

    >>> axes = (Axis.channel(["CT"]), Axis("z", 2, "mm"), Axis("y", 2, "mm"), Axis("x", 2, "mm"))
    >>> volume = Signal(np.arange(8.0).reshape(1, 2, 2, 2), axes)
    >>> moved = Signal(np.zeros((1, 2, 2, 2)), axes, notes={"origin": (0.75, 0, 0)})
    >>> onto(volume, moved).data[0, 0]
    array([[0.75, 0.  ],
           [2.75, 0.  ]])
    """
    default = 0.0 if labels or volume.unit != "HU" else _AIR
    fill = default if outside is None else one_number("outside", outside, "a value for voxels that are not there")
    moved = _moved(volume, space.grid(like), space.frame(like), labels, fill)
    told = {name: like.notes[name] for name in ("origin", "directions", "stored") if name in like.notes}
    kept = {name: value for name, value in volume.notes.items() if name not in ("origin", "directions", "stored")}
    return moved.with_data(moved.data, notes={**kept, **told})


def _respaced(axis: Axis, step: float) -> Axis:
    """An even axis of another step between the same two outer faces."""
    low, high = ((axis.at(i + 1) - axis.at(i)) / 2 for i in (0, max(0, axis.size - 2)))
    length = axis.at(axis.size - 1) - axis.start + low + high
    size = max(1, round(length / step))
    return Axis(axis.name, size, axis.unit, step, axis.start - low + (length - (size - 1) * step) / 2)


def _moved(volume: Signal, grid: tuple[Axis, ...], frame: Array, labels: bool, outside: float) -> Signal:
    """The volume at the places of another grid."""
    if not isinstance(volume, Signal):
        raise ArgumentError(f"volume is a {type(volume).__name__}; it is a Signal: read a recording first")
    if [axis.name for axis in volume.axes[-3:]] != list(space.GRID):
        raise ArgumentError(f"volume has axes {', '.join(a.name for a in volume.axes)}; its last three are z, y, x")
    old, data = space.grid(volume), np.asarray(volume.data)
    between = np.linalg.inv(space.frame(volume)) @ frame  # positions (x, y, z) there -> here
    kind = data.dtype if labels else np.result_type(data.dtype, np.float32)
    if kind.kind in "iu" and not (outside == int(outside) and np.iinfo(kind).min <= outside <= np.iinfo(kind).max):
        raise ArgumentError(f"outside is {outside:g}; labels of kind {kind} cannot hold it")
    if not labels:
        steps = np.array([axis.step for axis in reversed(old)]), np.array([axis.step for axis in reversed(grid)])
        shrunk = np.abs(between[:3, :3] * steps[1] / steps[0][:, None]).max(axis=1)[::-1]
        data = data.astype(kind, copy=False)
        sigma = np.maximum(0, (shrunk - 1) / 2)
        data = gaussian(data, sigma.tolist(), axes=(-3, -2, -1), boundary="edge") if sigma.any() else data
    sizes = tuple(axis.size for axis in grid)
    out = np.empty((*data.shape[:-3], *sizes), dtype=kind)
    deep = max(1, _AT_ONCE // max(1, sizes[1] * sizes[2]))
    for first in range(0, sizes[0], deep):
        where = _indices(between, grid, old, first, min(first + deep, sizes[0]))
        for lead in product(*map(range, data.shape[:-3])):
            out[lead][first : first + deep] = _taken(data[lead], where, labels, outside)
    return volume.with_data(out, axes=(*volume.axes[:-3], *grid))


def _indices(between: Array, grid: Sequence[Axis], old: Sequence[Axis], first: int, last: int) -> list[Array]:
    """Where the slices `first` to `last` of a grid lie among the samples of the old axes z, y, x."""
    z, y, x = (np.array([axis.at(i) for i in range(axis.size)]) for axis in grid)
    z, y, x = z[first:last, None, None], y[:, None], x
    spread = []
    for row, axis in zip((2, 1, 0), old, strict=True):
        position = between[row, 0] * x + between[row, 1] * y + between[row, 2] * z + between[row, 3]
        if axis.positions:
            known = (axis.start - axis.step, *axis.positions, axis.stop)
            spread.append(np.interp(position, known, np.arange(-1, axis.size + 1)))
        else:
            spread.append((position - axis.start) / axis.step)
    return spread


def _taken(data: Array, where: list[Array], labels: bool, outside: float) -> Array:
    """The values of a (z, y, x) array at places between its samples."""
    from scipy.ndimage import map_coordinates

    taken: Array = map_coordinates(data, where, order=0 if labels else 1, mode="nearest")
    beyond = np.zeros(taken.shape, dtype=bool)
    for place, size in zip(where, data.shape, strict=True):
        beyond |= (place < -0.5 - _NEAR) | (place > size - 0.5 + _NEAR)
    taken[beyond] = outside
    return taken
