"""Volumes written back: onto the grid that they came from, slab by slab."""

import gzip
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import space
from sigconv.errors import ArgumentError, FormatError, MissingExtra
from sigconv.files import write_whole
from sigconv.loaders.volume import geometry, raw
from sigconv.signal import Axis, Box, Signal, Source

Array = np.ndarray[Any, Any]

_SLAB = 1 << 24  # bytes read and written at a time
_LENGTHS = {0: 1.0, 1: 1e3, 2: 1.0, 3: 1e-3}  # NIfTI's code of a unit of length -> mm
_OTHER = {"b1": "u1", "f2": "f4"}  # kinds that no format has -> one that holds them
_ALIGNED, _MM, _SECONDS = 2, 2, 8  # NIfTI's codes
_NRRD = {"u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "u4": "uint32", "i4": "int32"}
_NRRD |= {"u8": "uint64", "i8": "int64", "f4": "float", "f8": "double"}
_META = {"u1": "MET_UCHAR", "i1": "MET_CHAR", "u2": "MET_USHORT", "i2": "MET_SHORT", "u4": "MET_UINT", "i4": "MET_INT"}
_META |= {"u8": "MET_ULONG_LONG", "i8": "MET_LONG_LONG", "f4": "MET_FLOAT", "f8": "MET_DOUBLE"}


class _Grid:
    """A volume as it will lie in a file: sizes and affine of the file's own axes, and its numbers in order."""

    def __init__(self, volume: Signal | Source, path: Path) -> None:
        self.volume = volume
        names = [axis.name for axis in volume.axes]
        if names not in (["channel", "z", "y", "x"], ["channel", "time", "z", "y", "x"]):
            raise ArgumentError(
                f"{path}: axes are {', '.join(names)}; a volume is (channel, z, y, x) or has a time, too"
            )
        if 0 in (axis.size for axis in volume.axes):
            raise ArgumentError(f"{path}: the volume is empty ({', '.join(str(axis) for axis in volume.axes)})")
        self.turn, self.affine = geometry.stored(volume)
        self.channels = volume.axes[0].size
        self.time: Axis | None = volume.axes[1] if len(names) == 5 else None
        first = self._read(tuple((0, 1) for _ in names[1:]))
        kind = _OTHER.get(first.dtype.str[1:], first.dtype.str[1:])
        if kind not in raw.KINDS:
            raise ArgumentError(f"{path}: the samples are {first.dtype}; allowed: {', '.join(raw.KINDS)}")
        self.kind = np.dtype(kind).newbyteorder("<")

    @property
    def lead(self) -> tuple[int, int]:
        """Samples of time, and channels."""
        return (self.time.size if self.time else 1), self.channels

    def write(self, file: Any) -> None:
        """The numbers, the file's first axis fastest, then its second and third, time and channels."""
        times, channels = self.lead
        for channel in range(channels):
            for time in range(times):
                for slab in self._slabs():
                    box = (*(((time, time + 1),) if self.time else ()), *slab)
                    data = self._read(box)[channel]
                    file.write(self.turn.back(data.reshape(data.shape[-3:])).astype(self.kind).tobytes(order="F"))

    def _slabs(self) -> Iterator[Box]:
        """Boxes of z, y, x that follow each other along the file's slowest axis."""
        place = self.turn.order.index(2)
        sizes = [axis.size for axis in space.grid(self.volume)]
        deep = max(1, _SLAB // (self.kind.itemsize * self.channels * math.prod(sizes) // sizes[place]))
        cuts = [(first, min(first + deep, sizes[place])) for first in range(0, sizes[place], deep)]
        if self.turn.flipped[place]:
            cuts = [(first, last) for first, last in reversed(cuts)]
        for cut in cuts:
            yield tuple(cut if axis == place else (0, size) for axis, size in enumerate(sizes))

    def _read(self, box: Box) -> Array:
        if isinstance(self.volume, Signal):
            return np.asarray(self.volume.data[(slice(None), *(slice(first, last) for first, last in box))])
        return np.asarray(self.volume.samples(box))


def nifti(volume: Signal | Source, path: Path) -> None:
    """Write a .nii or .nii.gz on the grid that the volume's notes tell; NIfTI-2 where a size is above 32767.

    A volume with the notes of a NIfTI file gets its orientation of axes, its codes of sform and qform and its unit of
    length. Channels become the fifth axis where there is a time axis, else the fourth.

    Raises
    ------
    ArgumentError : no volume, or a kind of number that NIfTI has not
    SamplingError : uneven slices, which NIfTI cannot tell
    MissingExtra : nibabel is not installed
    OSError : the folder cannot be written
    """
    try:
        from nibabel import nifti1, nifti2
    except ImportError as error:
        raise MissingExtra("nibabel", "volume") from error
    grid = _Grid(volume, path)
    stored = volume.notes.get("stored", {})
    big = max(*grid.turn.sizes, *grid.lead) > 32767 or stored.get("format") == "NIfTI-2"
    header = nifti2.Nifti2Header() if big else nifti1.Nifti1Header()
    times, channels = grid.lead
    more = (times, channels) if times > 1 and channels > 1 else (times,) if grid.time else (channels,)
    header.set_data_shape((*grid.turn.sizes, *(more if more != (1,) or grid.time else ())))
    header.set_data_dtype(grid.kind)
    _place(header, grid.affine, stored)
    length = _length(stored)
    header["xyzt_units"] = length + _SECONDS if grid.time else length if channels > 1 else stored.get("units", _MM)
    if grid.time:
        header["pixdim"][4] = grid.time.step
    header["scl_slope"], header["scl_inter"] = 1, 0
    header["vox_offset"] = 544 if big else 352
    head = header.binaryblock + bytes(4)
    _written(path, head, grid, packed=path.name.lower().endswith(".gz"))


def _length(stored: Any) -> int:
    return int(stored.get("units", _MM)) & 7


def _place(header: Any, affine: Array, stored: Any) -> None:
    """sform and qform as the source had them; an sform where neither can tell the affine."""
    scale = np.diag([1 / _LENGTHS[_length(stored)]] * 3 + [1.0])
    told = scale @ affine
    sform, qform = int(stored.get("sform", _ALIGNED)), int(stored.get("qform", 0))
    other = np.array(stored["other"]) if stored.get("other") else np.eye(4)
    header.set_qform(other @ told if sform else told, qform)
    header.set_sform(told, sform)
    step = np.linalg.norm(told[:3, :3], axis=0).min()
    if not np.allclose(header.get_best_affine(), told, rtol=1e-5, atol=1e-4 * step):
        header.set_sform(told, _ALIGNED)


def nrrd(volume: Signal | Source, path: Path) -> None:
    """Write a .nrrd, gzip inside, in the space left-posterior-superior; see `nifti` for what it raises."""
    grid = _Grid(volume, path)
    times, channels = grid.lead
    sizes = [*grid.turn.sizes, *([times] if grid.time else []), *([channels] if channels > 1 else [])]
    kinds = ["domain"] * 3 + ["time"] * bool(grid.time) + ["list"] * (channels > 1)
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    vectors = [_vector(column) for column in lps[:3, :3].T]
    lines = [
        "NRRD0005",
        f"type: {_NRRD[grid.kind.str[1:]]}",
        f"dimension: {len(sizes)}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, sizes))}",
        f"space directions: {' '.join(vectors + ['none'] * (len(sizes) - 3))}",
        f"kinds: {' '.join(kinds)}",
        *([f"spacings: nan nan nan {grid.time.step!r}{' nan' * (channels > 1)}"] if grid.time else []),
        "endian: little",
        "encoding: gzip",
        f"space origin: {_vector(lps[:3, 3])}",
    ]
    _written(path, ("\n".join(lines) + "\n\n").encode("ascii"), grid, packed=True, plain_head=True)


def metaimage(volume: Signal | Source, path: Path) -> None:
    """Write a .mha, not compressed; see `nifti` for what it raises."""
    grid = _Grid(volume, path)
    if grid.channels > 1 or grid.time:
        raise FormatError(f"{path}: MetaImage is written with one channel and no time; write .nii.gz or .nrrd")
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    steps = np.linalg.norm(lps[:3, :3], axis=0)
    numbers = {
        "TransformMatrix": (lps[:3, :3] / steps).T.ravel(),
        "Offset": lps[:3, 3],
        "CenterOfRotation": np.zeros(3),
        "ElementSpacing": steps,
    }
    lines = ["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False"]
    lines += ["CompressedData = False"]
    lines += [f"{name} = {' '.join(repr(float(number) + 0.0) for number in told)}" for name, told in numbers.items()]
    lines += [f"DimSize = {' '.join(map(str, grid.turn.sizes))}", f"ElementType = {_META[grid.kind.str[1:]]}"]
    lines += ["ElementDataFile = LOCAL", ""]
    _written(path, "\n".join(lines).encode("ascii"), grid, packed=False)


def _vector(numbers: Array) -> str:
    return "(" + ",".join(repr(float(number) + 0.0) for number in numbers) + ")"


def _written(path: Path, head: bytes, grid: _Grid, *, packed: bool, plain_head: bool = False) -> None:
    def content(file: Any) -> None:
        if plain_head or not packed:
            file.write(head)
        if not packed:
            grid.write(file)
            return
        # no time and no name inside: the same volume makes the same bytes
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as inner:
            if not plain_head:
                inner.write(head)
            grid.write(inner)

    write_whole(path, content)


SAVE: dict[str, Callable[[Signal | Source, Path], None]] = {
    ".nii": nifti,
    ".nii.gz": nifti,
    ".nrrd": nrrd,
    ".mha": metaimage,
}
