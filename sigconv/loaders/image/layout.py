"""What an image file holds, told by its header alone."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders.archive import Member
from sigconv.loaders.image import png
from sigconv.loaders.image.pillow import pictured

_MOST_PAGES = 100_000
_PIXELS_A_BYTE = 512  # a JPEG's 8 × 8 block takes one bit at least
_MOST_SCANS = 100
_CHANNELS = {
    "L": ("grey",),
    "LA": ("grey", "alpha"),
    "RGB": ("red", "green", "blue"),
    "RGBA": ("red", "green", "blue", "alpha"),
    "I;16": ("grey",),
    "I": ("grey",),
    "F": ("grey",),
}
# Pillow's mode -> the mode that is given out
_GIVEN = {mode: mode for mode in _CHANNELS} | {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "RGBX": "RGB",
    "RGBa": "RGBA",
    "La": "LA",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "I;16B": "I;16",
}


@dataclass(frozen=True)
class Layout:
    """How the pixels of an image lie in its file.

    suffix : the format;  page : of a TIFF, from 0;  width, height : as they are stored
    stored, given : Pillow's modes, in the file and given out;  dtype : of the numbers given out
    deep : colour of 16 bits a channel, which Pillow alone would cut to 8
    orientation : 1 to 8, how EXIF says the stored picture must be turned
    plain : not compressed, so that some rows are read without the others
    """

    suffix: str
    page: int
    width: int
    height: int
    stored: str
    given: str
    dtype: str = "uint8"
    deep: bool = False
    orientation: int = 1
    plain: bool = False

    @property
    def channels(self) -> tuple[str, ...]:
        """Their names."""
        return _CHANNELS[self.given]


@dataclass
class Told:
    """What else a header tells.

    facts : for people;  icc : the colour profile, b"" without one;  warnings : what is odd
    """

    facts: dict[str, str] = field(default_factory=dict)
    icc: bytes = b""
    warnings: list[str] = field(default_factory=list)

    def dpi(self, pair: Any) -> None:
        """Note the dots an inch, if the file tells them."""
        if pair is not None:
            across, down = (float(one) for one in pair)
            self.facts["dpi"] = f"{across:.4g}" if abs(across - down) < 0.01 else f"{across:.4g} × {down:.4g}"


def look(path: Path | Member, file: IO[bytes], suffix: str, page: int) -> tuple[Layout, Told]:
    """The layout of an image and what else its header tells; no pixel is decoded.

    Raises
    ------
    FormatError : damaged, or a kind that is not read (it is named)
    ArgumentError : no such page
    """
    if page and suffix != ".tif":
        raise ArgumentError(f"page is {page}; a {suffix} file has one picture, page 0")
    told = Told()
    match suffix:
        case ".png":
            layout = _png(path, file, told)
        case ".webp":
            layout = _webp(path, file, told)
        case ".tif":
            layout = _tiff(path, file, page, told)
        case _:
            layout = _plain(path, file, suffix, told)
    told.facts["encoding"] = f"{' '.join(layout.channels)} {layout.dtype}"
    if layout.orientation != 1:
        told.facts["orientation"] = f"EXIF {layout.orientation}, applied"
    return layout, told


def _png(path: Path | Member, file: IO[bytes], told: Told) -> Layout:
    header = png.header(path, file)
    given = {0: "L", 2: "RGB", 3: "RGB", 4: "LA", 6: "RGBA"}[header.colour]
    deep = header.depth == 16 and header.colour != 0
    told.icc, told.warnings = header.icc, list(header.warnings)
    told.dpi(header.dpi)
    told.facts["format"] = "PNG" + (", palette" if header.colour == 3 else "")
    if header.frames > 1:
        told.warnings.append(f"an animation of {header.frames} frames; its still picture is read")
    if header.transparent and header.depth == 16:
        told.warnings.append("one colour is marked as transparent, which is left out")
    elif header.transparent:
        given = {"L": "LA", "RGB": "RGBA"}.get(given, given)
    if header.depth == 16 and not deep:
        given = "I;16"
    stored = {0: "I;16" if header.depth == 16 else "1" if header.depth == 1 else "L", 2: "RGB", 3: "P", 6: "RGBA"}
    mode = stored.get(header.colour, "RGBA" if deep else "LA")
    dtype = "uint16" if header.depth == 16 else "uint8"
    turned = orientation(header.exif)
    return Layout(".png", 0, header.width, header.height, mode, given, dtype, deep, turned)


def _webp(path: Path | Member, file: IO[bytes], told: Told) -> Layout:
    """Source: RFC 9649, WebP Image Format."""
    size, alpha, turned, frames = None, False, 1, 0
    for kind, length, at in _riff(path, file):
        frames += kind == b"ANMF"
        if kind == b"EXIF":
            turned = orientation(file.read(min(length, 1 << 20)))
        elif kind == b"ICCP":
            told.icc = file.read(min(length, 1 << 22))
        elif size is None and kind in (b"VP8X", b"VP8L", b"VP8 "):
            size, alpha = _canvas(path, kind, file.read(10), at)
    if size is None:
        raise FormatError(f"{path}: has no chunk VP8, VP8L or VP8X, which hold a WebP's picture")
    told.facts["format"] = "WebP"
    if frames > 1:
        told.warnings.append(f"an animation of {frames} frames; the first is read")
    mode = "RGBA" if alpha else "RGB"
    return Layout(".webp", 0, size[0], size[1], mode, mode, orientation=turned)


def _canvas(path: Path | Member, kind: bytes, head: bytes, at: int) -> tuple[tuple[int, int], bool]:
    if len(head) < 10 or (kind == b"VP8L" and head[0] != 0x2F) or (kind == b"VP8 " and head[3:6] != b"\x9d\x01\x2a"):
        raise FormatError(f"{path}: chunk {kind.decode()} at byte {at} begins with {head[:6].hex()}: not a picture")
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(head[i : i + 3], "little") for i in (4, 7))
        return (width, height), bool(head[0] & 16)
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)), bool(bits >> 28 & 1)
    width, height = (int.from_bytes(head[i : i + 2], "little") & 0x3FFF for i in (6, 8))
    return (width, height), False


def _riff(path: Path | Member, file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Kind, length and offset of every chunk of a WebP, the file standing at its content."""
    length = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    end = 8 + int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or head[8:] != b"WEBP" or end > length:
        raise FormatError(f"{path}: {length} bytes, expected {end} after RIFF and WEBP: cut short, or not a WebP")
    at = 12
    while at + 8 <= end:
        file.seek(at)
        kind, size = file.read(4), int.from_bytes(file.read(4), "little")
        if at + 8 + size > end:
            raise FormatError(f"{path}: chunk {kind!r} at byte {at} ends at {at + 8 + size}, the file at {end}")
        yield kind, size, at
        at += 8 + size + size % 2


def _plain(path: Path | Member, file: IO[bytes], suffix: str, told: Told) -> Layout:
    """A JPEG, GIF or BMP, whose header Pillow reads without decoding."""
    with pictured(path, file, suffix) as image:
        told.facts["format"] = "GIF, first frame" if suffix == ".gif" else str(image.format)
        width, height = image.size
        layout = Layout(suffix, 0, width, height, image.mode, _given(path, image.mode, told))
        if suffix == ".jpg":
            told.icc = image.info.get("icc_profile") or b""
            layout = replace(layout, orientation=orientation(image.info.get("exif", b"")))
            _believable(path, file, layout)
        elif image.mode == "P" and "transparency" in image.info:
            layout = replace(layout, given="RGBA")
        told.dpi(image.info.get("dpi"))
    return layout


def _believable(path: Path | Member, file: IO[bytes], layout: Layout) -> None:
    """Refuse a JPEG whose header tells of more pixels or scans than its bytes can hold."""
    file.seek(0)
    content = file.read()
    arithmetic = any(bytes((0xFF, marker)) in content for marker in (0xC9, 0xCA))
    if layout.width * layout.height > _PIXELS_A_BYTE * len(content) and not arithmetic:
        raise FormatError(
            f"{path}: its header tells of {layout.width} × {layout.height} pixels; {len(content)} bytes of JPEG hold "
            f"{_PIXELS_A_BYTE * len(content)} at most"
        )
    if (scans := content.count(b"\xff\xda")) > _MOST_SCANS:
        raise FormatError(f"{path}: has {scans} scans; expected at most {_MOST_SCANS}")


def _tiff(path: Path | Member, file: IO[bytes], page: int, told: Told) -> Layout:
    pages = _pages(path, file)
    if not 0 <= page < pages:
        raise ArgumentError(f"page is {page}; {path} has {pages}, counted from 0")
    if pages > 1:
        told.facts["pages"] = str(pages)
        told.warnings.append(f"page {page} of {pages} is read; image.open(path, page=…) reads another")
    with pictured(path, file, ".tif", page) as image:
        tags, stored, (width, height) = image.tag_v2, image.mode, image._tile_size
        compression = str(image.info.get("compression"))
        told.facts |= {"format": "TIFF", "compression": {"raw": "none"}.get(compression, compression)}
        told.icc = image.info.get("icc_profile") or b""
        told.dpi(image.info.get("dpi") if 296 in tags else None)
        bits, kinds, turned = tags.get(258, (1,)), tags.get(339, (1,)), tags.get(274, 1)
        deep = stored in ("RGB", "RGBA", "CMYK") and max(bits) == 16
        if deep and (stored == "CMYK" or tags.get(284, 1) != 1 or tags.get(338, (2,))[0] == 1):
            raise FormatError(
                f"{path}: 16-bit CMYK, separate planes or premultiplied alpha are not read; convert it to 16-bit RGB"
            )
        if tags.get(262) == 0 and stored in ("I;16", "I;16B", "F"):
            told.warnings.append("larger numbers are darker in this file (WhiteIsZero); they are given as stored")
        given = _given(path, stored, told)
        dtype = {"I;16": "uint16", "F": "float32", "I": "int32"}.get(given, "uint16" if deep else "uint8")
        if given == "I":
            dtype = {(1, 32): "uint32", (2, 16): "int16"}.get((kinds[0], bits[0]), "int32")
        turned = turned if turned in range(1, 9) else 1
        return Layout(".tif", page, width, height, stored, given, dtype, deep, turned, compression == "raw")


def _given(path: Path | Member, mode: str, told: Told) -> str:
    if mode == "CMYK":
        told.warnings.append("CMYK, brought to RGB by a plain formula, without its colour profile")
    if mode not in _GIVEN:
        raise FormatError(f"{path}: its colours are {mode}, which is not read; convert it to RGB")
    return _GIVEN[mode]


def _pages(path: Path | Member, file: IO[bytes]) -> int:
    """The number of directories that a TIFF chains together."""
    length = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    big = head[2:4] in (b"+\x00", b"\x00+")
    if order is None or len(head) < 16:
        raise FormatError(f"{path}: {len(head)} bytes begin with {head[:4]!r}, expected II or MM and more: not a TIFF")
    count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
    wide, link = struct.calcsize(count), struct.calcsize(offset)
    (at,) = struct.unpack_from(order + offset, head, 8 if big else 4)
    seen: set[int] = set()
    while at:
        if at in seen or len(seen) == _MOST_PAGES:
            raise FormatError(f"{path}: its chain of pages comes back to byte {at}, or has more than {_MOST_PAGES}")
        number, end = 0, at + wide
        if end <= length:
            file.seek(at)
            (number,) = struct.unpack(order + count, file.read(wide))
            end += entry * number + link
        if end > length:
            raise FormatError(
                f"{path}: cut short: the directory of page {len(seen)} at byte {at} ends at {end}, the file at {length}"
            )
        seen.add(at)
        file.seek(end - link)
        (at,) = struct.unpack(order + offset, file.read(link))
    if not seen:
        raise FormatError(f"{path}: a TIFF without a page")
    return len(seen)


def orientation(exif: bytes) -> int:
    """How EXIF says that a picture must be turned, 1 to 8; 1 (as it lies) where it says nothing that can be read.

    Source: JEITA CP-3451, Exif 2.3, tag 274.

    >>> orientation(b"MM\\0*\\0\\0\\0\\x08\\0\\1\\1\\x12\\0\\3\\0\\0\\0\\1\\0\\6\\0\\0"), orientation(b"")
    (6, 1)
    """
    block = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return 1
    (at,) = struct.unpack_from(order + "I", block, 4)
    if at + 2 > len(block):
        return 1
    (count,) = struct.unpack_from(order + "H", block, at)
    for place in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, number, value = struct.unpack_from(order + "HHIH", block, place)
        if (tag, kind, number) == (274, 3, 1):
            return value if 1 <= value <= 8 else 1
    return 1
