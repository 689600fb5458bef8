"""Sums of taps that stay in registers from the first tap to the last.

LLVM keeps the running sums of a loop over taps in memory, and a processor loads once for every product. Here a few
output rows, each a few vectors wide, are summed together: one load serves all rows that see it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from sigconv.core.native.compiled import fuses

_INDEX = ir.IntType(64)
_CHAIN = 8  # products that single precision adds up in a row


@cache
def _vectors() -> tuple[int, int]:
    """The bytes of a vector, and how many vectors of sums leave room for the rest, on this processor."""
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f", False):
        return 64, 24
    if features.get("avx2", False) or features.get("avx", False):
        return 32, 12
    return 16, 12


def columns(rows: int) -> int:
    """How many neighbouring outputs `rows` rows sum at a time.

    >>> columns(1) >= columns(3) >= 4
    True
    """
    size, room = _vectors()
    return min(room // rows, 8) * (size // 8)


def chains(planes: int, height: int, width: int, rows: int) -> tuple[int, int]:
    """How single precision keeps its error below 9 eps sum |taps| |ring|: (whether a plane is cut, planes to a flush).

    A plane of more than 15 taps is cut into chains of 8. Some 8 chains are added up before they go to the totals.

    >>> chains(1, 3, 3, 3), chains(5, 5, 5, 3)
    ((0, 8), (1, 2))
    """
    if height * width <= 2 * _CHAIN - 1:
        return 0, 8
    parts = -(-(height - rows + 1) * width // _CHAIN) + (rows - 1) * -(-width // _CHAIN)
    return 1, planes + 1 if planes == 1 else max(8 // parts, 1)


def summed(rows: int) -> Callable[..., None]:
    """For so many output rows, f(ring, offsets, taps, planes, height, width, column, totals, out, at, pitch, chain).

    out[at + r pitch + i] = sum over p, l of taps[p, l - r width] ring[offsets[p, l] + column + i], for i below
    columns(rows) and l from r width to (r + height) width, in the order of the taps, rounded to the type of out.

    ring, offsets, taps, out : flat contiguous arrays; offsets hold planes x (height + rows - 1) width places, taps
    planes x height width weights in the type of the ring; height >= rows
    totals : (rows * columns,) float64 to work in
    chain : from `chains`, for single precision only. A ring in double is one chain of fused multiply-adds
    """

    @intrinsic
    def emit(
        _: Any,
        ring: Any,
        offsets: Any,
        taps: Any,
        planes: Any,
        height: Any,
        width: Any,
        column: Any,
        totals: Any,
        out: Any,
        at: Any,
        pitch: Any,
        chain: Any,
    ) -> Any:
        given = (ring, offsets, taps, planes, height, width, column, totals, out, at, pitch, chain)

        def generate(context: Any, builder: Any, __: Any, values: Any) -> Any:
            data = [context.make_array(given[i])(context, builder, values[i]).data for i in (0, 1, 2, 7, 8)]
            sums = _Sums(builder, rows, data, values[11])
            sums.run(*values[3:7])
            sums.leave(*values[9:11])
            return context.get_dummy_value()

        return types.void(*given), generate

    return emit


class _Sums:
    """The code of one kernel as it is written: the sums, and the loops over planes, rows and loads around them."""

    def __init__(self, builder: Any, rows: int, data: Any, chain: Any) -> None:
        self.builder, self.rows = builder, rows
        self.ring, self.offsets, self.taps, self.totals, self.out = data
        self.element = self.ring.type.pointee
        self.single = isinstance(self.element, ir.FloatType)
        self.lanes = _vectors()[0] // _bytes(self.element)
        self.vector = ir.VectorType(self.element, self.lanes)
        self.double = ir.VectorType(ir.DoubleType(), self.lanes)
        self.across = columns(rows) // self.lanes

        def vectors() -> Any:
            return [cgutils.alloca_once(builder, self.vector) for _ in range(rows * self.across)]

        self.sums, self.several = vectors(), vectors() if self.single else []
        self.cut, self.often = (builder.extract_value(chain, i) for i in range(2))
        self.flushed = cgutils.alloca_once(builder, ir.IntType(1))

    def run(self, planes: Any, height: Any, width: Any, column: Any) -> None:
        """All loads of all planes into the sums. The first rows of loads are seen by the first outputs, and so on."""
        builder, rows = self.builder, self.rows
        for one in self.sums + self.several:
            builder.store(ir.Constant(self.vector, None), one)
        builder.store(ir.IntType(1)(0), self.flushed)
        start = builder.gep(self.ring, [column])
        loads = builder.mul(builder.add(height, _INDEX(rows - 1)), width)
        weights = builder.mul(height, width)
        with cgutils.for_range(builder, planes) as plane:
            offsets = builder.gep(self.offsets, [builder.mul(plane.index, loads)])
            taps = builder.gep(self.taps, [builder.mul(plane.index, weights)])
            for step in range(2 * rows - 1):
                first = _INDEX(step) if step < rows else builder.add(height, _INDEX(step - rows))
                last = height if step == rows - 1 else builder.add(first, _INDEX(1))
                seeing = range(max(0, step - rows + 1), min(step + 1, rows))
                if self.single:
                    self._chains(start, offsets, taps, (first, last), width, seeing)
                else:
                    ends = (builder.mul(first, width), builder.mul(last, width))
                    self._loads(start, offsets, taps, *ends, width, seeing)
            if self.single:
                self._merge()
                place = builder.urem(builder.add(plane.index, _INDEX(1)), self.often)
                with cgutils.if_unlikely(builder, builder.icmp_signed("==", place, _INDEX(0))):
                    self._flush()

    def leave(self, at: Any, pitch: Any) -> None:
        """The sums to where they belong."""
        if self.single:
            flushed = self.builder.load(self.flushed)
            with self.builder.if_else(flushed) as (several, one):
                with several:
                    self._flush()
                    self._write(at, pitch, lambda i: self._get(self.double, self.totals, _INDEX(i * self.lanes)))
                with one:
                    self._write(at, pitch, lambda i: self.builder.fadd(*map(self.builder.load, self._both()[i])))
        else:
            self._write(at, pitch, lambda i: self.builder.load(self.sums[i]))

    def _write(self, at: Any, pitch: Any, value: Callable[[int], Any]) -> None:
        out = ir.VectorType(self.out.type.pointee, self.lanes)
        for r in range(self.rows):
            line = self.builder.add(at, self.builder.mul(pitch, _INDEX(r)))
            for c in range(self.across):
                sums = value(r * self.across + c)
                sums = sums if sums.type == out else self.builder.fptrunc(sums, out)
                self._put(sums, self.out, self.builder.add(line, _INDEX(c * self.lanes)))

    def _chains(self, start: Any, offsets: Any, taps: Any, ends: Any, width: Any, seeing: range) -> None:
        """Loads in single precision: 8 to a chain, 6 chains before their sum goes to the totals."""
        builder = self.builder
        begin, end = (builder.mul(row, width) for row in ends)
        with builder.if_else(builder.icmp_signed("==", self.cut, _INDEX(0))) as (short, long):
            with short:
                self._loads(start, offsets, taps, begin, end, width, seeing)
            with long, cgutils.for_range_slice(builder, begin, end, _INDEX(6 * _CHAIN), _INDEX) as (some, _):
                stop = self._least(builder.add(some, _INDEX(6 * _CHAIN)), end)
                with cgutils.for_range_slice(builder, some, stop, _INDEX(_CHAIN), _INDEX) as (load, _):
                    last = self._least(builder.add(load, _INDEX(_CHAIN)), stop)
                    self._loads(start, offsets, taps, load, last, width, seeing)
                    self._merge()
                with cgutils.if_unlikely(builder, builder.icmp_signed("<", stop, end)):
                    self._flush()

    def _least(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.icmp_signed("<", a, b), a, b)

    def _merge(self) -> None:
        for chain, several in self._both():
            self.builder.store(self.builder.fadd(self.builder.load(several), self.builder.load(chain)), several)
            self.builder.store(ir.Constant(self.vector, None), chain)

    def _loads(self, start: Any, offsets: Any, taps: Any, first: Any, last: Any, width: Any, seeing: range) -> None:
        """One load after the other, each into the sums of all outputs that see it."""
        builder = self.builder
        with cgutils.for_range_slice(builder, first, last, _INDEX(1), _INDEX) as (load, _):
            at = builder.gep(start, [builder.load(builder.gep(offsets, [load]))])
            weights = [
                self._spread(builder.load(builder.gep(taps, [builder.sub(load, builder.mul(_INDEX(r), width))])))
                for r in seeing
            ]
            for c in range(self.across):
                seen = self._get(self.vector, at, _INDEX(c * self.lanes))
                for r, weight in zip(seeing, weights, strict=True):
                    sums = self.sums[r * self.across + c]
                    builder.store(self._fused(weight, seen, builder.load(sums)), sums)

    def _flush(self) -> None:
        """All that is summed in single precision added to the totals in double, and begun again."""
        builder = self.builder
        begun = builder.load(self.flushed)
        for i, (chain, several) in enumerate(self._both()):
            more = builder.fpext(builder.fadd(builder.load(several), builder.load(chain)), self.double)
            place = _INDEX(i * self.lanes)
            total = builder.select(begun, self._get(self.double, self.totals, place), ir.Constant(self.double, None))
            self._put(builder.fadd(total, more), self.totals, place)
            for sums in (chain, several):
                builder.store(ir.Constant(self.vector, None), sums)
        builder.store(ir.IntType(1)(1), self.flushed)

    def _both(self) -> Any:
        return list(zip(self.sums, self.several, strict=True))

    def _get(self, kind: Any, base: Any, at: Any) -> Any:
        place = self.builder.bitcast(self.builder.gep(base, [at]), kind.as_pointer())
        return self.builder.load(place, align=_bytes(kind.element))

    def _put(self, value: Any, base: Any, at: Any) -> None:
        place = self.builder.bitcast(self.builder.gep(base, [at]), value.type.as_pointer())
        self.builder.store(value, place, align=_bytes(value.type.element))

    def _spread(self, value: Any) -> Any:
        """One number in every lane."""
        nothing = ir.Constant(self.vector, ir.Undefined)
        single = self.builder.insert_element(nothing, value, ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), None)
        return self.builder.shuffle_vector(single, nothing, everywhere)

    def _fused(self, a: Any, b: Any, c: Any) -> Any:
        if not fuses():
            return self.builder.fadd(self.builder.fmul(a, b), c)
        name = f"llvm.fma.v{self.lanes}f{8 * _bytes(self.element)}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), [a, b, c])


def _bytes(element: Any) -> int:
    return 4 if isinstance(element, ir.FloatType) else 8
