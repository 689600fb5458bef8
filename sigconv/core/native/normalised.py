"""Each channel of each example to mean 0 and variance 1, scaled, shifted and bent, forwards and backwards.

    z = scale (x - mean) / sqrt(variance + eps) + shift        y = z where z > 0, else slope z

An example is rows of channels, one after the other in memory (channels last). The kernels walk along pieces of it in
steps of a whole number of rows and vectors, so a table of channels is written out to that length. A variance is a sum
of squares about the mean of a short block, and blocks are joined as Chan, Golub & LeVeque (1983) do: no two large
numbers are subtracted. Pieces have a fixed size, so a result never depends on the number of threads.
"""

from collections.abc import Callable
from math import lcm
from typing import Any, NamedTuple

import numpy as np

from sigconv.core.native.bfloat import stored, value
from sigconv.core.native.compiled import bare, kernel, part, wide
from sigconv.core.native.threads import spread

VECTOR = 16  # float32 numbers in a vector of 64 bytes
STEP = 256  # numbers that the inner loops take at once, or more
BLOCK = 16  # steps whose squares are taken about one mean: they lie in the nearest cache
PIECE = 1 << 17  # numbers that a thread takes at once, or more
WORTH = 1 << 18  # numbers from which a second thread pays


class Moments(NamedTuple):
    """Mean and 1 / sqrt(variance + eps) of each channel of each example, two (examples, channels) float64 arrays."""

    mean: Any
    inverse: Any


@part
def _folded(total: Any, channels: int) -> None:
    """The sum of each channel, written out over the rows of a step, into the first of them."""
    first = total[:channels]
    for at in range(channels, total.size, channels):
        row = total[at : at + channels]
        for c in range(channels):
            first[c] += row[c]


@part
def _summed(total: Any, channels: int, sums: Any) -> None:
    """The same, in double precision, into another place: a mean must be nearer than what is measured from it."""
    sums[:] = 0
    for at in range(0, total.size, channels):
        row = total[at : at + channels]
        for c in range(channels):
            sums[c] += row[c]


@kernel
def _moments(x: Any, channels: int, step: int, work: Any, found: Any) -> None:
    """Of one piece: each channel's mean and the sum of squares about it into found[0] and found[1]; [2] is room."""
    wide()
    x, middle, total, sums = bare(x), bare(work)[0], bare(work)[1], bare(found)[2]
    found[:] = 0
    done = 0
    for start in range(0, x.size, BLOCK * step):
        stop = min(x.size, start + BLOCK * step)
        rows = (stop - start) // channels
        total[:] = 0
        for at in range(start, stop, step):
            row = x[at : min(at + step, stop)]
            for j in range(row.size):
                total[j] += value(row[j])
        _summed(total, channels, sums)
        for c in range(channels):
            middle[c] = sums[c] / rows
        for j in range(channels, step):
            middle[j] = middle[j - channels]
        total[:] = 0
        for at in range(start, stop, step):
            row = x[at : min(at + step, stop)]
            for j in range(row.size):
                away = value(row[j]) - middle[j]
                total[j] += away * away
        _folded(total, channels)
        for c in range(channels):
            further = sums[c] / rows - found[0, c]
            found[0, c] += further * rows / (done + rows)
            found[1, c] += total[c] + further * further * done * rows / (done + rows)
        done += rows


@kernel
def _forward(x: Any, step: int, tables: Any, slope: Any, out: Any) -> None:
    """One piece of y; tables: mean, scale / sqrt(variance + eps), shift."""
    wide()
    x, out, tables = bare(x), bare(out), bare(tables)
    mean, scale, shift = tables[0], tables[1], tables[2]
    for at in range(0, x.size, step):
        row, into = x[at : at + step], out[at : at + step]
        for j in range(row.size):
            z = (value(row[j]) - mean[j]) * scale[j] + shift[j]
            into[j] = stored(into, z if z > 0 else slope * z)


@kernel
def _sums(x: Any, g: Any, channels: int, step: int, tables: Any, slope: Any, work: Any, found: Any) -> None:
    """Of one piece, for each channel: the sums of gz and of gz (x - mean) into found[0] and found[1]."""
    wide()
    x, g, tables = bare(x), bare(g), bare(tables)
    mean, scale, shift = tables[0], tables[1], tables[2]
    plain, along = bare(work)[0], bare(work)[1]
    found[:] = 0
    for start in range(0, x.size, BLOCK * step):
        stop = min(x.size, start + BLOCK * step)
        plain[:] = 0
        along[:] = 0
        for at in range(start, stop, step):
            row, slopes = x[at : min(at + step, stop)], g[at : min(at + step, stop)]
            for j in range(row.size):
                away = value(row[j]) - mean[j]
                gz = value(slopes[j])
                gz = gz if away * scale[j] + shift[j] > 0 else slope * gz
                plain[j] += gz
                along[j] += gz * away
        _folded(plain, channels)
        _folded(along, channels)
        for c in range(channels):
            found[0, c] += plain[c]
            found[1, c] += along[c]


@kernel
def _backward(x: Any, g: Any, step: int, tables: Any, slope: Any, out: Any) -> None:
    """One piece of the gradient of x; two more tables: the means of gz, and of gz (x - mean) / (variance + eps)."""
    wide()
    x, g, out, tables = bare(x), bare(g), bare(out), bare(tables)
    mean, scale, shift, level, lean = tables[0], tables[1], tables[2], tables[3], tables[4]
    for at in range(0, x.size, step):
        row, slopes, into = x[at : at + step], g[at : at + step], out[at : at + step]
        for j in range(row.size):
            away = value(row[j]) - mean[j]
            gz = value(slopes[j])
            gz = gz if away * scale[j] + shift[j] > 0 else slope * gz
            into[j] = stored(into, scale[j] * (gz - level[j] - away * lean[j]))


class _Pieces:
    """An (examples, rows, channels) array cut for the kernels."""

    def __init__(self, x: Any) -> None:
        self.examples, self.rows, self.channels = x.shape
        self.step = lcm(self.channels, VECTOR)
        self.step *= -(-STEP // self.step)
        self.size = self.step * -(-PIECE // self.step)
        self.each = -(-self.rows * self.channels // self.size)
        self.count = self.examples * self.each
        self.real = np.dtype(np.float64 if x.dtype == np.float64 else np.float32)

    def cut(self, x: Any, piece: int) -> Any:
        """The numbers of one piece, in a row."""
        at = piece % self.each * self.size
        return x[piece // self.each].reshape(-1)[at : at + self.size]

    def tables(self, *tables: Any) -> Any:
        """(examples, tables, step): each (examples, channels) table written out to the kernels' length."""
        return np.tile(np.stack(tables, 1), self.step // self.channels).astype(self.real)

    def each_piece(self, job: Callable[[int], object]) -> None:
        """job(0), job(1), …, on several threads where that pays."""
        if self.examples * self.rows * self.channels >= WORTH:
            spread(job, self.count)
            return
        for piece in range(self.count):
            job(piece)

    def room(self) -> tuple[Any, Any]:
        """Work space for one piece, and for all pieces what the kernels find in each channel."""
        return np.empty((2, self.step), self.real), np.empty((self.count, 3, self.channels))


def moments(x: Any, eps: float) -> Moments:
    """The moments of each channel over the rows.

    x : (examples, rows, channels) contiguous float32, float64, or uint16 for bfloat16; rows >= 1

    >>> moments(np.array([[[1.0], [3.0]]]), eps=0.0)
    Moments(mean=array([[2.]]), inverse=array([[1.]]))
    """
    pieces = _Pieces(x)
    _, found = pieces.room()
    spread(lambda i: _moments(pieces.cut(x, i), pieces.channels, pieces.step, pieces.room()[0], found[i]), pieces.count)
    found = found.reshape(pieces.examples, pieces.each, 3, pieces.channels)
    rows = np.full(pieces.each, pieces.size // pieces.channels)
    rows[-1] = pieces.rows - rows[:-1].sum()
    weights = (rows / pieces.rows)[:, None]
    with np.errstate(all="ignore"):  # an infinity makes NaN, as everywhere
        mean = (weights * found[:, :, 0]).sum(1)
        away = found[:, :, 0] - mean[:, None]
        variance = found[:, :, 1].sum(1) / pieces.rows + (weights * away**2).sum(1)
        return Moments(mean, 1 / np.sqrt(variance + eps))


def forward(x: Any, found: Moments, scale: Any, shift: Any, slope: float, out: Any) -> None:
    """y into out, of x's shape and dtype; scale, shift : (examples, channels) float64."""
    pieces = _Pieces(x)
    tables = pieces.tables(found.mean, scale * found.inverse, shift)
    bend = pieces.real.type(slope)
    pieces.each_piece(
        lambda i: _forward(pieces.cut(x, i), pieces.step, tables[i // pieces.each], bend, pieces.cut(out, i))
    )


def backward(x: Any, g: Any, found: Moments, scale: Any, shift: Any, slope: float, out: Any) -> tuple[Any, Any]:
    """The gradient of x into out, from g, the gradient of y; returns those of scale and shift, like them.

    With gz = g where z > 0, else slope g, u = (x - mean) inverse, and means over the rows:
        gx = scale inverse (gz - mean gz - u mean(gz u))        gscale = sum gz u        gshift = sum gz
    """
    pieces = _Pieces(x)
    tables = pieces.tables(found.mean, scale * found.inverse, shift)
    bend = pieces.real.type(slope)
    _, sums = pieces.room()

    def first(i: int) -> None:
        work, table = pieces.room()[0], tables[i // pieces.each]
        _sums(pieces.cut(x, i), pieces.cut(g, i), pieces.channels, pieces.step, table, bend, work, sums[i])

    pieces.each_piece(first)
    plain, along, _ = sums.reshape(pieces.examples, pieces.each, 3, pieces.channels).sum(1).swapaxes(0, 1)
    with np.errstate(all="ignore"):
        lean = along * found.inverse**2 / pieces.rows
        full = pieces.tables(found.mean, scale * found.inverse, shift, plain / pieces.rows, lean)

    def second(i: int) -> None:
        _backward(pieces.cut(x, i), pieces.cut(g, i), pieces.step, full[i // pieces.each], bend, pieces.cut(out, i))

    pieces.each_piece(second)
    with np.errstate(all="ignore"):
        return along * found.inverse, plain
