"""Colour images: PNG, JPEG, TIFF, WebP, GIF or BMP as lazy recordings of (channel, y, x)."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders import kept, limits
from sigconv.loaders.archive import Member
from sigconv.loaders.door import Door
from sigconv.loaders.image import write
from sigconv.loaders.image.layout import Layout, look
from sigconv.loaders.image.pillow import pictured, unlimited
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Box

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp")
_SAME = {".jpeg": ".jpg", ".tiff": ".tif"}
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

Array = np.ndarray[Any, Any]


def known(head: bytes) -> str | None:
    """The suffix of the image format that a file's first bytes tell, or None.

    >>> known(b"GIF89a")
    '.gif'
    """
    starts = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF87a": ".gif", b"GIF89a": ".gif"}
    if head[128:132] == b"DICM":  # DICOM may begin with the head of a TIFF
        return None
    if head[:4] in _TIFF:
        return ".tif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[:2] == b"BM" and head[6:10] == bytes(4) and head[15:18] == bytes(3):
        return ".bmp"
    return next((suffix for start, suffix in starts.items() if head.startswith(start)), None)


def open(path: str | Path | Member, suffix: str = "", page: int = 0) -> Recording:
    """The picture in an image file, or in a member of a zip; its pixels stay there until read.

    The numbers are the file's own: uint8, uint16, int16, int32, uint32 or float32. Grey of 1, 2 or 4 bits is brought to
    0…255, a palette to its colours, CMYK and YCbCr to RGB. The picture is turned as EXIF says, and its axes with it; a
    colour profile is kept in notes["icc"] and not applied; y and x are in pixels, with the dots an inch in
    notes["facts"].

    Parameters
    ----------
    path : the file
    suffix : its format, one of SUFFIXES; by default told by its content, then its name
    page : of a TIFF of several, >= 0

    Returns
    -------
    (channel, y, x) recording; channels grey (alpha) or red green blue (alpha)

    Raises
    ------
    FormatError : damaged, cut short, or a kind that is not read (16-bit CMYK, float RGB, CIELAB)
    ResourceError : more than SIGCONV_MOST_BYTES of pixels
    ArgumentError : no such page
    MissingExtra : Pillow is not installed
    """
    path = Path(path) if isinstance(path, str) else path
    with path.open("rb") as file:
        suffix = suffix or known(file.read(132)) or Path(path.name).suffix.lower()
        if suffix not in SUFFIXES:
            raise FormatError(f"{path}: not an image; those that are read are {' '.join(SUFFIXES)}")
        layout, told = look(path, file, _SAME.get(suffix, suffix), page)
    needed = layout.width * layout.height * len(layout.channels) * np.dtype(layout.dtype).itemsize
    limits.within_limit(Path(str(path)), needed, f"a picture of {layout.width} × {layout.height} pixels")
    width, height = (layout.width, layout.height) if layout.orientation < 5 else (layout.height, layout.width)
    notes: dict[str, Any] = {"domain": "image", "path": str(path), "name": path.stem, "facts": told.facts}
    if told.icc:
        notes["icc"] = told.icc
    if told.warnings:
        notes["warnings"] = tuple(told.warnings)
    axes = (Axis.channel(layout.channels), Axis("y", height), Axis("x", width))
    return Recording(axes, Pixels(path, layout), notes=notes)


@dataclass(frozen=True)
class Pixels:
    """The pixels of an image, decoded when called; it can be sent to other processes.

    A TIFF without compression is read by rows. The others are decoded whole; where a part is asked for, the picture
    (up to 64 MB) is kept for the next one.
    """

    path: Path | Member
    layout: Layout

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, y, x) array of the channels numbered `rows`; box is ((first, last), (first, last))."""
        (first, last), (left, right) = box
        if self.layout.plain and self.layout.orientation == 1:
            part = self._picture((first, last))[:, left:right]
        elif (right - left) * (last - first) < self.layout.width * self.layout.height:
            part = self._kept()[first:last, left:right]
        else:
            part = self._picture()
        chosen = part[:, :, list(rows)] if list(rows) != list(range(part.shape[2])) else part
        return chosen.transpose(2, 0, 1).copy()

    def _kept(self) -> Array:
        file = self.path.archive if isinstance(self.path, Member) else self.path
        return kept.once(("picture", str(self.path), self.layout, *kept.version(file)), self._picture)

    def _picture(self, lines: tuple[int, int] | None = None) -> Array:
        """(y, x, channel) array, turned as EXIF says; of these lines alone where the layout is plain."""
        layout = self.layout
        with unlimited(layout.width * layout.height):
            stored = (_deep if layout.deep else _decoded)(self.path, layout, lines or (0, layout.height))
        stored = stored if stored.ndim == 3 else stored[:, :, None]
        return _turned(stored, layout.orientation if layout.suffix != ".tif" else 1)  # Pillow turns a TIFF itself


def _decoded(path: Path | Member, layout: Layout, lines: tuple[int, int]) -> Array:
    with _unchanged(path, layout) as image:
        shown = _loaded(image, layout, lines)
        numbers = layout.given in ("I;16", "I", "F", shown.mode)
        return np.asarray(shown if numbers else shown.convert(layout.given)).astype(layout.dtype, copy=False)


def _deep(path: Path | Member, layout: Layout, lines: tuple[int, int]) -> Array:
    """Colour of 16 bits a channel, of which Pillow gives 8 at a time: the upper ones, then the lower ones."""
    if layout.given == "LA":  # two channels of two bytes lie like four of one
        both = _bytes(path, layout, lines, lambda _: "RGBA")
        return np.ascontiguousarray(both).view(">u2").astype(np.uint16)
    upper, lower = _bytes(path, layout, lines, str), _bytes(path, layout, lines, _other_end)
    return upper.astype(np.uint16) << 8 | lower


def _bytes(path: Path | Member, layout: Layout, lines: tuple[int, int], chosen: Callable[[str], str]) -> Array:
    """The pixels with another of Pillow's names for how their bytes lie."""
    with _unchanged(path, layout) as image:
        for i, tile in enumerate(image.tile):
            told = tile.args
            args = chosen(told) if isinstance(told, str) else (chosen(told[0]), *told[1:])
            image.tile[i] = tile._replace(args=args)
        return np.asarray(_loaded(image, layout, lines))


def _loaded(image: Any, layout: Layout, lines: tuple[int, int]) -> Any:
    """The decoded image, cut to these lines; the strips and tiles that hold none of them are not read."""
    first, last = lines
    if last - first == layout.height:
        image.load()
        return image
    tiles = []
    for tile in image.tile:
        left, top, right, bottom = tile.extents
        skipped = max(first - top, 0)
        if max(top, first) < min(bottom, last):
            wide = tile.args[1] or ((right - left) * sum(_bits(image)) + 7) // 8  # bytes of a line
            extents = (left, top + skipped, right, min(bottom, last))
            tiles.append(tile._replace(extents=extents, offset=tile.offset + skipped * wide))
    image.tile = tiles
    image.load()
    return image.crop((0, first, layout.width, last))


def _bits(image: Any) -> tuple[int, ...]:
    """Bits of the samples that lie together in an uncompressed TIFF."""
    bits = tuple(image.tag_v2.get(258, (1,)))
    samples = image.tag_v2.get(277, 1)
    bits = bits * samples if len(bits) == 1 else bits
    return bits if image.tag_v2.get(284, 1) == 1 else bits[:1]


def _other_end(rawmode: str) -> str:
    """The name that takes the lower byte of every sample where this one takes the upper.

    >>> _other_end("RGB;16B"), _other_end("RGB;16L")
    ('RGB;16L', 'RGB;16B')
    """
    native = {"little": "L", "big": "B"}[sys.byteorder]
    end = rawmode[-1].replace("N", native)
    return rawmode[:-1] + {"L": "B", "B": "L"}[end]


@contextmanager
def _unchanged(path: Path | Member, layout: Layout) -> Iterator[Any]:
    """The file as a Pillow image, once more, if it is still what the layout says."""
    with path.open("rb") as file, pictured(path, file, layout.suffix, layout.page) as image:
        size = getattr(image, "_tile_size", image.size)
        if (*size, image.mode) != (layout.width, layout.height, layout.stored):
            raise FormatError(
                f"{path}: a picture of {size[0]} × {size[1]} in mode {image.mode}, expected {layout.width} × "
                f"{layout.height} in {layout.stored}: its header contradicts itself, or it has changed"
            )
        if layout.suffix == ".tif" and not image.use_load_libtiff:
            planes = len(image.getbands()) if image.tag_v2.get(284) == 2 else 1
            held = sum((right - left) * (low - high) for _, (left, high, right, low), *_ in image.tile)
            if held != planes * size[0] * size[1]:
                raise FormatError(
                    f"{path}: its strips hold {held} samples, expected {planes * size[0] * size[1]}: some are missing"
                )
        yield image


def _turned(stored: Array, orientation: int) -> Array:
    """Source: JEITA CP-3451, Exif 2.3, tag 274: where the first row and column of (y, x, channel) belong."""
    turned = stored.swapaxes(0, 1) if orientation > 4 else stored
    upside_down, mirrored = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return turned[:: -1 if upside_down else 1, :: -1 if mirrored else 1]


DOOR = Door("image", SUFFIXES, known, open, write.WRITERS)
