"""A DICOM file opened up to its pixels, whose fields are read with a check."""

import functools
import io
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sigconv.errors import FormatError, MissingExtra, ResourceError, SigconvError
from sigconv.loaders import guarded, limits

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_META = 132  # bytes before the file meta information: a preamble and "DICM"
_ITEM_TAGS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # little and big endian
_PIXELS = (0x7FE00010, 0x7FE00009, 0x7FE00008)  # integers, numbers of 64 bits, numbers of 32 bits
_MOST_ZEROS = 1 << 13  # elements; some writers fill a file up
_ITEM = 1 << 10  # bytes that pydicom takes for an item with one element; the file may have 8, and so does a crafted one


class _Counted(io.FileIO):
    """A file whose items of sequences are counted where its bytes are read, so that none are built beyond the limit."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        told = os.fstat(self.fileno())
        if not stat.S_ISREG(told.st_mode):
            raise FormatError(f"{path}: not a regular file")
        self.path, self.size, self.items = path, told.st_size, 0

    def readinto(self, buffer: Any) -> int:
        """As FileIO has it."""
        count = super().readinto(buffer)
        self.count(bytes(memoryview(buffer)[:count]))
        return count

    def count(self, data: bytes) -> None:
        """ResourceError where there were too many; also if the error did not get through the last time."""
        self.items += sum(map(data.count, _ITEM_TAGS))
        allowed = guarded.SLACK + guarded.TIMES * self.size
        if self.items * _ITEM > allowed:
            raise ResourceError(
                f"{self.path}: {self.items} items of sequences or more need {self.items * _ITEM} bytes; allowed for "
                f"this file: {allowed}"
            )


class _Stop:
    """Whether pydicom is to stop before an element: at pixels; with an error among zeros, which may go on for hours."""

    def __init__(self, path: Path) -> None:
        self.path, self.zeros = path, 0

    def __call__(self, tag: int, _: str | None, __: int) -> bool:
        self.zeros += tag == 0
        if self.zeros > _MOST_ZEROS:
            raise FormatError(
                f"{self.path}: {self.zeros} elements of zeros where fields or pixels are expected: damaged"
            )
        return tag in _PIXELS


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, IO[bytes], int]]:
    """pydicom's dataset of a file up to its pixels, the file behind it, which stands there, and its size in bytes.

    Whatever goes wrong with either inside is a FormatError; more items than such a file needs are a ResourceError.
    """
    try:
        from pydicom.filereader import read_partial
    except ImportError as error:
        raise MissingExtra("pydicom", "volume") from error
    with io.BufferedReader(_Counted(path)) as plain, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns about values that this module checks
        head = plain.read(1024)
        plain.seek(0)
        known = head[128:_META] == b"DICM"
        try:
            deflated = known and _DEFLATED in head
            file = _inflated(path, plain) if deflated else plain
            dataset = read_partial(file, _Stop(path), force=deflated or not known)
            if deflated:
                dataset.file_meta.TransferSyntaxUID = _DEFLATED.decode()
            if not known and "SOPClassUID" not in dataset:
                raise FormatError(f"{path}: byte 128 has {head[128:_META]!r}; a DICOM file has b'DICM'")
            yield dataset, file, plain.raw.size
        except SigconvError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno:  # the file system's; pydicom has OSErrors of its own
                raise
            plain.raw.count(b"")  # pydicom takes any error inside a sequence for one of its own
            raise FormatError(
                f"{path}: not readable as DICOM: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
            ) from error


def _inflated(path: Path, file: "io.BufferedReader[_Counted]") -> IO[bytes]:
    """The data set of a deflated file, without its file meta information; refused before it grows beyond the limit."""
    head = file.read(_META + 12)
    tag, length = head[_META : _META + 8], struct.unpack("<I", head[_META + 8 :])[0]
    if tag != b"\x02\x00\x00\x00UL\x04\x00" or length > file.raw.size:
        raise FormatError(f"{path}: byte {_META} has {tag!r} and {length}; expected the length of the file header")
    file.seek(_META + 12 + length)
    most = limits.most_bytes()
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    data = unpacker.decompress(file.read(), most)
    if unpacker.unconsumed_tail:
        limits.within_limit(path, most + 1, "its deflated data")
    file.raw.count(data)
    return io.BytesIO(data)


def syntax(dataset: Any) -> str:
    """The transfer syntax of a data set, "" where it has none."""
    return str(getattr(dataset.file_meta, "TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""


class Where:
    """A data set whose fields are read with a check, so that a refusal names the field."""

    def __init__(self, path: Path, dataset: Any) -> None:
        self.path, self.dataset = path, dataset
        self._read: dict[str, Any] = {}

    def text(self, name: str) -> str:
        """A field in one line, "" where there is none."""
        value = self._value(name)
        return "" if value is None else " ".join(str(value).split())

    def whole(self, name: str, low: int, high: int, missing: int | None = None) -> int:
        """A field that is a whole number from low to high; `missing` where there is none."""
        value = self._value(name)
        if value is None and missing is not None:
            return missing
        try:
            if low <= (found := int(value)) <= high:
                return found
        except (TypeError, ValueError, OverflowError):
            pass
        raise self.refused(name, value, f"a whole number from {low} to {high}")

    def numbers(self, name: str, count: int) -> tuple[float, ...] | None:
        """A field of `count` finite numbers, or None where there is none."""
        value = self._value(name)
        if value is None:
            return None
        try:
            found = tuple(float(one) for one in ([value] if count == 1 else value))
        except (TypeError, ValueError, OverflowError):
            found = ()
        if len(found) != count or not all(abs(one) < 1e9 for one in found):
            raise self.refused(name, value, f"{count} finite number{'s' * (count > 1)}")
        return found

    def number(self, name: str, missing: float) -> float:
        """A field that is a finite number; `missing` where there is none."""
        found = self.numbers(name, 1)
        return missing if found is None else found[0]

    def items(self, name: str) -> list[Any]:
        """The items of a sequence."""
        value = self._value(name)
        return [] if value is None else list(value)

    def refused(self, name: str, found: object, expected: str) -> FormatError:
        """The error that names the field."""
        return FormatError(f"{self.path}: field {name} is {str(found)[:80]!r}; expected {expected}")

    def _value(self, name: str) -> Any:
        if name not in self._read:
            try:
                tag = _tag(name)
                value = self.dataset[tag].value if tag in self.dataset else None
            except Exception as error:
                raise self.refused(name, error, "a readable value") from error
            self._read[name] = None if value is None or value == "" else value
        return self._read[name]


@functools.cache
def _tag(name: str) -> Any:
    from pydicom.tag import Tag

    return Tag(name)
