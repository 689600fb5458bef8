"""The array door of the core: which library an array belongs to, and which precision its results have."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from sigconv.errors import ArgumentError, ShapeError

_NUMPY = array_namespace(np.zeros(0))
_TENSORS: dict[Any, Any] = {}  # kinds of tensors that were found in order, and their namespace: asking takes its time


def inexact(x: Any, argument: str = "x") -> tuple[Any, Any]:
    """The array namespace of x, and x as a floating or complex array.

    Parameters
    ----------
    x : NumPy array, torch tensor, or anything numpy.asarray reads
    argument : what error messages call it

    Returns
    -------
    (namespace, array): integers and booleans become float64, float32 stays float32; in this machine's byte order

    Raises
    ------
    ArgumentError : neither numbers nor booleans

    >>> inexact([1, 2])[1]
    array([1., 2.])
    """
    if type(x) is np.ndarray and x.dtype.char in "fdFD" and x.dtype.isnative:  # most calls: nothing to find out
        return _NUMPY, x
    if is_torch_array(x):
        known = _TENSORS.get((x.dtype, x.layout))
        if known is not None and not x.is_meta:
            return known, x
        if x.is_meta or str(x.layout) != "torch.strided" or x.is_quantized:
            raise ArgumentError(
                f"{argument} is a tensor on {x.device}, {x.layout}, of {x.dtype}; it is dense and has plain values"
            )
        if str(x.dtype) == "torch.complex32":
            raise ArgumentError(f"{argument} holds complex32, with which torch can hardly compute; give complex64")
    else:
        if isinstance(x, np.ma.MaskedArray):
            raise ArgumentError(f"{argument} is a masked array; say what its gaps are, as in {argument}.filled(np.nan)")
        if type(x).__module__.partition(".")[0] == "dask":
            raise ArgumentError(
                f"{argument} is a dask array, which a CCDE filters as it is; else give {argument}.compute()"
            )
        try:
            x = np.asarray(x)
        except ValueError as error:
            raise ArgumentError(f"{argument} is no array: {error}") from error
        if x.dtype.kind not in "biufc":
            what = f" (one {type(x.item()).__name__})" if x.dtype.kind == "O" and not x.ndim else ""
            raise ArgumentError(f"{argument} holds {x.dtype}{what}; it holds numbers")
        if not x.dtype.isnative:
            x = x.astype(x.dtype.newbyteorder("="))
    xp = array_namespace(x)
    if not xp.isdtype(x.dtype, ("real floating", "complex floating")):
        x = xp.astype(x, xp.float64)
    elif is_torch_array(x):
        _TENSORS[x.dtype, x.layout] = xp
    return xp, x


def like(values: Any, x: Any, argument: str = "kernel") -> Any:
    """Values as an array beside x: same library and device, x's precision, complex if they are.

    >>> like([1, 2], np.zeros(3, np.float32)).dtype
    dtype('float32')
    """
    if type(values) is np.ndarray and type(x) is np.ndarray and values.dtype == x.dtype and x.dtype.isnative:
        return values
    xp = array_namespace(x)
    if is_torch_array(values) and not is_torch_array(x):
        raise ArgumentError(f"{argument} is a torch tensor and x is not; make them arrays of one library")
    theirs = is_torch_array(values)
    values = inexact(values, argument)[1]
    if is_torch_array(x) and not theirs:
        values = xp.asarray(np.array(values), device=device(x))
    if is_complex(values) and not is_complex(x):
        return xp.astype(values, xp.result_type(x.dtype, xp.complex64))
    return xp.astype(values, x.dtype)


def is_complex(x: Any) -> bool:
    """Whether x holds complex numbers.

    >>> is_complex(np.zeros(3))
    False
    """
    if isinstance(x, np.ndarray):
        return bool(x.dtype.kind == "c")
    if is_torch_array(x):
        return bool(x.is_complex())
    return bool(array_namespace(x).isdtype(x.dtype, "complex floating"))


def wide_enough(x: Any, constant: Any) -> Any:
    """x, complex if the constant that lies outside of it is.

    >>> wide_enough(np.zeros(1, np.float32), 1j).dtype
    dtype('complex64')
    """
    if isinstance(constant, complex) and not is_complex(x):
        xp = array_namespace(x)
        return xp.astype(x, xp.result_type(x.dtype, xp.complex64))
    return x


def axis_index(axis: int, ndim: int, argument: str = "axis") -> int:
    """An axis counted from the front.

    Raises
    ------
    ArgumentError : not a whole number;  ShapeError : the array has no such axis

    >>> axis_index(-1, 3)
    2
    """
    if type(axis) is not int and (not isinstance(axis, int | np.integer) or isinstance(axis, bool)):
        raise ArgumentError(f"{argument} is {axis!r}; it is a whole number")
    if not ndim:
        raise ShapeError(f"{argument} is {axis}, but the array is a single number; it has at least one axis")
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{argument} is {axis}; an array of {ndim} axes has {-ndim} to {ndim - 1}")
    return int(axis) % ndim


def axis_indices(axes: Iterable[int] | int | None, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front, each once; None is all of them.

    Raises
    ------
    ArgumentError : not whole numbers;  ShapeError : no such axis, or one given twice

    >>> axis_indices((-1, 0), 3)
    (2, 0)
    """
    if axes is None:
        return tuple(range(ndim))
    many = isinstance(axes, Iterable) and getattr(axes, "ndim", None) != 0
    given: tuple[Any, ...] = tuple(axes) if many else (axes,)  # type: ignore[arg-type]
    found = tuple(axis_index(a, ndim, "axes") for a in given)
    if len(set(found)) < len(found):
        raise ShapeError(f"axes is {given}; each axis appears once")
    return found


def along(ndim: int, axis: int, part: slice | int) -> tuple[slice | int, ...]:
    """An index that takes `part` of one axis and all of the others.

    >>> np.arange(6).reshape(2, 3)[along(2, 1, slice(0, 2))]
    array([[0, 1],
           [3, 4]])
    """
    return (*(slice(None),) * axis, part, *(slice(None),) * (ndim - axis - 1))
