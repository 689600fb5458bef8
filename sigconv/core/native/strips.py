"""The loops of core.native.direct: rows of x through the boundary into a ring, registers over the ring, rows out."""

from typing import Any

import numpy as np

from sigconv.core.native.compiled import bare, fma, kernel, part, settled, wide
from sigconv.core.native.registers import ROWS, breadth, summed
from sigconv.core.native.vectors import ask

_LINE = breadth(ROWS)
_NEAR = 6144  # numbers of the ring that stay in the nearest caches while outputs take turns
_UNSEEN = -2  # instead of a plane: none of the outputs in turn sees one there
_TOGETHER = (0,) * ROWS


@part
def _shown(index: int, n: int, before: Any, after: Any) -> Any:
    """The sample at a position counted from the first that shows before an axis; -1 is the constant."""
    if index < before.size:
        return before[index]
    if index < before.size + n:
        return index - before.size
    return after[index - before.size - n] if index - before.size - n < after.size else -1


@part
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
    if step == 1 and n:
        head = min(max(before.size - start, 0), need)
        stop = min(max(before.size + n - start, head), need)
        for i in range(head):
            at = _shown(start + i, n, before, after)
            ring[base + i] = row[at] if at >= 0 else constant
        if stop > head:
            middle, inside = ring[base + head : base + stop], row[start + head - before.size :]
            for i in range(middle.size):  # places that cannot be negative: so the compiler takes many at a time
                middle[i] = inside[i]
        for i in range(stop, need):
            at = _shown(start + i, n, before, after)
            ring[base + i] = row[at] if at >= 0 else constant
        return
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
        if step == ROWS:
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


@part
def _fetch(
    ring: Any,
    held: Any,
    lines: Any,
    pitch: int,
    x: Any,
    planes: Any,
    sides: Any,
    constant: float,
    start: int,
    need: int,
    stride: int,
    rows: Any,
) -> None:
    """The rows that one group of outputs sees, of every plane in the ring, read if they are not there; and where they
    lie within a plane. The rows that the next group will ask for are sent for."""
    above, below, before, after = sides
    first, apart, far, group = rows
    slots = held.size
    slot = min(first, far) % slots
    low, high = max(start - before.size, 0), min(start + need - before.size, x.shape[2])
    for j in range(lines.size):
        wanted = first + j * apart
        if wanted > far:
            wanted = far
            slot = far % slots
        lines[j] = slot * stride * pitch
        if held[slot] != wanted:
            held[slot] = wanted
            at = _shown(wanted, x.shape[1], above, below)
            for floor in range(planes.size):
                plane = planes[floor]
                if plane == _UNSEEN:
                    continue
                row = x[plane, at] if plane >= 0 and at >= 0 else x[0, 0, :0]
                base = (floor * slots + slot) * stride * pitch
                _fill(ring, base, pitch, row, before, after, constant, start, need, stride)
                if row.size and at + group < x.shape[1]:
                    ahead = x[plane, at + group]
                    for i in range(low, high, 64 // x.itemsize):
                        ask(ahead, i)
        slot += apart
        while slot >= slots:
            slot -= slots


@part
def _agree(shown: Any, places: Any, planes: Any) -> bool:
    """Put the planes of one more output where they wait in the ring, if none of these places holds another."""
    for p in range(planes.size):
        if shown[places[p]] != _UNSEEN and shown[places[p]] != planes[p]:
            return False
    for p in range(planes.size):
        shown[places[p]] = planes[p]
    return True


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
    rows: Any,
    tall: Any,
    y: Any,
    where: Any,
    past: bool,
) -> None:
    """y[q, r, c] = sum of taps over the planes that q sees, the rows r sy + j dy and the columns c sx + m dx.

    x : (planes, rows, columns)
    planes, places : (outputs, planes of taps) the plane of x that each sees, -1 the constant, and its place in the ring
    above, below, before, after : the samples that show outside of rows and columns, -1 the constant
    taps : flat, float64; or float32, and the sums are in single precision
    numbers : taps, stride, dilation of rows, then of columns; outputs in turn on one ring; columns in work at a time;
        outputs that `rows` rows sum at a time
    rows, tall : as in registers.summed
    y : flat, (outputs, rows, columns);  where : rows and columns of y, then the first and last output, row and column
    past : write past the caches, where every row of y begins at one of memory's lines, and so does the first column
    """
    height, _, apart, width, stride, dilation, _, strip, lanes = numbers
    left, right = where[6], where[7]
    shared = height + len(rows) - 1
    strip = min(strip, (right - left + lanes - 1) // lanes * lanes)
    pitch = (strip + ((width - 1) * dilation) // stride + 16) // 16 * 16
    slots = (shared - 1) * apart + 1
    ring = np.zeros((places.max() + 1) * slots * stride * pitch + lanes + 16, taps.dtype)
    ring = ring[(64 - ring.ctypes.data % 64) % 64 // ring.itemsize :]  # where memory's lines begin
    shown, held, lines = np.empty(places.max() + 1, np.int64), np.empty(slots, np.int64), np.empty(shared, np.int64)
    steps = np.empty(1 if len(tall) else width, np.int64)
    offsets = np.empty(planes.shape[1] * shared * steps.size, np.int64)
    for m in range(steps.size):
        steps[m] = (m * dilation) % stride * pitch + m * dilation // stride
    tile = np.empty(len(rows) * lanes, y.dtype)
    work = (ring, held, offsets, steps, tile, shown, lines)
    sides = (above, below, before, after)
    _grid(x, planes, places, sides, taps, constant, numbers, rows, tall, y, where, work, strip, pitch, past)
    if past:
        settled()


@part
def _places(offsets: Any, floors: Any, floor: int, lines: Any, steps: Any) -> None:
    """Where all loads of one output lie in the ring: planes, then rows, then columns."""
    load = 0
    for p in range(floors.size):
        base = floors[p] * floor
        for j in range(lines.size):
            for m in range(steps.size):
                offsets[load] = base + lines[j] + steps[m]
                load += 1


@kernel
def _outputs(
    ring: Any,
    offsets: Any,
    taps: Any,
    how: Any,
    together: Any,
    tall: Any,
    tile: Any,
    y: Any,
    start: int,
    across: int,
    columns: Any,
    past: bool,
) -> None:
    """Columns first to last of a few rows of y, the first of which begins at `start` and has its whole strip there.

    columns : first and last, columns of the strip, rows of y; sums that are more than y holds are put aside
    """
    lanes = tile.size // len(together)
    first, last, some, filled = columns
    for column in range(first, last, lanes):
        at = start + column
        if filled == len(together) and column + lanes <= some:
            summed(ring, offsets, taps, how, together, tall, column, y, at, across, past)
            continue
        summed(ring, offsets, taps, how, together, tall, column, tile, 0, lanes, False)
        for i in range(filled):
            for j in range(min(lanes, some - column)):
                y[at + i * across + j] = tile[i * lanes + j]


@kernel
def _grid(
    x: Any,
    planes: Any,
    places: Any,
    sides: Any,
    taps: Any,
    constant: float,
    numbers: Any,
    together: Any,
    tall: Any,
    y: Any,
    where: Any,
    work: Any,
    strip: int,
    pitch: int,
    past: bool,
) -> None:
    """`grid` with its memory to work in."""
    wide()
    x, planes, places, taps, y = bare(x), bare(planes), bare(places), bare(taps), bare(y)
    sides = (bare(sides[0]), bare(sides[1]), bare(sides[2]), bare(sides[3]))
    ring, held, offsets, steps, tile = bare(work[0]), bare(work[1]), bare(work[2]), bare(work[3]), bare(work[4])
    shown, lines = bare(work[5]), bare(work[6])
    height, down, apart, width, stride, dilation, turn, _, lanes = numbers
    floor = held.size * stride * pitch
    near = max(_NEAR // (planes.shape[1] * lines.size) // lanes, 1) * lanes
    rows, across, first, last, top, bottom, left, right = where
    group, how = len(together), (planes.shape[1], height, width)
    far = sides[0].size + x.shape[1] + sides[1].size - 1
    q0, q1 = first, first
    while q0 < last:
        shown[:] = _UNSEEN
        while q1 < min(q0 + turn, last) and _agree(shown, places[q1], planes[q1]):
            q1 += 1
        for c in range(left, right, strip):
            some = min(strip, right - c)
            need = (some - 1) * stride + (width - 1) * dilation + 1
            held[:] = -1
            for r in range(top, bottom, group):
                seen = (r * down, apart, far, group * down)
                _fetch(ring, held, lines, pitch, x, shown, sides, constant, c * stride, need, stride, seen)
                for c0 in range(0, some, near):
                    for q in range(q0, q1):
                        _places(offsets, places[q], floor, lines, steps)
                        at = (q * rows + r) * across + c
                        columns = (c0, min(c0 + near, some), some, min(group, bottom - r))
                        _outputs(ring, offsets, taps, how, together, tall, tile, y, at, across, columns, past)
        q0 = q1


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
    unit = ROWS * _LINE
    strip = min(strip // unit, (right - left + unit - 1) // unit) * unit
    loads = taps.size + ROWS - 1
    pitch = (strip + loads) // ROWS + 1
    ring, tile = np.zeros(ROWS * pitch + _LINE), np.empty(unit)
    sums = (tile[:_LINE], tile[_LINE : 2 * _LINE], tile[2 * _LINE :])
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
                    summed(ring, offsets, taps, (1, taps.size, 1), _TOGETHER, (), column // ROWS, tile, 0, _LINE, False)
                    begin = (q * rows + r) * across + c + column
                    out = y[begin : begin + min(unit, some - column)]
                    threes = out[: out.size // ROWS * ROWS].reshape(-1, ROWS)
                    for i in range(threes.shape[0]):
                        threes[i, 0] = sums[0][i]
                        threes[i, 1] = sums[1][i]
                        threes[i, 2] = sums[2][i]
                    for i in range(threes.size, out.size):
                        out[i] = tile[i % ROWS * _LINE + i // ROWS]


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
