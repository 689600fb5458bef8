"""A picture of a spectrogram as a spectrogram: rows become hertz, columns seconds."""

from typing import Any, Literal

import numpy as np
from array_api_compat import array_namespace

from sigconv import units
from sigconv.errors import SamplingError, ShapeError, one_of
from sigconv.filters.sampling import Quantity
from sigconv.signal import Axis, Signal


def from_image(
    image: Signal,
    high: Quantity,
    duration: Quantity,
    *,
    low: Quantity = 0.0,
    start: Quantity = 0.0,
    spacing: Literal["linear", "log"] = "linear",
) -> Signal:
    """The spectrogram that a grey picture shows, row 0 being its highest frequency.

    Parameters
    ----------
    image : (channel, y, x) Signal of one channel, from a picture's Recording: sigconv.load(path)
    high, low : Hz or text, frequency of the first and of the last row, high > low >= 0
    duration : s or text, > 0, from the beginning of the first column to the end of the last
    start : s or text, where the first column begins
    spacing : "linear" rows are evenly spaced in hertz, "log" in octaves (low above 0)

    Returns
    -------
    (channel, freq, time) Signal, lowest frequency first; samples, unit and notes as they were

    Raises
    ------
    ShapeError : other axes, or more than one channel: take one, or the mean of all
    SamplingError : a range or duration that is not positive;  ArgumentError : another spacing

    >>> picture = Signal(np.arange(6.0).reshape(1, 2, 3), (Axis.channel(["grey"]), Axis("y", 2), Axis("x", 3)))
    >>> made = from_image(picture, "4 kHz", "1.5 s")
    >>> made.data[0, 0], made.axis("freq").at(1), made.axis("time").at(1)
    (array([3., 4., 5.]), 4000.0, 0.5)
    """
    names = tuple(axis.name for axis in image.axes)
    if names != ("channel", "y", "x") or image.shape[0] != 1 or 0 in image.shape:
        raise ShapeError(f"image has {', '.join(map(str, image.axes))}; it is one grey channel, y, x")
    bottom, top = units.parse(low, "Hz", "low"), units.parse(high, "Hz", "high")
    seconds, begin = units.parse(duration, "s", "duration"), units.parse(start, "s", "start")
    one_of("spacing", spacing, ("linear", "log"))
    if not 0 <= bottom < top or (spacing == "log" and bottom == 0):
        raise SamplingError(f"low is {bottom:g} Hz and high {top:g} Hz; allowed: 0 <= low < high, above 0 for octaves")
    if not seconds > 0:
        raise SamplingError(f"duration is {seconds:g} s; it is positive")
    _, rows, columns = image.shape
    if rows < 2:
        raise ShapeError(f"image has {rows} rows; frequencies from {bottom:g} to {top:g} Hz need two or more")
    between: Any = np.geomspace if spacing == "log" else np.linspace
    frequencies = Axis.at_positions("freq", between(bottom, top, rows).tolist(), "Hz")
    flipped = array_namespace(image.data).flip(image.data, axis=1)
    axes = (image.axes[0], frequencies, Axis("time", columns, "s", seconds / columns, begin))
    return image.with_data(flipped, axes=axes)
