"""Batch norms whose means and variances are those of the windows of all processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from sigconv.train.processes import Processes

_KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@contextmanager
def synchronised(module: nn.Module, processes: Processes) -> Iterator[None]:
    """For as long as the block lasts, the batch norms of a module count the windows of all processes.

    Every window counts alike, however many of them a process has.  Same as: torch.nn.SyncBatchNorm, which takes
    nothing but GPUs.

    >>> net = nn.BatchNorm1d(2)
    >>> with synchronised(net, Processes()):
    ...     net(torch.ones(3, 2)).shape
    torch.Size([3, 2])
    """
    found: dict[nn.Module, type[nn.Module]] = {
        each: type(each) for each in module.modules() if isinstance(each, _KINDS) and processes.count > 1
    }
    for each in found:
        each.__class__ = _Synchronised
    try:
        yield
    finally:
        for each, kind in found.items():
            each.__class__ = kind


class _Synchronised(_BatchNorm):
    """What torch's batch norms are while processes train together: the same numbers under the same names."""

    def _check_input_dim(self, input: Tensor) -> None:
        """Any grid."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, *grid), normalised by this batch's moments while it trains."""
        if not self.training and self.running_mean is not None:
            return super().forward(x)
        places, along = [0, *range(2, x.ndim)], (1, -1, *(1,) * (x.ndim - 2))
        real = x.to(torch.promote_types(x.dtype, torch.float32))
        sums = torch.cat([real.sum(places), real.new_tensor([x.numel() / x.shape[1]])])
        total: Tensor = _Summed.apply(sums)  # type: ignore[no-untyped-call]
        count = total[-1].detach()
        central = real - (total[:-1] / count).view(along)
        variance = _Summed.apply(central.square().sum(places)) / count  # type: ignore[no-untyped-call]
        if self.training:
            self._follow(total[:-1].detach() / count, variance.detach() * (count / (count - 1)))
        y = central * torch.rsqrt(variance + self.eps).view(along)
        if self.weight is not None:
            y = y * self.weight.view(along) + self.bias.view(along)
        return y.to(x.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running moments."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        near = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, near)
        self.running_var.lerp_(variance, near)


class _Summed(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of everybody's."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004 - torch gives it
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:  # noqa: ARG004
        total = g.contiguous().clone()
        distributed.all_reduce(total)
        return total
