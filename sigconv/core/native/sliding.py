"""A kernel slid over a NumPy array by the cheapest way that keeps the promised digits."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from sigconv.core.boundary import ODD, Boundary, extend
from sigconv.core.geometry import span
from sigconv.core.namespace import along
from sigconv.core.native import direct, transforms_tiles
from sigconv.core.planner import Slide, Triple, direct_cost, tiling

_PART = 256  # float64 terms added one after the other


def correlate(x: Any, taps: Any, slide: Slide, method: str, accuracy: str) -> Any:
    """y[n] = sum_k taps[k] ext(x)[n s + k d - before] for NumPy arrays.

    x : float32, float64, complex64 or complex128;  taps : the same dtype, one axis for each of slide.axes
    method : "auto", "direct", "separable", "fft", "overlap_add";  accuracy : "fast" or "local"
    """
    x, taps = _native(x), _native(taps)
    if method in ("auto", "fft", "overlap_add") and accuracy == "fast":
        tiles = _tiles(x, taps, slide, method)
        if tiles is not None and np.isfinite(taps).all():
            return _by_transforms(x, taps, slide, tiles)
    return _sum(x, taps, *slide)


def _native(array: Any) -> Any:
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _lengths(x: Any, taps: Any, slide: Slide) -> tuple[list[int], list[int]]:
    """Outputs at stride 1 and spans, along each sliding axis."""
    spans = [span(k, d) for k, d in zip(taps.shape, slide.dilations, strict=True)]
    return [x.shape[a] + sum(pad) - k + 1 for a, pad, k in zip(slide.axes, slide.padding, spans, strict=True)], spans


def _tiles(x: Any, taps: Any, slide: Slide, method: str) -> Any:
    """How to tile the transforms, or None where the direct sum is the better way."""
    if taps.ndim > 3 or x.size == 0 or (method == "auto" and taps.size <= 8):
        return None
    outputs, spans = _lengths(x, taps, slide)
    itemsize = x.real.dtype.itemsize
    is_complex = x.dtype.kind == "c"
    tiles = tiling(_three(outputs), _three(spans), itemsize, is_complex, method == "fft")
    if method != "auto" or tiles is None:
        return tiles
    kept = prod((n - 1) // s + 1 for n, s in zip(outputs, slide.strides, strict=True))
    return tiles if tiles.cost < direct_cost(kept, taps.size, is_complex) else None


def _three(numbers: Sequence[int]) -> Triple:
    first, second, third = (*(1,) * (3 - len(numbers)), *numbers)
    return first, second, third


def _by_transforms(x: Any, taps: Any, slide: Slide, tiles: Any) -> Any:
    """All lines by transforms; again by the direct sum those whose samples are not all finite."""
    axes, padding, boundary, strides, dilations = slide
    if boundary[0] in ODD:
        for axis, pad in zip(axes, padding, strict=True):
            x = extend(x, *pad, boundary[0], axis)
        padding, boundary = ((0, 0),) * len(axes), (Boundary.CONSTANT, 0.0)
    order = sorted(range(len(axes)), key=axes.__getitem__)
    last = range(-len(axes), 0)
    moved = np.moveaxis(x, [axes[i] for i in order], last)
    lines = np.ascontiguousarray(moved).reshape(-1, *_three(moved.shape[-len(axes) :]))
    pads = (*((0, 0),) * (3 - len(axes)), *(padding[i] for i in order))
    steps, apart = ([given[i] for i in order] for given in (strides, dilations))
    sorted_taps = np.transpose(taps, order)
    cube = sorted_taps.reshape(_three(sorted_taps.shape))
    how = (pads, boundary, _three(steps), _three(apart))
    y, doubt = transforms_tiles.correlate(lines, cube, *how, tiles)
    for line in np.flatnonzero(doubt):
        y[line] = _again(lines[line : line + 1], cube, how, tiles, doubt[line])
    shape = (*moved.shape[: -len(axes)], *y.shape[4 - len(axes) :])
    return np.moveaxis(y.reshape(shape), last, [axes[i] for i in order])


def _again(x: Any, taps: Any, how: tuple[Any, Any, Any, Any], tiles: Any, doubt: int) -> Any:
    """One line that the transforms may not have got right: in double precision, or if that is not enough by the sum."""
    if doubt == transforms_tiles.UNPROVEN and x.real.dtype == np.float32:
        finer = x.astype(np.result_type(x.dtype, np.float64))
        y, doubts = transforms_tiles.correlate(finer, taps, *how, tiling=tiles, promised=2.0**-23)
        if not doubts.any():
            return y[0]
    pads, boundary, strides, dilations = how
    return _sum(x[0], taps, (0, 1, 2), pads, boundary, strides, dilations)


def _sum(x: Any, taps: Any, *how: Any) -> Any:
    """The sum over the taps. A long one in float64 is the sum of its halves: one loud term in front of 1000 quiet ones
    would cost each of them half a rounding of its own size."""
    slide = Slide(*how)
    if taps.size <= _PART or x.real.dtype == np.float32:
        return direct.correlate(x, taps, *slide)
    for axis, pad in zip(slide.axes, slide.padding, strict=True):
        x = extend(x, *pad, slide.boundary, axis)
    bare = slide._replace(padding=((0, 0),) * taps.ndim, boundary=(Boundary.CONSTANT, 0.0))
    return _halved(x, taps, bare, _lengths(x, taps, bare)[0])


def _halved(x: Any, taps: Any, slide: Slide, outputs: list[int]) -> Any:
    if taps.size <= _PART:
        return direct.correlate(x, taps, *slide)
    longest = int(np.argmax(taps.shape))
    half, axis = taps.shape[longest] // 2, slide.axes[longest]
    cut = half * slide.dilations[longest]
    reach = outputs[longest] + (half - 1) * slide.dilations[longest]
    y = _halved(
        x[along(x.ndim, axis, slice(0, reach))], taps[along(taps.ndim, longest, slice(0, half))], slide, outputs
    )
    later = taps[along(taps.ndim, longest, slice(half, None))]
    y += _halved(x[along(x.ndim, axis, slice(cut, None))], later, slide, outputs)
    return y
