"""The learning rate over a training, as a share of the largest one."""

import math

from sigconv.errors import ArgumentError, one_of

_FIRST, _LAST = 1 / 25, 1e-4 / 25  # of one_cycle, as in the paper's reference code
_RISE = 0.3


def rate_factor(step: int, steps: int, schedule: str, warmup: float = 0.0) -> float:
    """The share of the largest learning rate that one step takes.

    Parameters
    ----------
    step : 0, 1, … steps − 1
    steps : of the whole training, >= 1
    schedule : "cosine", "constant", or "one_cycle"
    warmup : share of the steps over which the rate rises, 0 <= warmup < 1; for "one_cycle" 0 stands for 0.3

    Raises
    ------
    ArgumentError : a step outside the training, an unknown schedule

    Source: Loshchilov & Hutter (2017) for cosine; Smith & Topin (2018) for one cycle, whose rise and fall are cosines
    here. Same as: torch.optim.lr_scheduler.OneCycleLR but for where a step lies between first and last.

    >>> [round(rate_factor(step, 4, "cosine"), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    one_of("schedule", schedule, ("cosine", "constant", "one_cycle"))
    if not 0 <= step < steps:
        raise ArgumentError(f"step is {step}; a training of {steps} steps has 0 to {steps - 1}")
    if schedule == "one_cycle":
        return _one_cycle(step / steps, warmup or _RISE)
    rising = math.ceil(warmup * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    if schedule == "constant":
        return 1.0
    return _fall((step - rising) / (steps - rising))


def _fall(done: float) -> float:
    """Half a cosine from 1 to 0."""
    return 0.5 * (1 + math.cos(math.pi * done))


def _one_cycle(done: float, rise: float) -> float:
    if done < rise:
        return 1 + (_FIRST - 1) * _fall(done / rise)
    return _LAST + (1 - _LAST) * _fall((done - rise) / (1 - rise))
