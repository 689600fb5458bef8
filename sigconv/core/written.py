"""Arrays as plain numbers that any text format keeps, and back, to the last bit."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from sigconv.errors import FormatError

PRECISIONS = ("float32", "float64", "complex64", "complex128")


def written(array: Any) -> dict[str, Any]:
    """A floating or complex array as its dtype, its shape and a list of numbers; a complex one is two.

    >>> written(np.array([[1.5, 2]]))
    {'dtype': 'float64', 'shape': [1, 2], 'values': [1.5, 2.0]}
    """
    parts = np.ascontiguousarray(array).reshape(-1)
    real = parts.view(parts.real.dtype)
    return {"dtype": parts.dtype.name, "shape": list(np.shape(array)), "values": real.tolist()}


def read(plain: Any, name: str) -> Any:
    """The array that `written` wrote.

    Raises
    ------
    FormatError : something else

    >>> read({'dtype': 'float32', 'shape': [2], 'values': [1, 2]}, "b")
    array([1., 2.], dtype=float32)
    """
    if not isinstance(plain, Mapping) or plain.get("dtype") not in PRECISIONS:
        raise FormatError(
            f"{name} is {plain!r:.60}; it has a dtype, one of {', '.join(PRECISIONS)}, a shape and values"
        )
    dtype, shape, values = np.dtype(plain["dtype"]), plain.get("shape"), plain.get("values")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise FormatError(f"{name} has the shape {shape!r:.60}; it is a list of whole numbers")
    wanted = prod(shape) * (2 if dtype.kind == "c" else 1)
    if not isinstance(values, list) or len(values) != wanted or not all(type(v) in (int, float) for v in values):
        raise FormatError(f"{name} has values that are not {wanted} numbers, as its shape {shape} and dtype say")
    try:
        with np.errstate(over="raise"):
            return np.array(values, "f" if dtype.char in "fF" else "d").view(dtype).reshape(shape)
    except (ArithmeticError, ValueError) as error:
        raise FormatError(f"{name} has values or a shape that no array of {dtype.name} has: {error}") from error
