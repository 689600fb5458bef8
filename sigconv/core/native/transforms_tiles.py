"""Correlation by transforms, tile by tile: each tile is cut out of x, convolved in the cache and put into y.

A tile of (depth, height, width) samples is read as one line, and so is the kernel with the tile's row and plane
lengths between its taps: then N-D convolution is 1-D convolution, and the outputs that lie (span - 1) or more samples
from the front of each axis are the true ones. Tiles overlap by span - 1 samples. No tile knows of any other, so the
result is the same in any order, on any number of threads, alone or in a batch.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sigconv.core.boundary import Boundary, outside
from sigconv.core.geometry import span
from sigconv.core.native.butterflies import clear, copy, squares
from sigconv.core.native.compiled import kernel
from sigconv.core.native.plain import plain
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.transforms import circular, roots, scratch, spectrum
from sigconv.core.planner import Tiling

UNPROVEN, NOT_FINITE = 1, 2

_SMALL = 1 << 16  # samples or taps below which what is known before a call is kept for the next
_SHORT = 1 << 14  # numbers in a tile up to which a transformed kernel is kept
_LOOKS = np.array([[0.5] * 3, *(np.indices((2, 2, 2)).reshape(3, 8).T / 2 + 0.25)])  # places in a tile, 0 to 1


def correlate(
    x: Any,
    taps: Any,
    padding: Sequence[tuple[int, int]],
    boundary: tuple[Boundary, complex],
    strides: Sequence[int],
    dilations: Sequence[int],
    tiling: Tiling,
    promised: float | None = None,
) -> tuple[Any, Any]:
    """y[n] = sum_k taps[k] ext(x)[n s + k d - before] along the last three axes, by transforms in x's precision.

    Parameters
    ----------
    x : (lines, depth, height, width), float32, float64 or complex, C order
    taps : three axes, x's dtype or the real one of its precision
    padding, strides, dilations : three each
    boundary : a rule of core.boundary that takes samples as they are (no odd ones), and its constant
    tiling : the tiles
    promised : the eps of the promise; by default that of x

    Returns
    -------
    y : (lines, *outputs), dtype of x
    doubt : (lines,) int: 0, errors are within 8 eps max sum|x||h|; UNPROVEN or NOT_FINITE, this line is not to be used
    """
    small = max(x.size // max(x.shape[0], 1), taps.size) < _SMALL
    shapes = (x.shape[1:], taps.shape, tuple(padding), boundary[0], tuple(strides), tuple(dilations), tiling)
    g, maps = (_known if small else _prepared)(*shapes)
    y = np.empty((x.shape[0], *g[8]), x.dtype)
    is_complex = x.dtype.kind == "c"
    real = x.real.dtype
    known = roots(tiling.numbers // 2, real == np.float32)
    taps = taps.astype(x.dtype, copy=False)
    sound = (_heard_before if small and tiling.numbers <= _SHORT else _Sound.of)(taps, shapes[-2], tiling)
    fill = np.array([np.real(boundary[1]), np.imag(boundary[1])], real)
    least = sound.rounding / 8  # what sum|x||h| has to reach somewhere
    if promised:
        least *= float(np.finfo(real).eps) / promised
    tiles = x.shape[0] * int(g[9].prod())
    pieces = _pieces(tiles, tiling.numbers)
    heard = np.empty((tiles, 2))
    source, target = (plain(array.reshape(-1).view(real)) for array in (x, y))

    def work(piece: int) -> None:
        some = (piece * tiles // pieces, (piece + 1) * tiles // pieces)
        _tiles(
            source, 1 + is_complex, target, *some, g, *maps, fill, scratch("tile", tiling.numbers, real), known.levels,
            known.table, sound.table, known.deep, sound.places, sound.weights, _LOOKS, least, heard,
        )  # fmt: skip

    spread(work, pieces)
    energy, size = heard.reshape(x.shape[0], int(g[9].prod()), 2).max(axis=1).T  # a NaN is a maximum
    loud = np.sqrt(energy)
    with np.errstate(invalid="ignore", over="ignore"):
        proven = (size >= least * loud) & sound.in_range(loud, tiling.numbers, np.finfo(real))
    doubt = np.where(np.isfinite(energy), UNPROVEN * ~(proven | (energy + size == 0)), NOT_FINITE)
    return y, doubt


def _prepared(
    shape: Any, taps: Any, padding: Any, rule: Boundary, strides: Any, dilations: Any, tiling: Tiling
) -> tuple[Any, list[Any]]:
    """Whole numbers for the kernels, three a row: samples, those before, extended, tile, outputs of a tile, outputs at
    stride 1, spans, strides, outputs, tiles. And the samples that show outside."""
    spans = [span(k, d) for k, d in zip(taps, dilations, strict=True)]
    extended = [n + sum(pad) for n, pad in zip(shape, padding, strict=True)]
    total = [n - k + 1 for n, k in zip(extended, spans, strict=True)]
    kept = [(n - 1) // s + 1 for n, s in zip(total, strides, strict=True)]
    counts = [-(-n // made) for n, made in zip(total, tiling.made, strict=True)]
    before = [pad[0] for pad in padding]
    rows = [shape, before, extended, tiling.size, tiling.made, total, spans, strides, kept, counts]
    maps = [outside(n, pad[0], pad[1], rule) for n, pad in zip(shape, padding, strict=True)]
    return np.array(rows, np.int64), maps


_known = lru_cache(maxsize=64)(_prepared)


class _Sound(NamedTuple):
    """A kernel as tiles need it: transformed; its loudest taps, and where they lie in a tile; `rounding`; the sum
    of its sizes and their norm."""

    table: Any
    places: Any
    weights: Any
    rounding: float
    total: float
    norm: float

    def in_range(self, loud: Any, numbers: int, kind: Any) -> Any:
        """Whether nothing between samples of this Euclidean norm and the outputs is too large for their type, and next
        to nothing too small."""
        most = loud * np.sqrt(numbers) * max(1.0, self.total)
        least = np.minimum(np.minimum(loud / np.sqrt(numbers), self.norm / numbers), loud * (self.norm / numbers))
        return (most < float(kind.max) / 8) & (least > 64 * float(kind.tiny))

    @classmethod
    @np.errstate(invalid="ignore", over="ignore")  # a kernel too large to be transformed is not in range
    def of(cls, taps: Any, dilations: Any, tiling: Tiling) -> "_Sound":
        places = _places(taps.shape, tiling.size, dilations)
        table = spectrum(_as_line(taps, places), tiling.numbers // 2, taps.real.dtype == np.float32)
        error = rounding(taps, tiling.numbers >> (taps.dtype.kind == "c"))
        sizes = np.abs(taps).astype(np.float64).ravel()
        return cls(table, *_loudest(places, sizes), error, float(sizes.sum()), norm(taps))


def _heard_before(taps: Any, dilations: Any, tiling: Tiling) -> _Sound:
    """The kernel of an earlier call with the same taps."""
    return _kept_sound(taps.tobytes(), taps.dtype, taps.shape, dilations, tiling)


@lru_cache(maxsize=16)
def _kept_sound(taps: bytes, dtype: Any, shape: Any, dilations: Any, tiling: Tiling) -> _Sound:
    array = np.frombuffer(taps, dtype).reshape(shape)
    sound = _Sound.of(array, dilations, tiling)
    return sound._replace(table=sound.table.copy())


def rounding(taps: Any, samples: int) -> float:
    """The largest error of an output, in eps, for each unit of the Euclidean norm of a tile's samples.

    Rounding is spread over a tile like noise of about eps |x| |h| / sqrt(samples), Euclidean norms; its largest value
    was measured as 6.6, 8.4, 10 and 12 times that for 2**11, 2**14, 2**17 and 2**20 samples.
    """
    return float(0.6 * np.log2(samples) * norm(taps) / np.sqrt(samples))


def norm(numbers: Any) -> float:
    """The Euclidean norm, of numbers too small and too large to be squared as well.

    >>> norm(np.array([3e-200, 4e-200]))
    5e-200
    """
    sizes = np.abs(numbers).ravel().astype(np.float64)
    largest = float(sizes.max(initial=0))
    return largest * float(np.linalg.norm(sizes / largest)) if 0 < largest < np.inf else largest


def _loudest(places: Any, weights: Any) -> tuple[Any, Any]:
    """So many of the largest taps, the largest first, that their part of sum|x||h| proves the bound where it holds."""
    count = max(64, 4 * int(np.sqrt(weights.size)))
    some = slice(None, None, max(1, weights.size // (8 * count)))  # a look at every one would take longer than its use
    places, weights = places[some], weights[some]
    if count < weights.size:
        chosen = np.argpartition(weights, -count)[-count:]
        places, weights = places[chosen], weights[chosen]
    first = np.argmax(weights)
    places, weights = places.copy(), weights.copy()
    for numbers in (places, weights):
        numbers[0], numbers[first] = numbers[first], numbers[0]
    return places, weights


def _pieces(tiles: int, numbers: int) -> int:
    """Pieces of work: none too small to hand to a thread, enough for all threads to end together."""
    if tiles * numbers < 1 << 17:
        return 1
    return min(tiles, 4 * threads(), max(1, tiles * numbers >> 15))


def _places(taps: Sequence[int], size: tuple[int, int, int], dilations: Sequence[int]) -> Any:
    """Where the taps lie in a tile read as one line."""
    steps = (dilations[0] * size[1] * size[2], dilations[1] * size[2], dilations[2])
    planes, rows, columns = (np.arange(k) * step for k, step in zip(taps, steps, strict=True))
    return (planes[:, None, None] + rows[:, None] + columns).ravel()


def _as_line(taps: Any, places: Any) -> Any:
    """The kernel as one line, flipped."""
    line = np.zeros(int(places[-1]) + 1, np.complex128 if taps.dtype.kind == "c" else np.float64)
    line[places[-1] - places] = taps.ravel()
    return line


@kernel
def _seen(p: int, n: int, before: int, ends: Any) -> int:
    """The sample at position p of an extended axis: -1 is the constant, -2 lies past the end."""
    if p < before:
        return int(ends[p])
    if p < before + n:
        return p - before
    return int(ends[p - n]) if p - n < ends.shape[0] else -2


@kernel
def _cut(
    x: Any, step: int, line: int, corner: Any, g: Any, deep_ends: Any, row_ends: Any, ends: Any, fill: Any, buffer: Any
) -> None:
    """One tile of the extended x into the buffer; zeros where it is past the end."""
    width, n, before = g[3, 2], g[0, 2], g[1, 2]
    at = corner[2]
    head = min(max(before - at, 0), width)
    middle = min(max(before + n - at, 0), width)
    tail = min(max(n + ends.shape[0] - at, 0), width)
    for part in range(step):
        o = part * (buffer.shape[0] // 2)
        for i in range(g[3, 0] * g[3, 1]):
            plane = _seen(corner[0] + i // g[3, 1], g[0, 0], g[1, 0], deep_ends)
            row = _seen(corner[1] + i % g[3, 1], g[0, 1], g[1, 1], row_ends)
            inside = plane >= 0 and row >= 0
            base = ((line * g[0, 0] + plane) * g[0, 1] + row) * n
            if inside and step == 1:
                copy(buffer, o + head, x, base + at + head - before, middle - head)
            elif inside:
                for k in range(head, middle):
                    buffer[o + k] = x[2 * (base + at + k - before) + part]
            copied = middle - head if inside else 0
            for outer in range(tail - copied):
                k = outer if outer < head or not inside else outer + copied
                seen = -2 if min(plane, row) == -2 else (ends[at + k - (0 if k < head else n)] if inside else -1)
                buffer[o + k] = x[(base + seen) * step + part] if seen >= 0 else fill[part] if seen == -1 else 0
            clear(buffer, o + tail, width - tail)
            o += width
        clear(buffer, o, (part + 1) * buffer.shape[0] // step - o)


@kernel
def _paste(buffer: Any, y: Any, step: int, line: int, corner: Any, g: Any) -> None:
    """The true outputs of the buffer into y, every stride-th of them."""
    stride = g[7, 2]
    first = -(-corner[2] // stride)
    last = -(-min(corner[2] + g[4, 2], g[5, 2]) // stride)
    rows = min(g[4, 1], g[5, 1] - corner[1])
    for i in range(min(g[4, 0], g[5, 0] - corner[0]) * rows):
        plane, row = corner[0] + i // rows, corner[1] + i % rows
        if plane % g[7, 0] or row % g[7, 1]:
            continue
        base = ((line * g[8, 0] + plane // g[7, 0]) * g[8, 1] + row // g[7, 1]) * g[8, 2]
        o = ((i // rows + g[6, 0] - 1) * g[3, 1] + i % rows + g[6, 1] - 1) * g[3, 2] + g[6, 2] - 1
        if step == 1 and stride == 1:
            copy(y, base + first, buffer, o, last - first)
        else:
            for part in range(step):
                for k in range(first, last):
                    y[(base + k) * step + part] = buffer[o + k * stride - corner[2] + part * (buffer.shape[0] // 2)]


@kernel
def _tiles(
    x: Any, step: int, y: Any, start: int, stop: int, g: Any, deep_ends: Any, row_ends: Any, ends: Any, fill: Any,
    buffer: Any, levels: Any, table: Any, taps: Any, deep: int, places: Any, weights: Any, looks: Any, least: float,
    heard: Any,
) -> None:  # fmt: skip
    """The tiles from start to stop, and for each the sum of its squares and a sum|x||h| that it holds."""
    corner, sums = np.zeros(3, np.int64), np.zeros(32)
    each = g[9, 0] * g[9, 1] * g[9, 2]
    for tile in range(start, stop):
        line, left = tile // each, tile % each
        corner[0] = left // (g[9, 1] * g[9, 2]) * g[4, 0]
        corner[1] = left // g[9, 2] % g[9, 1] * g[4, 1]
        corner[2] = left % g[9, 2] * g[4, 2]
        _cut(x, step, line, corner, g, deep_ends, row_ends, ends, fill, buffer)
        clear(sums, 0, 32)
        for o in range(0, buffer.shape[0], 32):
            squares(sums, buffer, o)
        energy = 0.0
        for i in range(32):
            energy += sums[i]
        heard[tile, 0] = energy
        heard[tile, 1] = _heard(buffer, step, corner, g, places, weights, looks, least * np.sqrt(energy))
        circular(buffer, buffer.shape[0] // 2, levels, table, taps, deep)
        _paste(buffer, y, step, line, corner, g)


@kernel
def _heard(
    buffer: Any, step: int, corner: Any, g: Any, places: Any, weights: Any, looks: Any, enough: float
) -> float:  # fmt: skip
    """The largest sum|x||h| over some taps and a few kept outputs of a tile; the first that is enough.

    The last look is at the output that sees the loudest sample with the loudest tap, which is the first tap here.
    """
    best, loud = 0.0, 0
    for look in range(looks.shape[0] + 1):
        o, inside = 0, True
        if look == looks.shape[0]:
            for i in range(g[3, 0] * g[3, 1] * g[3, 2]):
                if abs(buffer[i]) > abs(buffer[loud]):
                    loud = i
            loud -= places[0]
        for axis in range(3):
            made = min(g[4, axis], g[5, axis] - corner[axis])
            if look < looks.shape[0]:
                at = int(looks[look, axis] * made)
            else:
                below = g[3, 2] * (1 if axis else g[3, 1]) if axis < 2 else 1
                at = loud // below % (g[3, axis] if axis else 1 << 62)
            at -= (at + corner[axis]) % g[7, axis]
            inside = inside and 0 <= at < made
            o = o * g[3, axis] + at
        size = 0.0
        if inside:
            for k in range(places.shape[0]):
                sample = np.float64(buffer[o + places[k]])
                if step == 2:
                    sample = np.hypot(sample, np.float64(buffer[buffer.shape[0] // 2 + o + places[k]]))
                size += weights[k] * abs(sample)
        best = max(best, size)
        if best >= enough:
            break
    return best
