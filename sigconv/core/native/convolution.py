"""A kernel slid over torch tensors, with gradients of every order.

With C(x, h) the correlation, W the sum over all outputs and T the transposed correlation,

    C(x, h)[n] = sum_k h[k] x[n s + k d - before]
    W(x, g)[k] = sum_n g[n] x[n s + k d - before]
    T(g, h)[i] = the sum of h[k] g[n] over all n, k with n s + k d - before = i

each is linear in both arguments and the gradients of each are the two others. T is C again, of g with zeros between
its samples and of the flipped h. Tensors on the CPU are read and written in place by the compiled NumPy kernels.
"""

from math import prod
from typing import Any

import torch

from sigconv.core.boundary import Boundary, extend
from sigconv.core.geometry import span
from sigconv.core.native import sliding
from sigconv.core.native.tensors import viewed
from sigconv.core.planner import Slide

_FEW = 64  # taps up to which W sums over each of them; beyond, by transforms


def correlate(x: Any, taps: Any, slide: Slide, method: str, accuracy: str) -> Any:
    """y[n] = sum_k taps[k] ext(x)[n s + k d - before] for tensors of one dtype and device.

    x : any shape;  taps : one axis for each of slide.axes

    Same as: core.convolve.defined.
    """
    if not (torch.is_grad_enabled() and (x.requires_grad or taps.requires_grad)):
        return _values(x, taps, slide, method, accuracy)
    if slide.boundary != (Boundary.CONSTANT, 0.0):
        for axis, pad in zip(slide.axes, slide.padding, strict=True):
            x = extend(x, *pad, slide.boundary, axis)
        slide = slide._replace(padding=((0, 0),) * taps.ndim, boundary=(Boundary.CONSTANT, 0.0))
    return _Correlation.apply(x, taps, slide, method, accuracy)  # type: ignore[no-untyped-call]


class _Correlation(torch.autograd.Function):
    """C(x, h), zeros outside."""

    @staticmethod
    def forward(ctx: Any, x: Any, taps: Any, slide: Slide, method: str, accuracy: str) -> Any:
        ctx.save_for_backward(x, taps)
        ctx.how = slide, method, accuracy
        return _values(x, taps, slide, method, accuracy)

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        x, taps = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        gx = transposed(gy, taps.conj(), x.shape, *ctx.how) if wanted[0] else None
        gh = _summed(x.conj(), gy, taps.shape, *ctx.how) if wanted[1] else None
        return gx, gh, None, None, None


class _Sums(torch.autograd.Function):
    """W(x, g), zeros outside."""

    @staticmethod
    def forward(ctx: Any, x: Any, g: Any, shape: Any, slide: Slide, method: str, accuracy: str) -> Any:
        ctx.save_for_backward(x, g)
        ctx.how = slide, method, accuracy
        return _sums(x, g, shape, slide)

    @staticmethod
    def backward(ctx: Any, gh: Any) -> Any:
        x, g = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        gx = transposed(g.conj(), gh, x.shape, *ctx.how) if wanted[0] else None
        gg = correlate(x.conj(), gh, *ctx.how) if wanted[1] else None
        return gx, gg, None, None, None, None


def transposed(g: Any, taps: Any, shape: Any, slide: Slide, method: str = "auto", accuracy: str = "fast") -> Any:
    """T(g, h): the gradient of the correlation, zeros outside, for its input of this shape.

    >>> slide = Slide((0,), ((0, 0),), (Boundary.CONSTANT, 0.0), (2,), (1,))
    >>> transposed(torch.tensor([1.0, 10.0]), torch.tensor([1.0, 2.0]), (5,), slide)
    tensor([ 1.,  2., 10., 20.,  0.])
    """
    padding = []
    for axis, k, pad, s, d in zip(slide.axes, taps.shape, slide.padding, slide.strides, slide.dilations, strict=True):
        g = _apart(g, axis, s)
        before = span(k, d) - 1 - pad[0]
        after = shape[axis] - g.shape[axis] - before + span(k, d) - 1
        if after < 0:  # what a stride left over at the end was padding, in the transpose of a transpose
            g = g.narrow(axis, 0, g.shape[axis] + after)
        padding.append((before, max(after, 0)))
    strides = (1,) * taps.ndim
    return correlate(
        g, taps.flip(tuple(range(taps.ndim))), slide._replace(padding=tuple(padding), strides=strides), method, accuracy
    )


def _apart(g: Any, axis: int, stride: int) -> Any:
    """stride - 1 zeros between neighbours along an axis."""
    if stride == 1:
        return g
    shape = list(g.shape)
    shape[axis] = (shape[axis] - 1) * stride + 1
    zeros = g.new_zeros(shape)
    zeros[(slice(None),) * axis + (slice(None, None, stride),)] = g
    return zeros


def _summed(x: Any, g: Any, shape: Any, slide: Slide, method: str, accuracy: str) -> Any:
    if torch.is_grad_enabled() and (x.requires_grad or g.requires_grad):
        return _Sums.apply(x, g, shape, slide, method, accuracy)  # type: ignore[no-untyped-call]
    return _sums(x, g, shape, slide)


def _values(x: Any, taps: Any, slide: Slide, method: str, accuracy: str) -> Any:
    if x.device.type != "cpu":
        return _on_device(x, taps, slide, method)
    return torch.from_numpy(sliding.correlate(viewed(x), viewed(taps), slide, method, accuracy))


def _on_device(x: Any, taps: Any, slide: Slide, method: str) -> Any:
    """The library's own convolution, or its transforms where the kernel is large."""
    from sigconv.core.convolve import defined

    x, taps = x.detach(), taps.detach()
    if method in ("fft", "overlap_add") or taps.ndim > 3 or prod(taps.shape) > 4096 or x.is_complex():
        long = method in ("fft", "overlap_add") or (method == "auto" and prod(taps.shape) > _FEW)
        finite = method != "auto" or bool(torch.isfinite(x).all() & torch.isfinite(taps).all())
        return defined(x, taps, slide, "fft" if long and finite else "direct")
    for axis, pad in zip(slide.axes, slide.padding, strict=True):
        x = extend(x, *pad, slide.boundary, axis)
    last = tuple(range(-taps.ndim, 0))
    moved = torch.movedim(x, slide.axes, last)
    grid = moved.shape[-taps.ndim :]
    run = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)[taps.ndim - 1]
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        y = run(moved.reshape(-1, 1, *grid), taps[None, None], stride=slide.strides, dilation=slide.dilations)
    return torch.movedim(y.reshape(*moved.shape[: -taps.ndim], *y.shape[2:]), last, slide.axes)


def _sums(x: Any, g: Any, shape: Any, slide: Slide) -> Any:
    """W(x, g), over all the other axes too."""
    x, g = x.detach(), g.detach()
    for axis, pad in zip(slide.axes, slide.padding, strict=True):
        x = extend(x, *pad, "zeros", axis)
    last = tuple(range(-len(shape), 0))
    x, g = (torch.movedim(t, slide.axes, last).reshape(-1, *(t.shape[a] for a in slide.axes)) for t in (x, g))
    wide = torch.complex128 if x.is_complex() else torch.float64
    if prod(shape) > _FEW:
        return _sums_by_transforms(x, g, shape, slide).to(x.dtype)
    total = torch.zeros(prod(shape), dtype=wide, device=x.device)
    for i, tap in enumerate(_every(shape)):
        window = tuple(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, n, s, d in zip(tap, g.shape[1:], slide.strides, slide.dilations, strict=True)
        )
        total[i] = (x[(slice(None), *window)] * g).sum(dtype=wide)
    return total.reshape(shape).to(x.dtype)


def _every(shape: Any) -> Any:
    return torch.cartesian_prod(*(torch.arange(k) for k in shape)).reshape(-1, len(shape)).tolist()


def _sums_by_transforms(x: Any, g: Any, shape: Any, slide: Slide) -> Any:
    """One line of the batch after the other: the kernel is the spectrum of x times the conjugate one of g."""
    from scipy.fft import next_fast_len

    real = not x.is_complex()
    axes = tuple(range(-len(shape), 0))
    forward, inverse = (torch.fft.rfftn, torch.fft.irfftn) if real else (torch.fft.fftn, torch.fft.ifftn)
    for axis, stride in enumerate(slide.strides):
        g = _apart(g, axis + 1, stride)
    circle = [next_fast_len(n, real) for n in x.shape[1:]]
    total: Any = 0
    for line, late in zip(x.to(torch.float64 if real else torch.complex128), g, strict=True):
        spectrum = forward(late.conj().to(line.dtype), s=circle, dim=axes).conj()
        total = total + forward(line, s=circle, dim=axes) * spectrum
    sums = inverse(total, s=circle, dim=axes)
    window = tuple(slice(0, (k - 1) * d + 1, d) for k, d in zip(shape, slide.dilations, strict=True))
    return sums[window]
