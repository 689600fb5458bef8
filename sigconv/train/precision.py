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

FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


@dataclass(frozen=True)
class Precision:
    """How a step is computed; parameters and their gradients stay float32.

    bfloat16 : convolutions and products in bfloat16, by autocast
    channels_last : channels side by side in memory, for grids of two and three axes

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
        usual = torch.contiguous_format
        return _strided(x, FORMATS.get(x.ndim, usual) if self.channels_last else usual)

    def arranged(self, module: nn.Module, axes: int) -> nn.Module:
        """The module itself, its weights in the memory format for grids of so many axes."""
        wanted = FORMATS.get(axes + 2)
        if wanted is not None:
            for parameter in module.parameters():
                if parameter.ndim == axes + 2:
                    layout = wanted if self.channels_last else torch.contiguous_format
                    parameter.data = _strided(parameter.data, layout)
        return module


def _strided(x: Tensor, layout: torch.memory_format) -> Tensor:
    """x with the strides of a memory format; of one channel every format is true, and kernels go by the strides."""
    like = torch.empty_like(x, memory_format=layout)
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

    >>> fastest(nn.Conv1d(1, 1, 3), torch.zeros(1, 1, 8)).channels_last
    False
    """
    if rounds < 1:
        raise ArgumentError(f"rounds is {rounds}; at least 1 timed pass of each kind is needed")
    formats = (False, True) if x.ndim in FORMATS else (False,)
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
