"""A tensor with what lies outside its grid, as a rule of core.boundary shows it."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from torch import Tensor
from torch.nn import functional

from sigconv.core.boundary import Boundary, extend

Rule = tuple[Boundary, Any]


def extended(x: Tensor, padding: Sequence[tuple[int, int]], rule: Rule) -> Tensor:
    """x with (before, after) more samples along each axis of its grid.

    x : (N, channels, *grid);  padding : one pair per axis of the grid;  rule : what core.boundary.rule_of gives

    Same as: core.boundary.extend along each axis; torch.nn.functional.pad where torch has the rule.
    """
    which, constant = rule
    flat = tuple(chain.from_iterable(reversed(padding)))
    if not any(flat):
        return x
    if which is Boundary.CONSTANT:
        return functional.pad(x, flat, value=constant)
    if which is Boundary.EDGE:
        return functional.pad(x, flat, mode="replicate")
    reach = zip(x.shape[2:], map(max, padding), strict=True)
    if which is Boundary.REFLECT and all(pad < n for n, pad in reach):
        return functional.pad(x, flat, mode="reflect")
    if which is Boundary.WRAP and all(pad <= n for n, pad in reach):
        return functional.pad(x, flat, mode="circular")
    for axis, (before, after) in enumerate(padding, 2):
        if before or after:
            x = extend(x, before, after, rule, axis)
    return x
