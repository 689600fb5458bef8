"""What the header of one DICOM file says: whose image it is, how its numbers lie, where its frames are."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sigconv.errors import FormatError
from sigconv.loaders.dicom.file import Where, opened, syntax
from sigconv.loaders.dicom.place import Slice, frames

DIRECTORY = "1.2.840.10008.1.3.10"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_PLAIN = {"1.2.840.10008.1.2": "<", "1.2.840.10008.1.2.1": "<", "1.2.840.10008.1.2.2": ">", "": "<"}
_VALUES = {0x7FE00008: "f4", 0x7FE00009: "f8", 0x7FE00010: ""}  # the three elements that hold pixels
_LONG = (b"OB", b"OW", b"OF", b"OD", b"UN")
_UNDEFINED = 0xFFFFFFFF
_MOST_FRAMES = 1 << 16  # in one file: each costs about 600 bytes, whatever the file has


@dataclass(frozen=True)
class Stored:
    """How the numbers of a frame lie in the file.

    rows, columns : of a frame;  kind : NumPy's name of the stored number
    bits : of it that count;  high : the number of the highest of them
    """

    rows: int
    columns: int
    kind: str
    bits: int
    high: int

    @property
    def frame(self) -> int:
        """Bytes from one frame to the next where they are not compressed; single bits go on without a break."""
        return 0 if self.bits == 1 else self.rows * self.columns * int(self.kind[2:])

    def bytes(self, frames: int) -> int:
        """Bytes of so many frames that are not compressed."""
        return -(-self.rows * self.columns * frames // 8) if self.bits == 1 else self.frame * frames


@dataclass(frozen=True)
class Header:
    """A DICOM image file without its pixels.

    kind : SOP class;  instance, series : their UIDs;  syntax : transfer syntax
    step : mm from slice to slice as the header tells it, 0 where it does not
    padding : value of pixels outside what was scanned, in `unit`; None where it is not told
    facts : photometric interpretation, compression …, for people;  stored, slices : None and empty without an image
    """

    path: Path
    kind: str
    instance: str
    series: str
    syntax: str
    modality: str
    description: str
    patient: str
    unit: str
    step: float
    padding: float | None
    facts: dict[str, str]
    stored: Stored | None
    slices: tuple[Slice, ...]


def read(path: Path) -> Header:
    """The header of a DICOM file; its pixels are not read.

    Raises
    ------
    FormatError : not DICOM, damaged, or an image that has no place in a volume (colours, no pixel spacing)
    MissingExtra : pydicom is not installed

    Source: DICOM PS3.3 C.7.6 (image pixel, plane, multi-frame functional groups), PS3.5 (encoding).

    >>> from pydicom.data import get_testdata_file
    >>> read(Path(get_testdata_file("CT_small.dcm", download=False))).stored
    Stored(rows=128, columns=128, kind='<i2', bits=16, high=15)
    """
    with opened(path) as (dataset, file, size):
        where = Where(path, dataset)
        count = where.whole("NumberOfFrames", 1, _MOST_FRAMES, 1)
        stored, at, facts = _stored(where, file, size, count)
        slices = tuple(frames(where, count, at, stored.frame)) if stored else ()
        return Header(
            path=path,
            kind=where.text("SOPClassUID") or str(getattr(dataset.file_meta, "MediaStorageSOPClassUID", "")),
            instance=where.text("SOPInstanceUID"),
            series=where.text("SeriesInstanceUID"),
            syntax=syntax(dataset),
            modality=where.text("Modality"),
            description=where.text("SeriesDescription"),
            patient=where.text("PatientID"),
            unit=_unit(where) if stored else "",
            step=abs(where.number("SpacingBetweenSlices", 0.0) or where.number("SliceThickness", 0.0)),
            padding=_padding(where, stored, slices) if stored else None,
            facts=facts,
            stored=stored,
            slices=slices,
        )


def _stored(where: Where, file: IO[bytes], size: int, count: int) -> tuple[Stored | None, int, dict[str, str]]:
    """How the pixels lie, at which byte they begin (-1: a decoder must tell), and facts; None without pixels."""
    at = file.tell()
    head = file.read(12)
    written = syntax(where.dataset)
    order = _PLAIN.get(written, "<")
    tag = struct.unpack(order + "HH", head[:4]) if len(head) == 12 else (0, 0)
    if (element := tag[0] << 16 | tag[1]) not in _VALUES:
        return None, -1, {}
    explicit = head[4:6] in _LONG
    (length,) = struct.unpack(order + "I", head[8:] if explicit else head[4:8])
    stored = _kind(where, order, _VALUES[element])
    facts = _facts(where, written, stored)
    if written not in _PLAIN or (order == ">" and stored.kind[2:] == "1"):
        return stored, -1, facts
    start, needed = at + (12 if explicit else 8), stored.bytes(count)
    if length == _UNDEFINED or length < needed or start + needed > size:
        found = "no length" if length == _UNDEFINED else f"{min(length, max(0, size - start))} bytes"
        raise FormatError(f"{where.path}: the pixel data from byte {start} has {found}; expected {needed} bytes")
    return stored, start, facts


def _kind(where: Where, order: str, real: str) -> Stored:
    colours, meant = where.whole("SamplesPerPixel", 1, 4, 1), where.text("PhotometricInterpretation")
    if colours != 1 or meant not in ("MONOCHROME1", "MONOCHROME2", ""):
        raise FormatError(
            f"{where.path}: photometric interpretation {meant!r} with {colours} samples a pixel; expected "
            "MONOCHROME1 or MONOCHROME2 with 1: colours are no volume, save them as a picture"
        )
    rows, columns = (where.whole(name, 1, 65535) for name in ("Rows", "Columns"))
    if real:
        return Stored(rows, columns, order + real, 8 * int(real[1:]), 8 * int(real[1:]) - 1)
    allocated = where.whole("BitsAllocated", 1, 32)
    if allocated not in (1, 8, 16, 32):
        raise where.refused("BitsAllocated", allocated, "1, 8, 16 or 32")
    bits = where.whole("BitsStored", 1, allocated, allocated)
    high = where.whole("HighBit", bits - 1, allocated - 1, bits - 1)
    sign = "ui"[where.whole("PixelRepresentation", 0, 1, 0)]
    return Stored(rows, columns, f"{order}{sign}{max(1, allocated // 8)}", bits, high)


def _facts(where: Where, written: str, stored: Stored) -> dict[str, str]:
    sort = {"f": "floating point", "i": "signed", "u": "unsigned"}[stored.kind[1]]
    meant = where.text("PhotometricInterpretation")
    facts = {
        "modality": where.text("Modality"),
        "description": where.text("SeriesDescription"),
        "body part": where.text("BodyPartExamined"),
        "compression": "none" if written in _PLAIN else str(where.dataset.file_meta.TransferSyntaxUID.name),
        "lossy": "yes" if where.text("LossyImageCompression") == "01" else "",
        "stored": f"{stored.bits} bits {sort}",
        "photometric": meant + " (low is bright; values are as stored)" * (meant == "MONOCHROME1"),
    }
    return {word: told for word, told in facts.items() if told}


def _unit(where: Where) -> str:
    """HU for CT that tells how stored numbers become Hounsfield units."""
    if where.text("Modality") != "CT":
        return ""
    groups = [where.dataset]
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in where.items(name)[:1]:
            groups += Where(where.path, group).items("PixelValueTransformationSequence")[:1]
    told = [Where(where.path, group) for group in groups]
    return "HU" if any(one.text("RescaleSlope") and one.text("RescaleType") in ("", "HU") for one in told) else ""


def _padding(where: Where, stored: Stored, slices: Sequence[Slice]) -> float | None:
    """The value outside what was scanned, whichever sign the field was written with."""
    if stored.kind[1] == "f" or not where.text("PixelPaddingValue"):
        return None
    wide = 8 * int(stored.kind[2:])
    value = where.whole("PixelPaddingValue", -(1 << 31), 1 << 32) % (1 << wide)
    if stored.kind[1] == "i" and value >= 1 << (wide - 1):
        value -= 1 << wide
    return value * slices[0].slope + slices[0].intercept
