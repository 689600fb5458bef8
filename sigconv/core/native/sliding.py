"""A kernel slid over a NumPy array by the cheapest way that keeps the promised digits."""

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from sigconv.core.boundary import ODD, Boundary, extend
from sigconv.core.geometry import span
from sigconv.core.native import compensated, direct, lines, transforms_tiles
from sigconv.core.native.plain import plain
from sigconv.core.planner import (
    FEW,
    IN_A_ROW,
    TOGETHER,
    Slide,
    Tiling,
    Triple,
    direct_cost,
    product_of_lines,
    separable_cost,
    tiling,
)
from sigconv.errors import ArgumentError

_HOLES = 8  # transforms around what is not finite, for one
_TWICE = 2.5  # transforms in double precision, of x and of |x|, for one in single
_quietly = np.errstate(invalid="ignore", over="ignore")  # what is too large is infinite


def correlate(x: Any, taps: Any, slide: Slide, method: str, accuracy: str) -> Any:
    """y[n] = sum_k taps[k] ext(x)[n s + k d - before] for NumPy arrays.

    x : float32, float64, complex64 or complex128;  taps : the same dtype, one axis for each of slide.axes
    method : "auto", "direct", "separable", "fft", "overlap_add";  accuracy : "fast" or "local"
    """
    if taps.size <= FEW and method == "auto" and taps.ndim == 1:  # nothing is quicker, and the door stays light
        return direct.correlate(x, taps, *slide)
    single, is_complex = x.real.dtype == np.float32, x.dtype.kind == "c"
    shape = tuple(x.shape[axis] for axis in slide.axes)
    costs, tiles = _known(shape, taps.shape, *slide[1:2], *slide[3:], single, is_complex, method == "fft")
    factors, limit = None, costs["sum"]
    if method == "separable" or (method == "auto" and accuracy == "fast" and costs["lines"] < limit):
        factors = product_of_lines(taps)
        if factors is None and method == "separable":
            raise ArgumentError("kernel is no product of one line an axis; method 'auto' takes any kernel")
        limit = limit if factors is None else costs["lines"]
    if method != "auto":
        limit = np.inf
    if method not in ("direct", "separable") and tiles is not None:
        if accuracy == "fast" and tiles.cost < limit and np.isfinite(taps).all():
            return _by_transforms(x, taps, slide, tiles)
        if accuracy == "local" and single and _TWICE * tiles.cost < costs["sum"] and np.isfinite(taps).all():
            return _by_finer_transforms(x, taps, slide, tiles)
    if factors is not None:
        return _by_lines(x, factors, slide, accuracy)
    return _sum(x, taps, slide, FEW if accuracy == "local" else IN_A_ROW, quick=method == "auto")


@lru_cache(maxsize=256)
def _known(
    shape: tuple[int, ...], taps: tuple[int, ...], padding: Any, strides: Any, dilations: Any, single: bool,
    is_complex: bool, whole: bool,
) -> tuple[dict[str, float], Tiling | None]:  # fmt: skip
    """What one line costs by the sum over the taps and by one axis after the other, and the best tiles, if any."""
    outputs, spans = _lengths(shape, taps, padding, dilations)
    kept = [max(n - 1, 0) // s + 1 for n, s in zip(outputs, strides, strict=True)]
    costs = {
        "sum": direct_cost(kept, taps, 4 if single else 8, is_complex),
        "lines": separable_cost(prod(outputs), taps, is_complex) if len(taps) > 1 else np.inf,
    }
    if len(taps) > 3:
        return costs, None
    return costs, tiling(_three(outputs), _three(spans), 4 if single else 8, is_complex, whole)


def _lengths(shape: Any, taps: Any, padding: Any, dilations: Any) -> tuple[list[int], list[int]]:
    """Outputs at stride 1 and spans, along each sliding axis."""
    spans = [span(k, d) for k, d in zip(taps, dilations, strict=True)]
    return [n + sum(pad) - k + 1 for n, pad, k in zip(shape, padding, spans, strict=True)], spans


def _three(numbers: Sequence[int]) -> Triple:
    first, second, third = (*(1,) * (3 - len(numbers)), *numbers)
    return first, second, third


@_quietly
def _by_lines(x: Any, factors: list[Any], slide: Slide, accuracy: str) -> Any:
    """One axis after the other; fused into one trip through memory where the kernel is plain."""
    steps = (*slide.strides, *slide.dilations)
    sizes = [line.size for line in factors]
    short = max(sizes) <= IN_A_ROW and sum(sizes) <= TOGETHER  # longer chains lose too many digits
    real = not any(np.iscomplexobj(f) for f in factors)
    if accuracy == "fast" and len(factors) > 1 and short and real and set(steps) == {1}:
        return lines.separable(x, factors, slide.axes, slide.padding, slide.boundary)
    dtype = x.dtype
    if dtype.kind != "c" and len(factors) > 1:
        x = x.astype(np.float64)
    if slide.boundary[1]:  # what one axis makes of the constant is another constant
        for axis, pad in zip(slide.axes, slide.padding, strict=True):
            x = extend(x, *pad, slide.boundary, axis)
        slide = slide._replace(padding=((0, 0),) * len(factors), boundary=(Boundary.CONSTANT, 0.0))
    for i, line in enumerate(factors):
        one = Slide(*(given if name == "boundary" else given[i : i + 1] for name, given in slide._asdict().items()))
        weights = line.astype(x.dtype if dtype.kind == "c" else np.float64)
        x = _sum(x, weights, one, most=FEW if accuracy == "local" else IN_A_ROW)
    return x.astype(dtype, copy=False)


class _Lined:
    """An array and a kernel with the sliding axes last, three of them, and the other axes as one batch."""

    def __init__(self, x: Any, taps: Any, slide: Slide) -> None:
        axes, padding, boundary, strides, dilations = slide
        if boundary[0] in ODD:
            for axis, pad in zip(axes, padding, strict=True):
                x = extend(x, *pad, boundary[0], axis)
            padding, boundary = ((0, 0),) * len(axes), (Boundary.CONSTANT, 0.0)
        order = sorted(range(len(axes)), key=axes.__getitem__)
        self.axes = [axes[i] for i in order]
        self.last = tuple(range(x.ndim - len(axes), x.ndim))
        moved = x if axes == self.last else np.moveaxis(x, self.axes, self.last)
        self.batch = moved.shape[: -len(axes)]
        self.x = plain(moved).reshape(-1, *_three(moved.shape[-len(axes) :]))
        turned = taps if taps.ndim == 1 else taps.transpose(order)
        self.taps = turned.reshape(_three(turned.shape))
        pads = (*((0, 0),) * (3 - len(axes)), *(padding[i] for i in order))
        steps, apart = (_three([given[i] for i in order]) for given in (strides, dilations))
        self.how = (pads, boundary, steps, apart)

    def back(self, y: Any) -> Any:
        """Outputs (lines, ...) in the shape that x had."""
        shaped = y.reshape(*self.batch, *y.shape[4 - len(self.axes) :])
        return shaped if tuple(self.axes) == self.last else np.moveaxis(shaped, self.last, self.axes)

    def summed(self, line: int) -> Any:
        return _sum(self.x[line], self.taps, Slide((0, 1, 2), *self.how))


@_quietly
def _by_transforms(x: Any, taps: Any, slide: Slide, tiles: Tiling) -> Any:
    """All lines by transforms. Those that they may not have got right once more: in double precision, or by the sum."""
    lined = _Lined(x, taps, slide)
    y, doubt = transforms_tiles.correlate(lined.x, lined.taps, *lined.how, tiles)
    for line in map(int, np.flatnonzero(doubt)):
        if doubt[line] == transforms_tiles.UNPROVEN and x.real.dtype == np.float32:
            finer = lined.x[line : line + 1].astype(np.result_type(x.dtype, np.float64))
            again, doubts = transforms_tiles.correlate(finer, lined.taps, *lined.how, tiles, 2.0**-23)
            if not doubts.any():
                y[line] = again[0]
                continue
        around = _around_holes(lined, line, tiles) if doubt[line] == transforms_tiles.NOT_FINITE else None
        y[line] = lined.summed(line) if around is None else around
    return lined.back(y)


def _around_holes(lined: "_Lined", line: int, tiles: Tiling) -> Any | None:
    """A line with NaN and infinity by transforms: of what is finite, and of where the rest is seen, and by which taps.

    None where the sum is quicker or there is another reason for it. Where taps see a NaN, infinities of both signs, or
    an infinity with a tap of 0, the sum is NaN.
    """
    x, taps = lined.x[line : line + 1], lined.taps
    pads, (rule, constant), strides, dilations = lined.how
    sum_cost = direct_cost(x.shape[1:], taps.shape, x.real.dtype.itemsize, False)
    if x.dtype.kind == "c" or not np.isfinite(constant) or sum_cost < _HOLES * tiles.cost:
        return None
    nan, up, down = np.isnan(x), x == np.inf, x == -np.inf
    clean = np.where(nan | up | down, x.dtype.type(0), x)
    y, doubt = transforms_tiles.correlate(clean, taps, *lined.how, tiles)
    if doubt.any():
        return None

    def seen(*pairs: tuple[Any, Any]) -> Any:
        """Where any of these samples is under any of those taps."""
        places = np.zeros(1, bool)
        for samples, weights in pairs:
            given = samples.astype(np.float64), weights.astype(np.float64)  # counts, exact to far below one half
            count, _ = transforms_tiles.correlate(*given, pads, (rule, 0.0), strides, dilations, tiles)
            places = places | (count[0] > 0.5)
        return places

    rises, falls = seen((up, taps > 0), (down, taps < 0)), seen((up, taps < 0), (down, taps > 0))
    y[0][rises], y[0][falls] = np.inf, -np.inf
    y[0][seen((nan, taps == taps), (up | down, taps == 0)) | (rises & falls)] = np.nan
    return y[0]


@_quietly
def _by_finer_transforms(x: Any, taps: Any, slide: Slide, tiles: Tiling) -> Any:
    """Single precision by transforms in double, line by line; by the sum where an output is so quiet that they too
    may have cost it more than 7 of the 8 eps sum|x||h|."""
    lined = _Lined(x, taps, slide)
    rule, constant = lined.how[1]
    sizes = (lined.how[0], (rule, abs(constant)), *lined.how[2:])
    done = []
    for line in range(lined.x.shape[0]):
        finer = lined.x[line : line + 1].astype(np.result_type(x.dtype, np.float64))
        y, doubt = transforms_tiles.correlate(finer, lined.taps, *lined.how, tiles, 2.0**-23)
        size, _ = transforms_tiles.correlate(abs(finer).astype(finer.dtype), abs(lined.taps), *sizes, tiles, 2.0**-23)
        least = transforms_tiles.rounding(lined.taps, tiles.numbers >> (x.dtype.kind == "c")) * 2.0**-29 / 7
        loud = transforms_tiles.norm(finer) + abs(constant) * np.sqrt(tiles.numbers)
        sure = not doubt.any() and size.real.min() > least * loud
        done.append(y[0].astype(x.dtype) if sure else lined.summed(line))
    return lined.back(np.stack(done))


def _sum(x: Any, taps: Any, slide: Slide, most: int = IN_A_ROW, *, quick: bool = False) -> Any:
    """The sum over the taps, single precision in double unless it is to be quick. More than `most` terms in float64
    are not added up in a row: a loud one in front would cost each of the others half a rounding of its own size."""
    if taps.size <= most or x.real.dtype == np.float32:
        return direct.correlate(x, taps, *slide, quick=quick)
    return compensated.correlate(x, taps, slide)
