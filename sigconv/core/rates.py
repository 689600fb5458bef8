"""Other sampling rates by whole factors: zeros between samples, a low-pass, and every so many samples kept.

All three are one sum, and only its non-zero products on kept outputs are computed (the polyphase form):

    y[m] = sum_i x[i] h[m down + (taps - 1) // 2 - i up]
"""

from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array

from sigconv.core.boundary import extend
from sigconv.core.design import cheby1
from sigconv.core.frames import frame
from sigconv.core.geometry import at_least
from sigconv.core.namespace import axis_index, inexact, is_complex, like
from sigconv.core.recurrence import lfilter, sosfilt
from sigconv.core.zerophase import filtfilt, sosfiltfilt
from sigconv.errors import ArgumentError, ResourceError, ShapeError, one_of

_BOUNDARIES = {
    "constant": "zeros",
    "wrap": "wrap",
    "edge": "edge",
    "symmetric": "symmetric",
    "reflect": "reflect",
    "antisymmetric": "symmetric",
    "antireflect": "odd_reflect",
}
_LEVELS = ("mean", "median", "maximum", "minimum")
_LINES = ("line", "smooth")
PADTYPES = (*_BOUNDARIES, *_LINES, *_LEVELS)

_COMPILED = ("float32", "float64", "complex64", "complex128")
_MOST_RATE = 1 << 23  # of a low-pass of 20 taps for each, 1.3 GB
_AT_ONCE = 1 << 22  # numbers in the frames that one matrix product takes


def resample_poly(
    x: Any,
    up: int,
    down: int,
    axis: int = 0,
    window: Any = ("kaiser", 5.0),
    padtype: str = "constant",
    cval: float | None = None,
) -> Any:
    """x at up/down times its sampling rate, what the new rate cannot hold removed first.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    up, down : int >= 1; a common factor does not matter
    axis : int, the time axis (the first, as in SciPy)
    window : name or tuple for scipy.signal.get_window, of which a low-pass of 20 max(up, down) + 1 taps is made; or
        the taps themselves, (taps,), at up times the rate of x
    padtype : what lies outside x: "constant" (cval), "edge", "reflect", "symmetric", "wrap", "antireflect",
        "antisymmetric", "line" (through the first and the last sample), "smooth" (straight on from the last two), or
        the "mean", "median", "maximum" or "minimum" along the axis
    cval : the constant of padtype "constant", 0 by default

    Returns
    -------
    (..., ceil(n up / down), ...), same library, device and precision as x; its first sample lies at x's first

    Raises
    ------
    ArgumentError : up or down below 1 or no whole number, an unknown padtype, a cval beside another padtype, taps
        that are no line
    ShapeError : no such axis, or no sample where the padtype needs some
    ResourceError : up or down so large that their low-pass would not fit the memory

    Source: Crochiere & Rabiner (1983), Multirate Digital Signal Processing, section 3.3.  Same as:
    scipy.signal.resample_poly.

    >>> resample_poly([1.0, 1, 1, 1], 1, 2, padtype="edge").round(6)
    array([1., 1.])
    """
    xp, x = inexact(x)
    up, down = at_least("up", up, 1), at_least("down", down, 1)
    one_of("padtype", padtype, PADTYPES)
    if cval is not None and padtype != "constant":
        raise ArgumentError(f"cval is {cval} with padtype {padtype!r}; it goes with padtype 'constant'")
    if not isinstance(cval, int | float | complex | np.number | None):
        raise ArgumentError(f"cval is {cval!r:.60}; it is one number")
    axis = axis_index(axis, x.ndim)
    up, down = up // gcd(up, down), down // gcd(up, down)
    taps = _taps(x, up, down, window)
    if up == down == 1:
        return xp.asarray(x, copy=True)
    line = xp.moveaxis(x, axis, -1)
    level = _level(xp, line, padtype)
    half = (taps.shape[0] - 1) // 2
    if level is not None:
        return xp.moveaxis(polyphase(line - level, taps, up, down, half) + level, -1, axis)
    return xp.moveaxis(polyphase(line, taps, up, down, half, padtype, cval or 0), -1, axis)


def decimate(x: Any, q: int, n: int | None = None, ftype: Any = "iir", axis: int = -1, zero_phase: bool = True) -> Any:
    """Every q-th sample of x, what the lower rate cannot hold removed first.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    q : int >= 1
    n : int >= 1, order of the filter; by default 8 for "iir" and 20 q for "fir"
    ftype : "iir" (Chebyshev I, 0.05 dB ripple, edge at 0.8 of the new half rate), "fir" (Hamming window) or a
        scipy.signal.dlti
    axis : int, the time axis
    zero_phase : whether the filter's delay is taken out: forward and backward for "iir", centred for "fir"

    Returns
    -------
    (..., ceil(n / q), ...), same library, device and precision as x. float32 is filtered in float64 and rounded once.
    A filter of even order has its ripple at frequency 0 too: a constant loses 0.6 %, with zero phase 1.1 %

    Raises
    ------
    ArgumentError : q or n below 1 or no whole number, an unknown ftype
    ShapeError : no such axis, or too few samples for zero phase

    Source: Crochiere & Rabiner (1983), section 2.3.  Same as: scipy.signal.decimate.

    >>> decimate(np.ones(30), 10, n=7).round(6)
    array([1., 1., 1.])
    """
    xp, x = inexact(x)
    if xp.finfo(x.dtype).bits < 32:
        x = xp.astype(x, xp.float64)
    q, n = at_least("q", q, 1), None if n is None else at_least("n", n, 1)
    axis = axis_index(axis, x.ndim)
    kind, numbers = _anti_alias(q, n, ftype) if isinstance(ftype, str) else _system(ftype)
    if kind == "fir":
        taps, half = like(numbers, x, "ftype"), (len(numbers) - 1) // 2 if zero_phase else 0
        return xp.moveaxis(polyphase(xp.moveaxis(x, axis, -1), taps, 1, q, half), -1, axis)
    if kind == "sos":
        y = sosfiltfilt(numbers, x, axis) if zero_phase else sosfilt(numbers, x, axis)
    else:
        b, a = numbers
        y = filtfilt(b, a, x, axis) if zero_phase else lfilter(b, a, x, axis)
    return y[(*(slice(None),) * axis, slice(None, None, q))]


def polyphase(x: Any, taps: Any, up: int, down: int, half: int, padtype: str = "constant", cval: float = 0) -> Any:
    """y[m] = sum_i x[i] taps[m down + half - i up] along the last axis, ceil(n up / down) samples of it.

    Parameters
    ----------
    x : (..., n) floating array or tensor
    taps : (k,) of the same library, device and dtype
    up, down : int >= 1 without a common factor
    half : int >= 0, the tap that meets the first sample in the first output
    padtype, cval : what lies outside, as in `resample_poly`, but no level

    >>> polyphase(np.array([1.0, 2, 3]), np.array([1.0, 1]), 2, 1, 0)
    array([1., 1., 2., 2., 3., 3.])
    """
    xp, n, shape = array_namespace(x), x.shape[-1], tuple(x.shape[:-1])
    size = -(-n * up // down)
    if not n or 0 in shape:
        return +xp.broadcast_to(x[..., :1], (*shape, size))  # nothing, which a gradient still passes
    if padtype != "constant" or cval:
        before = max(0, -(-taps.shape[0] // up) - 1 - half // up)
        after = max(0, ((size - 1) * down + half) // up + 1 - n)
        x, half = _outside(xp, x, before, after, padtype, cval), half + before * up
    if is_torch_array(x) and x.is_cpu and not taps.requires_grad and str(x.dtype).removeprefix("torch.") in _COMPILED:
        from sigconv.core.native.tensors import linear, viewed

        n, line = x.shape[-1], viewed(taps)
        late = line.shape[0] - 1 - half
        return linear(  # the adjoint of a resampling is one, by the flipped taps, up and down exchanged
            x,
            lambda part: _sums(part, line, up, down, half, size),
            lambda gradient: _sums(gradient, line[::-1].conj(), down, up, late, n),
        )
    return _sums(x, taps, up, down, half, size)


def _sums(x: Any, taps: Any, up: int, down: int, half: int, size: int) -> Any:
    """`polyphase`, `size` samples of it, zeros outside."""
    xp, shape = array_namespace(x), tuple(x.shape[:-1])
    frames, count = -(-size // up), -(-taps.shape[0] // up)
    newest, offset = np.divmod(np.arange(up) * down + half, up)  # in each of a frame's outputs: last sample, its tap
    before = max(0, count - 1 - int(newest[0]))
    after = max(0, (frames - 1) * down + int(newest[-1]) + 1 - x.shape[-1])
    x, newest = extend(x, before, after), newest + before
    taps = xp.concat([taps, xp.zeros(count * up + 1 - taps.shape[0], dtype=taps.dtype, device=device(x))])
    if is_numpy_array(x) and x.dtype.name in _COMPILED:
        lanes = taps[offset[:, None] + up * np.arange(count - 1, -1, -1)]
        y = _compiled(x.reshape(-1, x.shape[-1]), lanes, newest - (count - 1), down, frames)
    else:
        age = newest - np.arange(int(newest[-1]) + 1)[:, None]
        index = np.where((age >= 0) & (age < count), offset + up * age, count * up)
        matrix = xp.reshape(xp.take(taps, xp.asarray(index.ravel(), device=device(x))), index.shape)
        y = _products(xp, x, matrix, down, frames)
    return xp.reshape(y, (*shape, frames * up))[..., :size]


def _compiled(x: Any, lanes: Any, first: Any, down: int, frames: int) -> Any:
    from sigconv.core.native.polyphase import resampled

    if not is_complex(x):
        return resampled(x, lanes, first, down, frames)
    real, imag = np.ascontiguousarray(lanes.real), np.ascontiguousarray(lanes.imag)
    y = np.empty((x.shape[0], frames * len(first)), x.dtype)
    y.real = resampled(x.real, real, first, down, frames)
    y.imag = resampled(x.imag, real, first, down, frames)
    if np.any(imag):
        y.real -= resampled(x.imag, imag, first, down, frames)
        y.imag += resampled(x.real, imag, first, down, frames)
    return y


def _products(xp: Any, x: Any, matrix: Any, down: int, frames: int) -> Any:
    """The definition: frames that overlap, times a matrix with a column for each output of a frame."""
    span = matrix.shape[0]
    step = max(1, _AT_ONCE // (span * max(1, x[..., 0].size if is_numpy_array(x) else x[..., 0].numel())))
    parts = []
    for start in range(0, frames, step):
        stop = min(start + step, frames)
        parts.append(frame(x[..., start * down : (stop - 1) * down + span], span, down) @ matrix)
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=-2)


def _outside(xp: Any, x: Any, before: int, after: int, padtype: str, cval: float) -> Any:
    """The last axis with what a padtype sees beyond its ends."""
    n = x.shape[-1]
    if padtype == "constant":
        return extend(x, before, after, ("constant", cval) if cval else "zeros")
    if padtype not in _LINES:
        y = extend(x, before, after, _BOUNDARIES[padtype])
        if padtype != "antisymmetric":
            return y
        signs = 1 - 2 * (np.arange(-before, n + after) // n % 2)
        return y * xp.asarray(signs, dtype=x.dtype, device=device(x))
    if n < 2:
        raise ShapeError(f"x has {n} sample along the axis; padtype {padtype!r} needs two or more")
    first, last = x[..., :1], x[..., -1:]
    rise = ((last - first) / (n - 1),) * 2 if padtype == "line" else (x[..., 1:2] - first, last - x[..., -2:-1])
    steps = (np.arange(-before, 0), np.arange(1, after + 1))
    steps = tuple(xp.asarray(s, dtype=x.dtype, device=device(x)) for s in steps)
    return xp.concat([first + rise[0] * steps[0], x, last + rise[1] * steps[1]], axis=-1)


def _level(xp: Any, x: Any, padtype: str) -> Any:
    """What is subtracted before and added again afterwards, (..., 1), or None."""
    if padtype not in _LEVELS:
        return None
    if not x.shape[-1]:
        raise ShapeError(f"x has no sample along the axis; padtype {padtype!r} needs one or more")
    if padtype != "mean" and is_complex(x):
        raise ArgumentError(f"padtype is {padtype!r} and x complex, which has no order; allowed: mean or an extension")
    if padtype == "median":
        n, ordered = x.shape[-1], xp.sort(x, axis=-1)
        return (ordered[..., (n - 1) // 2 : (n - 1) // 2 + 1] + ordered[..., n // 2 : n // 2 + 1]) / 2
    of = {"mean": xp.mean, "maximum": xp.max, "minimum": xp.min}[padtype]
    return of(x, axis=-1, keepdims=True)


def _taps(x: Any, up: int, down: int, window: Any) -> Any:
    """The low-pass of a resampling beside x, its gain `up`."""
    if isinstance(window, str | tuple):
        if max(up, down) > _MOST_RATE:
            raise ResourceError(
                f"up is {up} and down {down} without a common factor; the low-pass would take {160 * max(up, down):,} "
                f"bytes, allowed are {160 * _MOST_RATE:,}: choose a nearby ratio of smaller numbers"
            )
        return like(_low_pass(max(up, down), window) * up, x, "window")
    taps = like(window, x, "window")
    if taps.ndim != 1 or not taps.shape[0]:
        raise ArgumentError(f"window has shape {tuple(taps.shape)}; taps are a line of one or more")
    return taps * up


def _low_pass(rate: int, window: Any) -> Any:
    try:
        return _kept_low_pass(rate, window)
    except TypeError:  # what a tuple with a list or an array gave is not kept
        return _kept_low_pass.__wrapped__(rate, window)


@lru_cache(maxsize=64)
def _kept_low_pass(rate: int, window: Any) -> Any:
    from scipy import signal

    try:
        return signal.firwin(20 * rate + 1, 1 / rate, window=window) if rate > 1 else np.ones(1)
    except (ValueError, TypeError, IndexError) as error:
        raise ArgumentError(f"window is {window!r}; scipy.signal.get_window says: {error}") from error


@lru_cache(maxsize=64)
def _anti_alias(q: int, n: int | None, ftype: str) -> tuple[str, Any]:
    """The filter in front of a decimation: ("sos", sections) or ("fir", taps)."""
    from scipy import signal

    one_of("ftype", ftype, ("iir", "fir"))
    if ftype == "fir":
        if q == 1:  # nothing that the rate cannot hold
            return "fir", np.ones(1)
        return "fir", signal.firwin((20 * q if n is None else n) + 1, 1 / q, window="hamming")
    return "sos", cheby1(8 if n is None else n, 0.05, 0.8 / q, fs=2)


def _system(ftype: Any) -> tuple[str, Any]:
    """A scipy.signal.dlti as taps, as sections, or as (b, a) where its poles are not conjugate pairs."""
    from scipy import signal

    if not isinstance(ftype, signal.dlti):
        raise ArgumentError(f"ftype is {ftype!r}; allowed: iir, fir, a scipy.signal.dlti")
    zpk = ftype.to_zpk()
    if not len(zpk.poles):
        tf = ftype.to_tf()
        return "fir", np.atleast_1d(tf.num) / tf.den
    if np.any(np.iscomplex(zpk.poles)) or np.iscomplex(zpk.gain):
        tf = ftype.to_tf()
        return "tf", (tf.num, tf.den)
    return "sos", signal.zpk2sos(zpk.zeros, zpk.poles, zpk.gain)
