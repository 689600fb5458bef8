"""`python -m tests.bench.neocognitron`: the Neocognitron on the USPS digits, as a table for the README.

Its planes, thresholds, sizes and penalties were chosen on the training digits alone. "held out" is the error on 1 000
training digits drawn by seed 0 after learning from the other 6 291; "test" that on the 2 007 test digits after learning
from all 7 291.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from sigconv.nets.layers.cells import CCell, Contrast, SCell
from sigconv.train.neocognitron import Neocognitron

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


def cells(planes: tuple[int, ...], *, axes: int = 2, inputs: int = 1) -> nn.Sequential:
    """Contrast cells, then per number of planes an S-cell layer (kernel 3, θ 0.6), a C-cell layer (3, stride 2)."""
    row: list[nn.Module] = [Contrast(inputs, axes=axes)]
    channels = 2 * inputs
    for count in planes:
        row += [
            SCell(channels, count, 3, axes=axes, threshold=0.6),
            CCell(count, 3, axes=axes, stride=2),
        ]
        channels = count
    return nn.Sequential(*row)


def usps(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The digits of usps/usps.h5: "train" (7291) and "test" (2007), each x (N, 1, 16, 16) from -1 to 1, and labels."""
    import h5py

    with h5py.File(folder / "usps" / "usps.h5") as file:
        return {
            part: (
                np.float32(2) * file[part]["data"][:].reshape(-1, 1, 16, 16) - np.float32(1),
                file[part]["target"][:].astype(np.int64),
            )
            for part in ("train", "test")
        }


def learnt(case: Case, x: np.ndarray, y: np.ndarray, seed: int) -> tuple[Neocognitron, float]:
    """A Neocognitron that learnt from x and y, and the seconds that took."""
    began = time.perf_counter()
    net = Neocognitron(cells(case.planes), readout=case.readout, penalty=case.penalty, seed=seed).fit(x, y)
    return net, time.perf_counter() - began


def line(case: Case, digits: dict, seeds: int) -> str:
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
    parser = argparse.ArgumentParser(prog="python -m tests.bench.neocognitron", description="Neocognitron on USPS.")
    parser.add_argument("--data", default=os.environ.get("SIGCONV_DATA"), help="the folder that holds usps/usps.h5")
    parser.add_argument("--seeds", type=int, default=3, help="how many trainings, 3 unless told")
    told = parser.parse_args()
    if told.data is None:
        sys.exit("give --data DIR, or set SIGCONV_DATA, to the folder that holds usps/usps.h5")
    digits = usps(Path(told.data))
    torch.set_num_threads(min(2, torch.get_num_threads()))
    print(f"Neocognitron on USPS digits, mean of {told.seeds} seeds; features learnt without labels, layer by layer")
    print()
    print("| layers | planes used | numbers in S-cells | read-out | held out | test | (each) | learning |")
    print("|---|---|---|---|---|---|---|---|")
    for case in CASES:
        print(line(case, digits, told.seeds), flush=True)


if __name__ == "__main__":
    main()
