"""How kernels are compiled: cached on disk, without the interpreter lock, every fused multiply-add spelled out.

LLVM may fuse a * b + c in one loop and not in the next; a kernel whose pieces must equal its whole bit for bit calls
`fma`, which always fuses (and never does on a processor that cannot).
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba.core import types
from numba.core.extending import intrinsic


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled by numba on its first call; on disk from then on, where a folder can be written.

    >>> kernel(lambda x: 2 * x)(3)
    6
    """
    try:
        compiled = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # no folder for a cache: compile in every process
        return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    compiled._cache._cache_file._source_stamp = _stamp()
    return compiled  # type: ignore[no-any-return]


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """A piece of a kernel, written into it wherever it is called: arrays are many words to hand over.

    >>> kernel(lambda x: part(lambda y: 2 * y)(x)) is None
    False
    """
    return numba.njit(nogil=True, error_model="numpy", forceinline=True)(function)  # type: ignore[no-any-return]


@cache
def _stamp() -> tuple[tuple[str, int, int], ...]:
    """What kernels on disk were made of: this folder's files. (Numba looks at a kernel's own file alone, not at those
    that it calls.)"""
    found = [(file.name, file.stat()) for file in sorted(Path(__file__).parent.glob("*.py"))]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


@cache
def fuses() -> bool:
    """Whether the processor multiplies and adds in one rounding."""
    if not llvmlite.binding.get_default_triple().startswith(("x86", "i")):
        return True
    return bool(llvmlite.binding.get_host_cpu_features().get("fma", False))


def _fma(_: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG001
    """a * b + c with one rounding, for three numbers of one real type; vectorised like any other arithmetic."""

    def generate(__: Any, builder: Any, ___: Any, given: Any) -> Any:
        if fuses():
            return builder.fma(*given)
        return builder.fadd(builder.fmul(*given[:2]), given[2])

    return a(a, a, a), generate


fma: Any = intrinsic(_fma)


def _wide(_: Any) -> Any:
    """Said at the top of a kernel: use the widest vectors there are (LLVM keeps to half of them on some processors)."""

    def generate(context: Any, builder: Any, ___: Any, ____: Any) -> Any:
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


wide: Any = intrinsic(_wide)


def _bare(_: Any, array: Any) -> Any:
    """The array as a view that owns nothing; the array itself has to outlive it. Parts of it are made and dropped
    without the atomic counts of owners, each of which waits for all writes that are on their way."""

    def generate(context: Any, builder: Any, ___: Any, given: Any) -> Any:
        view = context.make_array(array)(context, builder, given[0])
        view.meminfo = view.meminfo.type(None)
        view.parent = view.parent.type(None)
        return view._getvalue()

    return array(array), generate


bare: Any = intrinsic(_bare)


def _settled(_: Any) -> Any:
    """Wait until what was written past the caches can be read by every core."""

    def generate(context: Any, builder: Any, __: Any, ___: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


settled: Any = intrinsic(_settled)
