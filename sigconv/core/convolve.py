"""Convolution and correlation over any axes, in every mode and with every boundary: the doors and the definitions.

convolve:   y[n] = sum_k kernel[k] x[n - k]         the kernel is flipped as it slides
correlate:  y[n] = sum_k conj(kernel[k]) x[n + k]   it is not; a layer of a CNN correlates

Where it differs from SciPy on purpose: "valid" never swaps x and kernel (SciPy does where the kernel is the longer);
an empty kernel is an error; "same" always has the length of x (as in SciPy; NumPy takes the longer of the two).
As in SciPy, an axis without samples gives an axis without outputs.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Literal

import numpy as np
from array_api_compat import is_numpy_array

from sigconv.core.boundary import BoundaryLike, extend, rule_of
from sigconv.core.geometry import Mode, at_least, length_after, padding_for, span
from sigconv.core.memory import lengthened
from sigconv.core.namespace import axis_indices, inexact, is_complex, like, wide_enough
from sigconv.core.planner import Slide
from sigconv.errors import ArgumentError, ShapeError, one_of

Method = Literal["auto", "direct", "separable", "fft", "overlap_add"]
METHODS = ("auto", "direct", "separable", "fft", "overlap_add")
Accuracy = Literal["fast", "local"]

_FEW_TAPS = 48  # below about this many taps, passing over the slices beats the transforms


def convolve(
    x: Any,
    kernel: Any,
    mode: Mode = "full",
    method: Method = "auto",
    *,
    axes: Sequence[int] | int | None = None,
    boundary: BoundaryLike = "zeros",
    origin: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    accuracy: Accuracy = "fast",
) -> Any:
    """The kernel, flipped, slid over the axes of x: y[n] = sum_k kernel[k] x[n - k].

    Parameters
    ----------
    x : array or tensor of any shape
    kernel : array with one axis for each of `axes`, each at least 1 long
    mode : "full" (n + k - 1 samples), "same" (n, starting at sample floor((k-1)/2) of full), "valid" (n - k + 1) or
        "causal" (n, the first n of full); k is the span of the kernel
    method : "auto", the cheapest of these; "direct", the sum over the taps; "separable", one axis after the other,
        for kernels that are a product of lines; "fft", one transform of the whole line; "overlap_add", transforms of
        overlapping tiles. Where x or the kernel holds NaN or infinity the sum over the taps is taken
    axes : the axes of x to slide along; by default the last ones
    boundary : what lies outside x: "zeros", ("constant", c), "edge", "reflect", "symmetric", "wrap", "odd_reflect",
        "odd_symmetric"
    origin : for "same", samples by which the window looks later (one number, or one an axis); 1 is Octave's and
        MATLAB's rule for an even k
    stride, dilation : int >= 1, one number or one an axis; a stride keeps every s-th output, a dilation puts the
        taps d samples apart
    accuracy : "fast": errors up to 8 eps max sum|x||kernel|, the maximum over all outputs; up to 16 where 13 to 32
        products of float64, or the lines of a separable kernel, are added in a row and every rounding goes the same way
        (equal samples beside one that is 1e16 times as loud). "local": up to 8 eps sum|x||kernel| at every output, so
        that a quiet passage beside a loud one keeps its digits

    Returns
    -------
    array, same library, device and precision as x (integers become float64); complex if either is. With "same" and
    "causal" at stride 1 it has the shape of x, whichever of x and kernel is longer.

    Raises
    ------
    ArgumentError : unknown mode, method, boundary or accuracy, or a number outside its range
    ShapeError : the kernel does not fit the axes, is empty, or is longer than x in "valid"
    ResourceError : the kernel or its dilation lengthens x to more than 4 GiB and eight times its size

    Source: Oppenheim & Schafer (2010), eq. 2.49.  Same as: numpy.convolve, scipy.signal.convolve.

    >>> convolve([1, 2, -5, 4, 2, -1], [-1, 2, -1], "valid")
    array([  8., -16.,  11.,   1.])
    """
    xp, x = inexact(x)
    taps = like(kernel, x)
    taps = taps[::-1] if taps.ndim == 1 and type(taps) is np.ndarray else xp.flip(taps)
    return _slid(x, taps, mode, method, axes, boundary, origin, stride, dilation, accuracy)


def correlate(
    x: Any,
    kernel: Any,
    mode: Mode = "full",
    method: Method = "auto",
    *,
    axes: Sequence[int] | int | None = None,
    boundary: BoundaryLike = "zeros",
    origin: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    accuracy: Accuracy = "fast",
) -> Any:
    """The kernel slid over the axes of x as it stands: what a layer of a CNN computes.

    It is `convolve` with the kernel flipped and conjugated; modes, boundaries, sizes and errors are those.

    Parameters
    ----------
    x, kernel, mode, method, axes, boundary, origin, stride, dilation, accuracy : as in `convolve`

    Returns
    -------
    array, same library, device and precision as x

    Raises
    ------
    ArgumentError, ShapeError : as `convolve`

    Source: Oppenheim & Schafer (2010), section 2.9.  Same as: numpy.correlate, scipy.signal.correlate.

    >>> correlate([0, 0, 1, 0, 0], [1, 2, 3], "same")
    array([0., 3., 2., 1., 0.])
    """
    xp, x = inexact(x)
    taps = like(kernel, x)
    taps = xp.conj(taps) if is_complex(taps) else taps
    return _slid(x, taps, mode, method, axes, boundary, origin, stride, dilation, accuracy)


def _slid(
    x: Any, taps: Any, mode: Mode, method: Method, axes: Any, boundary: BoundaryLike, origin: Any, stride: Any,
    dilation: Any, accuracy: Accuracy,
) -> Any:  # fmt: skip
    """The taps, in the order of correlation, slid over x."""
    one_of("method", method, METHODS)
    one_of("accuracy", accuracy, ("fast", "local"))
    how = (tuple(x.shape), tuple(taps.shape), mode, axes, boundary, origin, stride, dilation)
    try:
        slide, empty = _slide_before(how, tuple([type(v) for part in how[3:] if type(part) is tuple for v in part]))
    except TypeError:  # a list
        slide, empty = _slide(*how)
    if x.dtype != taps.dtype or slide.boundary[1]:
        x = wide_enough(x, 1j if is_complex(taps) else slide.boundary[1])
        taps = like(taps, x)
    if empty:
        return _empty(x, taps, slide)
    if x.dtype.itemsize == 2:  # half precision is summed in single and rounded once
        xp = inexact(x)[0]
        y = _run(xp.astype(x, xp.float32), xp.astype(taps, xp.float32), slide, method, accuracy)
        with np.errstate(over="ignore"):
            return xp.astype(y, x.dtype)
    return _run(x, taps, slide, method, accuracy)


def _run(x: Any, taps: Any, slide: Slide, method: Method, accuracy: Accuracy) -> Any:
    """The taps slid over x by the compiled kernels, or by the definition."""
    if x.dtype.itemsize // (1 + is_complex(x)) not in (4, 8):  # long double
        return defined(x, taps, slide, method)
    if type(x) is np.ndarray or is_numpy_array(x):
        from sigconv.core.native import sliding

        return sliding.correlate(x, taps, slide, method, accuracy)
    from sigconv.core.native import convolution

    return convolution.correlate(x, taps, slide, method, accuracy)


def _slide(
    shape: Any, taps: Any, mode: Mode, axes: Any, boundary: BoundaryLike, origin: Any, stride: Any, dilation: Any
) -> tuple[Slide, bool]:
    """How the kernel slides, from the shapes and arguments, and whether there is nothing to slide over; what cannot fit
    is refused."""
    one_of("mode", mode, ("full", "same", "valid", "causal"))
    where = axis_indices(range(-len(taps), 0) if axes is None and len(taps) <= len(shape) else axes, len(shape))
    if len(where) != len(taps) or not taps:
        raise ShapeError(f"kernel has {len(taps)} axes; x has {len(shape)}, and {len(where)} of them are convolved")
    if 0 in taps:
        raise ShapeError(f"kernel has shape {taps}; every axis holds at least one tap")
    origins, strides, dilations = (
        per_axis(name, given, len(where))
        for name, given in (("origin", origin), ("stride", stride), ("dilation", dilation))
    )
    padding = []
    for axis, k, s, d, o in zip(where, taps, strides, dilations, origins, strict=True):
        padding.append(padding_for(mode, k, d, o))
        at_least("stride", s, 1)
        if mode == "valid" and shape[axis]:
            length_after(shape[axis], k, s, d)
    lengthened(f"kernel {taps} with dilation {dilations}", shape, where, padding)
    reach = [shape[axis] + sum(pad) for axis, pad in zip(where, padding, strict=True)]
    strides = tuple(min(s, max(n, 1)) for s, n in zip(strides, reach, strict=True))  # beyond it there is one output
    dilations = tuple(d if k > 1 else 1 for d, k in zip(dilations, taps, strict=True))
    empty = any(not shape[axis] for axis in where)
    return Slide(where, tuple(padding), rule_of(boundary), strides, dilations), empty


@lru_cache(maxsize=256, typed=True)
def _slide_before(how: Any, kinds: Any) -> tuple[Slide, bool]:  # noqa: ARG001 - 2, 2.0, 2 + 0j and True are alike as keys
    return _slide(*how)


def _empty(x: Any, taps: Any, slide: Slide) -> Any:
    """An axis without samples gives one without outputs."""
    shape = list(x.shape)
    for axis, pad, k, s, d in zip(slide.axes, slide.padding, taps.shape, slide.strides, slide.dilations, strict=True):
        shape[axis] = length_after(shape[axis], k, s, d, pad) if shape[axis] else 0
    if is_numpy_array(x):
        return np.empty(shape, x.dtype)
    return x.new_empty(shape)


def per_axis(name: str, given: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """One whole number for each axis, from one number or a sequence.

    >>> per_axis("stride", 2, axes=3)
    (2, 2, 2)
    """
    if _is_whole(given):
        return (int(given),) * axes  # type: ignore[arg-type]
    if not isinstance(given, Sequence) or len(given) != axes or not all(map(_is_whole, given)):
        raise ArgumentError(f"{name} is {given!r}; it is one whole number, or one for each of {axes} axes")
    return tuple(int(value) for value in given)


def _is_whole(given: Any) -> bool:
    return isinstance(given, int | np.integer) and not isinstance(given, bool)


def defined(x: Any, taps: Any, slide: Slide, method: str = "direct") -> Any:
    """The definition, for any array library: y[n] = sum_k taps[k] ext(x)[n s + k d - before].

    >>> defined(np.ones(4), np.ones(2), Slide((0,), ((1, 0),), rule_of("zeros"), (1,), (1,)))
    array([1., 2., 2., 2.])
    """
    xp = inexact(x)[0]
    for axis, pad in zip(slide.axes, slide.padding, strict=True):
        x = extend(x, *pad, slide.boundary, axis)
    if _by_fft(xp, x, taps, method):
        return _fft(xp, x, xp.flip(taps), slide.axes, slide.strides, slide.dilations)
    return summed(x, taps, slide.axes, slide.strides, slide.dilations)


def _by_fft(xp: Any, x: Any, taps: Any, method: str) -> bool:
    if method != "auto":
        return method in ("fft", "overlap_add")
    if prod(taps.shape) <= _FEW_TAPS or 0 in x.shape:
        return False
    return bool(xp.all(xp.isfinite(x))) and bool(xp.all(xp.isfinite(taps)))


def summed(x: Any, taps: Any, axes: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> Any:
    """The sum over the taps of shifted slices of the extended x."""
    lengths = [
        length_after(x.shape[a], k, s, d) for a, k, s, d in zip(axes, taps.shape, strides, dilations, strict=True)
    ]
    total: Any = None
    for tap in product(*map(range, taps.shape)):
        window = [slice(None)] * x.ndim
        for axis, t, n, s, d in zip(axes, tap, lengths, strides, dilations, strict=True):
            window[axis] = slice(t * d, t * d + (n - 1) * s + 1, s)
        term = x[tuple(window)] * taps[tap]
        total = term if total is None else total + term
    return total


def _fft(xp: Any, x: Any, taps: Any, axes: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> Any:
    """Products of transforms; a circle as long as the extended x keeps the fully covered outputs whole."""
    from scipy.fft import next_fast_len

    dtype = x.dtype
    if any(d > 1 for d in dilations):
        for axis, d in enumerate(dilations):
            taps = _spread(xp, taps, axis, d)
    order = [axes.index(a) for a in sorted(axes)]
    taps = xp.permute_dims(taps, tuple(order))
    axes, strides = [axes[i] for i in order], [strides[i] for i in order]
    real = not is_complex(x)
    forward, inverse = (xp.fft.rfftn, xp.fft.irfftn) if real else (xp.fft.fftn, xp.fft.ifftn)
    circle = [next_fast_len(x.shape[a], real) for a in axes]
    gaps = tuple(slice(None) if a in axes else None for a in range(axes[0], x.ndim))
    spectrum = forward(taps, s=circle, axes=tuple(range(taps.ndim)))[gaps]
    y = inverse(forward(x, s=circle, axes=tuple(axes)) * spectrum, s=circle, axes=tuple(axes))
    window = [slice(None)] * x.ndim
    for axis, k, s in zip(axes, taps.shape, strides, strict=True):
        window[axis] = slice(span(k) - 1, x.shape[axis], s)
    return xp.astype(y[tuple(window)], dtype)


def _spread(xp: Any, taps: Any, axis: int, dilation: int) -> Any:
    """The taps with dilation - 1 zeros between neighbours along one axis."""
    length = span(taps.shape[axis], dilation)
    apart = xp.stack([taps, *[xp.zeros_like(taps)] * (dilation - 1)], axis=axis + 1)
    flat = xp.reshape(apart, (*taps.shape[:axis], -1, *taps.shape[axis + 1 :]))
    return flat[(*(slice(None),) * axis, slice(0, length))]
