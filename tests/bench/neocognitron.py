"""`python -m tests.bench.neocognitron`: the Neocognitron on the USPS digits, as a table for the README.

Its planes, thresholds, sizes and penalties were chosen on the training digits alone. "held out" is the error on 1 000
training digits drawn by seed 0 after learning from the other 6 291; "test" that on the 2 007 test digits after learning
from all 7 291.
"""

import time
from typing import NamedTuple

import numpy as np
import torch

from sigconv.nets import InputSpec, build, parse
from sigconv.train.neocognitron import Neocognitron
from tests.bench.usps import Digits, told

HELD_OUT = 1000


class Case(NamedTuple):
    """One line of the table."""

    planes: tuple[int, ...]
    readout: str
    penalty: float

    @property
    def text(self) -> str:
        """The row of layers in the notation."""
        return "K:contrast " + " ".join(f"V{planes}k3t.6 Z3s2" for planes in self.planes)


CASES = (
    Case((16, 128), "ridge", 0.01),
    Case((16, 128), "logistic", 0.001),
    Case((16, 128), "cells", 0.01),
    Case((16, 32), "ridge", 0.01),
    Case((16,), "ridge", 0.01),
)


def learnt(case: Case, x: np.ndarray, y: np.ndarray, seed: int) -> tuple[Neocognitron, float]:
    """A Neocognitron that learnt from x and y, and the seconds that took."""
    network = build(parse(case.text), InputSpec(1, (16, 16)), seed=seed)
    began = time.perf_counter()
    net = Neocognitron(network, readout=case.readout, penalty=case.penalty, seed=seed).fit(x, y)
    return net, time.perf_counter() - began


def line(case: Case, digits: Digits, seeds: int) -> str:
    """One line of the table: means over the seeds, and each test error."""
    x, y = digits["train"]
    order = np.random.default_rng(0).permutation(len(y))
    out, kept = order[:HELD_OUT], np.sort(order[HELD_OUT:])
    held, test, seconds, numbers = [], [], [], 0
    for seed in range(seeds):
        held.append(100 * (1 - learnt(case, x[kept], y[kept], seed)[0].score(x[out], y[out])))
        net, took = learnt(case, x, y, seed)
        test.append(100 * (1 - net.score(*digits["test"])))
        seconds.append(took)
        numbers = sum(p.numel() for p in net.layers.parameters())
    each = ", ".join(f"{error:.2f}" for error in test)
    used = ", ".join(f"{row.used} of {row.planes}" for row in net.learnt_)
    return (
        f"| {case.text} | {used} | {numbers} | {case.readout} | {np.mean(held):.2f} % | {np.mean(test):.2f} % | {each} "
        f"| {np.median(seconds):.1f} s |"
    )


def main() -> None:
    """Learn with every seed, then show the table."""
    digits, seeds = told("neocognitron", "Neocognitron on USPS digits.", seeds=3)
    torch.set_num_threads(min(2, torch.get_num_threads()))
    print(f"Neocognitron on USPS digits, mean of {seeds} seeds; features learnt without labels, layer by layer")
    print()
    print("| layers | planes used | numbers in S-cells | read-out | held out | test | (each) | learning |")
    print("|---|---|---|---|---|---|---|---|")
    for case in CASES:
        print(line(case, digits, seeds), flush=True)


if __name__ == "__main__":
    main()
