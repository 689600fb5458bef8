"""Writing images: PNG and TIFF without loss, JPEG with."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.files import write_whole
from sigconv.loaders.image import png_write
from sigconv.signal import Signal, Source

_QUALITY = 95  # of a JPEG
_MOST_JPEG = 65500  # pixels along an axis

Array = np.ndarray[Any, Any]


def save(signal: Signal | Source, path: Path, suffix: str) -> None:
    """Write a (channel, y, x) signal as an image, whole or not at all; numbers are stored as they are.

    Parameters
    ----------
    signal : channels grey (alpha) or red green blue (alpha), or 1 to 4 of any name, in that order
    path : what is there already is replaced
    suffix : ".png" (uint8, uint16), ".tif" (uint8; uint16 and float32 of one channel) or ".jpg" (uint8 without alpha,
        with loss at quality 95)

    Raises
    ------
    FormatError : another grid, kind of number or count of channels than the format holds; it says what to do
    MissingExtra : Pillow is not installed
    """
    told = signal.read() if not isinstance(signal, Signal) else signal
    names = [axis.name for axis in told.axes]
    if names != ["channel", "y", "x"] or not 0 < told.axes[0].size < 5 or 0 in told.shape:
        raise FormatError(
            f"{path}: the signal has axes ({', '.join(names)}) of {told.shape}; an image is (channel, y, x) with 1 to "
            "4 channels and no axis of 0"
        )
    pixels = np.asarray(told.data).transpose(1, 2, 0)
    writers: dict[str, Callable[[Path, Array], bytes | Callable[[IO[bytes]], None]]]
    writers = {".png": _png, ".tif": _tiff, ".jpg": _jpeg}
    write_whole(path, writers[suffix](path, pixels))


def _png(path: Path, pixels: Array) -> Callable[[IO[bytes]], None]:
    if pixels.dtype not in (np.uint8, np.uint16):
        raise _cannot(path, "PNG", pixels, "uint8 or uint16; scale it, or write float32 of one channel as .tif")
    return partial(png_write.write, pixels=pixels)


def _tiff(path: Path, pixels: Array) -> bytes:
    channels = pixels.shape[2]
    if pixels.dtype != np.uint8 and not (channels == 1 and pixels.dtype in (np.uint16, np.float32)):
        raise _cannot(path, "TIFF", pixels, "uint8, or uint16 or float32 of one channel; 16-bit colour goes into .png")
    return _by_pillow(pixels, "TIFF", compression="tiff_adobe_deflate")


def _jpeg(path: Path, pixels: Array) -> bytes:
    if pixels.dtype != np.uint8 or pixels.shape[2] not in (1, 3) or max(pixels.shape) > _MOST_JPEG:
        raise _cannot(path, "JPEG", pixels, f"uint8 of 1 or 3 channels up to {_MOST_JPEG} a side; .png holds the rest")
    return _by_pillow(pixels, "JPEG", quality=_QUALITY, subsampling=0)


def _by_pillow(pixels: Array, kind: str, **options: Any) -> bytes:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error
    file = BytesIO()
    plain = np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    Image.fromarray(plain).save(file, kind, **options)
    return file.getvalue()


def _cannot(path: Path, kind: str, pixels: Array, allowed: str) -> FormatError:
    return FormatError(
        f"{path}: {pixels.shape[2]} channels of {pixels.dtype}, {pixels.shape[0]} × {pixels.shape[1]}; this {kind} "
        f"writer holds {allowed}"
    )


_FORMATS = {".png": ".png", ".tif": ".tif", ".tiff": ".tif", ".jpg": ".jpg", ".jpeg": ".jpg"}
WRITERS = {suffix: partial(save, suffix=kind) for suffix, kind in _FORMATS.items()}
