"""Twice the work: how much longer each function takes when its input is twice as long."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import signal

import sigconv
from tests.bench.cases import draws, sections
from tests.bench.measure import medians

AIM = 2.1
LENGTHS = (10_000, 100_000, 1_000_000, 10_000_000, 50_000_000)


@dataclass(frozen=True)
class Growth:
    """One function: for each length, the milliseconds there and the ratio of the time at twice the length to it."""

    name: str
    times: dict[int, tuple[float, float]]

    @property
    def worst(self) -> float:
        """The largest ratio."""
        return max(ratio for _, ratio in self.times.values())


def functions() -> dict[str, Callable[[Any], Any]]:
    """Functions of a line, float64."""
    b, a = signal.butter(4, 0.2)
    sos, h = sections(), draws(31)
    return {
        "moving_average 100": lambda x: sigconv.moving_average(x, 100),
        "lfilter order 4": lambda x: sigconv.lfilter(b, a, x),
        "sosfilt 8 sections": lambda x: sigconv.sosfilt(sos, x),
        "convolve 31 taps": lambda x: sigconv.convolve(x, h),
        "gaussian σ 3": lambda x: sigconv.gaussian(x, 3),
    }


def grown(name: str, run: Callable[[Any], Any], lengths: tuple[int, ...] = LENGTHS) -> Growth:
    """Time at each length and at twice the length, in turn."""
    times = {}
    noise = draws(100_000)
    for n in lengths:
        twice = np.resize(noise, 2 * n)
        found, _ = medians({"once": lambda x=twice[:n]: run(x), "twice": lambda x=twice: run(x)}, budget=1.5)
        times[n] = found["once"], found["twice"] / found["once"]
    return Growth(name, times)
