"""Linear difference equations with constant coefficients: the time loop, its state and its steady state.

    a[0] y[n] = b[0] x[n] + b[1] x[n-1] + ... - a[1] y[n-1] - a[2] y[n-2] - ...

The loop below is the definition, for any array library and for gradients. It keeps k - 1 numbers between two samples
(the transposed direct form II, SciPy's layout), so a signal filtered in pieces equals the signal filtered whole: with
zi and zf, to the bit for sections and without feedback and to rounding else; with core.stream, to the bit always.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from sigconv.core.namespace import axis_index, inexact, is_complex
from sigconv.errors import ArgumentError, ShapeError

_REAL = (np.dtype("d"), np.dtype("f"))
_SHORT = 64  # coefficients that are worth keeping


def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """The output of a difference equation, run forward along one axis.

        a[0] y[n] = b[0] x[n] + ... + b[M] x[n-M] - a[1] y[n-1] - ... - a[N] y[n-N]

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) real or complex coefficients, a[0] not 0
    x : (..., n, ...) array or tensor
    axis : int, the time axis
    zi : initial state, shaped like x with max(M, N) samples along `axis` (or 1 along the others); None is rest

    Returns
    -------
    y : shaped like x, same library, device and precision; complex if any input is. The loop runs in the wider
        precision of x and the coefficients.
    zf : the final state, in the precision of the loop; returned, as (y, zf), only if zi is given

    Raises
    ------
    ArgumentError : no coefficients, or a[0] = 0
    ShapeError : zi or axis do not fit x

    Source: Oppenheim & Schafer (2010), section 6.3.  Same as: scipy.signal.lfilter.

    >>> lfilter([1], [1, -0.5], [1, 0, 0, 0])
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    if _ready(b, a, x) and (zi is None or (type(zi) is np.ndarray and zi.dtype is x.dtype)):
        xp = np
        b, a, feedback = _polynomials(b.tobytes(), a.tobytes(), b.dtype.char + a.dtype.char + x.dtype.char)
        if zi is None:
            return _from_rest(b, a, x, axis, "recurrence" if feedback else "fir")
    else:
        xp, x = inexact(x)
        b, a = coefficients(b, x, "b", 1), coefficients(a, x, "a", 1)
        feedback = a.shape[0] > 1
    axis = axis_index(axis, x.ndim)
    line = time_last(xp, x, axis)
    rest = (*line.shape[:-1], max(b.shape[0], a.shape[0]) - 1)
    state = _state(xp, zi, x, rest, axis)
    b, a, line, state = together(xp, b, a, line, state)
    b, a = normalized(xp, b, a)
    y, zf = runners(line, feedback)[0](b, a, line, state)
    y = time_back(xp, narrowed(xp, y, x), axis)
    return y if zi is None else (y, time_back(xp, zf, axis))


def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """The output of second-order sections in a row, run forward along one axis.

    High orders stay exact here where one long polynomial would lose its poles to rounding.

    Parameters
    ----------
    sos : (sections, 6), each row b0 b1 b2 a0 a1 a2 with a0 = 1
    x : (..., n, ...) array or tensor
    axis : int, the time axis
    zi : (sections, ...) initial state, then shaped like x with 2 along `axis`; None is rest

    Returns
    -------
    y : shaped like x, same library, device and precision
    zf : the final state, shaped like zi; returned, as (y, zf), only if zi is given

    Raises
    ------
    ArgumentError : a0 is not 1
    ShapeError : sos is not (sections, 6), or zi or axis do not fit x

    Source: Oppenheim & Schafer (2010), section 6.3.3.  Same as: scipy.signal.sosfilt.

    >>> sosfilt([[1, 0, 0, 1, -0.5, 0]], [1, 0, 0, 0])
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    xp, x = inexact(x)
    sos = sections_beside(sos, x)
    axis = axis_index(axis, x.ndim)
    line = time_last(xp, x, axis)
    rest = (sos.shape[0], *line.shape[:-1], 2)
    state = _state(xp, zi, x, rest, axis + 1)
    sos, line, state = together(xp, sos, line, state)
    y, zf = runners(line)[1](sos, line, state)
    y = time_back(xp, narrowed(xp, y, x), axis)
    return y if zi is None else (y, time_back(xp, zf, axis + 1))


def lfilter_loop(b: Any, a: Any, x: Any, state: Any) -> tuple[Any, Any]:
    """The definition: one pass of the time loop along the last axis, with its state.

    b, a : (k,) with a[0] = 1;  x : (..., n);  state : (..., k-1).  Returns y (..., n) and the state after it.

    >>> lfilter_loop(np.ones(1), np.ones(1), np.ones(3), np.ones(0))[0]
    array([1., 1., 1.])
    """
    xp = array_namespace(x)
    memory = [state[..., i] for i in range(state.shape[-1])]
    outputs = []
    for n in range(x.shape[-1]):
        now = x[..., n]
        y = b[0] * now + memory[0] if memory else b[0] * now
        later = [*memory[1:], 0][: len(memory)]
        memory = [m + b[i + 1] * now - a[i + 1] * y for i, m in enumerate(later)]
        outputs.append(y)
    return (
        xp.stack(outputs, axis=-1) if outputs else x,
        xp.stack(memory, axis=-1) if memory else state,
    )


def sosfilt_loop(sos: Any, x: Any, state: Any) -> tuple[Any, Any]:
    """The definition: sections one after the other along the last axis, with their states.

    sos : (sections, 6) with a0 = 1;  x : (..., n);  state : (sections, ..., 2).

    >>> sosfilt_loop(np.array([[2.0, 0, 0, 1, 0, 0]]), np.ones(3), np.zeros((1, 2)))[0]
    array([2., 2., 2.])
    """
    states = []
    for i in range(sos.shape[0]):
        x, after = lfilter_loop(sos[i, :3], sos[i, 3:], x, state[i, ...])
        states.append(after)
    return x, array_namespace(x).stack(states)


def coefficients(values: Any, x: Any, argument: str, ndim: int) -> Any:
    """Coefficients as an array of the library and device of x, in their own precision.

    Raises
    ------
    ArgumentError : not `ndim` axes, or empty, or on another device

    >>> coefficients([1, 2], np.zeros(3, np.float32), "b", 1)
    array([1., 2.])
    """
    if type(values) is not np.ndarray or type(x) is not np.ndarray or values.dtype.char not in "fdFD":
        values = beside(values, x, argument)
    if ndim == 1 and values.ndim == 0:
        values = values[None]
    if values.ndim != ndim or 0 in values.shape:
        raise ArgumentError(
            f"{argument} has shape {tuple(values.shape)}; it has {ndim} {'axis' if ndim == 1 else 'axes'} "
            "and at least one coefficient"
        )
    return values


def sections_beside(sos: Any, x: Any) -> Any:
    """Second-order sections as an array of the library and device of x.

    Raises
    ------
    ShapeError : not (sections, 6);  ArgumentError : an a0 that is not 1

    >>> sections_beside([[1, 0, 0, 1, 0, 0]], np.zeros(3)).shape
    (1, 6)
    """
    sos = coefficients(sos, x, "sos", 2)
    if sos.shape[1] != 6:
        raise ShapeError(f"sos has shape {tuple(sos.shape)}; it is (sections, 6): b0 b1 b2 a0 a1 a2")
    if sos[:, 3].tolist() != [1.0] * sos.shape[0]:
        given = ", ".join(f"{a0:g}" for a0 in sos[:, 3].tolist())
        raise ArgumentError(
            f"sos[:, 3] is {given}; the a0 of its sections should be all ones: divide each row by its a0"
        )
    return sos


def beside(values: Any, x: Any, argument: str) -> Any:
    """Floating values as an array of the library and device of x, in their own precision.

    Raises
    ------
    ArgumentError : a tensor beside a NumPy array, or on another device

    >>> beside([1, 2], np.zeros(3), "zi")
    array([1., 2.])
    """
    if not is_torch_array(values):
        values = inexact(values, argument)[1]
        return array_namespace(x).asarray(np.array(values), device=device(x)) if is_torch_array(x) else values
    if not is_torch_array(x):
        raise ArgumentError(f"{argument} is a torch tensor and x is not; make them arrays of one library")
    if device(values) != device(x):
        raise ArgumentError(f"{argument} is on {device(values)} and x on {device(x)}; put them on one device")
    return inexact(values, argument)[1]


def normalized(xp: Any, b: Any, a: Any) -> tuple[Any, Any]:
    """Both polynomials divided by a[0] and made equally long with zeros behind.

    Make them one precision first, by `together`: the quotients are rounded to what they are given in.

    >>> normalized(np, np.array([2.0]), np.array([2.0, 1.0]))
    (array([1., 0.]), array([1. , 0.5]))
    """
    lead = a[0]
    if not bool(lead != 0):
        raise ArgumentError("a[0] is 0; the newest output needs a coefficient, so drop leading zeros of a")
    if not (type(a) is np.ndarray and lead == 1):  # a tensor's a[0] may want its gradient
        b, a = b / lead, xp.concat([xp.ones_like(a[:1]), a[1:] / lead])  # a complex number by itself may round beside 1
    k, m = a.shape[0], b.shape[0]
    if k < m:
        a = xp.concat([a, xp.zeros(m - k, dtype=a.dtype, device=device(a))])
    elif m < k:
        b = xp.concat([b, xp.zeros(k - m, dtype=b.dtype, device=device(b))])
    return b, a


def together(xp: Any, *arrays: Any) -> list[Any]:
    """The arrays in their common precision; half precision is computed in single.

    >>> [c.dtype.name for c in together(np, np.zeros(1, np.float32), np.zeros(1))]
    ['float64', 'float64']
    """
    dtype = arrays[0].dtype
    for array in arrays[1:]:
        if array.dtype is not dtype:
            dtype = xp.result_type(*arrays)
            break
    if dtype.itemsize == 2:
        dtype = xp.float32
    return [array if array.dtype is dtype else xp.astype(array, dtype, copy=False) for array in arrays]


def runners(x: Any, feedback: bool = True) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The fastest lfilter and sosfilt along the last axis for x; they give what the two loops above give.

    >>> runners(np.zeros(3, object))[0].__name__
    'lfilter_loop'
    """
    if not isinstance(x, np.ndarray):
        return native("adjoint").lfilter, native("adjoint").sosfilt
    if x.dtype.char not in "fdFD":
        return lfilter_loop, sosfilt_loop
    return native("recurrence" if feedback else "fir").lfilter, native("recurrence").sosfilt


@cache
def native(name: str) -> Any:
    """A module of core.native, loaded when it is first needed.

    >>> native("recurrence").__name__
    'sigconv.core.native.recurrence'
    """
    return import_module(f"sigconv.core.native.{name}")


def time_last(xp: Any, x: Any, axis: int) -> Any:
    """x with `axis` as its last; the way back is `time_back`.

    >>> time_last(np, np.zeros((2, 3)), 0).shape
    (3, 2)
    """
    return x if axis == x.ndim - 1 else xp.moveaxis(x, axis, -1)


def time_back(xp: Any, x: Any, axis: int) -> Any:
    """x with its last axis as `axis`.

    >>> time_back(np, np.zeros((3, 2)), 0).shape
    (2, 3)
    """
    return x if axis == x.ndim - 1 else xp.moveaxis(x, -1, axis)


def _ready(b: Any, a: Any, x: Any) -> bool:
    """Whether these are short real polynomials and numbers of NumPy: a short signal is not kept waiting at the door."""
    return (
        type(x) is np.ndarray
        and type(b) is np.ndarray
        and type(a) is np.ndarray
        and x.dtype in _REAL
        and b.dtype in _REAL
        and a.dtype in _REAL
        and b.ndim == 1 == a.ndim
        and 0 < b.size <= _SHORT
        and 0 < a.size <= _SHORT
    )


def _from_rest(b: Any, a: Any, x: Any, axis: int, run: str) -> Any:
    """lfilter of real NumPy numbers by normalized polynomials in their precision beside x."""
    axis = axis_index(axis, x.ndim)
    line = time_last(np, x if x.dtype is b.dtype else x.astype(b.dtype), axis)
    y = native(run).lfilter(b, a, line, np.zeros((*line.shape[:-1], b.size - 1), b.dtype))[0]
    return time_back(np, y if x.dtype is b.dtype else y.astype(x.dtype), axis)


@lru_cache(256)
def _polynomials(b: bytes, a: bytes, kinds: str) -> tuple[Any, Any, bool]:
    """Normalized polynomials in their precision beside x, and whether there is feedback; kinds : of b, a and x."""
    top, bottom = np.frombuffer(b, kinds[0]), np.frombuffer(a, kinds[1])
    kind, feedback = max(kinds, key="fd".index), bottom.size > 1
    return *normalized(np, top.astype(kind), bottom.astype(kind)), feedback


def _state(xp: Any, zi: Any, x: Any, shape: tuple[int, ...], axis: int) -> Any:
    """The initial state in the loop's layout: rest, or zi with its time axis moved to the end."""
    if zi is None:
        return np.zeros(shape, x.dtype) if type(x) is np.ndarray else xp.zeros(shape, dtype=x.dtype, device=device(x))
    given = beside(zi, x, "zi")
    if given.ndim == len(shape):
        given = time_last(xp, given, axis)
        if given.shape == shape:
            return given
        if given.shape[-1] == shape[-1] and all(
            have in (1, want) for have, want in zip(given.shape, shape, strict=True)
        ):
            return xp.broadcast_to(given, shape)
        given = time_back(xp, given, axis)
    needed = (*shape[:axis], shape[-1], *shape[axis:-1])
    raise ShapeError(f"zi has shape {tuple(given.shape)}; this filter and signal need {needed}")


def narrowed(xp: Any, y: Any, x: Any) -> Any:
    """y in the precision of x; complex stays complex.

    >>> narrowed(np, np.zeros(1), np.zeros(1, np.float32)).dtype
    dtype('float32')
    """
    if y.dtype == x.dtype:
        return y
    if is_complex(y) and not is_complex(x):
        return xp.astype(y, xp.result_type(x.dtype, xp.complex64))
    return xp.astype(y, x.dtype)
