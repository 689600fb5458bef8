"""ID3 tags in front of the sound, which are stepped over."""

from typing import IO

_MOST = 16  # tags one after the other


def behind_tags(file: IO[bytes]) -> int:
    """The byte behind the ID3v2 tags at the beginning of an open file; 0 where there are none.

    Source: Nilsson (2000), ID3 tag version 2.4.0.

    >>> import io
    >>> behind_tags(io.BytesIO(b"ID3" + bytes([4, 0, 0, 0, 0, 0, 5]) + bytes(9)))
    15
    """
    at = 0
    for _ in range(_MOST):
        file.seek(at)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            break
        size = 0
        for byte in head[6:]:
            size = size << 7 | byte & 0x7F
        at += 10 + size + (10 if head[5] & 0x10 else 0)
    return at
