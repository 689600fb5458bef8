"""Loops over eight neighbouring float64 numbers, spelled out for LLVM: numba alone keeps no vector in a register.

Every sum here is taken in an order that depends on the position in the signal alone.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

LANES = 8
_LATE = 3  # rows from a number to the first sum that needs it
_ROW = ir.VectorType(ir.DoubleType(), LANES)
_AHEAD = 192  # rows from a number to the one that is asked for meanwhile
_CHAIN = 16  # rows that are added up in a row
_EMPTY = ir.Constant(_ROW, [0.0] * LANES)


class _Rows:
    """A contiguous array from its element `start` on, as rows of eight."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any, start: Any = None) -> None:
        self.builder = builder
        data = context.make_array(kind)(context, builder, array).data
        row = ir.VectorType(data.type.pointee, LANES)
        self.size = kind.dtype.bitwidth // 8
        self.start = builder.bitcast(data if start is None else builder.gep(data, [start]), row.as_pointer())

    def load(self, row: Any) -> Any:
        found = self.builder.load(self.builder.gep(self.start, [row]))
        found.align = self.size
        return found if found.type == _ROW else self.builder.fpext(found, _ROW)

    def store(self, value: Any, row: Any) -> None:
        self.builder.store(value, self.builder.gep(self.start, [row])).align = self.size

    def fetch(self, row: Any, *, write: bool) -> None:
        """Ask for a row that is needed soon; nothing happens if there is none."""
        builder, number, bytes_of = self.builder, ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [bytes_of, number, number, number])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        place = builder.bitcast(builder.gep(self.start, [row]), bytes_of)
        builder.call(ask, [place, ir.Constant(number, int(write)), ir.Constant(number, 3), ir.Constant(number, 1)])


def _shifted(builder: Any, low: Any, high: Any, by: int) -> Any:
    """Eight neighbours, `by` places further on than `low`; `high` follows it."""
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(range(by, by + LANES)))
    return builder.shuffle_vector(low, high, places)


def _loop(builder: Any, count: Any, carried: int, step: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
    """step(i, values) -> values, for i = 0 ... count - 1, with the values in registers."""
    values = [cgutils.alloca_once_value(builder, _EMPTY) for _ in range(carried)]
    for value in values:
        builder.store(_EMPTY, value)
    with cgutils.for_range(builder, count) as loop:
        for place, new in zip(values, step(loop.index, [builder.load(v) for v in values]), strict=True):
            builder.store(new, place)
    return [builder.load(value) for value in values]


def _eights(_: Any, x: Any, start: Any, scale: Any, rows: Any, few: Any, sums: Any, rest: Any) -> Any:
    """sums[i] = scale (x[start+i] + ... + x[start+i+7]); rest[i] is the sum of the first `few` of them. As trees.

    x : float32 or float64, start + 8 (rows + 3) samples at least;  sums, rest : (>= 8 rows,);  few : 0 to 7
    """

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        source = _Rows(context, builder, x, given[0], given[1])
        whole, part = (_Rows(context, builder, k, a) for k, a in zip((sums, rest), given[5:], strict=True))
        factor = builder.insert_element(ir.Constant(_ROW, ir.Undefined), given[2], ir.Constant(ir.IntType(32), 0))
        factor = builder.shuffle_vector(factor, factor, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
        late = ir.Constant(given[3].type, _LATE)
        count = builder.add(given[3], late)
        end = builder.append_basic_block("summed")
        cases = [builder.append_basic_block(f"few{some}") for some in range(LANES)]
        switch = builder.switch(given[4], end)
        for some, block in enumerate(cases):
            switch.add_case(ir.Constant(given[4].type, some), block)
            builder.position_at_end(block)

            def step(i: Any, c: list[Any], some: int = some) -> list[Any]:
                x1, x2, x3, p2, p3, q3 = c  # x and its pairs and fours, 1 to 3 rows ago
                x0 = builder.fmul(source.load(i), factor)
                source.fetch(builder.add(i, ir.Constant(i.type, _AHEAD)), write=False)
                early = builder.icmp_signed("<", i, late)  # nothing yet: row 0 is written again
                row = builder.select(early, ir.Constant(i.type, 0), builder.sub(i, late))
                p1 = builder.fadd(x1, _shifted(builder, x1, x0, 1))
                q2 = builder.fadd(p2, _shifted(builder, p2, p1, 2))
                whole.store(builder.fadd(q3, _shifted(builder, q3, q2, 4)), row)
                terms = [q3] if some & 4 else []
                if some & 2:
                    terms.append(_shifted(builder, p3, p2, 4) if some & 4 else p3)
                if some & 1:
                    terms.append(_shifted(builder, x3, x2, some - 1) if some > 1 else x3)
                total = terms[0] if terms else _EMPTY
                for term in terms[1:]:
                    total = builder.fadd(total, term)
                part.store(total, row)
                return [x0, x1, x2, p1, p2, q2]

            _loop(builder, count, 6, step)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(x, start, scale, rows, few, sums, rest), generate


def _suffixes(_: Any, z: Any, first: Any, rows: Any, out: Any) -> Any:
    """out[m] = z[m] + z[m+1] + ... to the last of `rows` rows from `first` on, taken from the back."""

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        given_z, f = _Rows(context, builder, z, given[0]), _Rows(context, builder, out, given[3])
        last = builder.sub(builder.add(given[1], given[2]), ir.Constant(given[1].type, 1))

        def step(i: Any, total: Any, base: Any) -> Any:
            row = builder.sub(last, i)
            total = builder.fadd(total, given_z.load(row))
            f.store(builder.fadd(total, base), row)
            return total

        _chains(builder, given[2], step)
        return context.get_dummy_value()

    return types.void(z, first, rows, out), generate


def _joined(_: Any, z: Any, ahead: Any, first: Any, rows: Any, out: Any) -> Any:
    """out[m] += what lies before of z[first + ahead], z[first + ahead + 1], ..., for `rows` rows from `first` on."""

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        given_z, f = _Rows(context, builder, z, given[0]), _Rows(context, builder, out, given[4])

        def step(i: Any, total: Any, base: Any) -> Any:
            row = builder.add(given[2], i)
            f.store(builder.fadd(f.load(row), builder.fadd(total, base)), row)
            return builder.fadd(total, given_z.load(builder.add(row, given[1])))

        _chains(builder, given[3], step)
        return context.get_dummy_value()

    return types.void(z, ahead, first, rows, out), generate


def _chains(builder: Any, rows: Any, step: Callable[[Any, Any, Any], Any]) -> None:
    """step(i, total, base) -> total, for each row. After so many rows the total begins anew, and the base, the sum of
    all totals, grows by it; what its additions round away is kept beside it."""
    chain, one = ir.Constant(rows.type, _CHAIN), ir.Constant(rows.type, 1)
    parts = builder.sdiv(builder.sub(builder.add(rows, chain), one), chain)
    count = cgutils.alloca_once(builder, rows.type)

    def part(p: Any, held: list[Any]) -> list[Any]:
        high, low, base = held
        start = builder.mul(p, chain)
        left = builder.sub(rows, start)
        builder.store(builder.select(builder.icmp_signed("<", left, chain), left, chain), count)
        (total,) = _loop(builder, builder.load(count), 1, lambda i, c: [step(builder.add(start, i), c[0], base)])
        grown = builder.fadd(high, total)
        came = builder.fsub(grown, high)
        lost = builder.fadd(builder.fsub(high, builder.fsub(grown, came)), builder.fsub(total, came))
        low = builder.fadd(low, lost)
        finite = builder.fcmp_ordered("ord", builder.fsub(low, low), _EMPTY)
        low = builder.select(finite, low, _EMPTY)
        return [grown, low, builder.fadd(grown, low)]

    _loop(builder, parts, 3, part)


eights: Any = intrinsic(_eights)
suffixes: Any = intrinsic(_suffixes)
joined: Any = intrinsic(_joined)
