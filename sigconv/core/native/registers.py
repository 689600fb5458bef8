"""Sums of taps that stay in registers from the first tap to the last.

LLVM keeps the running sums of a loop over taps in memory, and a processor loads once for every product. Here a few
output rows, each a few vectors wide, are summed together: one load serves all rows that see it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from sigconv.core.native.vectors import fused_in, spread_in, write_in

_INDEX = ir.IntType(64)
ROWS = 3  # output rows that share the loads of any other kernel


@cache
def _vectors() -> tuple[int, int]:
    """The lanes of a vector, and how many vectors of sums leave room for the rest, on this processor."""
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f", False):
        return 8, 24
    if features.get("avx2", False) or features.get("avx", False):
        return 4, 12
    return 2, 12


def rows_together() -> int:
    """Output rows that share their loads where the kernel is written out: many, since few taps are many loads.

    >>> rows_together() in (3, 5)
    True
    """
    return 5 if _vectors()[1] == 24 else 3


def breadth(rows: int) -> int:
    """How many neighbouring outputs `rows` rows sum at a time.

    >>> breadth(1) >= breadth(3) >= 4
    True
    """
    lanes, room = _vectors()
    return min(1 << (room // rows).bit_length() - 1, 8) * lanes


def _summed(
    _: Any,
    ring: Any,
    offsets: Any,
    taps: Any,
    size: Any,
    rows: Any,
    tall: Any,
    column: Any,
    out: Any,
    at: Any,
    pitch: Any,
    past: Any,
) -> Any:
    """out[at + r pitch + i] = sum over p, j, m of taps[p, j, m] ring[offsets[p, r + j, m] + column + i], i < breadth.

    In double: one chain of fused multiply-adds in the order of the taps, rounded to the type of out. In single, for
    squares only: a chain for every row of taps, their sum for every plane, and the sum of those, so that no number is
    rounded more often than planes + height + width times.

    ring, offsets, taps, out : flat contiguous arrays; ring and taps float64 or float32; offsets (planes, height +
        rows - 1, width)
    size : planes, height and width of the taps
    rows, tall : their lengths are what counts. The output rows, r; and for a square of taps that lie side by side, its
        height, which is written out: then offsets are (planes, height + rows - 1), those of m = 0. Else () and
        height >= rows
    past : whether to write past the caches; then every row of sums begins at a multiple of a vector's bytes
    """
    given = (ring, offsets, taps, size, rows, tall, column, out, at, pitch, past)

    def generate(context: Any, builder: Any, __: Any, values: Any) -> Any:
        data = [context.make_array(given[i])(context, builder, values[i]).data for i in (0, 1, 2, 7)]
        sums = _Sums(builder, rows.count, data)
        planes, height, width = (builder.extract_value(values[3], i) for i in range(3))
        if tall.count:
            sums.square(planes, tall.count, width, values[6])
        else:
            sums.run(planes, height, width, values[6])
        with builder.if_else(values[10]) as (beyond, usual):
            with beyond:
                sums.leave(*values[8:10], past=True)
            with usual:
                sums.leave(*values[8:10])
        return context.get_dummy_value()

    return types.void(*given), generate


summed: Any = intrinsic(_summed)


class _Sums:
    """The code of one kernel as it is written: the sums, and the loops over planes, rows and loads around them."""

    def __init__(self, builder: Any, rows: int, data: Any) -> None:
        self.builder, self.rows = builder, rows
        self.ring, self.offsets, self.taps, self.out = data
        self.size = 4 if isinstance(self.ring.type.pointee, ir.FloatType) else 8
        self.lanes = _vectors()[0] * 8 // self.size
        self.vector = ir.VectorType(self.ring.type.pointee, self.lanes)
        self.across = breadth(rows) // self.lanes
        self.sums = self._zeros(range(rows))

    def _zeros(self, rows: range) -> dict[tuple[int, int], Any]:
        """Vectors of sums, for some rows, that begin at 0."""
        sums = {(r, c): cgutils.alloca_once(self.builder, self.vector) for r in rows for c in range(self.across)}
        self._clear(sums)
        return sums

    def _clear(self, sums: dict[tuple[int, int], Any]) -> None:
        for one in sums.values():
            self.builder.store(ir.Constant(self.vector, None), one)

    def _move(self, some: dict[tuple[int, int], Any], into: dict[tuple[int, int], Any]) -> None:
        """Sums added to others, and begun anew."""
        builder = self.builder
        for place, one in some.items():
            builder.store(builder.fadd(builder.load(into[place]), builder.load(one)), into[place])
        self._clear(some)

    @contextmanager
    def _planes(self, planes: Any, loads: Any, weights: Any) -> Iterator[tuple[Any, Any]]:
        """The places and the taps of each plane."""
        builder = self.builder
        with cgutils.for_range(builder, planes) as plane:
            yield (
                builder.gep(self.offsets, [builder.mul(plane.index, loads)]),
                builder.gep(self.taps, [builder.mul(plane.index, weights)]),
            )

    def run(self, planes: Any, height: Any, width: Any, column: Any) -> None:
        """All loads of all planes into the sums. The first rows of loads are seen by the first outputs, and so on."""
        builder, rows = self.builder, self.rows
        start = builder.gep(self.ring, [column])
        loads = builder.mul(builder.add(height, _INDEX(rows - 1)), width)
        with self._planes(planes, loads, builder.mul(height, width)) as (offsets, taps):
            for step in range(2 * rows - 1):
                first = _INDEX(step) if step < rows else builder.add(height, _INDEX(step - rows))
                last = height if step == rows - 1 else builder.add(first, _INDEX(1))
                seeing = range(max(0, step - rows + 1), min(step + 1, rows))
                ends = (builder.mul(first, width), builder.mul(last, width), _INDEX(1))
                with cgutils.for_range_slice(builder, *ends, _INDEX) as (load, _):
                    at = builder.gep(start, [builder.load(builder.gep(offsets, [load]))])
                    weights = {r: builder.sub(load, builder.mul(_INDEX(r), width)) for r in seeing}
                    self._load(at, taps, weights, self.sums)

    def square(self, planes: Any, side: int, width: Any, column: Any) -> None:
        """`run` for side × side taps a plane, side by side: the loops within a plane are written out."""
        builder = self.builder
        start = builder.gep(self.ring, [column])
        tall = side + self.rows - 1
        single = self.size == 4
        row, plane = (self._zeros(range(self.rows)) for _ in range(2)) if single else (self.sums, {})
        with self._planes(planes, _INDEX(tall), _INDEX(side * side)) as (offsets, taps):
            for j in range(tall):
                line = builder.gep(start, [builder.load(builder.gep(offsets, [_INDEX(j)]))])
                seeing = range(max(0, j - side + 1), min(j + 1, self.rows))
                if single:
                    here = self._another(taps)
                    for m in range(side):
                        weights = {r: _INDEX((j - r) * side + m) for r in seeing}
                        self._load(builder.gep(line, [_INDEX(m)]), here, weights, row)
                    self._move({(r, c): one for (r, c), one in row.items() if r in seeing}, plane)
                    continue
                with cgutils.for_range(builder, width) as m:  # eight vectors in flight wait for nothing
                    weights = {r: builder.add(m.index, _INDEX((j - r) * side)) for r in seeing}
                    self._load(builder.gep(line, [m.index]), taps, weights, row)
            self._move(plane, self.sums)

    def _another(self, pointer: Any) -> Any:
        """The same address, but the compiler cannot know: it would keep what it has read there, and has no room."""
        kind = ir.FunctionType(pointer.type, [pointer.type])
        return self.builder.asm(kind, "", "=r,0", [pointer], True)

    def _load(self, at: Any, taps: Any, weights: dict[int, Any], into: dict[tuple[int, int], Any]) -> None:
        """What lies at a place into the sums of all rows that see it, each by its weight."""
        builder = self.builder
        spread = {r: spread_in(builder, builder.load(builder.gep(taps, [w])), self.lanes) for r, w in weights.items()}
        for c in range(self.across):
            place = builder.bitcast(builder.gep(at, [_INDEX(c * self.lanes)]), self.vector.as_pointer())
            seen = builder.load(place, align=self.size)
            for r, weight in spread.items():
                builder.store(fused_in(builder, weight, seen, builder.load(into[r, c])), into[r, c])

    def leave(self, at: Any, pitch: Any, *, past: bool = False) -> None:
        """The sums to where they belong."""
        builder, into = self.builder, ir.VectorType(self.out.type.pointee, self.lanes)
        for r in range(self.rows):
            line = builder.add(at, builder.mul(pitch, _INDEX(r)))
            for c in range(self.across):
                sums = builder.load(self.sums[r, c])
                sums = sums if sums.type == into else builder.fptrunc(sums, into)
                place = builder.gep(self.out, [builder.add(line, _INDEX(c * self.lanes))])
                size = 4 if isinstance(into.element, ir.FloatType) else 8
                write_in(builder, sums, builder.bitcast(place, into.as_pointer()), size, past=past)
