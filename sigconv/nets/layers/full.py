"""Layers whose every output sees every number of an example: weighted sums, distances to codes."""

from typing import Any

import torch
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


class Centres(nn.Module):
    """Minus the squared distance of an example to each of some fixed codes: (N, …) -> (N, codes).

        y[n, i] = -sum over j of (x[n, j] - codes[i, j])²        the largest is the class

    Parameters
    ----------
    codes : (codes, numbers) finite numbers, mostly ±1; they are not learnt

    Raises
    ------
    ShapeError : codes that are no table; at forward, examples of another size
    ArgumentError : codes that are not finite

    Source: LeCun et al. (1998), doi:10.1109/5.726791, eq. 7: the radial basis functions at the end of LeNet-5.

    >>> Centres([[1, 1], [1, -1]])(torch.tensor([[1.0, -1.0]]))
    tensor([[-4., -0.]])
    """

    codes: Tensor

    def __init__(self, codes: Any) -> None:
        super().__init__()
        table = torch.as_tensor(codes, dtype=torch.get_default_dtype())
        if table.ndim != 2 or 0 in table.shape:
            raise ShapeError(
                f"codes have shape {tuple(table.shape)}; they are a table (codes, numbers), none of them 0"
            )
        if not table.isfinite().all():
            raise ArgumentError("codes hold NaN or infinity; every number of a code is finite")
        self.register_buffer("codes", table.clone())

    def forward(self, x: Tensor) -> Tensor:
        """Minus the squared distances.  x : (N, …) with as many numbers behind N as a code has."""
        flat = x.flatten(1) if x.ndim > 2 else x
        if flat.ndim != 2 or flat.shape[1] != self.codes.shape[1]:
            raise ShapeError(f"x has shape {tuple(x.shape)}; this layer takes {self.codes.shape[1]} numbers behind N")
        return -(flat.unsqueeze(1) - self.codes).square().sum(dim=2)

    def extra_repr(self) -> str:
        """The size of the table."""
        return f"{self.codes.shape[0]} codes of {self.codes.shape[1]} numbers"
