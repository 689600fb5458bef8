"""Pillow behind a fence: one plugin for one format, no warning, no other error, no limit but the house's."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders.archive import Member
from sigconv.loaders.image import png

_PLUGINS = {".png": "Png", ".jpg": "Jpeg", ".tif": "Tiff", ".webp": "WebP", ".gif": "Gif", ".bmp": "Bmp"}
# Pillow's limit and Python's filters belong to the whole process: one at a time, and put back
_WHOLE_PROCESS = threading.RLock()


@cache
def plugin(suffix: str) -> Any:
    """Pillow's class for the files of one format; MissingExtra without Pillow."""
    try:
        name = _PLUGINS[suffix]
        return getattr(import_module(f"PIL.{name}ImagePlugin"), f"{name}ImageFile")
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error


@contextmanager
def pictured(path: Path | Member, file: IO[bytes], suffix: str, page: int = 0) -> Iterator[Any]:
    """The file as a Pillow image whose pixels are not decoded yet; `Image.open`, which guesses, is never asked.

    Raises
    ------
    FormatError : whatever Pillow says of a damaged file, here or while the image is used
    """
    opener = plugin(suffix)
    try:
        with _quiet():
            source = BytesIO(png.essentials(path, file)) if suffix == ".png" else file
            source.seek(0)
            image = opener(source)
            if page:
                image.seek(page)
        yield image
    except (FormatError, MissingExtra):
        raise
    except Exception as error:
        raise FormatError(f"{path}: not readable as {_PLUGINS[suffix].upper()}: {one_line(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    with _WHOLE_PROCESS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def unlimited(pixels: int) -> Iterator[None]:
    """Pillow's own limit lifted while a picture is decoded that the house's limit allows; it is put back."""
    from PIL import Image

    if Image.MAX_IMAGE_PIXELS is None or pixels <= Image.MAX_IMAGE_PIXELS:
        yield
        return
    with _WHOLE_PROCESS:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def one_line(error: BaseException) -> str:
    """What a third-party exception says, on one line."""
    return " ".join(str(error).split())[:300] or type(error).__name__
