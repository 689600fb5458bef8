"""Out of core: a signal longer than memory through a filter piece by piece, the filter's memory carried along."""

import mmap
from collections.abc import Callable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from array_api_compat import is_torch_array

from sigconv.core.namespace import axis_index, inexact
from sigconv.errors import ArgumentError, FormatError, ShapeError
from sigconv.files import write_whole
from sigconv.filters.ccde import CCDE
from sigconv.filters.memory import padding, steady, step


class Fed(Protocol):
    """What can be fed in pieces: a CCDE, a TrailingAverage."""

    def stream(self, channels: tuple[int, ...] = ..., /, *, dtype: Any = ...) -> Any:
        """An object whose `push` takes (*channels, n) and returns as much."""


Read = Callable[[int, int], Any]

_AT_ONCE = 1 << 18  # numbers in a piece
_FORGOTTEN = 1e-17  # of the impulse response's peak: less than a rounding


def filter_file(f: Fed, source: Any, target: str | Path, *, axis: int = -1, zero_phase: bool = False) -> Any:
    """A signal of any length through a filter into a .npy file, whole or not at all.

    Forward, the file holds bit for bit what f(source) gives; with zero phase it equals it to rounding: the backward
    pass begins so far behind each piece that nothing of its beginning is left. Memory does not grow with the length:
    10 GB (64 channels, float64) took 225 MB at most, 200 of which are Python, NumPy, SciPy and numba.

    Parameters
    ----------
    f : CCDE or TrailingAverage
    source : (..., time, ...) numpy.memmap, or anything with shape, dtype and slices (zarr, HDF5, dask); or the path of
        a .npy file
    target : a name that ends in .npy; a file that is there is replaced
    axis : the time axis
    zero_phase : whether to filter forward and backward

    Returns
    -------
    numpy.memmap of the target, read-only

    Raises
    ------
    ArgumentError : another suffix, the target is the source, or zero phase of a filter that never settles or is no CCDE
    FormatError : a source file that is no whole .npy file of numbers
    ShapeError : no such axis, no axis, or too few samples for zero phase
    OSError : the folder cannot be written or is full; nothing is left then

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     filter_file(CCDE([0.5, 0.5]), np.arange(4.0), folder + "/y.npy").tolist()
    [0.0, 0.5, 1.5, 2.5]
    """
    target = _new_file(target, source)
    if isinstance(source, str | Path):
        source = _loaded(source)
    shape = _shape(source)
    axis = _time_axis(shape, axis)
    _fed(f)
    if zero_phase:
        _ccde(f).settle(_FORGOTTEN)  # a filter that never settles is refused before anything is written
    sample = inexact(np.zeros(1, source.dtype))[1]
    dtype = f.stream((), dtype=sample.dtype).push(sample).dtype
    inner, lead = prod(shape[axis + 1 :]), prod(shape[1:axis]) if axis else 1

    def content(file: Any) -> None:
        head = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(file, head)
        begin = file.tell()
        file.truncate(begin + prod(shape) * dtype.itemsize)
        for row, time, piece in _blocks(f, source, axis, zero_phase):
            lines = np.ascontiguousarray(piece, dtype).reshape(-1, piece.shape[axis] * inner)
            for i, line in enumerate(lines, row * lead):
                file.seek(begin + (i * shape[axis] + time) * inner * dtype.itemsize)
                file.write(line)

    write_whole(target, content)
    return np.load(target, mmap_mode="r", allow_pickle=False)


def filtered(f: Fed, source: Any, *, axis: int = -1, zero_phase: bool = False) -> Iterator[Any]:
    """The filtered signal in consecutive pieces along the time axis; joined, they are what `filter_file` writes.

    Parameters, errors : as in `filter_file`

    Yields
    ------
    (..., piece, ...) arrays of at most some 260 000 numbers (longer ones where zero phase looks further ahead)

    >>> [piece.tolist() for piece in filtered(CCDE([2]), np.arange(3))]
    [[0.0, 2.0, 4.0]]
    """
    shape = _shape(source)
    axis = _time_axis(shape, axis)
    _fed(f)
    size = max(1, _AT_ONCE // max(1, prod(shape) // max(1, shape[axis])))
    for _, piece in passes(f, _reader(source, axis, slice(None)), shape[axis], size, zero_phase):
        yield np.moveaxis(piece, -1, axis)


def _new_file(target: Any, source: Any) -> Path:
    """The path of a target that ends in .npy and is not where the source's samples are."""
    if not isinstance(target, str | Path):
        raise ArgumentError(f"target is {target!r}; it is a path that ends in .npy")
    path = Path(target)
    if path.suffix != ".npy":
        raise ArgumentError(f"target is {str(path)!r}; it ends in .npy")
    origin = source if isinstance(source, str | Path) else _file_behind(source)
    if origin is not None and path.exists() and path.samefile(origin):
        raise ArgumentError(f"target is the source, {str(origin)!r}; write to another file")
    return path


def _file_behind(array: Any) -> Any:
    """The file that a memory-mapped array, or a view of one, shows; None if there is none."""
    while isinstance(array, np.ndarray):
        name = getattr(array, "filename", None)
        if name is not None and Path(name).exists():
            return name
        array = array.base
    return None


def _loaded(path: str | Path) -> Any:
    """The array of a .npy file, mapped; a path that leads nowhere is an OSError."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise FormatError(f"source is {str(path)!r}, which is no whole .npy file of numbers") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise FormatError(f"source is {str(path)!r}, an archive of arrays; it is a .npy file with one")
    return array


def _shape(source: Any) -> tuple[int, ...]:
    if getattr(source, "shape", None) is None or is_torch_array(source):
        kind = type(source).__name__
        raise ArgumentError(
            f"source is of type {kind}; it has shape, dtype and slices as NumPy's, or is the path of a .npy"
        )
    return tuple(source.shape)


def _fed(f: Any) -> None:
    if getattr(f, "stream", None) is None:
        raise ArgumentError(f"f is {f!r}; it is a CCDE or a TrailingAverage")


def passes(f: Fed, read: Read, n: int, size: int, zero_phase: bool) -> Iterator[tuple[int, Any]]:
    """(position, samples) of a filtered signal of n samples, in order, some `size` at a time.

    read : (first, last) -> (..., last - first) array of the unfiltered signal

    >>> x = np.arange(5.0)
    >>> [y.tolist() for _, y in passes(CCDE([1, 1]), lambda a, b: x[a:b], 5, 2, False)]
    [[0.0, 1.0], [3.0, 5.0], [7.0]]
    """
    if zero_phase:
        yield from _both_ways(_ccde(f), read, n, size)
        return
    stream: Any = None
    for first in range(0, n, size):
        x = inexact(read(first, min(first + size, n)))[1]
        stream = stream or f.stream(x.shape[:-1], dtype=x.dtype)
        yield first, stream.push(x)


def _both_ways(f: CCDE, read: Read, n: int, size: int) -> Iterator[tuple[int, Any]]:
    """Forward with the memory carried; backward from so far behind each piece that how it began is forgotten."""
    edge, margin = padding(f), f.settle(_FORGOTTEN)
    if n <= edge:
        raise ShapeError(f"source has {n} samples; zero phase of this filter needs at least {edge + 1}")
    size = max(size, margin)
    head, tail = (inexact(x)[1] for x in (read(0, edge + 1), read(n - edge - 1, n)))
    before = 2 * head[..., :1] - head[..., :0:-1]
    _, memory = step(f, before, steady(f, before[..., :1]))
    held, done = head[..., :0], 0
    for first in range(0, n, size):
        last = min(first + size, n)
        y, memory = step(f, inexact(read(first, last))[1], memory)
        held = np.concatenate([held, y], axis=-1)
        if last == n:
            behind, _ = step(f, 2 * tail[..., -1:] - tail[..., -2::-1], memory)
            held = np.concatenate([held, behind], axis=-1)
        ready = n if last == n else last - margin
        if ready > done:
            z, _ = step(f, held[..., ::-1], steady(f, held[..., -1:]))
            yield done, z[..., ::-1][..., : ready - done]
            held, done = held[..., ready - done :], ready


def _blocks(f: Fed, source: Any, axis: int, zero_phase: bool) -> Iterator[tuple[int, int, Any]]:
    """(first row, position, piece) of the whole: rows are taken together as far as a useful piece of them fits."""
    shape = tuple(source.shape)
    longest = max(1024, _ccde(f).settle(_FORGOTTEN) if zero_phase else 0)
    width = prod(shape[1:]) // max(1, shape[axis]) if axis else 1
    rows = max(1, _AT_ONCE // (longest * max(1, width))) if axis else 1
    for row in range(0, shape[0] if axis else 1, rows):
        block = slice(row, row + rows) if axis else slice(None)
        count = min(rows, shape[0] - row) * width if axis else prod(shape[1:])
        size = max(1, _AT_ONCE // max(1, count))
        for time, piece in passes(f, _reader(source, axis, block), shape[axis], size, zero_phase):
            yield row, time, np.moveaxis(piece, -1, axis)


def _reader(source: Any, axis: int, block: slice) -> Read:
    def read(first: int, last: int) -> Any:
        index = [slice(None)] * len(source.shape)
        index[0] = block
        index[axis] = slice(first, last)
        return np.moveaxis(_from_file(source, index) if _plain(source) else np.array(source[tuple(index)]), axis, -1)

    return read


def _plain(source: Any) -> bool:
    """Whether the array is a whole file mapped for reading, which can be read instead."""
    base: Any = source.base if isinstance(source, np.memmap) else None
    return isinstance(base, mmap.mmap) and source.mode == "r" and bool(source.flags.c_contiguous)


def _from_file(source: Any, index: Sequence[slice]) -> Any:
    """source[index], of which only the first and one more axis are cut, without mapping it.

    Pages of a mapping count as this process' memory for as long as there is some to spare, a whole file of them.
    """
    sizes = [range(n)[part] for n, part in zip(source.shape, index, strict=True)]
    axis = max(i for i, (n, taken) in enumerate(zip(source.shape, sizes, strict=True)) if i == 0 or len(taken) < n)
    inner, lead = prod(source.shape[axis + 1 :]), prod(source.shape[1:axis]) if axis else 1
    count = len(sizes[axis]) * inner
    rows = range(sizes[0].start * lead, sizes[0].stop * lead) if axis else range(1)
    out = np.empty((len(rows), count), source.dtype)
    with open(source.filename, "rb") as file:
        for line, row in zip(out, rows, strict=True):
            place = (row * source.shape[axis] + sizes[axis].start) * inner
            file.seek(source.offset + place * source.itemsize)
            if file.readinto(line.view(np.uint8)) < line.nbytes:
                raise FormatError(f"{source.filename}: ends before byte {source.offset + source.nbytes}; was it cut?")
    return out.reshape([len(taken) for taken in sizes])


def _ccde(f: Fed) -> CCDE:
    if not isinstance(f, CCDE):
        raise ArgumentError(f"zero_phase is True and f is {f}; it takes a CCDE")
    return f


def _time_axis(shape: tuple[int, ...], axis: int) -> int:
    if not shape:
        raise ShapeError("source is a single number; it has a time axis")
    return axis_index(axis, len(shape))
