"""Truth, time and memory of one case: all calls in turn, again and again, and the medians."""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.bench.cases import Case

MIN_ROUNDS, MAX_ROUNDS = 3, 25
SECONDS = 2.5
SHORTEST = 2e-3  # a call that ends sooner is timed several times in a row, seconds
WARM = 3e-2  # a call that ends sooner finds its data in the cache as the call before in its turn left it, seconds


@dataclass(frozen=True)
class Row:
    """What one case gave.

    ours, peers, copy : median milliseconds, of copying the data too where there is such an array;  rounds : how many
    the medians are of;  error : the largest difference from any peer, over the largest absolute value of that peer;
    memory : the most that NumPy held during a call of ours, MiB
    """

    name: str
    ours: float
    peers: dict[str, float]
    rounds: int
    error: float
    memory: float
    aim: float
    copy: float | None = None

    @property
    def best(self) -> str:
        """The name of the fastest peer."""
        return min(self.peers, key=self.peers.__getitem__)

    @property
    def ratio(self) -> float:
        """The fastest peer's time over ours: above 1 we are faster."""
        return self.peers[self.best] / self.ours

    @property
    def misses(self) -> bool:
        """Whether the ratio, as it is printed, is below the aim."""
        return round(self.ratio, 2) < self.aim


def error_of(case: Case) -> float:
    """The largest difference from any peer, relative to that peer's largest absolute value."""
    ours = np.asarray(case.value(case.ours()))
    worst = 0.0
    for name, peer in case.peers.items():
        theirs = np.asarray(case.value(peer()))
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            raise AssertionError(
                f"{case.name}: {ours.shape} {ours.dtype} of ours, {theirs.shape} {theirs.dtype} of {name}"
            )
        difference = np.abs(ours.astype(np.float64) - theirs).max()
        worst = max(worst, float(difference / np.abs(theirs).max()))
    if not worst < case.close:
        raise AssertionError(f"{case.name}: ours and a peer differ by {worst:.1e}; {case.close:.0e} is allowed")
    return worst


def peak_of(call: Callable[[], Any]) -> float:
    """MiB of NumPy arrays alive at the worst moment of a call, its input not counted."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def seconds_of(call: Callable[[], Any], times: int = 1) -> float:
    """Seconds one call takes, as the mean of `times` in a row."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def medians(
    calls: dict[str, Callable[[], Any]],
    budget: float = SECONDS,
    middle: Callable[[list[float]], float] = statistics.median,
) -> tuple[dict[str, float], int]:
    """Median milliseconds of every call, and of how many rounds; in a round each call has its turn.

    A short call runs once untimed in its turn, so that nobody pays for what the call before left in the cache.
    """
    for call in calls.values():
        call()
    once = {name: seconds_of(call) for name, call in calls.items()}
    often = {name: max(1, int(SHORTEST / seconds)) for name, seconds in once.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    began = time.perf_counter()
    rounds = 0
    while rounds < MIN_ROUNDS or (rounds < MAX_ROUNDS and time.perf_counter() - began < budget):
        for name, call in calls.items():
            if once[name] < WARM:
                call()
            times[name].append(1e3 * seconds_of(call, often[name]))
        rounds += 1
    return {name: middle(each) for name, each in times.items()}, rounds


def measured(case: Case) -> Row:
    """The row of a case; the first, untimed, call of each warms caches and is checked."""
    error = error_of(case)
    memory = peak_of(case.ours)
    copy = {} if case.data is None else {"copy": case.data.copy}
    found, rounds = medians({"ours": case.ours, **copy, **case.peers})
    ours, copied = found.pop("ours"), found.pop("copy", None)
    return Row(case.name, ours, found, rounds, error, memory, case.aim, copied)
