"""Markers as channels: three coordinates each, in metres."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import units
from sigconv.errors import FormatError, SamplingError, ShapeError
from sigconv.signal import Axis, Signal, Source

_AT_ONCE = 1 << 20  # numbers in a piece
COORDINATES = ("x", "y", "z")
_METRES = {"meters": "m", "millimeters": "mm", "centimeters": "cm", "metres": "m", "meter": "m"}


def axes(names: Sequence[str], frames: int, rate: float) -> tuple[Axis, Axis]:
    """The (channel, time) axes of markers: "LASI.x", "LASI.y", "LASI.z" for each name.

    >>> axes(["LASI"], 10, 100.0)[0].labels
    ('LASI.x', 'LASI.y', 'LASI.z')
    """
    return Axis.channel([f"{name}.{one}" for name in names for one in COORDINATES]), Axis.time(frames, rate)


def metres(path: Path, unit: str) -> float:
    """What a length in the file's unit is in metres.

    Raises
    ------
    FormatError : not a unit of length

    >>> metres(Path("a.c3d"), "mm")
    0.001
    """
    spelt = unit.strip().lower()
    try:
        return units.factor(_METRES.get(spelt, spelt), "m")
    except SamplingError as error:
        raise FormatError(f"{path}: the unit of length is {unit!r}, expected mm, cm or m") from error


def positions(signal: Signal) -> Any:
    """(marker, 3, time) view of the samples of a Signal of markers, in the order of its channels.

    Raises
    ------
    ShapeError : the channels are not whole markers: x, y, z of one after another

    >>> import numpy as np
    >>> steps = Signal(np.zeros((6, 10)), axes(["LASI", "RASI"], 10, 100.0), "m")
    >>> positions(steps).shape
    (2, 3, 10)
    """
    names = markers(signal.channels)
    return signal.data.reshape(len(names), 3, *signal.shape[1:])


def markers(channels: Sequence[str]) -> tuple[str, ...]:
    """The markers whose coordinates the channels are.

    Raises
    ------
    ShapeError : the channels are not whole markers

    >>> markers(["LASI.x", "LASI.y", "LASI.z"])
    ('LASI',)
    """
    names = tuple(channel.removesuffix(".x") for channel in channels[::3])
    expected = [f"{name}.{one}" for name in names for one in COORDINATES]
    if list(channels) != expected:
        wrong = next(
            (c for c, e in zip(channels, expected, strict=False) if c != e), channels[-1] if channels else "none"
        )
        raise ShapeError(
            f"the channels are not whole markers at {wrong!r}; expected name.x, name.y, name.z of one after another"
        )
    return names


def pieces(source: Source, unit: str) -> Iterator[Any]:
    """(marker, 3, frame) float64 pieces of a source of markers, one after another, in `unit`; a marker that lacks a
    coordinate lacks all three.

    Raises
    ------
    ShapeError : the channels are not whole markers
    SamplingError : another unit than one of length, no frame, or a number that is infinite
    """
    time, names = source.axes[-1], markers(source.axes[0].labels)
    factor = units.factor(source.unit, unit)
    if time.size == 0:
        raise SamplingError("the signal is empty; a file of markers holds one frame or more")
    step = max(1, _AT_ONCE // (3 * len(names)))
    for first in range(0, time.size, step):
        last = min(first + step, time.size)
        piece = source.read(time.at(first), time.at(last))
        places = np.array(piece.data, dtype=np.float64).reshape(len(names), 3, -1) * factor
        if np.isinf(places).any():
            raise SamplingError("the signal has samples that are infinite; a marker is at a place, or missing (NaN)")
        places.swapaxes(0, 1)[:, np.isnan(places).any(1)] = np.nan
        yield places
