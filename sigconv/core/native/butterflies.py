"""The steps of a transform, eight numbers at a time: splitting a polynomial by its roots, and joining it again.

A buffer of 2 M numbers holds M complex ones: the real parts, then the imaginary parts. A block of it is a polynomial
known modulo z**m - c. Splitting by 4 gives it modulo z**(m/4) - q i**t, t = 0..3, where q**4 = c:

    u[t] = a[0] + q i**t a[1] + q**2 i**2t a[2] + q**3 i**3t a[3]        a[s] the quarters of the block

One root serves the whole block, so neighbours are worked on together and nothing is ever put in another order.
The vectors are written out: the compiler has nothing to decide, and every fused multiply-add is a fused one.

Source: Bernstein (2001), "Multidigit multiplication for mathematicians", section 3.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from sigconv.core.native.compiled import fuses

LANES = 8  # numbers in a vector: also the length of the blocks that are multiplied without further splitting

_Pair = tuple[Any, Any]


class _Vectors:
    """Loads, stores and arithmetic of vectors in one array."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any) -> None:
        self.builder = builder
        self.data = context.make_array(kind)(context, builder, array).data
        self.type = ir.VectorType(context.get_data_type(kind.dtype), LANES)
        self.size = kind.dtype.bitwidth // 8

    def load(self, at: Any) -> Any:
        return self.builder.load(self._place(at), align=self.size)

    def store(self, vector: Any, at: Any) -> None:
        self.builder.store(vector, self._place(at), align=self.size)

    def all_lanes(self, at: Any) -> Any:
        """One number of the array, in every lane."""
        number = self.builder.load(self.builder.gep(self.data, [at]), align=self.size)
        empty, first = ir.Constant(self.type, ir.Undefined), ir.IntType(32)
        vector = self.builder.insert_element(empty, number, ir.Constant(first, 0))
        return self.builder.shuffle_vector(vector, empty, ir.Constant(ir.VectorType(first, LANES), [0] * LANES))

    def _place(self, at: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [at]), self.type.as_pointer())


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a * b + c, in one rounding where the processor can."""
    if not fuses():
        return builder.fadd(builder.fmul(a, b), c)
    bits = {"float": 32, "double": 64}[str(a.type.element)]
    name = f"llvm.fma.v{a.type.count}f{bits}"
    called = cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name)
    return builder.call(called, [a, b, c])


def _times(builder: Any, a: _Pair, w: _Pair) -> _Pair:
    real = _fma(builder, builder.fneg(a[1]), w[1], builder.fmul(a[0], w[0]))
    return real, _fma(builder, a[1], w[0], builder.fmul(a[0], w[1]))


def _times_conjugate(builder: Any, a: _Pair, w: _Pair) -> _Pair:
    real = _fma(builder, a[1], w[1], builder.fmul(a[0], w[0]))
    return real, _fma(builder, builder.fneg(a[0]), w[1], builder.fmul(a[1], w[0]))


def _add(builder: Any, a: _Pair, b: _Pair) -> _Pair:
    return builder.fadd(a[0], b[0]), builder.fadd(a[1], b[1])


def _subtract(builder: Any, a: _Pair, b: _Pair) -> _Pair:
    return builder.fsub(a[0], b[0]), builder.fsub(a[1], b[1])


def _turn(builder: Any, a: _Pair, b: _Pair) -> _Pair:
    """a + i b."""
    return builder.fsub(a[0], b[1]), builder.fadd(a[1], b[0])


def _turn_back(builder: Any, a: _Pair, b: _Pair) -> _Pair:
    """a - i b."""
    return builder.fadd(a[0], b[1]), builder.fsub(a[1], b[0])


def _split2(b: Any, a: list[_Pair], w: list[_Pair]) -> list[_Pair]:
    turned = _times(b, a[1], w[0])
    return [_add(b, a[0], turned), _subtract(b, a[0], turned)]


def _join2(b: Any, u: list[_Pair], w: list[_Pair]) -> list[_Pair]:
    return [_add(b, u[0], u[1]), _times_conjugate(b, _subtract(b, u[0], u[1]), w[0])]


def _split4(b: Any, a: list[_Pair], w: list[_Pair]) -> list[_Pair]:
    first, second, third = (_times(b, part, root) for part, root in zip(a[1:], w, strict=True))
    even, odd = _add(b, a[0], second), _subtract(b, a[0], second)
    total, apart = _add(b, first, third), _subtract(b, first, third)
    return [_add(b, even, total), _turn(b, odd, apart), _subtract(b, even, total), _turn_back(b, odd, apart)]


def _join4(b: Any, u: list[_Pair], w: list[_Pair]) -> list[_Pair]:
    even, odd = _add(b, u[0], u[2]), _subtract(b, u[0], u[2])
    total, apart = _add(b, u[1], u[3]), _subtract(b, u[1], u[3])
    turned = [_turn_back(b, odd, apart), _subtract(b, even, total), _turn(b, odd, apart)]
    return [_add(b, even, total), *(_times_conjugate(b, part, root) for part, root in zip(turned, w, strict=True))]


def _butterfly(radix: int, rule: Callable[..., list[_Pair]]) -> Any:
    """The kernel function step(buffer, o, part, M, roots, k): one vector from each of the `radix` parts at o.

    The roots q, q**2, ... stand at k as real and imaginary parts.
    """

    def step(_: Any, buffer: Any, o: Any, part: Any, m: Any, roots: Any, k: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            array, at, length, half, table, first = given
            data = _Vectors(context, builder, signature.args[0], array)
            known = _Vectors(context, builder, signature.args[4], table)
            word = ir.IntType(64)
            real = [at]
            while len(real) < radix:
                real.append(builder.add(real[-1], length))
            places = [(place, builder.add(place, half)) for place in real]
            numbers = [
                known.all_lanes(builder.add(first, ir.Constant(word, offset))) for offset in range(2 * radix - 2)
            ]
            parts = [(data.load(re), data.load(im)) for re, im in places]
            for (re, im), (x, y) in zip(
                places, rule(builder, parts, list(zip(numbers[::2], numbers[1::2], strict=True))), strict=True
            ):
                data.store(x, re)
                data.store(y, im)
            return context.get_dummy_value()

        return types.void(buffer, o, part, m, roots, k), generate

    return intrinsic(step)


split2, join2 = _butterfly(2, _split2), _butterfly(2, _join2)
split4, join4 = _butterfly(4, _split4), _butterfly(4, _join4)


def _multiply(_: Any, buffer: Any, o: Any, m: Any, spectrum: Any, k: Any) -> Any:
    """The block of 8 at o times the kernel's, modulo z**8 - c: a short convolution.

    The kernel's block h stands at k as the real parts of (c h, h), then their imaginary parts.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array, at, half, table, first = given
        data = _Vectors(context, builder, signature.args[0], array)
        known = _Vectors(context, builder, signature.args[3], table)
        word = ir.IntType(64)
        at_imaginary = builder.add(at, half)
        sums: list[Any] = []
        for i in range(LANES):
            x, y = (data.all_lanes(builder.add(start, ir.Constant(word, i))) for start in (at, at_imaginary))
            u, v = (known.load(builder.add(first, ir.Constant(word, place - i))) for place in (LANES, 3 * LANES))
            factors = ((x, u), (y, v), (x, v), (y, u))
            if i:
                sums = [_fma(builder, *pair, total) for pair, total in zip(factors, sums, strict=True)]
            else:
                sums = [builder.fmul(*pair) for pair in factors]
        data.store(builder.fsub(sums[0], sums[1]), at)
        data.store(builder.fadd(sums[2], sums[3]), at_imaginary)
        return context.get_dummy_value()

    return types.void(buffer, o, m, spectrum, k), generate


def _squares(_: Any, sums: Any, buffer: Any, o: Any) -> Any:
    """The squares of the 32 numbers at o added to 32 sums in double precision."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        totals, array, at = given
        total = _Vectors(context, builder, signature.args[0], totals)
        data = _Vectors(context, builder, signature.args[1], array)
        word = ir.IntType(64)
        for offset in range(0, 32, LANES):
            place = ir.Constant(word, offset)
            numbers = data.load(builder.add(at, place))
            if data.type != total.type:
                numbers = builder.fpext(numbers, total.type)
            total.store(_fma(builder, numbers, numbers, total.load(place)), place)
        return context.get_dummy_value()

    return types.void(sums, buffer, o), generate


def _copy(_: Any, target: Any, o: Any, source: Any, p: Any, count: Any) -> Any:
    """target[o : o + count] = source[p : p + count], arrays of one type that do not overlap."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        to, at, array, first, size = given
        place = builder.gep(context.make_array(signature.args[0])(context, builder, to).data, [at])
        start = builder.gep(context.make_array(signature.args[2])(context, builder, array).data, [first])
        cgutils.raw_memcpy(builder, place, start, size, signature.args[0].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(target, o, source, p, count), generate


def _clear(_: Any, target: Any, o: Any, count: Any) -> Any:
    """target[o : o + count] = 0."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        to, at, size = given
        place = builder.gep(context.make_array(signature.args[0])(context, builder, to).data, [at])
        each = ir.Constant(ir.IntType(64), signature.args[0].dtype.bitwidth // 8)
        cgutils.memset(builder, place, builder.mul(size, each), 0)
        return context.get_dummy_value()

    return types.void(target, o, count), generate


multiply: Any = intrinsic(_multiply)
squares: Any = intrinsic(_squares)
copy: Any = intrinsic(_copy)
clear: Any = intrinsic(_clear)
