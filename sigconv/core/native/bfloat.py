"""bfloat16 numbers inside compiled kernels: their bits (uint16) are read as float32 and rounded back on the way out.

A kernel that reads with `value` and writes with `stored` is one source for float32, float64 and bfloat16 arrays.
"""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.extending import intrinsic

_FLOAT, _WORD, _HALF = ir.FloatType(), ir.IntType(32), ir.IntType(16)


def _value(_: Any, number: Any) -> Any:
    """A number of an array as a float: the bits of a bfloat16 as float32, others as they are."""
    if number != types.uint16:
        return number(number), lambda __, ___, ____, given: given[0]

    def generate(__: Any, builder: Any, ___: Any, given: Any) -> Any:
        wide = builder.shl(builder.zext(given[0], _WORD), ir.Constant(_WORD, 16))
        return builder.bitcast(wide, _FLOAT)

    return types.float32(number), generate


value: Any = intrinsic(_value)


def _stored(_: Any, like: Any, number: Any) -> Any:
    """A float as what an array of like's dtype holds: bfloat16 is rounded to the nearest, to even from the middle."""
    if like.dtype != types.uint16:
        cast = lambda context, builder, __, given: context.cast(builder, given[1], number, like.dtype)  # noqa: E731
        return like.dtype(like, number), cast

    def generate(context: Any, builder: Any, __: Any, given: Any) -> Any:
        real = context.cast(builder, given[1], number, types.float32)
        bits = builder.bitcast(real, _WORD)
        odd = builder.and_(builder.lshr(bits, ir.Constant(_WORD, 16)), ir.Constant(_WORD, 1))
        nearest = builder.add(bits, builder.add(odd, ir.Constant(_WORD, 0x7FFF)))
        # a NaN whose upper bits are empty would become an infinity
        nearest = builder.select(builder.fcmp_unordered("uno", real, real), ir.Constant(_WORD, 0x7FC00000), nearest)
        return builder.trunc(builder.lshr(nearest, ir.Constant(_WORD, 16)), _HALF)

    return types.uint16(like, number), generate


stored: Any = intrinsic(_stored)
