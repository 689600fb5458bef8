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

from sigconv.core.boundary import ODD, Boundary, extend, outside
from sigconv.core.native.compiled import kernel, wide
from sigconv.core.native.plain import plain
from sigconv.core.native.threads import spread, threads
from sigconv.core.native.weighted import weighted

ROOM = 600 << 10  # bytes of a block between two passes
DEEP = 8
COLUMNS = 4096  # of a block
NARROW = 32  # columns below which a line is turned to lie along memory
_ONE = {kind: np.ones(1, kind) for kind in "fd"}  # the taps of an axis that is left alone
WORTH = 4_000_000  # products from which a second thread pays


@kernel
def _seen(at: int, n: int, before: int, outside: Any) -> Any:
    """The sample that shows at place `at` of an extended axis; -1 is a zero."""
    if at < before:
        return outside[at]
    return at - before if at - before < n else outside[at - n]


@kernel
def _rows(
    x: Any, start: int, pitch: int, axis: Any, outside: Any, at: int, held: int, taps: Any, steps: Any, work: Any,
    n: int, out: Any, to: int,
) -> None:  # fmt: skip
    """A row of sums over the rows that show at places at, at + 1, ... of an axis (its length and what lies before it).

    held : -1 where the rows of x are samples of the axis, else x holds the rows of the extended axis from that place on
    """
    length, before = axis
    if at >= before and at + taps.size <= before + length:
        first = at - before if held < 0 else at - held
        weighted(x, start + first * pitch, steps, taps, taps.size, n, out, to)
        return
    offsets, weights = work
    kept = 0
    for j in range(taps.size):
        seen = _seen(at + j, length, before, outside)
        if seen >= 0:
            offsets[kept] = (seen if held < 0 else at + j - held) * pitch
            weights[kept] = taps[j]
            kept += 1
    weighted(x, start, offsets, weights, kept, n, out, to)


@kernel
def _through(x: Any, out: Any, table: Any, hz: Any, hy: Any, hx: Any, first: int, last: int) -> None:
    """Blocks `first` to `last` through their passes; see `_table`. No hz: there is no pass along z."""
    wide()
    nz, ny, nx, mz, my, mx, bz, by, bx, az, ay, ax, reach, high, broad = table[:15]
    ends = 15 + np.array([0, bz + az, bz + az + by + ay, bz + az + by + ay + bx + ax])
    out_z, out_y, out_x = table[15 : ends[1]], table[ends[1] : ends[2]], table[ends[2] :]
    axis_z, axis_y = (nz, bz), (ny, by)
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
        columns, left = c1 - c0, max(bx - x0, 0)  # left: columns before the first
        shift = left - bx + x0 - c0
        for y in range(y0, y1 + hy.size - 1):
            at = _seen(y, ny, by, out_y) if hz.size else -1
            if at < 0:
                continue
            for z in range(z0, z1 + hz.size - 1):
                plane = _seen(z, nz, bz, out_z)
                if plane >= 0:
                    start = ((batch * nz + plane) * ny + at) * nx + c0
                    given, near = x[start : start + columns], stack[(z - z0) * pitch : (z - z0) * pitch + columns]
                    for i in range(near.size):
                        near[i] = given[i]
            for z in range(z0, z1):
                to = ((z - z0) * tall + y - y0) * width
                _rows(stack, 0, pitch, axis_z, out_z, z, z0, hz, steps_z, work, columns, planes, to)
        for z in range(z0, z1):
            for y in range(y0, y1):
                if hz.size:
                    start = (z - z0) * tall * width
                    _rows(planes, start, width, axis_y, out_y, y, y0, hy, steps_y, work, columns, row, left)
                else:
                    start = (batch * nz + z) * ny * nx + c0
                    _rows(x, start, nx, axis_y, out_y, y, -1, hy, steps_y, work, columns, row, left)
                for i in range(left):
                    at = out_x[bx - left + i]
                    row[i] = row[left + at] if at >= 0 else 0
                behind = left + nx - c0
                for i in range(behind, shift + x1 - x0 + hx.size - 1):
                    at = out_x[bx + i - behind]
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


class _Step(NamedTuple):
    """One trip through memory, over (batch, z, y, x).

    turn : an axis that is brought to the end first, or None;  lengthen : (axis, before, after) that is extended first
    lines : which lines of taps belong to z, y and x; -1 is none
    table : lengths before and after, paddings and block of z, y, x; then what lies outside of them
    """

    turn: int | None
    lengthen: tuple[int, int, int] | None
    lines: tuple[int, int, int]
    table: Any
    shape: tuple[int, ...]
    blocks: int
    work: int


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
        parts = ((x.real, complex(boundary[1]).real), (x.imag, complex(boundary[1]).imag))
        both = [separable(part, factors, axes, padding, (boundary[0], constant)) for part, constant in parts]
        return both[0] + 1j * both[1]
    if boundary[0] in ODD or boundary[1]:
        for axis, pad in zip(axes, padding, strict=True):
            x = extend(x, *pad, boundary, axis)
        return separable(x, factors, axes, ((0, 0),) * len(axes))
    x = plain(x)
    taps = [_line(factor, x.dtype) for factor in factors]
    lengths = tuple([line.size for line in taps])
    for step in _steps(x.shape, tuple(axes), lengths, tuple(padding), boundary[0], x.dtype.itemsize):
        x = _taken(step, x, taps, boundary[0])
    return x


def _line(taps: Any, dtype: Any) -> Any:
    line = np.asarray(taps, dtype)
    return line if line.flags.c_contiguous and line.flags.writeable else line.copy()


def _taken(step: _Step, x: Any, taps: list[Any], rule: Boundary) -> Any:
    if step.turn is not None:
        x = np.ascontiguousarray(np.moveaxis(x, step.turn, -1))
    if step.lengthen is not None:
        axis, before, after = step.lengthen
        x = extend(x, before, after, rule, axis)
    out = np.empty(step.shape, x.dtype)
    if out.size:
        one, (z, y, x_line) = _ONE[x.dtype.char], step.lines
        hz, hy, hx = (taps[i] if i >= 0 else one for i in (z, y, x_line))
        if z < 0 or (step.table[0] == step.table[3] and hz.size == 1):
            hz, hy = one[:0], hy if z < 0 else hy * hz[0]
        given, result, table = x.reshape(-1), out.reshape(-1), step.table
        pieces = min(4 * threads(), step.blocks) if step.work > WORTH else 1
        if pieces == 1:
            _through(given, result, table, hz, hy, hx, 0, step.blocks)
        else:
            ends = [step.blocks * i // pieces for i in range(pieces + 1)]
            spread(lambda i: _through(given, result, table, hz, hy, hx, ends[i], ends[i + 1]), pieces)
    return out if step.turn is None else np.ascontiguousarray(np.moveaxis(out, -1, step.turn))


@lru_cache(256)
def _steps(shape: tuple[int, ...], axes: Any, taps: Any, padding: Any, rule: Boundary, size: int) -> list[_Step]:
    """The trips that serve all axes: from the last one, up to three neighbours at a time."""
    left = sorted(zip(axes, range(len(axes)), taps, padding, strict=True))
    steps = []
    now = list(shape)
    while left:
        last = left[-1][0]
        if last < len(now) - 1 and prod(now[last + 1 :]) < NARROW:
            _, line, k, pad = left.pop()
            turned = [*now[:last], *now[last + 1 :], now[last]]
            step = _step(prod(turned[:-1]), [(now[last], line, k, pad)], rule, size)
            now[last] += sum(pad) - k + 1
            steps.append(step._replace(turn=last, shape=(*turned[:-1], now[last])))
            continue
        groups = []  # length, line, taps, padding: from the last axis to the first
        end = len(now)
        if last < end - 1:
            groups.append((prod(now[last + 1 :]), -1, 1, (0, 0)))
            end = last + 1
        while left and len(groups) < 3:
            axis, line, k, pad = left[-1]
            if axis < end - 1:
                if len(groups) == 2:
                    break
                groups.append((prod(now[axis + 1 : end]), -1, 1, (0, 0)))
            left.pop()
            groups.append((now[axis], line, k, pad))
            now[axis] += sum(pad) - k + 1
            end = axis
        steps.append(_step(prod(now[:end]), groups, rule, size)._replace(shape=tuple(now)))
    return steps


def _step(batch: int, groups: list[Any], rule: Boundary, size: int) -> _Step:
    """The step of up to three neighbouring axes, its shape and turn still unknown."""
    groups = groups + [(1, -1, 1, (0, 0))] * (3 - len(groups))
    x, y, z = (_Axis(n, k, *pad) for n, _, k, pad in groups)
    lengthen = None
    reach = max(x.before, x.after, x.taps)
    if rule is Boundary.WRAP and x.n > 2 * COLUMNS and x.before + x.after:  # a block does not hold the other end
        lengthen, x = (-1, x.before, x.after), _Axis(x.n + x.before + x.after, x.taps, 0, 0)
        reach = x.taps
    broad = x.m if x.n <= 2 * COLUMNS or reach > COLUMNS // 2 else COLUMNS
    passes_z = groups[2][1] >= 0 and (z.taps > 1 or z.m != z.n)
    deep = DEEP if passes_z else 1
    high = max(16, ROOM // (DEEP * min(broad + 2 * reach, max(x.n, 1)) * size) - y.taps + 1)
    high = -(-y.m // max(1, -(-y.m // high))) if passes_z else min(y.m, 64)
    broad, high = max(broad, 1), max(high, 1)
    outside_all = [outside(a.n, a.before, a.after, rule) for a in (z, y, x)]
    numbers = [*(a.n for a in (z, y, x)), *(a.m for a in (z, y, x)), *(a.before for a in (z, y, x))]
    numbers += [*(a.after for a in (z, y, x)), reach, high, broad]
    table = np.concatenate([np.array(numbers, np.int64), *outside_all]).astype(np.int64)
    blocks = batch * -(-z.m // deep) * -(-y.m // high) * -(-x.m // broad)
    work = batch * z.m * y.m * x.m * (z.taps + y.taps + x.taps)
    return _Step(None, lengthen, (groups[2][1], groups[1][1], groups[0][1]), table, (), blocks, work)
