"""Where a layer's samples lie in the input: its axes in seconds, hertz and millimetres."""

from functools import partial
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.nets import Network
from sigconv.nets.layer_names import Which, layer_name
from sigconv.nets.place import Row
from sigconv.signal import Axis, Signal


def row_of(network: Network, layer: Which) -> Row:
    """The row of a layer, by its own name or that of papers.

    Raises
    ------
    ArgumentError : no such layer (those there are listed)
    """
    name = layer_name(network, layer)
    return next(row for row in network.rows if row.name == name)


def centres(row: Row) -> list[Any]:
    """For each grid axis the input positions, in samples and perhaps between them, that the outputs are centred on.

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> centres(measure.shapes(parse("CP2"), InputSpec(1, (8,)))[-1])[0].tolist()
    [0.5, 2.5, 4.5, 6.5]
    """
    return [
        float(seen.centre) + float(seen.jump) * np.arange(n)
        for seen, n in zip(row.field[: len(row.grid)], row.grid, strict=True)
    ]


def layer_axes(signal: Signal, row: Row) -> tuple[Axis, ...]:
    """The axes of a layer's output: its channels, then each grid axis of the input in the layer's own steps.

    signal : (channel, *grid), what the network got;  row : of the layer

    >>> from sigconv.nets import InputSpec, measure, parse
    >>> x = Signal.from_array(np.zeros(8), fs=4)
    >>> str(layer_axes(x, measure.shapes(parse("C5P2"), InputSpec(1, (8,)))[-1])[1])
    'time 4 @ 2 Hz'
    """
    unit = Axis("channel", row.channels, labels=tuple(f"{row.name}:{i}" for i in range(row.channels)))
    made = [unit]
    for axis, at, seen in zip(signal.axes[1:], centres(row), row.field, strict=False):
        if axis.positions:
            where = np.interp(at, np.arange(axis.size), axis.positions)
            rising = len(where) > 1 and bool((np.diff(where) > 0).all())
            made.append(Axis.at_positions(axis.name, where.tolist(), axis.unit) if rising else _plain(axis, len(at)))
        else:
            start = axis.start + axis.step * float(at[0])
            made.append(Axis(axis.name, len(at), axis.unit, axis.step * float(seen.jump), start))
    return tuple(made)


def _plain(axis: Axis, size: int) -> Axis:
    """An axis of one sample, or of samples that fall together beyond the input's edge."""
    return Axis(axis.name, size, axis.unit, (axis.stop - axis.start) / size, axis.start)


def onto_input(values: Any, row: Row, grid: tuple[int, ...]) -> Any:
    """A map over a layer's grid, drawn out to the input's grid by straight lines between the layer's samples.

    values : (*layer's grid) float array;  grid : of the input;  returns (*grid) float64

    Each sample lies on the middle of what it sees, so nothing is shifted by padding; beyond the outermost the map
    stays as it is there.
    """
    for axis, (at, size) in enumerate(zip(centres(row), grid, strict=True)):
        values = np.apply_along_axis(partial(_between, np.arange(size), at), axis, values)
    return values


def _between(wanted: Any, at: Any, line: Any) -> Any:
    return np.interp(wanted, at, line)


def last_map(network: Network) -> Row:
    """The last layer that still has a grid, before what reads it out; of a net that gives maps, its coarsest.

    Raises
    ------
    ArgumentError : no layer has a grid of two places or more
    """
    spatial = [row for row in network.rows if row.grid and max(row.grid) > 1]
    if not spatial:
        raise ArgumentError("layer: no layer of this net has a grid; Grad-CAM needs one, use saliency or shapley")
    if not network.rows[-1].grid:
        return spatial[-1]
    least = min(np.prod(row.grid) for row in spatial)
    return [row for row in spatial if np.prod(row.grid) == least][-1]
