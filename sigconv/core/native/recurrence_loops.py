# ruff: noqa: ARG001 (numba reads what an operation takes from its signature)
"""The inner loops of a difference equation of a known order, with its states in registers: one operation each."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from sigconv.core.native.vectors import BYTES, Lanes, fused_in, operation, place, spread_in, total_in


def _at(context: Any, builder: Any, base: Any, offset: Any, kind: Any, align: int) -> Any:
    """What lies some bytes behind an address."""
    offset = ir.Constant(base.type, offset) if isinstance(offset, int) else offset
    return builder.load(place(context, builder, builder.add(base, offset), kind), align=align)


@operation
def feedback(_: Any, like: Any, order: Any, coef: Any, state: Any, tile: Any, count: Any) -> Any:
    """`count` vectors of a tile through y = b x + s[0], s[i] = s[i+1] + c[i] x - a[i] s[0], in place.

    order : any tuple with one item for every state;  coef : address of b, c, -a;  state : address of vectors
    """
    kind, n = Lanes(like.dtype), order.count
    size = kind.of.bitwidth // 8

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        word = given[2].type
        known = [_at(context, builder, given[2], i * size, kind.of, size) for i in range(2 * n + 1)]
        b, *known = (spread_in(builder, value, kind.count) for value in known)
        c, a = known[:n], known[n:]
        memory = [
            cgutils.alloca_once_value(builder, _at(context, builder, given[3], i * BYTES, kind, BYTES))
            for i in range(n)
        ]
        with cgutils.for_range(builder, given[5]) as loop:
            at = builder.add(given[4], builder.mul(loop.index, ir.Constant(word, BYTES)))
            row = place(context, builder, at, kind)
            x, s = builder.load(row, align=BYTES), [builder.load(m) for m in memory]
            builder.store(fused_in(builder, b, x, s[0]), row, align=BYTES)
            for i in range(n):
                fed = fused_in(builder, c[i], x, s[i + 1]) if i + 1 < n else builder.fmul(c[i], x)
                builder.store(fused_in(builder, a[i], s[0], fed), memory[i])
        for i in range(n):
            row = place(context, builder, builder.add(given[3], ir.Constant(word, i * BYTES)), kind)
            builder.store(builder.load(memory[i]), row, align=BYTES)
        return context.get_dummy_value()

    return types.void(like, order, *(types.intp,) * 4), generate


@operation
def weighed(_: Any, like: Any, order: Any, table: Any, source: Any, count: Any, target: Any) -> Any:
    """The sums of `count` vectors from an address on, times those of each row of a table, one behind the other."""
    kind, n = Lanes(like.dtype), order.count
    size = kind.of.bitwidth // 8

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        word = given[2].type
        zero = ir.Constant(context.get_value_type(kind), [0.0] * kind.count)
        sums = [cgutils.alloca_once_value(builder, zero) for _ in range(n)]
        for total in sums:
            builder.store(zero, total)
        line = builder.mul(given[4], ir.Constant(word, BYTES))
        with cgutils.for_range(builder, given[4]) as loop:
            offset = builder.mul(loop.index, ir.Constant(word, BYTES))
            x = _at(context, builder, given[3], offset, kind, size)
            for i, total in enumerate(sums):
                row = builder.add(offset, builder.mul(line, ir.Constant(word, i)))
                weights = _at(context, builder, given[2], row, kind, size)
                builder.store(fused_in(builder, weights, x, builder.load(total)), total)
        for i, total in enumerate(sums):
            at = builder.add(given[5], ir.Constant(word, i * size))
            builder.store(total_in(builder, builder.load(total)), place(context, builder, at, kind.of))
        return context.get_dummy_value()

    return types.void(like, order, *(types.intp,) * 4), generate
