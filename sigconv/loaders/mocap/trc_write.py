"""TRC on disk: markers written whole or not at all."""

from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.files import write_whole
from sigconv.loaders.mocap.markers import COORDINATES, markers, pieces
from sigconv.loaders.recording import of
from sigconv.signal import Signal, Source


def save(signal: Signal | Source, path: Path) -> None:
    """Write markers as TRC in millimetres with six decimals (a nanometre), whole or not at all.

    Missing markers become empty fields. Events and analog channels have no place in TRC and are left out.

    Parameters
    ----------
    signal : (channel, time) Signal or Source in a unit of length; channels "name.x", "name.y", "name.z" of each marker
    path : a file that is there is replaced

    Raises
    ------
    ShapeError : the channels are not whole markers
    ArgumentError : a name with a tab or a line break
    SamplingError : another unit, no frame, an uneven time axis, or a number that is infinite
    OSError : the folder cannot be written or is full; nothing is left then

    Source: OpenSim's documentation of Motion Analysis' TRC.
    """
    source = of(signal) if isinstance(signal, Signal) else signal
    names, time = markers(source.axes[0].labels), source.axes[-1]
    if unfit := [name for name in names if not name.strip() or not name.isprintable()]:
        raise ArgumentError(f"the marker {unfit[0]!r} has characters that TRC cannot hold; rename it")
    rate, first = f"{time.rate:.10g}", _first(source)
    told = [rate, rate, str(time.size), str(len(names)), "mm", rate, str(first), str(time.size)]
    keys = ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units"]
    keys += ["OrigDataRate", "OrigDataStartFrame", "OrigNumFrames"]
    header = [
        ["PathFileType", "4", "(X/Y/Z)", path.name],
        keys,
        told,
        ["Frame#", "Time", *(field for name in names for field in (name, "", ""))],
        ["", "", *(f"{one.upper()}{i + 1}" for i in range(len(names)) for one in COORDINATES)],
        [],
    ]

    def content(file: Any) -> None:
        file.write("".join("\t".join(line) + "\r\n" for line in header).encode())
        frame = 0
        for places in pieces(source, "mm"):
            for row in places.reshape(3 * len(names), -1).T:
                fields = ["" if np.isnan(value) else f"{value:.6f}" for value in row.tolist()]
                begin = [str(first + frame), f"{time.at(frame):.6f}"]
                file.write(("\t".join([*begin, *fields]) + "\r\n").encode())
                frame += 1

    write_whole(path, content)


def _first(source: Source) -> int:
    return int(source.notes.get("first_frame", 1)) + round(source.axes[-1].start * source.axes[-1].rate)
