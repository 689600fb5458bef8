# ruff: noqa: ARG001 (numba reads what an operation takes from its signature)
"""Vectors of 64 bytes (8 float64 or 16 float32) as values inside compiled kernels; arrays are reached by address.

LLVM splits a vector where the processor has narrower ones. Every operation works lane by lane, so a lane gives the
same bits whatever its neighbours hold. `like` is any array: its dtype names the lanes.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic, models, register_model

from sigconv.core.native.compiled import fuses

BYTES = 64
_I32 = ir.IntType(32)


def operation(describe: Callable[..., Any]) -> Any:
    """A numba intrinsic, callable in kernels only."""
    return intrinsic(describe)


class Lanes(types.Type):
    """The numba type of a vector of float32 or float64."""

    def __init__(self, of: Any) -> None:
        self.of = of
        self.count = BYTES * 8 // of.bitwidth
        super().__init__(name=f"Lanes({of})")


@register_model(Lanes)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, ir.VectorType(manager.lookup(kind.of).get_value_type(), kind.count))


def place(context: Any, builder: Any, address: Any, kind: Any) -> Any:
    """An address as a pointer to a number or vector."""
    return builder.inttoptr(address, context.get_value_type(kind).as_pointer())


def spread_in(builder: Any, value: Any, count: int) -> Any:
    """A scalar in every lane."""
    vector = ir.VectorType(value.type, count)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_I32, count), [0] * count))


def fused_in(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c in every lane with one rounding."""
    if not fuses():
        return builder.fadd(builder.fmul(a, b), c)
    kind = ir.FunctionType(a.type, [a.type] * 3)
    name = f"llvm.fma.v{a.type.count}{'f64' if a.type.element == ir.DoubleType() else 'f32'}"
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [a, b, c])


def write_in(builder: Any, vector: Any, into: Any, align: int, *, past: bool = False) -> None:
    """Store a vector. past : past the caches, which wants a place at a multiple of its size."""
    stored = builder.store(vector, into, align=align)
    if past:
        stored.align = align * vector.type.count
        stored.set_metadata("nontemporal", builder.module.add_metadata([_I32(1)]))


def ask_in(builder: Any, pointer: Any) -> None:
    """Send for what lies somewhere, into the second cache: it is needed soon. Nothing happens if there is nothing."""
    byte = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte, _I32, _I32, _I32])
    prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
    builder.call(prefetch, [builder.bitcast(pointer, byte), _I32(0), _I32(2), _I32(1)])


def total_in(builder: Any, vector: Any) -> Any:
    """The sum of all lanes: halves added, then quarters, and so on."""
    count = vector.type.count
    while count > 1:
        count //= 2
        low, high = (ir.Constant(ir.VectorType(_I32, count), list(range(i, i + count))) for i in (0, count))
        vector = builder.fadd(*(builder.shuffle_vector(vector, vector, half) for half in (low, high)))
    return builder.extract_element(vector, ir.Constant(_I32, 0))


@operation
def width(_: Any, like: Any) -> Any:
    """How many lanes a vector of like's dtype has."""
    count = Lanes(like.dtype).count
    return types.intp(like), lambda context, *__: context.get_constant(types.intp, count)


@operation
def load(_: Any, like: Any, address: Any) -> Any:
    """The vector that begins at an address."""
    kind = Lanes(like.dtype)

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.load(place(context, builder, given[1], kind), align=kind.of.bitwidth // 8)

    return kind(like, types.intp), generate


@operation
def store(_: Any, address: Any, vector: Any) -> Any:
    """Write a vector to an address."""

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        builder.store(given[1], place(context, builder, given[0], vector), align=vector.of.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(types.intp, vector), generate


@operation
def read(_: Any, like: Any, address: Any) -> Any:
    """The number at an address."""

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.load(place(context, builder, given[1], like.dtype))

    return like.dtype(like, types.intp), generate


@operation
def write(_: Any, address: Any, value: Any) -> Any:
    """Write a number to an address."""

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        builder.store(given[1], place(context, builder, given[0], value))
        return context.get_dummy_value()

    return types.void(types.intp, value), generate


@operation
def ask(_: Any, array: Any, at: Any) -> Any:
    """Send for a contiguous array's number."""

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        ask_in(builder, builder.gep(context.make_array(array)(context, builder, given[0]).data, [given[1]]))
        return context.get_dummy_value()

    return types.void(array, at), generate


@operation
def splat(_: Any, value: Any) -> Any:
    """A number in every lane."""
    kind = Lanes(value)
    return kind(value), lambda __, builder, ___, given: spread_in(builder, given[0], kind.count)


@operation
def zero(_: Any, like: Any) -> Any:
    """0 in every lane."""
    kind = Lanes(like.dtype)
    return kind(like), lambda context, *__: ir.Constant(context.get_value_type(kind), [0.0] * kind.count)


@operation
def fused(_: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c in every lane with one rounding."""

    return a(a, a, a), lambda __, builder, ___, given: fused_in(builder, *given)


@operation
def times(_: Any, a: Any, b: Any) -> Any:
    """a * b in every lane."""
    return a(a, a), lambda __, builder, ___, given: builder.fmul(*given)


@operation
def plus(_: Any, a: Any, b: Any) -> Any:
    """a + b in every lane."""
    return a(a, a), lambda __, builder, ___, given: builder.fadd(*given)


@operation
def total(_: Any, a: Any) -> Any:
    """The sum of all lanes, as a tree."""
    return a.of(a), lambda __, builder, ___, given: total_in(builder, given[0])


@operation
def rotated(_: Any, a: Any) -> Any:
    """Every lane moved up by one; the last one comes first."""
    order = [a.count - 1, *range(a.count - 1)]

    def generate(__: Any, builder: Any, ___: Any, given: Any) -> Any:
        return builder.shuffle_vector(given[0], given[0], ir.Constant(ir.VectorType(_I32, a.count), order))

    return a(a), generate


@operation
def last(_: Any, a: Any) -> Any:
    """The number in the last lane."""
    return a.of(a), lambda __, builder, ___, given: builder.extract_element(given[0], ir.Constant(_I32, a.count - 1))


@operation
def where_lane(_: Any, lane: Any, a: Any, b: Any) -> Any:
    """a in one lane, b in the others."""

    def generate(__: Any, builder: Any, ___: Any, given: Any) -> Any:
        here = builder.trunc(given[0], _I32)
        count = ir.Constant(ir.VectorType(_I32, a.count), list(range(a.count)))
        return builder.select(builder.icmp_signed("==", count, spread_in(builder, here, a.count)), *given[1:])

    return a(types.intp, a, a), generate


@operation
def where_active(_: Any, step: Any, skew: Any, lag: Any, n: Any, a: Any, b: Any) -> Any:
    """a in the lanes with 0 <= step - lag * (lane - skew) < n, b in the others."""

    def generate(__: Any, builder: Any, ___: Any, given: Any) -> Any:
        step, skew, lag, n = (spread_in(builder, builder.trunc(value, _I32), a.count) for value in given[:4])
        lanes = ir.Constant(ir.VectorType(_I32, a.count), list(range(a.count)))
        at = builder.sub(step, builder.mul(lag, builder.sub(lanes, skew)))
        return builder.select(builder.icmp_unsigned("<", at, n), *given[4:])

    return a(*(types.intp,) * 4, a, a), generate


@operation
def transpose(
    _: Any, like: Any, source: Any, source_step: Any, few: Any, target: Any, target_step: Any, most: Any, past: Any
) -> Any:
    """A square of vectors: the rows at source + i source_step become the columns at target + j target_step (bytes).

    There are `few` rows and `most` columns in memory; those behind the last are the last again.
    past : whether to write past the caches; then every column lies at a multiple of a vector's bytes
    """
    kind = Lanes(like.dtype)

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        align = kind.of.bitwidth // 8

        def at(i: int, base: Any, by: Any, count: Any) -> Any:
            here, top = ir.Constant(by.type, i), builder.sub(count, ir.Constant(by.type, 1))
            here = builder.select(builder.icmp_signed("<", here, top), here, top)
            return place(context, builder, builder.add(base, builder.mul(by, here)), kind)

        rows = [builder.load(at(i, *given[1:4]), align=align) for i in range(kind.count)]
        columns = _turned(builder, rows)
        with builder.if_else(given[7]) as (beyond, usual):
            for branch, way in ((beyond, True), (usual, False)):
                with branch:
                    for i, column in enumerate(columns):
                        write_in(builder, column, at(i, *given[4:7]), align, past=way)
        return context.get_dummy_value()

    return types.void(like, *(types.intp,) * 6, types.boolean), generate


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """A square of vectors transposed: squares of half the size change places, then quarters, and so on."""
    count = len(rows)
    half = count // 2
    while half:
        low = [i + (count if i & half else 0) - (half if i & half else 0) for i in range(count)]
        high = [i + (half if not i & half else 0) + (count if i & half else 0) for i in range(count)]
        masks = [ir.Constant(ir.VectorType(_I32, count), order) for order in (low, high)]
        turned = list(rows)
        for i in range(count):
            if not i & half:
                pair = rows[i], rows[i + half]
                turned[i], turned[i + half] = (builder.shuffle_vector(*pair, mask) for mask in masks)
        rows, half = turned, half // 2
    return rows
