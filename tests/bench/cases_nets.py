"""Layers beside the torch modules that they wrap, and the boundaries beside zeros outside.

AS_FAST leaves what two runs of one call differ by; over zeros, 15 % are allowed.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.full import Full
from sigconv.nets.layers.pool import AdaptivePool, Pool
from sigconv.nets.layers.transposed import ConvTranspose
from tests.bench.cases import Case, draws

AS_FAST, OVER_ZEROS = 0.95, 1 / 1.15
SHAPES = {1: (16, 64, 1000), 2: (8, 32, 64, 64), 3: (2, 16, 32, 32, 32)}
CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
RULES = ("edge", "reflect", "symmetric", "wrap", "odd_reflect", ("constant", 1.0))


def batch(axes: int, shrink: int, small: bool = False) -> torch.Tensor:
    """Noise of the size that people use, or of a few numbers."""
    examples, channels, *grid = SHAPES[axes]
    if small:
        examples, grid = 1, [8] * axes
    return torch.from_numpy(draws(examples, channels, *(max(4, n // min(shrink, 8)) for n in grid), dtype=np.float32))


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """A module whose weights depend on nothing else."""
    torch.manual_seed(0)
    return make()


def forward(module: nn.Module, x: torch.Tensor) -> Callable[[], Any]:
    """The outputs, without gradients."""

    @torch.no_grad()
    def run() -> Any:
        return module(x).numpy()

    return run


def both(module: nn.Module, x: torch.Tensor) -> Callable[[], Any]:
    """Forward and backward: the gradient of the input, as a layer in the middle of a net passes it on."""
    leaf = x.clone().requires_grad_()
    weights = list(module.parameters())
    g = torch.ones_like(module(x))

    def run() -> Any:
        return torch.autograd.grad(module(leaf), [leaf, *weights], g)[0].numpy()

    return run


def wrapped(shrink: int) -> Iterator[Case]:
    """Ours and the torch module with the same weights."""
    for axes in (1, 2, 3):
        channels = SHAPES[axes][1]
        pairs: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module]]] = {
            "Conv 3": (
                lambda a=axes, c=channels: Conv(c, c, axes=a),
                lambda a=axes, c=channels: CONV[a](c, c, 3, padding=1),
            ),
            "ConvTranspose 2": (
                lambda a=axes, c=channels: ConvTranspose(c, c, axes=a),
                lambda a=axes, c=channels: (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[a - 1](
                    c, c, 2, 2
                ),
            ),
            "Pool max 2": (
                lambda a=axes: Pool("max", 2, axes=a),
                lambda a=axes: (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[a - 1](2),
            ),
            "Pool average 2": (
                lambda a=axes: Pool("average", 2, axes=a),
                lambda a=axes: (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[a - 1](2),
            ),
            "Pool lp 2": (
                lambda a=axes: Pool(("lp", 2), 2, axes=a),
                lambda a=axes: (nn.LPPool1d, nn.LPPool2d, nn.LPPool3d)[a - 1](2, 2),
            ),
            "AdaptivePool average 4": (
                lambda a=axes: AdaptivePool("average", (4,) * a),
                lambda a=axes: (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[a - 1](4),
            ),
        }
        for small in (True, False):
            x = batch(axes, shrink, small)
            for name, (ours, theirs) in pairs.items():
                for way, timed in (("forward", forward), ("forward + backward", both)):
                    yield Case(
                        f"{name}, {'×'.join(map(str, x.shape))}, {way}",
                        timed(seeded(ours), x),
                        {"torch": timed(seeded(theirs), x)},
                        AS_FAST,
                        close=1e-5,
                    )


def full(shrink: int) -> Iterator[Case]:
    """A fully connected layer."""
    x = torch.from_numpy(draws(64, 4096 // min(shrink, 8), dtype=np.float32))
    ours, theirs = seeded(lambda: Full(x.shape[1], 256)), seeded(lambda: nn.Linear(x.shape[1], 256))
    for way, timed in (("forward", forward), ("forward + backward", both)):
        yield Case(
            f"Full 256, {'×'.join(map(str, x.shape))}, {way}",
            timed(ours, x),
            {"torch": timed(theirs, x)},
            AS_FAST,
            1e-5,
        )


def boundaries(shrink: int) -> Iterator[Case]:
    """Each boundary beside zeros; the numbers differ near the border on purpose, so only the shapes are compared."""
    for axes in (1, 2, 3):
        x, channels = batch(axes, shrink), SHAPES[axes][1]
        zeros = seeded(lambda a=axes, c=channels: Conv(c, c, axes=a))
        for rule in RULES:
            name = rule if isinstance(rule, str) else f"{rule[0]} {rule[1]:g}"
            ours = seeded(lambda a=axes, c=channels, r=rule: Conv(c, c, axes=a, boundary=r))
            for way, timed in (("forward", forward), ("forward + backward", both)):
                yield Case(
                    f"Conv 3 {name}, {'×'.join(map(str, x.shape))}, {way}",
                    timed(ours, x),
                    {"zeros outside": timed(zeros, x)},
                    OVER_ZEROS,
                    value=np.ones_like,
                )


def cases(shrink: int = 1) -> list[Case]:
    """Every row about layers."""
    return [case for group in (wrapped, full, boundaries) for case in group(shrink)]
