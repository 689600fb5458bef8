"""How a file's own axes become z, y, x towards Superior, Anterior, Right; `sigconv.space` says what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import space
from sigconv.errors import ArgumentError, FormatError
from sigconv.signal import Axis, Box

Array = np.ndarray[Any, Any]

_LETTERS = (("L", "R"), ("P", "A"), ("I", "S"))  # against, along the RAS axes
_FLAT = 1e-3  # volume of the box of unit directions below which a grid counts as flat


@dataclass(frozen=True)
class Turn:
    """Which axis of the file becomes z, y and x, and which of these run backwards in it.

    order : the file's axis (0, 1, 2) for z, y, x;  flipped : for z, y, x;  sizes : of the file's axes

    >>> turn = Turn.of_codes("LPS", (5, 4, 2))
    >>> turn.order, turn.flipped, turn.codes
    ((2, 1, 0), (False, True, True), 'LPS')
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]
    sizes: tuple[int, int, int]

    @classmethod
    def of_codes(cls, codes: str, sizes: Sequence[int]) -> "Turn":
        """The turn of a file whose axes ascend towards these: "RAS", "LPS", "PIR", …

        Raises
        ------
        ArgumentError : not one letter each of L/R, P/A and I/S
        """
        worlds = [next((w for w, pair in enumerate(_LETTERS) if code in pair), -1) for code in codes]
        if sorted(worlds) != [0, 1, 2]:
            raise ArgumentError(f"axes are {codes!r}; they have one letter each of L or R, P or A, I or S")
        order = tuple(worlds.index(world) for world in (2, 1, 0))
        flipped = tuple(codes[axis] == _LETTERS[worlds[axis]][0] for axis in order)
        return cls(order, flipped, tuple(sizes))  # type: ignore[arg-type]

    @property
    def codes(self) -> str:
        """Towards what the file's axes ascend: "RAS", "LPS", …"""
        letters = [""] * 3
        for world, axis, back in zip((2, 1, 0), self.order, self.flipped, strict=True):
            letters[axis] = _LETTERS[world][not back]
        return "".join(letters)

    def box(self, box: Box) -> Box:
        """The box on the file's axes that holds the box of z, y, x."""
        out = [(0, 0)] * 3
        for axis, back, (first, last) in zip(self.order, self.flipped, box, strict=True):
            size = self.sizes[axis]
            out[axis] = (size - last, size - first) if back else (first, last)
        return tuple(out)

    def forth(self, data: Array) -> Array:
        """(…, z, y, x) view of an array whose last three axes are the file's own."""
        lead = data.ndim - 3
        turned = data.transpose((*range(lead), *(lead + axis for axis in self.order)))
        return self._flip(turned)

    def back(self, data: Array) -> Array:
        """A view with the file's own axes last, of a (…, z, y, x) array."""
        lead = data.ndim - 3
        order = (*range(lead), *(lead + self.order.index(axis) for axis in range(3)))
        return self._flip(data).transpose(order)

    def _flip(self, data: Array) -> Array:
        z, y, x = (slice(None, None, -1 if back else 1) for back in self.flipped)
        return data[..., z, y, x]


@dataclass(frozen=True)
class Canonical:
    """A file's grid as the house holds it.

    turn : how the file's axes become z, y, x;  axes : these, in mm
    origin, directions : the notes of `sigconv.space`
    """

    turn: Turn
    axes: tuple[Axis, Axis, Axis]
    origin: tuple[float, float, float]
    directions: dict[str, tuple[float, float, float]]

    @property
    def notes(self) -> dict[str, Any]:
        """origin and directions, and in "stored" how the file's axes lay, for writing back."""
        return {"origin": self.origin, "directions": self.directions, "stored": {"codes": self.turn.codes}}


def canonical(path: Path, affine: Array, sizes: Sequence[int], positions: Sequence[float] = ()) -> Canonical:
    """The grid of a file, turned so that z, y, x ascend towards Superior, Anterior, Right as nearly as it can.

    Parameters
    ----------
    path : named in a refusal
    affine : (4, 4) from the file's sample numbers (i, j, k, 1) to mm RAS
    sizes : of the file's axes i, j, k, each >= 1
    positions : mm along k from the first slice, rising from 0, where slices are uneven; or empty

    Raises
    ------
    FormatError : an affine that is not finite, or axes that do not span space

    Same as: nibabel.as_closest_canonical.

    >>> made = canonical(Path("scan.nii"), np.diag([-3.0, -3.0, 2.0, 1.0]), (5, 4, 2))
    >>> made.turn.codes, made.origin, str(made.axes[0])
    ('LPS', (-12.0, -9.0, 0.0), 'z 2 × 2 mm')
    """
    affine = np.array(affine, dtype=np.float64)
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    single = [i for i in range(3) if sizes[i] == 1 and steps[i] == 0]
    if len(single) == 1:  # one slice without a thickness lies across the other two axes
        i, j = (axis for axis in range(3) if axis not in single)
        affine[:3, single[0]] = np.cross(affine[:3, i], affine[:3, j]) / max(steps[i] * steps[j], 1e-300)
        steps = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(affine).all() and steps.min() > 0 and steps.max() < 1e9):
        raise FormatError(f"{path}: the axes have steps of {steps.tolist()} mm; expected finite ones above 0")
    units = affine[:3, :3] / steps
    if abs(np.linalg.det(units)) < _FLAT:
        raise FormatError(f"{path}: the axes point along {units.T.round(3).tolist()}; expected three that span space")
    turn = Turn.of_codes(_codes(units), sizes)
    axes, origin, directions = [], affine[:3, 3].copy(), {}
    for name, axis, back in zip(space.GRID, turn.order, turn.flipped, strict=True):
        places = tuple(positions) if axis == 2 and positions else ()
        length = places[-1] if places else (sizes[axis] - 1) * float(steps[axis])
        if back:
            origin += units[:, axis] * length
            places = tuple(length - place for place in reversed(places))
        along = -units[:, axis] if back else units[:, axis]
        directions[name] = tuple(float(part) + 0.0 for part in along)
        even = Axis(name, sizes[axis], "mm", float(steps[axis]))
        axes.append(Axis.at_positions(name, places, "mm") if len(places) > 1 else even)
    return Canonical(turn, tuple(axes), tuple(origin.tolist()), directions)  # type: ignore[arg-type]


def _codes(units: Array) -> str:
    """Towards what each file axis ascends, as nearly as it can; the surest axis is given its letter first.

    Source: nibabel.orientations.io_orientation.
    """
    left, _, right = np.linalg.svd(units, full_matrices=False)
    square = left @ right
    free, codes = np.abs(square), ["", "", ""]
    for axis in np.argsort(-free.max(axis=0), kind="stable"):
        world = int(np.argmax(free[:, axis]))
        codes[axis] = _LETTERS[world][bool(square[world, axis] > 0)]
        free[world] = -1
    return "".join(codes)


def stored(volume: space.Placed) -> tuple[Turn, Array]:
    """How a volume is to lie in a file: as in the one it comes from (notes["stored"]), or RAS.

    Returns
    -------
    turn : whose `back` brings (…, z, y, x) to the file's axes
    affine : (4, 4) from the file's sample numbers to mm RAS

    Raises
    ------
    SamplingError : uneven slices, which an affine cannot tell

    >>> made = canonical(Path("scan.nii"), np.diag([-3.0, -3.0, 2.0, 1.0]), (5, 4, 2))
    >>> from sigconv.signal import Signal
    >>> stored(Signal(np.zeros((1, 2, 4, 5)), (Axis.channel(["CT"]), *made.axes), notes=made.notes))[1].diagonal()
    array([-3., -3.,  2.,  1.])
    """
    codes = volume.notes.get("stored", {}).get("codes", "RAS")
    sizes = tuple(axis.size for axis in space.grid(volume))
    turn = Turn.of_codes(codes, (0, 0, 0))
    turn = Turn.of_codes(codes, [sizes[turn.order.index(axis)] for axis in range(3)])
    inner, out = space.affine(volume), np.eye(4)
    out[:3, 3] = inner[:3, 3]
    for place, (axis, back) in enumerate(zip(turn.order, turn.flipped, strict=True)):
        column = inner[:3, 2 - place]
        out[:3, axis] = -column if back else column
        out[:3, 3] += column * (turn.sizes[axis] - 1) if back else 0
    return turn, out
