"""Numbers as the three processors of the C3D format store them."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PROCESSORS = {84: "Intel", 85: "DEC", 86: "MIPS"}


def words(raw: Array, processor: str, wide: int) -> Array:
    """(..., byte) uint8 as (..., word) unsigned whole numbers of `wide` bytes, 2 or 4; processor: one of PROCESSORS.

    >>> words(np.array([1, 2], np.uint8), "Intel", 2), words(np.array([1, 2], np.uint8), "MIPS", 2)
    (array([513], dtype=uint16), array([258], dtype=uint16))
    """
    order = ">" if processor == "MIPS" else "<"
    return np.ascontiguousarray(raw).view(f"{order}u{wide}").astype(f"=u{wide}", copy=False)


def floats(stored: Array, processor: str) -> Array:
    """uint32 words as float64: IEEE single precision, or the VAX's F format for "DEC".

    A VAX number is (-1)^s 2^(e - 129) 1.m with its two halves exchanged; exponent 0 is zero, or no number with s = 1.

    Source: VAX Architecture Reference Manual (1987), F_floating.

    >>> floats(np.array([0x00004080, 0x0000C080, 0x00000000], np.uint32), "DEC")
    array([ 1., -1.,  0.])
    """
    if processor != "DEC":
        with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
            return np.asarray(stored.view(np.float32).astype(np.float64))
    bits = stored << np.uint32(16) | stored >> np.uint32(16)
    exponent = (bits >> np.uint32(23) & np.uint32(255)).astype(np.int32)
    size = np.ldexp(1 + (bits & np.uint32(0x7FFFFF)) * 2.0**-23, exponent - 129)
    negative = bits >> np.uint32(31) == 1
    value = np.where(negative, -size, size)
    return np.where(exponent == 0, np.where(negative, np.nan, 0.0), value)
