"""PNG on disk: pixels written without loss."""

import struct
import zlib
from typing import IO, Any

import numpy as np

from sigconv.loaders.image.png import MAGIC

_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> colour type
_CHUNK = 1 << 20  # bytes that are filtered at once


def write(file: IO[bytes], pixels: Any) -> None:
    """Write (y, x, channel) uint8 or uint16 pixels of 1 to 4 channels; each row is filtered by its left neighbours."""
    height, width, channels = pixels.shape
    wide = pixels.dtype.itemsize
    file.write(MAGIC)
    _put(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * wide, _COLOURS[channels], 0, 0, 0))
    deflate = zlib.compressobj(6)
    rows = max(1, _CHUNK // (width * channels * wide))
    for first in range(0, height, rows):
        stored = np.ascontiguousarray(pixels[first : first + rows], f">u{wide}").view(np.uint8)
        stored = stored.reshape(-1, width * channels * wide)
        lines = np.empty((len(stored), 1 + stored.shape[1]), np.uint8)
        step = channels * wide
        lines[:, 0], lines[:, 1 : 1 + step] = 1, stored[:, :step]
        np.subtract(stored[:, step:], stored[:, :-step], out=lines[:, 1 + step :])
        if packed := deflate.compress(lines.tobytes()):
            _put(file, b"IDAT", packed)
    _put(file, b"IDAT", deflate.flush())
    _put(file, b"IEND", b"")


def _put(file: IO[bytes], kind: bytes, content: bytes) -> None:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    file.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum))
