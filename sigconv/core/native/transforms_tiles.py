"""Correlation by transforms, tile by tile: each tile is cut out of x, convolved in the cache and put into y.

A tile of (depth, height, width) samples is read as one line, and so is the kernel with the tile's row and plane
lengths between its taps: then N-D convolution is 1-D convolution, and the outputs that lie (span - 1) or more samples
from the front of each axis are the true ones. Tiles overlap by span - 1 samples. No tile knows of any other, so the
result is the same in any order, on any number of threads, alone or in a batch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sigconv.core.boundary import Boundary, outside
from sigconv.core.geometry import span
from sigconv.core.native.compiled import kernel
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.transforms import circular, roots, spectrum
from sigconv.core.planner import Tiling


def correlate(
    x: Any,
    taps: Any,
    padding: Sequence[tuple[int, int]],
    boundary: tuple[Boundary, complex],
    strides: Sequence[int],
    dilations: Sequence[int],
    tiling: Tiling,
    double: bool = False,
) -> tuple[Any, Any]:
    """y[n] = sum_k taps[k] ext(x)[n s + k d - before] along the last three axes, by transforms.

    Parameters
    ----------
    x : (lines, depth, height, width), float32, float64 or complex, C order
    taps : three axes, x's dtype or the real one of its precision
    padding, strides, dilations : three each
    boundary : a rule of core.boundary that takes samples as they are (no odd ones), and its constant
    tiling : the tiles
    double : transforms of float32 numbers in float64

    Returns
    -------
    y : (lines, *outputs), dtype of x
    energy : (lines, tiles) float64, the sum of squares of each tile; not finite where x is not
    """
    spans = [span(k, d) for k, d in zip(taps.shape, dilations, strict=True)]
    extended = [n + sum(pad) for n, pad in zip(x.shape[1:], padding, strict=True)]
    total = [n - k + 1 for n, k in zip(extended, spans, strict=True)]
    kept = [(n - 1) // s + 1 for n, s in zip(total, strides, strict=True)]
    counts = [-(-n // made) for n, made in zip(total, tiling.made, strict=True)]
    y = np.empty((x.shape[0], *kept), x.dtype)
    is_complex = x.dtype.kind == "c"
    real = x.real.dtype
    m = tiling.numbers // 2
    single = real == np.float32 and not double
    known = roots(m, single)
    table = spectrum(_as_line(taps, tiling.size, dilations), m, single)
    maps = [outside(n, *pad, boundary[0]) for n, pad in zip(x.shape[1:], padding, strict=True)]
    before = [pad[0] for pad in padding]
    geometry = np.array(
        [x.shape[1:], before, extended, tiling.size, tiling.made, total, spans, strides, kept, counts], np.int64
    )
    fill = np.array([np.real(boundary[1]), np.imag(boundary[1])])
    each = counts[0] * counts[1] * counts[2]
    energy = np.empty((x.shape[0], each))
    flat_x, flat_y = _numbers(x, real), _numbers(y, real)
    tiles = x.shape[0] * each
    pieces = _pieces(tiles, tiling.numbers)

    def work(piece: int) -> None:
        buffer = np.empty(tiling.numbers, table.dtype)
        some = (piece * tiles // pieces, (piece + 1) * tiles // pieces)
        _tiles(
            flat_x, flat_y, 1 + is_complex, *some, geometry, *maps, fill, buffer, m, known.levels, known.table, table,
            known.deep, energy.reshape(-1),
        )  # fmt: skip

    spread(work, pieces)
    return y, energy


def _pieces(tiles: int, numbers: int) -> int:
    """Pieces of work: none too small to hand to a thread, enough for all threads to end together."""
    if tiles * numbers < 1 << 16:
        return 1
    return min(tiles, 4 * threads(), max(1, tiles * numbers >> 15))


def _numbers(array: Any, real: Any) -> Any:
    """The numbers of an array in a row, real and imaginary parts in turn, without a copy."""
    flat = array.reshape(-1).view(real)
    return flat if flat.flags.writeable else np.asarray(_Unlocked(flat))


class _Unlocked:
    """A read-only array in a kernel's eyes: it is only read there, and one kind of array is compiled once."""

    def __init__(self, array: Any) -> None:
        self.array = array
        known = dict(array.__array_interface__)
        self.__array_interface__ = {**known, "data": (known["data"][0], False)}


def _as_line(taps: Any, size: tuple[int, int, int], dilations: Sequence[int]) -> Any:
    """The kernel, flipped, as it lies in a tile read as one line."""
    steps = (dilations[0] * size[1] * size[2], dilations[1] * size[2], dilations[2])
    places = np.zeros((1, 1, 1), np.int64)
    for axis, (k, step) in enumerate(zip(taps.shape, steps, strict=True)):
        places = places + (np.arange(k) * step).reshape([-1 if axis == a else 1 for a in range(3)])
    line = np.zeros(int(places.max()) + 1, np.complex128 if taps.dtype.kind == "c" else np.float64)
    line[places.max() - places.ravel()] = taps.ravel()
    return line


@kernel
def _put_row(
    buffer: Any, o: int, x: Any, base: int, step: int, part: int, at: int, size: int, n: int, before: int, ends: Any,
    fill: float,
) -> None:  # fmt: skip
    """Samples at, at + 1, ... of one extended row of x into the buffer; past its end, zeros."""
    head = min(max(before - at, 0), size)
    middle = min(max(before + n - at, 0), size)
    tail = min(max(n + ends.shape[0] - at, 0), size)
    target = buffer[o : o + size]
    for i in range(head):
        seen = ends[at + i]
        target[i] = fill if seen < 0 else x[base + seen * step + part]
    first = base + (at + head - before) * step + part
    if step == 1:
        inner, source = buffer[o + head : o + middle], x[first : first + middle - head]
        for i in range(middle - head):
            inner[i] = source[i]
    else:
        for i in range(middle - head):
            target[head + i] = x[first + 2 * i]
    for i in range(middle, tail):
        seen = ends[at + i - n]
        target[i] = fill if seen < 0 else x[base + seen * step + part]
    for i in range(tail, size):
        target[i] = 0


@kernel
def _seen(p: int, n: int, before: int, ends: Any) -> int:
    """The sample at position p of an extended axis: -1 is the constant, -2 lies past the end."""
    if p < before:
        return int(ends[p])
    if p < before + n:
        return p - before
    return int(ends[p - n]) if p - n < ends.shape[0] else -2


@kernel
def _energy(buffer: Any, size: int) -> float:
    """The sum of squares, in 64 sums that are added in a fixed order."""
    sums = np.zeros(64)
    for o in range(0, size - size % 64, 64):
        part = buffer[o : o + 64]
        for i in range(64):
            number = np.float64(part[i])
            sums[i] += number * number
    total = 0.0
    for i in range(64):
        total += sums[i]
    for i in range(size - size % 64, size):
        total += np.float64(buffer[i]) * np.float64(buffer[i])
    return total


@kernel
def _cut(
    x: Any, step: int, line: int, corner: Any, g: Any, deep_ends: Any, row_ends: Any, ends: Any, fill: Any,
    buffer: Any, m: int,
) -> None:  # fmt: skip
    """One tile of the extended x into the buffer."""
    depth, height, width = g[3, 0], g[3, 1], g[3, 2]
    for part in range(step):
        o = part * m
        for i in range(depth):
            plane = _seen(corner[0] + i, g[0, 0], g[1, 0], deep_ends)
            for j in range(height):
                row = _seen(corner[1] + j, g[0, 1], g[1, 1], row_ends)
                if plane == -2 or row == -2:
                    buffer[o : o + width] = 0
                elif plane == -1 or row == -1:
                    inside = min(max(g[2, 2] - corner[2], 0), width)
                    buffer[o : o + inside] = fill[part]
                    buffer[o + inside : o + width] = 0
                else:
                    base = ((line * g[0, 0] + plane) * g[0, 1] + row) * g[0, 2] * step
                    _put_row(buffer, o, x, base, step, part, corner[2], width, g[0, 2], g[1, 2], ends, fill[part])
                o += width
        buffer[o : (part + 1) * m if step == 2 else 2 * m] = 0


@kernel
def _paste(buffer: Any, m: int, y: Any, step: int, line: int, corner: Any, g: Any) -> None:
    """The true outputs of the buffer into y, every stride-th of them."""
    stride = g[7, 2]
    first = -(-corner[2] // stride)
    last = -(-min(corner[2] + g[4, 2], g[5, 2]) // stride)
    for part in range(step):
        for i in range(min(g[4, 0], g[5, 0] - corner[0])):
            plane = corner[0] + i
            if plane % g[7, 0]:
                continue
            for j in range(min(g[4, 1], g[5, 1] - corner[1])):
                row = corner[1] + j
                if row % g[7, 1]:
                    continue
                base = ((line * g[8, 0] + plane // g[7, 0]) * g[8, 1] + row // g[7, 1]) * g[8, 2]
                o = ((i + g[6, 0] - 1) * g[3, 1] + j + g[6, 1] - 1) * g[3, 2] + g[6, 2] - 1 + part * m
                if step == 1 and stride == 1:
                    target = y[base + first : base + last]
                    source = buffer[o : o + last - first]
                    for k in range(last - first):
                        target[k] = source[k]
                else:
                    for k in range(first, last):
                        y[(base + k) * step + part] = buffer[o + k * stride - corner[2]]


@kernel
def _tiles(
    x: Any, y: Any, step: int, start: int, stop: int, g: Any, deep_ends: Any, row_ends: Any, ends: Any, fill: Any,
    buffer: Any, m: int, levels: Any, table: Any, taps: Any, deep: int, energy: Any,
) -> None:  # fmt: skip
    """The tiles from start to stop."""
    corner = np.zeros(3, np.int64)
    each = g[9, 0] * g[9, 1] * g[9, 2]
    for tile in range(start, stop):
        line, left = tile // each, tile % each
        corner[0] = left // (g[9, 1] * g[9, 2]) * g[4, 0]
        corner[1] = left // g[9, 2] % g[9, 1] * g[4, 1]
        corner[2] = left % g[9, 2] * g[4, 2]
        _cut(x, step, line, corner, g, deep_ends, row_ends, ends, fill, buffer, m)
        energy[tile] = _energy(buffer, 2 * m)
        circular(buffer, m, levels, table, taps, deep)
        _paste(buffer, m, y, step, line, corner, g)
