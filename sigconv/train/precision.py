"""Which precision and memory format a module trains fastest in on this machine, found by trying."""

import copy
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.errors import ArgumentError

AXES = (1, 2, 3)  # of grids that have a memory format with channels side by side


@dataclass(frozen=True)
class Precision:
    """How a step is computed; parameters and their gradients stay float32.

    bfloat16 : convolutions and products in bfloat16, by autocast
    channels_last : channels side by side in memory

    >>> with Precision(bfloat16=True).running("cpu"):
    ...     print(nn.Linear(2, 3)(torch.ones(1, 2)).dtype)
    torch.bfloat16
    """

    bfloat16: bool = False
    channels_last: bool = False

    def running(self, device: str) -> AbstractContextManager[Any]:
        """The context in which a module is called; the loss is computed outside, in float32."""
        return torch.autocast(device, torch.bfloat16) if self.bfloat16 else nullcontext()

    def laid_out(self, x: Tensor) -> Tensor:
        """A batch (N, channels, *grid) in the memory format.

        >>> Precision(channels_last=True).laid_out(torch.ones(1, 2, 3, 3)).stride()
        (18, 1, 6, 2)
        """
        return _strided(x, self.channels_last and x.ndim - 2 in AXES)

    def arranged(self, module: nn.Module, axes: int) -> nn.Module:
        """The module itself, its weights in the memory format for grids of so many axes."""
        for parameter in module.parameters():
            if axes in AXES and parameter.ndim == axes + 2:
                parameter.data = _strided(parameter.data, self.channels_last)
        return module


def _strided(x: Tensor, last: bool) -> Tensor:
    """x with its channels last in memory, or as usual; of one channel both are true, and kernels go by the strides."""
    shape = (x.shape[0], *x.shape[2:], x.shape[1]) if last else x.shape
    like = x.new_empty(shape).movedim(-1, 1) if last else x.new_empty(shape)
    return x if x.stride() == like.stride() else like.copy_(x)


def fastest(module: nn.Module, x: Tensor, rounds: int = 2) -> Precision:
    """The Precision in which a forward and a backward pass end soonest; a copy of the module is run.

    Parameters
    ----------
    module : takes x and gives one tensor
    x : (N, channels, *grid) float32 tensor, a batch as it will be trained on, on the module's device
    rounds : int >= 1, timed passes of each kind after a first one; the shortest counts

    Raises
    ------
    ArgumentError : rounds below 1

    >>> fastest(nn.Linear(8, 1), torch.zeros(1, 8)).channels_last  # there is no grid
    False
    """
    if rounds < 1:
        raise ArgumentError(f"rounds is {rounds}; at least 1 timed pass of each kind is needed")
    formats = (False, True) if x.ndim - 2 in AXES else (False,)
    kinds = [Precision(low, last) for low, last in product((False, True), formats)]
    devices = [x.device.index or 0] if x.is_cuda else []
    with torch.random.fork_rng(devices=devices):
        times = {kind: _seconds(module, x, kind, rounds) for kind in kinds}
    return min(kinds, key=times.__getitem__)


def _seconds(module: nn.Module, x: Tensor, kind: Precision, rounds: int) -> float:
    net = kind.arranged(copy.deepcopy(module), x.ndim - 2)
    batch = kind.laid_out(x)
    found = []
    for _ in range(1 + rounds):
        begin = _now(x)
        with kind.running(x.device.type):
            y = net(batch)
        y.float().square().mean().backward()
        found.append(_now(x) - begin)
    return min(found[1:])


def _now(x: Tensor) -> float:
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
    return time.perf_counter()
