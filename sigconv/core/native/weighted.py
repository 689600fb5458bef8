"""Weighted sums of rows, kept in registers from the first row to the last."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from sigconv.core.native.compiled import fuses

_INDEX = ir.IntType(64)
_BYTES = 64  # of a vector; LLVM halves it where the processor has smaller ones
_BLOCKS = (8, 2, 1)  # vectors that are summed together


def _weighted(_: Any, x: Any, start: Any, offsets: Any, taps: Any, count: Any, n: Any, out: Any, at: Any) -> Any:
    """out[at + i] = sum over j < count of taps[j] x[start + offsets[j] + i], for i < n.

    x, taps, out : flat contiguous arrays of one real type;  offsets : int64
    One chain of fused multiply-adds for every output, in the order of the taps.
    """

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        def data(kind: Any, i: int) -> Any:
            return context.make_array(kind)(context, builder, given[i]).data

        seen, into = builder.gep(data(x, 0), [given[1]]), builder.gep(data(out, 6), [given[7]])
        _Rows(builder, seen, data(offsets, 2), data(taps, 3), given[4], into).run(given[5])
        return context.get_dummy_value()

    return types.void(x, start, offsets, taps, count, n, out, at), generate


class _Rows:
    """The code of one weighted sum as it is written."""

    def __init__(self, builder: Any, x: Any, offsets: Any, taps: Any, count: Any, out: Any) -> None:
        self.builder, self.x, self.offsets, self.taps, self.count, self.out = builder, x, offsets, taps, count, out
        self.element = x.type.pointee
        self.size = 4 if isinstance(self.element, ir.FloatType) else 8
        self.lanes = _BYTES // self.size

    def run(self, n: Any) -> None:
        """Wide blocks, narrow ones, one that ends with the row, or number by number where there is no vector."""
        builder, done = self.builder, _INDEX(0)
        for vectors in _BLOCKS:
            width = _INDEX(vectors * self.lanes)
            end = builder.sub(n, builder.urem(builder.sub(n, done), width))
            with cgutils.for_range_slice(builder, done, end, width, _INDEX) as (i, _):
                self._sum(i, vectors, self.lanes)
            done = end
        with builder.if_then(builder.icmp_signed("<", done, n)):
            lanes = _INDEX(self.lanes)
            with builder.if_else(builder.icmp_signed(">=", n, lanes)) as (room, none):
                with room:
                    self._sum(builder.sub(n, lanes), 1, self.lanes)
                with none, cgutils.for_range_slice(builder, _INDEX(0), n, _INDEX(1), _INDEX) as (i, _):
                    self._sum(i, 1, 1)

    def _sum(self, i: Any, vectors: int, lanes: int) -> None:
        builder = self.builder
        kind = ir.VectorType(self.element, lanes) if lanes > 1 else self.element
        sums = [cgutils.alloca_once(builder, kind) for _ in range(vectors)]
        for one in sums:
            builder.store(ir.Constant(kind, None) if lanes > 1 else ir.Constant(kind, 0.0), one)
        with cgutils.for_range(builder, self.count, intp=_INDEX) as tap:
            weight = self._spread(builder.load(builder.gep(self.taps, [tap.index])), kind, lanes)
            start = builder.add(builder.load(builder.gep(self.offsets, [tap.index])), i)
            for v, one in enumerate(sums):
                place = self._place(self.x, builder.add(start, _INDEX(v * lanes)), kind)
                seen = builder.load(place, align=self.size)
                builder.store(self._fused(weight, seen, builder.load(one), kind, lanes), one)
        for v, one in enumerate(sums):
            place = self._place(self.out, builder.add(i, _INDEX(v * lanes)), kind)
            builder.store(builder.load(one), place, align=self.size)

    def _place(self, base: Any, at: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(base, [at]), kind.as_pointer())

    def _spread(self, value: Any, kind: Any, lanes: int) -> Any:
        if lanes == 1:
            return value
        nothing = ir.Constant(kind, ir.Undefined)
        single = self.builder.insert_element(nothing, value, ir.IntType(32)(0))
        return self.builder.shuffle_vector(single, nothing, ir.Constant(ir.VectorType(ir.IntType(32), lanes), None))

    def _fused(self, a: Any, b: Any, c: Any, kind: Any, lanes: int) -> Any:
        if not fuses():
            return self.builder.fadd(self.builder.fmul(a, b), c)
        name = f"llvm.fma.{f'v{lanes}' if lanes > 1 else ''}f{8 * self.size}"
        function = cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(kind, [kind] * 3), name)
        return self.builder.call(function, [a, b, c])


weighted: Any = intrinsic(_weighted)
