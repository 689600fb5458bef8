"""Our functions with SciPy's signatures, where the two differ on purpose.

What is adapted here is named in sigconv/core/DIFFERENCES.md: integers in are floats out, ndimage's names of
boundaries, its `output`, the direction of its `origin`, and that "valid" does not exchange its arguments.
"""

import warnings
from collections.abc import Callable
from functools import wraps
from operator import le
from typing import Any

import numpy as np

import sigconv
from sigconv.core.edges import prewitt as our_prewitt

BOUNDARIES = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}
calls = [0]  # how many calls of ours a test has made


def counted(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with every call counted."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        return function(*args, **kwargs)

    return call


def whole(x: Any, *arrays: Any) -> Any:
    """What SciPy gives for integers is integers."""
    kinds = [np.asarray(a).dtype for a in arrays]
    return np.rint(x).astype(np.result_type(*kinds)) if all(kind.kind in "iub" for kind in kinds) else x


def exchanged(in1: Any, in2: Any, mode: Any) -> bool:
    """Whether SciPy exchanges the two: "valid", and the second is the longer one."""
    one, other = np.shape(in1), np.shape(in2)
    return mode == "valid" and len(one) == len(other) and one != other and all(map(le, one, other))


def convolve(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    """scipy.signal.convolve."""
    x, kernel = (in2, in1) if exchanged(in1, in2, mode) else (in1, in2)
    return whole(sigconv.convolve(x, kernel, mode, method), in1, in2)


def correlate(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    """scipy.signal.correlate."""
    if exchanged(in1, in2, mode):
        y = np.conj(np.flip(sigconv.correlate(in2, in1, mode, method)))
    else:
        y = sigconv.correlate(in1, in2, mode, method)
    return whole(y, in1, in2)


def savgol_filter(
    x: Any,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    axis: int = -1,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """scipy.signal.savgol_filter."""
    boundary = "interp" if mode == "interp" else boundary_of(mode, cval)
    return sigconv.savgol(x, window_length, polyorder, deriv, delta, axis, boundary)


def boundary_of(mode: Any, cval: Any) -> Any:
    """Our name of one of ndimage's boundaries; ours has one for all axes."""
    not_ours(mode=None if isinstance(mode, str) else mode)
    return ("constant", cval) if mode in ("constant", "grid-constant") else BOUNDARIES.get(mode, mode)


def not_ours(**options: Any) -> None:
    """Refuse what ndimage can do and ours do not: an option that is neither None nor 0."""
    asked = {name: value for name, value in options.items() if value is not None and np.any(np.asarray(value) != 0)}
    if asked:
        raise NotImplementedError(f"ours have no {asked}")


def given_out(y: Any, output: Any, x: Any) -> Any:
    """y as ndimage gives it: in the dtype of x, in that of `output`, or written into `output`."""
    complex_y = y.dtype.kind == "c"
    if isinstance(output, np.ndarray):
        if complex_y and output.dtype.kind != "c":
            raise RuntimeError("output must have complex dtype")
        output[...] = _cast(y, output.dtype)
        return output
    dtype = np.asarray(x).dtype if output is None else np.dtype(output)
    if complex_y and dtype.kind != "c":
        if output is not None:
            warnings.warn("promoting specified output dtype to complex", UserWarning, stacklevel=3)
        dtype = np.promote_types(dtype, np.complex64)
    return _cast(y, dtype)


def _cast(y: Any, dtype: Any) -> Any:
    """As C casts: towards 0, and round the corner below 0 for unsigned integers."""
    return y.astype(np.int64).astype(dtype) if dtype.kind == "u" and y.dtype.kind == "f" else y.astype(dtype)


def _axes(axes: Any, x: Any) -> Any:
    if axes is None:
        return tuple(range(np.ndim(x)))
    return (axes,) if np.isscalar(axes) else tuple(axes)


def _slide(
    ours: Any, flips: bool, x: Any, weights: Any, output: Any, mode: Any, cval: Any, origin: Any, axes: Any
) -> Any:
    weights = np.asarray(weights)
    shifts = np.broadcast_to(origin, weights.ndim)
    where = (axes,) if np.isscalar(axes) else tuple(axes)
    order = sorted(range(len(where)), key=lambda i: where[i] % max(np.ndim(x), 1))  # ndimage's weights stand as x does
    even = [k % 2 == 0 for k in weights.shape]
    later = [int(shifts[i] + even[j]) if flips else -int(shifts[i]) for j, i in enumerate(order)]
    y = ours(x, weights, "same", axes=[where[i] for i in order], boundary=boundary_of(mode, cval), origin=later)
    return given_out(y, output, x)


def nd_correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.correlate."""
    return _slide(sigconv.correlate, False, input, weights, output, mode, cval, origin, _axes(axes, input))


def nd_convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.convolve."""
    return _slide(sigconv.convolve, True, input, weights, output, mode, cval, origin, _axes(axes, input))


def nd_correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """scipy.ndimage.correlate1d."""
    return _slide(sigconv.correlate, False, input, weights, output, mode, cval, origin, axis)


def nd_convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """scipy.ndimage.convolve1d."""
    return _slide(sigconv.convolve, True, input, weights, output, mode, cval, origin, axis)


def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: Any = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.gaussian_filter."""
    not_ours(radius=radius)
    y = sigconv.gaussian(input, sigma, axes=axes, boundary=boundary_of(mode, cval), truncate=truncate, order=order)
    return given_out(y, output, input)


def gaussian_filter1d(
    input: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: Any = 4.0,
    *,
    radius: Any = None,
) -> Any:
    """scipy.ndimage.gaussian_filter1d."""
    return gaussian_filter(input, sigma, order, output, mode, cval, truncate, radius=radius, axes=axis)


def uniform_filter1d(
    input: Any,
    size: int,
    axis: int = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    """scipy.ndimage.uniform_filter1d, centred."""
    not_ours(origin=origin)
    return given_out(sigconv.moving_average(input, size, axis, boundary=boundary_of(mode, cval)), output, input)


def uniform_filter(
    input: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.uniform_filter, centred."""
    not_ours(origin=origin)
    y = sigconv.moving_average(input, size, axes=_axes(axes, input), boundary=boundary_of(mode, cval))
    return given_out(y, output, input)


def median_filter(
    input: Any,
    size: Any = None,
    footprint: Any = None,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """scipy.ndimage.median_filter over whole centred windows."""
    not_ours(footprint=footprint, origin=origin)
    return given_out(sigconv.median(input, size, axes=axes, boundary=boundary_of(mode, cval)), output, input)


def sobel(
    input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None
) -> Any:
    """scipy.ndimage.sobel."""
    return given_out(sigconv.sobel(input, axis, axes=axes, boundary=boundary_of(mode, cval)), output, input)


def prewitt(
    input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None
) -> Any:
    """scipy.ndimage.prewitt."""
    return given_out(our_prewitt(input, axis, axes=axes, boundary=boundary_of(mode, cval)), output, input)


def laplace(input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None) -> Any:
    """scipy.ndimage.laplace."""
    return given_out(sigconv.laplacian(input, axes=axes, boundary=boundary_of(mode, cval)), output, input)


PLAIN = (
    "lfilter",
    "lfilter_zi",
    "lfiltic",
    "sosfilt",
    "sosfilt_zi",
    "filtfilt",
    "sosfiltfilt",
    "decimate",
    "resample_poly",
    "deconvolve",
)
ABSENT = [name for name in PLAIN if name not in sigconv.__all__]
SIGNAL = {name: counted(getattr(sigconv, name)) for name in PLAIN if name not in ABSENT}
SIGNAL |= {each.__name__: counted(each) for each in (convolve, correlate, savgol_filter)}
NDIMAGE = {
    each.__name__.removeprefix("nd_"): counted(each)
    for each in (
        nd_correlate,
        nd_convolve,
        nd_correlate1d,
        nd_convolve1d,
        gaussian_filter,
        gaussian_filter1d,
        uniform_filter1d,
        uniform_filter,
        median_filter,
        sobel,
        prewitt,
        laplace,
    )
}
