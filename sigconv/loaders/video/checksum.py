"""The checksums inside FFV1 frames, whose failure FFmpeg answers with the frame before."""

import zlib

_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_FOOTER = 8  # bytes behind a slice: its length (3), a status (1), a checksum (4)


def damaged(frame: bytes) -> bool:
    """Whether a slice of an FFV1 frame fails its checksum; False, too, where the frame has none.

    Source: RFC 9043, 4.8 (CRC-32 of polynomial 0x04C11DB7, highest bit first, from 0: a whole slice leaves 0).

    >>> damaged(b"no slices of FFV1")
    False
    """
    slices, end = [], len(frame)
    while end >= _FOOTER:
        start = end - _FOOTER - int.from_bytes(frame[end - _FOOTER : end - _FOOTER + 3])
        if start < 0:
            return False
        slices.append(frame[start:end])
        end = start
    # zlib's checksum is of the same polynomial with every byte's lowest bit first, and inverts its ends
    return end == 0 and any(zlib.crc32(one.translate(_MIRRORED), 0xFFFFFFFF) != 0xFFFFFFFF for one in slices)
