"""Compressed DICOM frames decoded; only the guarded child process imports this module.

pydicom comes at the top, so that the memory it takes itself is not counted as a decoder's.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.filereader
from pydicom.pixels import as_pixel_options, get_decoder, pixel_array

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders import kept

Array = np.ndarray[Any, Any]

_JPEG = ("JPEGBaseline", "JPEGExtended", "JPEGLossless")  # not JPEG-LS, not JPEG 2000


def frame(path: str, number: int) -> tuple[dict[str, Any], list[Array]]:
    """The stored numbers of one frame, (rows, columns).

    Raises
    ------
    FormatError : it cannot be decoded
    MissingExtra : no decoder of its transfer syntax is installed
    """
    syntax = pydicom.filereader.read_file_meta_info(path).TransferSyntaxUID
    if syntax.is_encapsulated and not get_decoder(syntax).is_available:
        raise MissingExtra(f"a decoder of {syntax.name}", "jpeg" if syntax.keyword.startswith(_JPEG) else "volume")
    try:
        if syntax.is_encapsulated:
            whole = _unpacked(path, syntax, number)
        else:  # deflated, or its bytes are in another order
            whole = pixel_array(pydicom.dcmread(path), index=number, raw=True)
    except Exception as error:
        raise FormatError(
            f"{path}: frame {number} ({syntax.name}) cannot be decoded: {' '.join(str(error).split())[:300]}"
        ) from error
    if whole.ndim != 2:
        raise FormatError(f"{path}: frame {number} has the shape {whole.shape}; expected (rows, columns)")
    return {}, [whole]


def _unpacked(path: str, syntax: Any, number: int) -> Array:
    """A frame of a compressed file, of which nothing else is read."""
    options, at = _described(kept.version(Path(path)))
    with Path(path).open("rb") as file:
        file.seek(at)
        found: Array = get_decoder(syntax).as_array(file, index=number, raw=True, **options)[0]
    return found


@lru_cache(maxsize=1)
def _described(version: kept.Key) -> tuple[dict[str, Any], int]:
    """What pydicom's decoders are told of the file's pixels, and the byte at which these begin.

    It is kept for the next frame: where sequences do not tell their length, each look takes time for all frames.
    """
    with Path(str(version[0])).open("rb") as file:
        dataset = pydicom.dcmread(file, stop_before_pixels=True)
        if (tag := file.read(12)[:4]) != b"\xe0\x7f\x10\x00":
            raise ValueError(f"no pixel data where they are expected, but {tag!r}")
        syntax = dataset.file_meta.TransferSyntaxUID
        options = as_pixel_options(dataset, transfer_syntax_uid=syntax, pixel_keyword="PixelData")
        return options, file.tell()
