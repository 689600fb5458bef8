"""Fully connected: every output sees every number of an example."""

from torch import Tensor, nn
from torch.nn import functional

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.sizes import drop_rate


class Full(nn.Linear):
    """torch.nn.Linear on all numbers of an example: (N, …) -> (N, outputs).

    Parameters
    ----------
    inputs : int >= 1, numbers of one example;  outputs : int >= 1;  bias : True or False
    drop : float, 0 <= drop < 1, the share of weights that are zero in a batch while training, the others scaled by
        1 / (1 - drop)

    Raises
    ------
    ArgumentError : a number outside its range
    ShapeError : at forward, examples of another size

    Source: Wan et al. (2013), Regularization of neural networks using DropConnect.  Same as: torch.nn.Linear.

    >>> import torch
    >>> Full(24, 10, drop=0.5)(torch.zeros(5, 2, 3, 4)).shape
    torch.Size([5, 10])
    """

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True, drop: float = 0.0) -> None:
        if not isinstance(bias, bool):
            raise ArgumentError(f"bias is {bias!r}; allowed: True, False")
        super().__init__(at_least("inputs", inputs, 1), at_least("outputs", outputs, 1), bias)
        self.drop = drop_rate(drop)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's outputs.  x : (N, …) with `inputs` numbers behind N."""
        flat = x.flatten(1) if x.ndim > 2 else x
        if flat.ndim != 2 or flat.shape[1] != self.in_features:
            raise ShapeError(f"x has shape {tuple(x.shape)}; this layer takes {self.in_features} numbers behind N")
        weight = functional.dropout(self.weight, self.drop) if self.drop and self.training else self.weight
        return functional.linear(flat, weight, self.bias)

    def extra_repr(self) -> str:
        """The arguments."""
        return super().extra_repr() + (f", drop={self.drop}" if self.drop else "")
