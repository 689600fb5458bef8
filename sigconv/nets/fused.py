"""Layers of a network that are worked out together: one pass over memory in place of two or three."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.doubling import composed, doubled, shorter
from sigconv.nets.layers.norm import InstanceNorm, instance_norm, normed
from sigconv.nets.layers.transposed import ConvTranspose
from sigconv.nets.ops import Joined

BENDS = (nn.ReLU, nn.LeakyReLU)


@dataclass(frozen=True)
class Fork:
    """A join in the order of work: the steps of each branch, then the layer that brings them together."""

    branches: tuple["Steps", ...]
    name: str


@dataclass(frozen=True)
class Branched:
    """The same where the steps of the branches may be worked out together."""

    branches: tuple["Plan", ...]
    name: str


@dataclass(frozen=True)
class Behind:
    """What stands behind a convolution and is worked out with it: an instance norm, and a rectifier behind that."""

    conv: str
    norm: str
    bend: str | None

    def slope(self, layers: Any) -> float:
        """What numbers below 0 are multiplied by; 1 where no rectifier stands."""
        return 1.0 if self.bend is None else float(getattr(layers[self.bend], "negative_slope", 0.0))

    def run(self, layers: Any, x: Tensor) -> Tensor:
        """x : (N, inputs, *grid) -> (N, channels, *grid)"""
        return normed(x, layers[self.conv], layers[self.norm], self.slope(layers))


@dataclass(frozen=True)
class Raised:
    """{… T} and the convolution behind it: a skip, a grid made twice as fine, a convolution over both, and its norm."""

    body: "Plan"
    up: str
    conv: str
    behind: Behind | None

    def run(self, layers: Any, ends: list[Tensor]) -> Tensor:
        """ends : the skip (N, channels, *grid) and what T gets (N, channels, *half the grid); taken out of the list"""
        coarse, skip = ends.pop(), ends.pop()
        up, conv = layers[self.up], layers[self.conv]
        if shorter(skip, coarse, up, conv):
            y = composed(skip, coarse, up, conv)
            if self.behind is None:
                return y
            norm = layers[self.behind.norm]
            return instance_norm(y, norm.weight, norm.bias, norm.slope * self.behind.slope(layers), norm.eps)
        fine = doubled(coarse, up)
        del coarse  # without gradients nobody else holds it, and what follows needs room
        both = torch.cat([skip, fine], 1)
        del skip, fine
        if self.behind is None:
            alone: Tensor = conv(both)
            return alone
        return self.behind.run(layers, both)


Steps = tuple["str | Fork", ...]
Plan = tuple["str | Branched | Behind | Raised", ...]


def fused(steps: Steps, layers: Mapping[str, nn.Module]) -> Plan:
    """The steps, with those that go together made one; all numbers stay in the layers' own modules.

    steps : names of layers, and forks of them;  layers : name -> module
    """
    made: list[Any] = []
    rest = list(steps)
    while rest:
        step = rest.pop(0)
        if isinstance(step, Fork):
            branches = tuple(fused(branch, layers) for branch in step.branches)
            fork = Branched(branches, step.name)
            made.append(_raised(fork, rest, layers) or fork)
        else:
            rest.insert(0, step)
            made.append(_behind(rest, layers) or rest.pop(0))
    return tuple(made)


def _behind(rest: list[Any], layers: Mapping[str, nn.Module]) -> Behind | None:
    """C N R at the head of what is left, taken off it."""
    kinds = [layers[step] if isinstance(step, str) else None for step in rest[:3]] + [None] * 3
    if not (isinstance(kinds[0], Conv) and isinstance(kinds[1], InstanceNorm)):
        return None
    bent = isinstance(kinds[2], BENDS)
    taken = Behind(rest[0], rest[1], rest[2] if bent else None)
    del rest[: 2 + bent]
    return taken


def _raised(fork: Branched, rest: list[Any], layers: Mapping[str, nn.Module]) -> Raised | None:
    """A fork {… T} with the convolution at the head of what is left, and what stands behind that; taken off."""
    join = layers[fork.name]
    assert isinstance(join, Joined)
    if join.how != "channels" or join.cuts is not None or len(fork.branches) != 2 or fork.branches[0]:
        return None
    *body, up = fork.branches[1]
    if not (isinstance(up, str) and isinstance(layers[up], ConvTranspose)):
        return None
    if not (rest and isinstance(rest[0], str) and isinstance(layers[rest[0]], Conv)):
        return None
    conv = rest[0]
    behind = _behind(rest, layers)
    if behind is None:
        del rest[0]
    return Raised(tuple(body), up, conv, behind)
