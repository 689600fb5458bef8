"""What an input is compared with: the input in which nothing is to be seen."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from sigconv.errors import ArgumentError, ShapeError
from sigconv.report.explain.question import Question, as_input
from sigconv.signal import Signal

Baseline = Signal | float | str


def baseline_of(question: Question, given: Baseline) -> Tensor:
    """(1, channel, *grid) tensor of a baseline.

    given : a number in the signal's unit (-1000 for air in HU), "mean" for each channel's own mean, or a Signal of the
        input's shape (the mean of other trials, the scan without the lesion)

    Raises
    ------
    ArgumentError : something else, or not finite;  ShapeError : a Signal of another shape
    """
    x = question.x
    if isinstance(given, Signal):
        if given.shape != question.signal.shape:
            raise ShapeError(f"baseline has shape {given.shape}, the signal {question.signal.shape}; give the same")
        made = as_input(question.network, given.data)
    elif given == "mean":
        made = x.flatten(2).mean(2).view(1, -1, *(1,) * (x.ndim - 2)).expand_as(x).clone()
    elif isinstance(given, int | float | np.number) and not isinstance(given, bool):
        made = torch.full_like(x, float(given))
    else:
        raise ArgumentError(f"baseline is {given!r}; allowed: a number, 'mean', or a Signal of the input's shape")
    if not bool(made.isfinite().all()):
        raise ArgumentError("baseline holds NaN or infinity; it is finite")
    return made


def baseline_words(given: Any, unit: str) -> str:
    """The baseline in words, for a caption.

    >>> baseline_words(-1000, "HU"), baseline_words("mean", "V")
    ('baseline -1000 HU', "baseline: each channel's mean")
    """
    if isinstance(given, Signal):
        return "baseline: another signal"
    return "baseline: each channel's mean" if given == "mean" else f"baseline {given:g} {unit}".rstrip()
