"""Loops over eight neighbouring float64 numbers, spelled out for LLVM: numba alone keeps no vector in a register.

Every sum here is taken in an order that depends on the position in the signal alone.
"""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from sigconv.core.native.vectors import ask_in, fused_in, spread_in, write_in

LANES = 8
FEW = 4  # rows that `few` adds one by one
_LATE = 3  # rows from a number to the first sum that needs it
_ROW = ir.VectorType(ir.DoubleType(), LANES)
_AHEAD = 256  # rows from a number to the one that is asked for meanwhile
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

    def store(self, value: Any, row: Any, *, past: bool = False) -> None:
        into = self.start.type.pointee
        value = value if value.type == into else self.builder.fptrunc(value, into)
        write_in(self.builder, value, self.builder.gep(self.start, [row]), self.size, past=past)

    def ask(self, row: Any) -> None:
        """Send for a row that is needed soon."""
        ask_in(self.builder, self.builder.gep(self.start, [row]))


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

    x : float32 or float64, start + 8 (rows + 3) samples at least;  sums, rest : (>= 8 rows,);  few : 0 to 7; for 0 the
    rest is left alone
    """

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        source = _Rows(context, builder, x, given[0], given[1])
        whole, part = (_Rows(context, builder, k, a) for k, a in zip((sums, rest), given[5:], strict=True))
        factor = spread_in(builder, given[2], LANES)
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
                source.ask(builder.add(i, ir.Constant(i.type, _AHEAD)))
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
                if terms:
                    part.store(reduce(builder.fadd, terms), row)
                return [x0, x1, x2, p1, p2, q2]

            _loop(builder, count, 6, step)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(x, start, scale, rows, few, sums, rest), generate


def _suffixes(_: Any, z: Any, first: Any, rows: Any, out: Any) -> Any:
    """out[m] = z[m] + z[m + 1] + ... to the last of `rows` rows m, which begin at z's number `first`, from the back."""

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        given_z, f = _Rows(context, builder, z, given[0], given[1]), _Rows(context, builder, out, given[3])
        last = builder.sub(given[2], ir.Constant(given[2].type, 1))

        def step(i: Any, total: Any, base: Any) -> Any:
            row = builder.sub(last, i)
            total = builder.fadd(total, given_z.load(row))
            f.store(builder.fadd(total, base), row)
            return total

        _chains(builder, given[2], step)
        return context.get_dummy_value()

    return types.void(z, first, rows, out), generate


def _few(
    _: Any, z: Any, count: Any, rows: Any, rest: Any, behind: Any, divisor: Any, out: Any, at: Any, past: Any
) -> Any:
    """out[m] = (z[m] + ... + z[m + count - 1] + rest[m]) / divisor, for `rows` rows m; count is 0 to 4.

    Everything else as in `joined`.
    """

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        given_z = _Rows(context, builder, z, given[0])
        means = _Means(context, builder, (rest, divisor, out), given[3:])
        end = builder.append_basic_block("averaged")
        switch = builder.switch(given[1], end)
        for some in range(FEW + 1):
            block = builder.append_basic_block(f"rows{some}")
            switch.add_case(ir.Constant(given[1].type, some), block)
            builder.position_at_end(block)

            def step(i: Any, _carried: list[Any], *, past: bool, some: int = some) -> list[Any]:
                total = given_z.load(i) if some else _EMPTY
                for more in range(1, some):
                    total = builder.fadd(total, given_z.load(builder.add(i, ir.Constant(i.type, more))))
                means.store(total, i, past=past)
                return []

            def rows_of_it(past: bool, step: Any = step) -> None:
                _loop(builder, given[2], 0, partial(step, past=past))

            means.either(rows_of_it)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(z, count, rows, rest, behind, divisor, out, at, past), generate


def _joined(
    _: Any, z: Any, first: Any, rows: Any, f: Any, rest: Any, behind: Any, divisor: Any, out: Any, at: Any, past: Any
) -> Any:
    """out[m] = (f[m] + z[0] + ... + z[m - 1] + rest[m]) / divisor, for `rows` rows m, correctly rounded: the mean of
    equal numbers is that number. `first`, `behind` and `at` say at which of their numbers z, rest and out begin.

    rest : a row for each, or one for all of them;  out : float32 or float64;  past : whether to write past the caches.
    Then out[at] lies at a multiple of a row's bytes
    """

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        given_z, suffix = _Rows(context, builder, z, given[0], given[1]), _Rows(context, builder, f, given[3])
        means = _Means(context, builder, (rest, divisor, out), given[4:])

        def step(i: Any, total: Any, base: Any, *, past: bool) -> Any:
            means.store(builder.fadd(suffix.load(i), builder.fadd(total, base)), i, past=past)
            return builder.fadd(total, given_z.load(i))

        means.either(lambda past: _chains(builder, given[2], partial(step, past=past)))
        return context.get_dummy_value()

    return types.void(z, first, rows, f, rest, behind, divisor, out, at, past), generate


class _Means:
    """Where sums become means: kinds of rest, divisor and out; values from `rest` to `past` as in `joined`."""

    def __init__(self, context: Any, builder: Any, kinds: Any, values: Any) -> None:
        self.builder, (rest, _, out) = builder, kinds
        given, behind, divisor, means, at, self.past = values
        one = builder.icmp_signed("<=", builder.extract_value(given, 2), ir.Constant(behind.type, LANES))
        self.every = builder.select(one, ir.Constant(behind.type, 0), ir.Constant(behind.type, 1))
        self.rest = _Rows(context, builder, rest, given, builder.mul(behind, self.every))
        self.out = _Rows(context, builder, out, means, at)
        self.divisor = spread_in(builder, divisor, LANES)
        self.inverse = builder.fdiv(ir.Constant(_ROW, [1.0] * LANES), self.divisor)

    def either(self, loop: Callable[[bool], Any]) -> None:
        """The loop for either way of writing."""
        with self.builder.if_else(self.past) as (past, usual):
            with past:
                loop(True)
            with usual:
                loop(False)

    def store(self, total: Any, row: Any, *, past: bool) -> None:
        builder = self.builder
        total = builder.fadd(total, self.rest.load(builder.mul(row, self.every)))
        rough = builder.fmul(total, self.inverse)
        left = fused_in(builder, builder.fneg(rough), self.divisor, total)
        fine = fused_in(builder, left, self.inverse, rough)  # NaN behind an infinity
        self.out.store(builder.select(builder.fcmp_ordered("ord", fine, fine), fine, rough), row, past=past)


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
few: Any = intrinsic(_few)
