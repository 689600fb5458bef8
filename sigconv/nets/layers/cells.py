"""The cells of Fukushima's Neocognitron, for a grid of 1, 2 or 3 axes: contrast, S-cells, C-cells.

    x ── Contrast ── S ── C ── S ── C ── …      (N, channels, *grid); no cell ever answers below 0

    Contrast  u(n, k) = φ[±Σν h(ν) x(n+ν)]            h a difference of two bells with Σ h = 0; + on, − off centre
    S-cell    u(n, k) = θ/(1−θ) φ[(1 + Σκν a(ν,κ,k) x(n+ν,κ)) / (1 + θ b v(n)) − 1]
              v(n)    = √(Σκν c(ν) x(n+ν,κ)²)         the inhibition, the same for every plane k
    C-cell    u(n, k) = ψ[Σν d(ν) x(n+ν, k)]          blurred, squashed by ψ(x) = x/(1+x) or √x, thinned out

with φ[x] = max(x, 0) and fixed bells c, d ≥ 0, each of sum 1. An S-cell that has learnt a pattern X has a = q c X and
b = q √(Σ c X²) with a strength q. Here Σ c X² = 1 for every plane, so b = q is no number of its own. Let s be the
cosine of X and what the cell sees, each number weighted by c: then Σ a x = q s v, and

    u = θ/(1−θ) · φ[q v (s − θ) / (1 + θ q v)]  →  φ[s − θ] / (1 − θ)   when q v is large:

1 for the pattern itself, 0 below the threshold θ, and much the same whatever the contrast v of what is seen.

Sources: Fukushima (1980), Biological Cybernetics 36:193-202; Fukushima (2003), Neurocomputing 51:161-180;
Fukushima (2013), Neural Networks 37:103-119 (the root as squash).
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from sigconv.core.boundary import BoundaryLike, rule_of
from sigconv.core.geometry import at_least, padding_for
from sigconv.errors import ArgumentError, ShapeError, one_number, one_of
from sigconv.nets.layers.outside import extended
from sigconv.nets.layers.padded import KERNELS
from sigconv.nets.layers.sizes import Sizes, along_axes, dimension

TINY = 1e-12  # below it what a cell sees counts as nothing; its root and quotient stay finite, and so do gradients


class Contrast(nn.Module):
    """On-centre, then off-centre cells: where a number stands above its surround, and where below.

    The kernel is fixed: a bell of standard deviation `width` minus one of twice that, both cut at 3 `width` and of
    sum 1, so an even input is answered by 0.

    Parameters
    ----------
    inputs : channels >= 1, each looked at for itself
    axes : 1, 2 or 3
    width : standard deviation of the centre in samples, 0.2 <= width <= 10
    boundary : what lies outside the grid, a name of sigconv.core.boundary; "edge" keeps the rim of a picture silent

    Input, output: (N, inputs, *grid) -> (N, 2 inputs, *grid), channel 2 i on-centre and 2 i + 1 off-centre of input i.
    Learnt numbers: none.

    Raises
    ------
    ArgumentError : a number outside its range, an unknown boundary
    ShapeError : at forward, another number of axes or channels

    Source: Fukushima (2003), Neurocomputing 51:161-180, the layer U_G.

    >>> Contrast(1, axes=1)(torch.tensor([[[0.0, 0, 0, 1, 0, 0, 0]]])).shape
    torch.Size([1, 2, 7])
    """

    kernel: Tensor

    def __init__(self, inputs: int, *, axes: int, width: float = 0.6, boundary: BoundaryLike = "edge") -> None:
        super().__init__()
        self.inputs, self.axes = at_least("inputs", inputs, 1), dimension(axes)
        self.width = _between("width", width, 0.2, 10)
        rule_of(boundary)
        self.boundary = boundary
        size = (2 * int(np.ceil(3 * self.width)) + 1,) * self.axes
        centre = _bell(size, self.width) - _bell(size, 2 * self.width)
        self.register_buffer("kernel", torch.from_numpy(centre).float()[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x : (N, inputs, *grid) -> (N, 2 inputs, *grid)"""
        _check(x, self.inputs, self.axes)
        kernel = self.kernel.to(x.dtype)
        padding = tuple((size // 2, size // 2) for size in kernel.shape[2:])
        each = extended(x.reshape(-1, 1, *x.shape[2:]), padding, rule_of(self.boundary))
        above = KERNELS[self.axes](each, kernel)
        both = torch.cat([above, -above], dim=1).clamp(min=0)
        # len(x) would hold an exported graph to one number of examples
        return both.reshape(x.shape[0], 2 * self.inputs, *x.shape[2:])

    def extra_repr(self) -> str:
        return f"{self.inputs}, axes={self.axes}, width={self.width}, boundary={self.boundary!r}"


class SCell(nn.Module):
    """Planes of S-cells: each plane looks for the one pattern that it has learnt, and shared inhibition sets the scale.

    See the head of this file for the formula. Outside the grid there are zeros; the grid stays as long as it is.

    Parameters
    ----------
    inputs, planes : channels in, channels out, >= 1
    kernel : samples that a cell sees along each axis, one number or one per axis, >= 1
    axes : 1, 2 or 3
    threshold : θ, 0 < θ < 1: the likeness (cosine) below which a cell is silent
    strength : q > 0; a cell answers its pattern at contrast v by θqv/(1+θqv), so half at v = 1/(θq)
    falloff : standard deviation of the bell c, as a part of the kernel's size, > 0

    Attributes
    ----------
    patterns : (planes, inputs, *kernel), the pattern X of each plane, Σ c X² = 1; all 0 for a plane that is not used.
        These are the learnt numbers, and all of them. A parameter, so that it is counted and saved like any weight,
        but without a gradient: learning without labels (sigconv.train.neocognitron) fills it, no optimiser moves it.
        Before learning they are drawn evenly from 0 … 1 by torch's generator.
    weights : (*kernel), the bell c: fixed, sum 1, hence a buffer that is not saved

    Input, output: (N, inputs, *grid) -> (N, planes, *grid), 0 <= u < 1.
    Learnt numbers: planes · inputs · the product of kernel.

    Raises
    ------
    ArgumentError : a number outside its range, a kernel for another number of axes
    ShapeError : at forward, another number of axes or channels

    >>> cell = SCell(1, 1, 3, axes=1, strength=1e6).learn(torch.tensor([[[1.0, 2.0, 1.0]]]))
    >>> cell(torch.tensor([[[0.0, 5, 10, 5, 0]]])).round(decimals=2)
    tensor([[[0.0000, 0.3700, 1.0000, 0.3700, 0.0000]]])
    """

    weights: Tensor

    def __init__(
        self,
        inputs: int,
        planes: int,
        kernel: Sizes,
        *,
        axes: int,
        threshold: float = 0.6,
        strength: float = 100.0,
        falloff: float = 0.4,
    ) -> None:
        super().__init__()
        self.inputs, self.planes = at_least("inputs", inputs, 1), at_least("planes", planes, 1)
        self.axes = dimension(axes)
        self.kernel = along_axes("kernel", kernel, self.axes)
        self.threshold = _between("threshold", threshold, 0, 1, open_=True)
        self.strength = _between("strength", strength, 0, 1e12, open_=True)
        self.falloff = _between("falloff", falloff, 0, 1e6, open_=True)
        bell = _bell(self.kernel, *(self.falloff * k for k in self.kernel))
        self.register_buffer("weights", torch.from_numpy(bell).float(), persistent=False)
        self.patterns = nn.Parameter(torch.empty(self.planes, self.inputs, *self.kernel), requires_grad=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Patterns drawn from 0 … 1, as before learning."""
        self.learn(torch.rand(self.patterns.shape))

    def learn(self, patterns: Tensor) -> "SCell":
        """Take these patterns, each scaled to Σ c X² = 1; returns the layer itself.

        patterns : (up to planes, inputs, *kernel), finite; the planes left over are silent

        Raises
        ------
        ShapeError : another shape
        ArgumentError : not finite
        """
        wanted = tuple(self.patterns.shape)
        if tuple(patterns.shape[1:]) != wanted[1:] or len(patterns) > self.planes:
            raise ShapeError(f"patterns have shape {tuple(patterns.shape)}; these cells take {wanted} or fewer planes")
        if not bool(torch.isfinite(patterns).all()):
            raise ArgumentError("patterns hold NaN or infinity; every number must be finite")
        rows = patterns.detach().to(self.patterns).flatten(1)
        power = (rows.square() * self.weights.to(rows).flatten().repeat(self.inputs)).sum(1, keepdim=True)
        with torch.no_grad():
            self.patterns.zero_()
            self.patterns[: len(rows)] = (rows / power.clamp(min=TINY).sqrt()).reshape(-1, *wanted[1:])
        return self

    def forward(self, x: Tensor) -> Tensor:
        """x : (N, inputs, *grid) -> (N, planes, *grid)"""
        excitation, inhibition = self.drives(x)
        rest = self.strength * (excitation - self.threshold * inhibition)
        scale = self.threshold / (1 - self.threshold)
        return scale * rest.clamp(min=0) / (1 + self.threshold * self.strength * inhibition)

    def drives(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What pulls at the cells: Σ c X x of every plane, and the v that all planes share.

        x : (N, inputs, *grid) -> (N, planes, *grid), (N, 1, *grid); their quotient is the cosine s
        """
        _check(x, self.inputs, self.axes)
        outside = _outside(self.kernel)
        weights = self.weights.to(x.dtype)
        convolve = KERNELS[self.axes]
        excitation = convolve(nn.functional.pad(x, outside), self.patterns.to(x.dtype) * weights)
        power = nn.functional.pad(x.square().sum(1, keepdim=True), outside)
        return excitation, convolve(power, weights[None, None]).clamp(min=TINY**2).sqrt()

    def seen(self, x: Tensor) -> Tensor:
        """What each cell sees: (N, inputs, *grid) -> (N, *grid, inputs, *kernel), a view where that can be."""
        _check(x, self.inputs, self.axes)
        windows = nn.functional.pad(x, _outside(self.kernel))
        for axis, size in enumerate(self.kernel, start=2):
            windows = windows.unfold(axis, size, 1)
        return windows.movedim(1, 1 + self.axes)

    def extra_repr(self) -> str:
        sizes = "x".join(map(str, self.kernel))
        return f"{self.inputs}, {self.planes}, kernel={sizes}, threshold={self.threshold}, strength={self.strength:g}"


class CCell(nn.Module):
    """C-cells: each answers to S-cells of its own plane in a small region, so that a shift matters little.

    Parameters
    ----------
    planes : channels >= 1
    size : samples of the region along each axis, one number or one per axis, >= 1; zeros outside
    axes : 1, 2 or 3
    stride : one C-cell for every so many S-cells, one number or one per axis, >= 1
    squash : "saturate", ψ(x) = x/(1+x) (1980, 2003), or "root", ψ(x) = √x (2013)
    falloff : standard deviation of the bell d, as a part of the size, > 0

    Input, output: (N, planes, *grid) -> (N, planes, *ceil(grid / stride)).
    Learnt numbers: none; the bell d is a buffer that is not saved.

    Raises
    ------
    ArgumentError : a number outside its range, a size for another number of axes, an unknown squash
    ShapeError : at forward, another number of axes or channels

    >>> CCell(4, 3, axes=2, stride=2)(torch.ones(1, 4, 15, 16)).shape
    torch.Size([1, 4, 8, 8])
    """

    weights: Tensor

    def __init__(
        self,
        planes: int,
        size: Sizes,
        *,
        axes: int,
        stride: Sizes = 1,
        squash: Literal["saturate", "root"] = "saturate",
        falloff: float = 0.4,
    ) -> None:
        super().__init__()
        self.planes, self.axes = at_least("planes", planes, 1), dimension(axes)
        self.size = along_axes("size", size, self.axes)
        self.stride = along_axes("stride", stride, self.axes)
        self.squash = one_of("squash", squash, ("saturate", "root"))
        self.falloff = _between("falloff", falloff, 0, 1e6, open_=True)
        bell = _bell(self.size, *(self.falloff * k for k in self.size))
        self.register_buffer("weights", torch.from_numpy(bell).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x : (N, planes, *grid) -> (N, planes, *ceil(grid / stride))"""
        _check(x, self.planes, self.axes)
        padded = nn.functional.pad(x, _outside(self.size)).reshape(-1, 1, *_padded(x.shape[2:], self.size))
        blurred: Tensor = KERNELS[self.axes](padded, self.weights.to(x.dtype)[None, None], stride=self.stride)
        blurred = blurred.reshape(*x.shape[:2], *blurred.shape[2:]).clamp(min=0)
        if self.squash == "saturate":
            return blurred / (1 + blurred)
        root: Tensor = blurred.clamp(min=TINY).sqrt() - TINY**0.5
        return root

    def extra_repr(self) -> str:
        sizes, steps = ("x".join(map(str, s)) for s in (self.size, self.stride))
        return f"{self.planes}, size={sizes}, stride={steps}, squash={self.squash!r}"


def _between(argument: str, given: float, low: float, high: float, *, open_: bool = False) -> float:
    allowed = f"above {low:g} and below {high:g}" if open_ else f"{low:g} to {high:g}"
    value = one_number(argument, given, allowed)
    if not (low < value < high if open_ else low <= value <= high):
        raise ArgumentError(f"{argument} is {given}; it is one number, {allowed}")
    return value


def _bell(sizes: tuple[int, ...], *sigmas: float) -> Any:
    """exp(−ν²/2σ²) about the middle of a box of this size, with sum 1."""
    bell = np.ones(())
    for size, sigma in zip(sizes, sigmas if len(sigmas) > 1 else sigmas * len(sizes), strict=True):
        place = np.arange(size) - (size - 1) / 2
        bell = bell[..., None] * np.exp(-0.5 * (place / sigma) ** 2)
    return bell / bell.sum()


def _outside(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The zeros that "same" adds, as torch.nn.functional.pad takes them: from the last axis on."""
    return tuple(chain.from_iterable(padding_for("same", size) for size in reversed(sizes)))


def _padded(grid: Sequence[int], sizes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n + size - 1 for n, size in zip(grid, sizes, strict=True))


def _check(x: Tensor, channels: int, axes: int) -> None:
    if x.ndim != axes + 2 or x.shape[1] != channels:
        grid = ", ".join(["N", str(channels), *(f"n{i}" for i in range(1, axes + 1))])
        raise ShapeError(f"x has shape {tuple(x.shape)}; these cells take ({grid}): a batch, channels, grid")
