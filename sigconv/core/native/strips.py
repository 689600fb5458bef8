"""The loops of core.native.direct: rows of x through the boundary into a ring, registers over the ring, rows out."""

from typing import Any

import numpy as np

from sigconv.core.native import registers
from sigconv.core.native.compiled import fma, kernel, wide

ROWS = 3  # output rows that share their loads: the most that keep 8 vectors each in 32 registers
_one = registers.summed(1)
_three = registers.summed(ROWS)
_WIDE_ONE = registers.columns(1)
_WIDE_THREE = registers.columns(ROWS)


@kernel
def _shown(index: int, n: int, before: Any, after: Any) -> Any:
    """The sample at a position counted from the first that shows before an axis; -1 is the constant."""
    if index < before.size:
        return before[index]
    if index < before.size + n:
        return index - before.size
    return after[index - before.size - n] if index - before.size - n < after.size else -1


@kernel
def _fill(
    ring: Any,
    base: int,
    pitch: int,
    row: Any,
    before: Any,
    after: Any,
    constant: float,
    start: int,
    need: int,
    step: int,
) -> None:
    """ring[base + (i % step) pitch + i // step] = the row at start + i, for i < need; an empty row is the constant."""
    n = row.size
    for phase in range(min(step, need)):
        count = (need - phase + step - 1) // step
        into = ring[base + phase * pitch : base + phase * pitch + count]
        if n == 0:
            into[:] = constant
            continue
        first = start + phase
        head = min(max((before.size - first + step - 1) // step, 0), count)
        stop = min(max((before.size + n - first + step - 1) // step, head), count)
        for i in range(head):
            at = _shown(first + i * step, n, before, after)
            into[i] = row[at] if at >= 0 else constant
        inside, middle = row[first + head * step - before.size :] if stop > head else row[:0], into[head:stop]
        if step == 1:
            for i in range(middle.size):
                middle[i] = inside[i]
        elif step == ROWS:
            whole = min(inside.size // ROWS, middle.size)
            threes = inside[: whole * ROWS].reshape(-1, ROWS)
            for i in range(whole):
                middle[i] = threes[i, 0]
            for i in range(whole, middle.size):
                middle[i] = inside[i * step]
        else:
            for i in range(middle.size):
                middle[i] = inside[i * step]
        for i in range(stop, count):
            at = _shown(first + i * step, n, before, after)
            into[i] = row[at] if at >= 0 else constant


@kernel
def _gather(
    ring: Any,
    offsets: Any,
    steps: Any,
    pitch: int,
    x: Any,
    seen: Any,
    sides: Any,
    constant: float,
    start: int,
    need: int,
    stride: int,
) -> None:
    """The rows that one group of outputs sees, read if they are not in the ring; and the places of all its loads."""
    planes, places, held, first, apart, far = seen
    above, below, before, after = sides
    slots = held.shape[1]
    load = 0
    for p in range(planes.size):
        for j in range(offsets.size // (steps.size * planes.size)):
            wanted = min(first + j * apart, far)
            slot, floor = wanted % slots, places[p]
            base = (floor * slots + slot) * stride * pitch
            if held[floor, slot, 0] != wanted or held[floor, slot, 1] != planes[p]:
                held[floor, slot, 0] = wanted
                held[floor, slot, 1] = planes[p]
                at = _shown(wanted, x.shape[1], above, below)
                row = x[planes[p], at] if planes[p] >= 0 and at >= 0 else x[0, 0, :0]
                _fill(ring, base, pitch, row, before, after, constant, start, need, stride)
            for m in range(steps.size):
                offsets[load] = base + steps[m]
                load += 1


@kernel
def grid(
    x: Any,
    planes: Any,
    places: Any,
    above: Any,
    below: Any,
    before: Any,
    after: Any,
    taps: Any,
    constant: float,
    numbers: Any,
    y: Any,
    where: Any,
) -> None:
    """y[q, r, c] = sum of taps over the planes that q sees, the rows r sy + j dy and the columns c sx + m dx.

    x : (planes, rows, columns)
    planes, places : (outputs, planes of taps) the plane of x that each sees, -1 the constant, and its place in the ring
    above, below, before, after : the samples that show outside of rows and columns, -1 the constant
    taps : flat, float64, or float32 for sums in single precision
    numbers : taps, stride, dilation of rows, then of columns; outputs in turn on one ring; columns in work at
    a time; registers.chains
    y : flat, (outputs, rows, columns);  where : rows and columns of y, then the first and last output, row and column
    """
    wide()
    height, down, apart, width, stride, dilation, turn, strip = numbers[:8]
    chain = (numbers[8], numbers[9])
    rows, across, first, last, top, bottom, left, right = where
    group = ROWS if height >= ROWS and down == 1 and apart == 1 else 1
    lanes = _WIDE_THREE if group == ROWS else _WIDE_ONE
    depth, shared = planes.shape[1], height + group - 1
    slots = (shared - 1) * apart + 1
    strip = min(strip, (right - left + lanes - 1) // lanes * lanes)
    pitch = strip + ((width - 1) * dilation) // stride + 1
    floors = places.max() + 1
    ring = np.zeros(floors * slots * stride * pitch + lanes, taps.dtype)
    held = np.empty((floors, slots, 2), np.int64)
    offsets = np.empty(depth * shared * width, np.int64)
    steps = np.empty(width, np.int64)
    for m in range(width):
        steps[m] = (m * dilation) % stride * pitch + m * dilation // stride
    tile, totals = np.empty(group * lanes, y.dtype), np.empty(group * lanes)
    sides = (above, below, before, after)
    far = above.size + x.shape[1] + below.size - 1
    for q0 in range(first, last, turn):
        for c in range(left, right, strip):
            some = min(strip, right - c)
            need = (some - 1) * stride + (width - 1) * dilation + 1
            held[:] = -2
            for r in range(top, bottom, group):
                for q in range(q0, min(q0 + turn, last)):
                    seen = (planes[q], places[q], held, r * down, apart, far)
                    _gather(ring, offsets, steps, pitch, x, seen, sides, constant, c * stride, need, stride)
                    filled = min(group, bottom - r)
                    for column in range(0, some, lanes):
                        at = (q * rows + r) * across + c + column
                        whole = filled == group and column + lanes <= some
                        out = y if whole else tile
                        to = (at, across) if whole else (0, lanes)
                        if group == ROWS:
                            _three(ring, offsets, taps, depth, height, width, column, totals, out, to[0], to[1], chain)
                        else:
                            _one(ring, offsets, taps, depth, height, width, column, totals, out, to[0], to[1], chain)
                        if not whole:
                            for i in range(filled):
                                part = tile[i * lanes : i * lanes + min(lanes, some - column)]
                                y[at + i * across : at + i * across + part.size] = part


@kernel
def line(
    x: Any,
    planes: Any,
    above: Any,
    below: Any,
    before: Any,
    after: Any,
    taps: Any,
    constant: float,
    strip: int,
    y: Any,
    where: Any,
) -> None:
    """`grid` for a row of taps at stride and dilation 1: three neighbouring outputs share their loads.

    The row is sorted into three phases; then output 3 i + k is the sum of taps[l - k] times phase l % 3 at i + l // 3,
    which is a column of taps over rows.
    """
    wide()
    rows, across, first, last, top, bottom, left, right = where
    unit = ROWS * _WIDE_THREE
    strip = min(strip // unit, (right - left + unit - 1) // unit) * unit
    loads = taps.size + ROWS - 1
    pitch = (strip + loads) // ROWS + 1
    ring, tile, totals = np.zeros(ROWS * pitch + _WIDE_THREE), np.empty(unit), np.empty(1)
    sums = (tile[:_WIDE_THREE], tile[_WIDE_THREE : 2 * _WIDE_THREE], tile[2 * _WIDE_THREE :])
    offsets = np.empty(loads, np.int64)
    for i in range(loads):
        offsets[i] = i % ROWS * pitch + i // ROWS
    for q in range(first, last):
        for r in range(top, bottom):
            at = _shown(r, x.shape[1], above, below)
            row = x[planes[q, 0], at] if planes[q, 0] >= 0 and at >= 0 else x[0, 0, :0]
            for c in range(left, right, strip):
                some = min(strip, right - c)
                _fill(ring, 0, pitch, row, before, after, constant, c, some + loads - 1, ROWS)
                for column in range(0, some, unit):
                    _three(
                        ring, offsets, taps, 1, taps.size, 1, column // ROWS, totals, tile, 0, _WIDE_THREE, (0, 0, 0)
                    )
                    begin = (q * rows + r) * across + c + column
                    out = y[begin : begin + min(unit, some - column)]
                    threes = out[: out.size // ROWS * ROWS].reshape(-1, ROWS)
                    for i in range(threes.shape[0]):
                        threes[i, 0] = sums[0][i]
                        threes[i, 1] = sums[1][i]
                        threes[i, 2] = sums[2][i]
                    for i in range(threes.size, out.size):
                        out[i] = tile[i % ROWS * _WIDE_THREE + i // ROWS]


@kernel
def inside(x: Any, before: int, dilation: int, taps: Any, y: Any, where: Any) -> None:
    """`grid` for one to four taps along a row that stay inside it: a loop that waits for nothing but the memory.

    x : (lines, 1, columns);  before : columns that the taps begin ahead;  taps : float64;  y, where : as in `grid`
    """
    across, first, last, left, right = where[1], where[2], where[3], where[6], where[7]
    n, h = right - left, taps
    for q in range(first, last):
        row = x[q, 0, left - before :]
        a, out = row[:n], y[q * across + left : q * across + right]
        b, c, d = row[dilation:], row[2 * dilation :], row[3 * dilation :]
        if h.size == 1:
            for i in range(n):
                out[i] = h[0] * a[i]
        elif h.size == 2:
            for i in range(n):
                out[i] = fma(h[1], np.float64(b[i]), h[0] * a[i])
        elif h.size == 3:
            for i in range(n):
                out[i] = fma(h[2], np.float64(c[i]), fma(h[1], np.float64(b[i]), h[0] * a[i]))
        else:
            for i in range(n):
                part = fma(h[2], np.float64(c[i]), fma(h[1], np.float64(b[i]), h[0] * a[i]))
                out[i] = fma(h[3], np.float64(d[i]), part)
