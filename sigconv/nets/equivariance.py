"""Whether a network's layers move with their input, and whether its answer stays.

A layer is equivariant to a shift if shifting its input and running it gives what running it and shifting its output
by as much gives. Convolutions with stride 1 are; strides and pools are for shifts that are multiples of their step,
and for others only as far as what they sample is smooth (aliasing).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, inf, nan
from typing import Any, Literal

import torch
from torch import Tensor

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.builder import Network
from sigconv.nets.layer_values import features, refuse_other
from sigconv.nets.place import Row

EXAMPLES = 4


@dataclass(frozen=True)
class ShiftError:
    """What one shift of the input does to one layer.

    Parameters
    ----------
    name, text : of the layer, "C1" and "C8k5"
    axis : of the grid, 0 first;  shift : input samples towards later ones
    kind : "equivariance" where the layer has a grid, "invariance" where it has none any more
    error : root mean square of the difference over that of the answer; 0 is none, about 1.4 is unrelated;
        NaN where no place is far enough from the boundary
    places : how many places along the axis were compared; 1 without a grid

    >>> ShiftError("C1", "C8", 0, 1, "equivariance", 0.0, 30).error
    0.0
    """

    name: str
    text: str
    axis: int
    shift: int
    kind: Literal["equivariance", "invariance"]
    error: float
    places: int


def equivariance_error(
    network: Network, x: Any = None, shifts: Sequence[int] = (1, 2, 4), *, batch: int = 16, seed: int = 0
) -> tuple[ShiftError, ...]:
    """A row for every layer, axis and shift: how far the layer is from moving with its input.

    The input goes round: what leaves at one end comes in at the other. Of a layer with a grid only places are
    compared whose receptive field, before and after the shift, lies inside the input and does not cross the seam; a
    shift of s input samples moves the output by s / jump places (`measure`'s receptive field), and between two places
    the output is taken along a straight line. Norms over the grid see all of it, so that they count what goes round.

    Parameters
    ----------
    network : Network, looked at in evaluation mode
    x : (N, channels, *grid) tensor or array; None: four examples of white noise, which hides no aliasing. What every
        layer gives for all of them is in memory at once, twice
    shifts : whole numbers >= 1, input samples
    batch : int >= 1, examples at a time;  seed : int >= 0, of the noise

    Returns
    -------
    tuple of ShiftError, shift by shift within axis by axis within layer by layer

    Raises
    ------
    ShapeError : x is not as the network's spec says;  ArgumentError : no shift, or one below 1

    Source: Azulay & Weiss (2019), Why do deep convolutional networks generalize so poorly to small image
    transformations?; Zhang (2019), Making convolutional networks shift-invariant again.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> network = build(parse("CRP"), InputSpec(1, (64,)), seed=0)
    >>> [(row.name, row.shift, row.error > 1e-5) for row in equivariance_error(network, shifts=(1, 2))]
    [('C1', 1, False), ('C1', 2, False), ('R1', 1, False), ('R1', 2, False), ('P1', 1, True), ('P1', 2, False)]
    """
    steps = [at_least("shifts", shift, 1) for shift in shifts]
    if not steps:
        raise ArgumentError("shifts is empty; name one shift or more, in input samples")
    grid = network.spec.grid
    if x is None:
        draw = torch.Generator().manual_seed(at_least("seed", seed, 0))
        x = torch.randn(EXAMPLES, network.spec.channels, *grid, generator=draw)
    given = torch.as_tensor(x)
    refuse_other(network, given)
    if not len(given):
        raise ShapeError("x holds no example; one or more are needed")
    names = [row.name for row in network.rows]
    still = features(network, given, names, batch=batch)
    found = {}
    for axis in range(len(grid)):
        for shift in steps:
            moved = features(network, given.roll(shift, axis + 2), names, batch=batch)
            for row in network.rows:
                found[row.name, axis, shift] = _compared(row, still[row.name], moved[row.name], axis, shift, grid[axis])
    return tuple(found[name, axis, shift] for name in names for axis in range(len(grid)) for shift in steps)


def _compared(row: Row, still: Tensor, moved: Tensor, axis: int, shift: int, n: int) -> ShiftError:
    """The error of one layer for one shift of an input that is n long."""
    if not row.grid:
        return ShiftError(row.name, row.text, axis, shift, "invariance", _relative(moved, still), 1)
    field = row.field[axis]
    jump = Fraction(field.jump)
    by = shift / jump
    whole, part = floor(by), by - floor(by)
    # place j sees start + j jump and `size` samples on; compared with it are whole (and whole + 1) places further on,
    # where the moved input shows the same only from sample `shift`, the seam, to its end
    first = max(0, ceil(part - field.start / jump))
    last = floor((n - field.size - field.start) / jump) - ceil(by)
    last = min(last, row.grid[axis] - 1 - ceil(by))
    places = max(0, last - first + 1)
    if not places:
        return ShiftError(row.name, row.text, axis, shift, "equivariance", nan, 0)
    before = still.narrow(axis + 2, first, places)
    after = moved.narrow(axis + 2, first + whole, places)
    if part:
        after = float(1 - part) * after + float(part) * moved.narrow(axis + 2, first + whole + 1, places)
    return ShiftError(row.name, row.text, axis, shift, "equivariance", _relative(after, before), places)


def _relative(found: Tensor, wanted: Tensor) -> float:
    """The root mean square of the difference over that of what is wanted; infinite if only nothing is wanted."""
    apart = float((found.double() - wanted.double()).square().mean().sqrt())
    size = float(wanted.double().square().mean().sqrt())
    return apart / size if size else (inf if apart else 0.0)
