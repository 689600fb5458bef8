"""Linear difference equations with constant coefficients: the time loop, its state and its steady state.

    a[0] y[n] = b[0] x[n] + b[1] x[n-1] + ... - a[1] y[n-1] - a[2] y[n-2] - ...

The loop below is the definition, for any array library and for gradients. It keeps k - 1 numbers between two samples
(the transposed direct form II, SciPy's layout), so a signal filtered in pieces equals the signal filtered whole.
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array

from sigconv.core.namespace import axis_index, inexact, is_complex
from sigconv.core.native import recurrence as native
from sigconv.errors import ArgumentError, ShapeError


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
    xp, x = inexact(x)
    b, a = coefficients(b, x, "b", 1), coefficients(a, x, "a", 1)
    b, a = _normalized(xp, b, a)
    axis = axis_index(axis, x.ndim)
    work, (b, a, moved) = _together(xp, b, a, xp.moveaxis(x, axis, -1))
    rest = (*moved.shape[:-1], b.shape[0] - 1)
    state = _state(xp, zi, x, rest, work, lambda given: xp.moveaxis(given, axis, -1))
    state, (b, a, moved) = _widened(xp, state, b, a, moved)
    run = native.lfilter if is_numpy_array(x) and moved.dtype.char in "fdFD" else lfilter_loop
    y, zf = run(b, a, moved, state)
    y = xp.moveaxis(_narrowed(xp, y, x), -1, axis)
    return y if zi is None else (y, xp.moveaxis(zf, -1, axis))


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
    work, (sos, moved) = _together(xp, sos, xp.moveaxis(x, axis, -1))
    rest = (sos.shape[0], *moved.shape[:-1], 2)
    state = _state(xp, zi, x, rest, work, lambda given: xp.moveaxis(given, axis + 1, -1))
    state, (sos, moved) = _widened(xp, state, sos, moved)
    run = native.sosfilt if is_numpy_array(x) and moved.dtype.char in "fdFD" else sosfilt_loop
    y, zf = run(sos, moved, state)
    y = xp.moveaxis(_narrowed(xp, y, x), -1, axis)
    return y if zi is None else (y, xp.moveaxis(zf, -1, axis + 1))


def lfilter_zi(b: Any, a: Any) -> Any:
    """The state of lfilter after a step of height 1 has lasted for ever.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0, sum(a) not 0

    Returns
    -------
    (max(M, N),), in the library and precision of b

    Raises
    ------
    ArgumentError : no coefficients, a[0] = 0, or a pole at z = 1, where nothing settles

    Source: Likhterov & Kopeika (2003), doi:10.1109/TIM.2003.814804.  Same as: scipy.signal.lfilter_zi.

    >>> lfilter_zi([1, 1], [1, -0.5])
    array([3.])
    """
    xp, b = inexact(b, "b")
    b, a = coefficients(b, b, "b", 1), coefficients(a, b, "a", 1)
    b, a = _normalized(xp, *_together(xp, b, a)[1])
    return _steady(xp, b, a)


def sosfilt_zi(sos: Any) -> Any:
    """The state of sosfilt after a step of height 1 has lasted for ever.

    Parameters
    ----------
    sos : (sections, 6), each row b0 b1 b2 a0 a1 a2 with a0 = 1

    Returns
    -------
    (sections, 2)

    Raises
    ------
    ArgumentError : a pole at z = 1, where nothing settles
    ShapeError : sos is not (sections, 6)

    Same as: scipy.signal.sosfilt_zi.

    >>> sosfilt_zi([[1, 1, 0, 1, -0.5, 0]])
    array([[3., 0.]])
    """
    xp, sos = inexact(sos, "sos")
    sos = sections_beside(sos, sos)
    gain, states = xp.ones_like(sos[0, 0]), []
    for i in range(sos.shape[0]):
        b, a = sos[i, :3], sos[i, 3:]
        states.append(gain * _steady(xp, b, a))
        gain = gain * (xp.sum(b) / xp.sum(a))
    return xp.stack(states)


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
    ArgumentError : not `ndim` axes, or empty

    >>> coefficients([1, 2], np.zeros(3, np.float32), "b", 1)
    array([1., 2.])
    """
    if is_torch_array(values) and not is_torch_array(x):
        raise ArgumentError(f"{argument} is a torch tensor and x is not; make them arrays of one library")
    values = inexact(values, argument)[1]
    if is_torch_array(x) and not is_torch_array(values):
        values = array_namespace(x).asarray(np.array(values), device=device(x))
    if ndim == 1 and values.ndim == 0:
        values = values[None]
    if values.ndim != ndim or 0 in values.shape:
        raise ArgumentError(
            f"{argument} has shape {tuple(values.shape)}; it has {ndim} axes and at least one coefficient"
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
    if not bool((sos[:, 3] == 1).all()):
        raise ArgumentError("sos has a section whose a0 is not 1; divide its row by its a0")
    return sos


def _normalized(xp: Any, b: Any, a: Any) -> tuple[Any, Any]:
    """Both polynomials divided by a[0] and made equally long with zeros behind."""
    if not bool(a[0] != 0):
        raise ArgumentError("a[0] is 0; the newest output needs a coefficient, so drop leading zeros of a")
    k = max(a.shape[0], b.shape[0])
    b, a = (xp.concat([c / a[0], xp.zeros(k - c.shape[0], dtype=c.dtype, device=device(c))]) for c in (b, a))
    return b, a


def _steady(xp: Any, b: Any, a: Any) -> Any:
    """The state of a normalized section in its steady state: partial sums of b[i] - g a[i] from the end."""
    if not bool(xp.abs(xp.sum(a)) > 0):
        raise ArgumentError("a sums to 0: the filter has a pole at z = 1, so its answer to a step never settles")
    gain = xp.sum(b) / xp.sum(a)
    remaining = b[1:] - gain * a[1:]
    return xp.flip(xp.cumulative_sum(xp.flip(remaining))) if remaining.shape[0] else remaining


def _together(xp: Any, *arrays: Any) -> tuple[Any, list[Any]]:
    """The common dtype of arrays, and the arrays in it."""
    dtype = xp.result_type(*arrays)
    return dtype, [xp.astype(array, dtype, copy=False) for array in arrays]


def _widened(xp: Any, state: Any, *arrays: Any) -> tuple[Any, list[Any]]:
    """A complex state makes a complex filter."""
    dtype = xp.result_type(state, *arrays)
    return xp.astype(state, dtype), [xp.astype(array, dtype, copy=False) for array in arrays]


def _state(xp: Any, zi: Any, x: Any, shape: tuple[int, ...], dtype: Any, move: Any) -> Any:
    """The initial state in the loop's layout: rest, or zi with its time axis moved to the end."""
    if zi is None:
        return xp.zeros(shape, dtype=dtype, device=device(x))
    given = _beside(zi, x)
    if given.ndim == len(shape):
        given = move(given)
        if all(have in (1, want) for have, want in zip(given.shape[:-1], shape[:-1], strict=True)) and (
            given.shape[-1] == shape[-1]
        ):
            return xp.astype(xp.broadcast_to(given, shape), xp.result_type(given, dtype))
    raise ShapeError(f"zi has shape {tuple(given.shape)} (the filtered axis last); this filter and signal need {shape}")


def _beside(zi: Any, x: Any) -> Any:
    """A state as an array of the library and device of x."""
    if is_torch_array(x) and not is_torch_array(zi):
        return array_namespace(x).asarray(np.array(inexact(zi, "zi")[1]), device=device(x))
    return inexact(zi, "zi")[1]


def _narrowed(xp: Any, y: Any, x: Any) -> Any:
    """y in the precision of x; complex stays complex."""
    if is_complex(y) and not is_complex(x):
        return xp.astype(y, xp.result_type(x.dtype, xp.complex64))
    return xp.astype(y, x.dtype, copy=False)
