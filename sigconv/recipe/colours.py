"""Pictures in grey or in three colours, whichever way they came."""

from typing import Any

import numpy as np

COLOURS = ("red", "green", "blue")
_BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in JPEG

Array = np.ndarray[Any, Any]


def coloured(data: Array, colour: bool) -> Array:
    """Three colours, else their brightness; of 2 and 4 channels the last is alpha, and nothing shows where it is 0.

    data : (channel 1 to 4, *grid) float32;  returns (channel 3 or 1, *grid) float32

    >>> coloured(np.ones((4, 2, 2), np.float32), colour=False).shape
    (1, 2, 2)
    """
    if len(data) in (2, 4):
        data = data[:-1] * data[-1:]
    if colour:
        return data if len(data) == 3 else np.repeat(data, 3, 0)
    return data if len(data) == 1 else np.tensordot(_BRIGHTNESS, data, 1)[None]
