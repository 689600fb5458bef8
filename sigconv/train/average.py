"""Exponential weight averaging: a twin of a module whose weights follow the module's slowly."""

import copy

import torch
from torch import nn


class Average:
    """A twin of a module, in evaluation mode.

    After step n (1, 2, …) each of its numbers moves by 1 − min(decay, (1 + n) / (10 + n)) of the way to the module's,
    means and variances of batch norms included; so a short training is not held at its start.

    module : what is followed
    decay : 0 < decay < 1

    Source: Polyak & Juditsky (1992); the start is that of TensorFlow's ExponentialMovingAverage.

    >>> module = nn.Linear(1, 1)
    >>> average = Average(module, 0.9)
    >>> average.update()
    >>> bool(torch.equal(average.twin.weight, module.weight)), average.steps
    (True, 1)
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.twin = copy.deepcopy(module).eval().requires_grad_(False)
        self.steps = 0
        self._decay = decay
        pairs = [(self.twin.state_dict()[name], value) for name, value in module.state_dict().items()]
        self._moving = [pair for pair in pairs if pair[0].is_floating_point()]
        self._whole = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        """Follow the module after one of its steps."""
        self.steps += 1
        near = 1 - min(self._decay, (1 + self.steps) / (10 + self.steps))
        mine, theirs = [a for a, _ in self._moving], [b for _, b in self._moving]
        torch._foreach_lerp_(mine, theirs, near)
        for own, other in self._whole:
            own.copy_(other)
