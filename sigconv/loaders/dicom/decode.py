"""Compressed DICOM frames decoded; only the guarded child process imports this module.

pydicom comes at the top, so that the memory it takes itself is not counted as a decoder's.
"""

from typing import Any

import numpy as np
import pydicom.filereader
from pydicom.pixels import get_decoder, pixel_array

from sigconv.errors import FormatError, MissingExtra

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
        # of a compressed file only the frame is read; other ones are deflated, or have their bytes in another order
        whole = pixel_array(path if syntax.is_encapsulated else pydicom.dcmread(path), index=number, raw=True)
    except Exception as error:
        raise FormatError(
            f"{path}: frame {number} ({syntax.name}) cannot be decoded: {' '.join(str(error).split())[:300]}"
        ) from error
    if whole.ndim != 2:
        raise FormatError(f"{path}: frame {number} has the shape {whole.shape}; expected (rows, columns)")
    return {}, [whole]
