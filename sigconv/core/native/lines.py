"""One line of taps along each of several axes, in one trip through memory, for NumPy arrays.

A block of planes and rows goes through all of its passes while it lies in the second cache: along z into a few
planes, along y into one row, along x into the output. Every output is three chains of fused multiply-adds in the
order of the taps: blocks, threads and batches change no bit.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from sigconv.core.boundary import ODD, Boundary, extend, shown
from sigconv.core.native.compiled import kernel, wide
from sigconv.core.native.plain import plain
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.weighted import weighted

ROOM = 600 << 10  # bytes of a block between two passes
DEEP = 8
COLUMNS = 4096  # of a block
NARROW = 32  # columns below which a line is turned to lie along memory
WORTH = 4_000_000  # products from which a second thread pays


@kernel
def _rows(
    x: Any, start: int, pitch: int, seen: Any, at: int, taps: Any, steps: Any, work: Any, n: int, out: Any, to: int
) -> None:
    """A row of sums over the rows seen[at], seen[at + 1], ... of x, of which -1 is a row of zeros."""
    first, count = seen[at], taps.size
    if first >= 0 and seen[at + count - 1] == first + count - 1:
        weighted(x, start + first * pitch, steps, taps, count, n, out, to)
        return
    offsets, weights = work
    kept = 0
    for j in range(count):
        if seen[at + j] >= 0:
            offsets[kept] = seen[at + j] * pitch
            weights[kept] = taps[j]
            kept += 1
    weighted(x, start, offsets, weights, kept, n, out, to)


@kernel
def _through(x: Any, out: Any, sizes: Any, seen: Any, hz: Any, hy: Any, hx: Any, first: int, last: int) -> None:
    """Blocks `first` to `last` through their passes; see `_Plan`. No hz: there is no pass along z."""
    wide()
    nz, ny, nx, mz, my, mx, before, reach, high, broad = sizes
    seen_z, seen_y, seen_x, held_z, held_y = seen
    deep = DEEP if hz.size else 1
    tall, width = high + hy.size - 1, min(broad + 2 * reach, nx)
    pitch = width + 16  # neighbouring rows of a stack do not share their places in the cache
    stack = np.empty((deep + hz.size) * pitch if hz.size else 1, x.dtype)
    planes = np.empty(deep * tall * width if hz.size else 1, x.dtype)
    row = np.empty(broad + 2 * reach + hx.size, x.dtype)
    most = max(hz.size, hy.size, hx.size)
    work = np.empty(most, np.int64), np.empty(most, x.dtype)
    steps = np.arange(most)
    steps_z, steps_y = steps * pitch, steps * (width if hz.size else nx)
    across, down, through = -(-mx // broad), -(-my // high), -(-mz // deep)
    for block in range(first, last):
        x0, y0 = block % across * broad, block // across % down * high
        z0, batch = block // (across * down) % through * deep, block // (across * down * through)
        x1, y1, z1 = min(x0 + broad, mx), min(y0 + high, my), min(z0 + deep, mz)
        c0, c1 = max(x0 - reach, 0), min(x1 + reach, nx)
        columns, left = c1 - c0, max(before - x0, 0)  # left: columns before the first
        shift = left - before + x0 - c0
        for y in range(y0, y1 + hy.size - 1):
            if hz.size and seen_y[y] >= 0:
                for z in range(z0, z1 + hz.size - 1):
                    if seen_z[z] >= 0:
                        start = ((batch * nz + seen_z[z]) * ny + seen_y[y]) * nx + c0
                        given, near = x[start : start + columns], stack[(z - z0) * pitch : (z - z0) * pitch + columns]
                        for i in range(near.size):
                            near[i] = given[i]
                for z in range(z0, z1):
                    to = ((z - z0) * tall + y - y0) * width
                    _rows(stack, -z0 * pitch, pitch, held_z, z, hz, steps_z, work, columns, planes, to)
        for z in range(z0, z1):
            for y in range(y0, y1):
                if hz.size:
                    start = ((z - z0) * tall - y0) * width
                    _rows(planes, start, width, held_y, y, hy, steps_y, work, columns, row, left)
                else:
                    start = (batch * nz + z) * ny * nx + c0
                    _rows(x, start, nx, seen_y, y, hy, steps_y, work, columns, row, left)
                for i in range(left):
                    at = seen_x[before - left + i]
                    row[i] = row[left + at] if at >= 0 else 0
                for i in range(left + nx - c0, shift + x1 - x0 + hx.size - 1):  # columns behind the last
                    at = seen_x[before - left + c0 + i]
                    row[i] = row[left + at - c0] if at >= 0 else 0
                weighted(row, shift, steps, hx, hx.size, x1 - x0, out, ((batch * mz + z) * my + y) * mx + x0)


class _Axis(NamedTuple):
    n: int
    taps: int
    before: int
    after: int

    @property
    def m(self) -> int:
        return self.n + self.before + self.after - self.taps + 1


class _Plan(NamedTuple):
    """The whole numbers of a pass over (batch, z, y, x): lengths before and after, `before` of x, and the block."""

    sizes: tuple[int, ...]
    seen: tuple[Any, ...]
    deep: int
    blocks: int
    work: int


@lru_cache(128)
def _plan(batch: int, z: _Axis, y: _Axis, x: _Axis, rule: Boundary, itemsize: int) -> _Plan:
    reach = max(x.before, x.after, x.taps)
    broad = x.m if x.n <= 2 * COLUMNS or reach > COLUMNS // 2 else COLUMNS
    high = max(16, ROOM // (DEEP * (min(broad + 2 * reach, x.n)) * itemsize) - y.taps + 1)
    passes_z = z.taps > 1 or z.m != z.n
    high = -(-y.m // -(-y.m // high)) if passes_z else min(y.m, 64)
    deep = DEEP if passes_z else 1
    seen_z, seen_y, seen_x = (shown(np.arange(-a.before, a.n + a.after), a.n, rule)[2] for a in (z, y, x))
    held_z, held_y = (np.where(s < 0, s, np.arange(s.size)) for s in (seen_z, seen_y))
    seen = (seen_z, seen_y, seen_x, held_z, held_y)
    sizes = (z.n, y.n, x.n, z.m, y.m, x.m, x.before, reach, high, broad)
    blocks = batch * -(-z.m // deep) * -(-y.m // high) * -(-x.m // broad)
    return _Plan(sizes, seen, deep, blocks, batch * z.m * y.m * x.m * (z.taps + y.taps + x.taps))


def separable(
    x: Any,
    factors: Sequence[Any],
    axes: Sequence[int],
    padding: Sequence[tuple[int, int]],
    boundary: tuple[Boundary, complex] = (Boundary.CONSTANT, 0.0),
) -> Any:
    """y[n] = sum_k factors[0][k0] factors[1][k1] ... ext(x)[n + k - before], one axis after the other.

    Parameters
    ----------
    x : array, float32, float64, complex64 or complex128
    factors : one line of real taps for each of `axes`, as correlate takes them
    axes : axes of x, counted from the front, each once
    padding : (before, after) for each axis, each >= 0
    boundary : rule and constant, as boundary.rule_of gives them

    Returns
    -------
    array, dtype of x; n + before + after - taps + 1 outputs along each axis. Single precision is summed in single
    precision, one chain of fused multiply-adds an axis.

    Same as: extend, then correlate with the outer product of the factors.

    >>> separable(np.eye(3), [np.ones(2), np.ones(3)], (0, 1), [(1, 0), (1, 1)])
    array([[1., 1., 0.],
           [2., 2., 1.],
           [1., 2., 2.]])
    """
    if x.dtype.kind == "c":
        parts = (separable(part, factors, axes, padding, (boundary[0], c)) for part, c in _parts(x, boundary[1]))
        return next(parts) + 1j * next(parts)
    if boundary[0] in ODD or boundary[1]:
        for axis, pad in zip(axes, padding, strict=True):
            x = extend(x, *pad, boundary, axis)
        return separable(x, factors, axes, [(0, 0)] * len(axes))
    order = sorted(range(len(axes)), key=axes.__getitem__)
    y = plain(x)
    lines = [(axes[i], plain(np.asarray(factors[i], y.dtype)), padding[i]) for i in order]
    while lines:
        y = _grid(y, lines, boundary[0])
    return y


def _parts(x: Any, constant: complex) -> Any:
    return (x.real, complex(constant).real), (x.imag, complex(constant).imag)


def _grid(x: Any, lines: list[Any], rule: Boundary) -> Any:
    """The last lines, up to three, whose axes are neighbours: x seen as (batch, z, y, x)."""
    last = lines[-1][0]
    if last < x.ndim - 1 and prod(x.shape[last + 1 :]) < NARROW:
        axis, taps, pad = lines.pop()
        turned = np.ascontiguousarray(np.moveaxis(x, axis, -1))
        return np.ascontiguousarray(np.moveaxis(_grid(turned, [(x.ndim - 1, taps, pad)], rule), -1, axis))
    one = np.ones(1, x.dtype)
    groups: list[tuple[int, Any, tuple[int, int]]] = []  # length, taps, padding: from the last axis to the first
    end = x.ndim
    if last < end - 1:
        groups.append((prod(x.shape[last + 1 :]), one, (0, 0)))
        end = last + 1
    shape = list(x.shape)
    while lines and len(groups) < 3:
        axis, taps, pad = lines[-1]
        if axis < end - 1:
            if len(groups) == 2:
                break
            groups.append((prod(x.shape[axis + 1 : end]), one, (0, 0)))
        lines.pop()
        groups.append((x.shape[axis], taps, pad))
        shape[axis] = x.shape[axis] + sum(pad) - len(taps) + 1
        end = axis
    return _passed(x, groups, rule).reshape(shape)


def _passed(x: Any, groups: Any, rule: Boundary) -> Any:
    groups += [(1, np.ones(1, x.dtype), (0, 0))] * (3 - len(groups))
    (nx, hx, px), (ny, hy, py), (nz, hz, pz) = groups
    if rule is Boundary.WRAP and nx > 2 * COLUMNS and any(px):  # a block of columns does not hold its other end
        x, nx, px = extend(x.reshape(-1, nx), px[0], px[1], rule, 1), nx + sum(px), (0, 0)
    batch = x.size // max(nx * ny * nz, 1)
    axes = (_Axis(n, h.size, *p) for n, h, p in ((nz, hz, pz), (ny, hy, py), (nx, hx, px)))
    plan = _plan(batch, *axes, rule, x.itemsize)
    out = np.empty((batch, *plan.sizes[3:6]), x.dtype)
    if not out.size:
        return out
    given, taken = x.reshape(-1), out.reshape(-1)
    if plan.deep == 1:
        hz, hy = hz[:0], hy * hz[0]
    pieces = min(4 * threads(), plan.blocks) if plan.work > WORTH else 1
    ends = [plan.blocks * i // pieces for i in range(pieces + 1)]
    spread(lambda i: _through(given, taken, plan.sizes, plan.seen, hz, hy, hx, ends[i], ends[i + 1]), pieces)
    return out
