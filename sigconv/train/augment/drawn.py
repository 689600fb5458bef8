"""Numbers drawn for the windows of a batch, each window's from its own generator."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError, one_number
from sigconv.train.augment.protocol import Draws


def drawn(draws: Draws, count: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Numbers from 0 up to, but not, 1: (window, count).

    >>> drawn([np.random.default_rng(0), np.random.default_rng(0)], 1).round(3).tolist()
    [[0.637], [0.637]]
    """
    return np.stack([draw.random(count) for draw in draws])


def between(low: float, high: float, u: Any) -> Any:
    """Numbers from 0 to 1 spread from low to high.

    >>> between(-2.0, 2.0, 0.75)
    1.0
    """
    return low + (high - low) * u


def for_each(values: Any, x: Tensor) -> Tensor:
    """A number for each window, shaped and typed so that it goes with x (N, …).

    >>> for_each([1.0, 2.0], torch.zeros(2, 1, 4)).shape
    torch.Size([2, 1, 1])
    """
    given = torch.as_tensor(np.asarray(values), dtype=x.dtype, device=x.device)
    return given.reshape(len(x), *(1,) * (x.ndim - 1))


def refuse_outside(name: str, given: object, low: float, high: float = float("inf")) -> None:
    """An error for a parameter that is no number from low to high.

    Raises
    ------
    ArgumentError : it is not

    >>> refuse_outside("share", 0.5, 0, 1)
    """
    told = f"from {low:g} to {high:g}" if high < float("inf") else f"{low:g} or more, and finite"
    value = one_number(name, given, told)
    if not (low <= value <= high and value < float("inf")):
        raise ArgumentError(f"{name} is {given!r}; allowed: {told}")


def refuse_span(name: str, given: Any, least: float) -> None:
    """An error for a parameter that is no pair (low, high) of finite numbers, low at most high, from `least` on.

    Raises
    ------
    ArgumentError : it is not

    >>> refuse_span("scale", (0.9, 1.1), 0)
    """
    if not isinstance(given, tuple) or len(given) != 2:
        raise ArgumentError(f"{name} is {given!r}; it is a pair (low, high)")
    low, high = (one_number(name, each, f"{least:g} or more") for each in given)
    if not least <= low <= high < float("inf"):
        raise ArgumentError(f"{name} is {given!r}; low is {least:g} or more, and at most high")


def grid_axis(axis: int, x: Tensor) -> int:
    """The axis of x (N, channel, *grid) that grid axis 0, 1, … or −1, −2, … is.

    Raises
    ------
    ArgumentError : the windows have no such axis

    >>> grid_axis(-1, torch.zeros(1, 1, 4, 5))
    3
    """
    axes = x.ndim - 2
    if not -axes <= axis < axes:
        raise ArgumentError(f"axis is {axis}; these windows have grid axes 0 to {axes - 1}, or {-axes} to -1")
    return 2 + axis % axes
