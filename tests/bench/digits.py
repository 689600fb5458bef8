"""`python -m tests.bench.digits`: LeNet-1989 on the digits it was made for, as a table for the README.

The net of LeCun et al. (1989) is trained as then (tanh, squared error, one sample at a time, 23 passes) with each seed,
and once more in a plain PyTorch loop for the time of a pass. Its rate was chosen on 1 000 training digits held out.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from sigconv.nets.connections import Convolved, Full, Layer, Pointwise
from sigconv.train import Pass, fit_online, one_hot, uniform_weights
from tests.bench.digits_modern import TABLE, LeNet, modern, wrong

RATE = 0.02
AROUND = ((2, 2), (2, 2))


def lenet_1989() -> dict[str, Layer]:
    """The net of the paper. Its table is not published; here map o of H2 sees maps o to o + 7 of H1, going round."""
    outside = ("constant", -1.0)
    return {
        "H1": Convolved((1, 16, 16), 12, (5, 5), (2, 2), padding=AROUND, boundary=outside, bias="unit"),
        "A1": Pointwise((12, 8, 8), "stanh"),
        "H2": Convolved((12, 8, 8), 12, (5, 5), (2, 2), padding=AROUND, boundary=outside, table=TABLE, bias="unit"),
        "A2": Pointwise((12, 4, 4), "stanh"),
        "H3": Full((12, 4, 4), 30),
        "A3": Pointwise((30,), "stanh"),
        "O": Full((30,), 10),
        "A4": Pointwise((10,), "stanh"),
    }


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


def as_in_1989(digits: dict, seed: int, passes: int = 23) -> tuple[float, float, float]:
    """Test error and training error, both in per cent after the last pass, and seconds of one core a pass."""
    (x, labels), (x_test, labels_test) = digits["train"], digits["test"]
    times = [time.process_time()]

    def clock(_row: Pass) -> None:
        times.append(time.process_time())

    learned = fit_online(lenet_1989(), x, one_hot(labels, 10), passes=passes, rate=RATE, seed=seed, progress=clock)
    errors = [wrong(learned.scores(a), b) for a, b in ((x_test, labels_test), (x, labels))]
    return errors[0], errors[1], float(np.median(np.diff(times)))


def plain_pass(x: np.ndarray, targets: np.ndarray, start: dict, samples: int) -> tuple[float, dict]:
    """Seconds of one core for the first samples in a plain loop, and the weights behind it."""
    torch.set_num_threads(1)
    net = LeNet(start)
    steps = torch.optim.SGD(net.parameters(), RATE)
    inputs, wanted = torch.from_numpy(x[:samples]), torch.from_numpy(targets[:samples])
    began = time.process_time()
    for i in range(samples):
        error = (net(inputs[i : i + 1]) - wanted[i : i + 1]).square().mean()
        steps.zero_grad()
        error.backward()
        steps.step()
    took = time.process_time() - began
    return took, net.arrays()


def compared(digits: dict, seed: int) -> tuple[float, float]:
    """Seconds of one core a pass of a plain PyTorch loop, and its largest difference to ours in any weight."""
    x, labels = digits["train"]
    targets, start = one_hot(labels, 10), uniform_weights(lenet_1989(), seed)
    ours = fit_online(lenet_1989(), x, targets, passes=1, rate=RATE, seed=seed, shuffle=False).weights
    took, theirs = plain_pass(x, targets, start, len(x))
    return took, max(float(np.abs(ours[name] - theirs[name]).max()) for name in ours)


def main() -> None:
    """Train with every seed, then show the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.digits", description="LeNet-1989 on USPS digits.")
    parser.add_argument("--data", default=os.environ.get("SIGCONV_DATA"), help="the folder that holds usps/usps.h5")
    parser.add_argument("--seeds", type=int, default=5, help="how many trainings, 5 unless told")
    told = parser.parse_args()
    if told.data is None:
        sys.exit("give --data DIR, or set SIGCONV_DATA, to the folder that holds usps/usps.h5")
    digits = usps(Path(told.data))
    then, now = [], []
    for seed in range(told.seeds):
        then.append(as_in_1989(digits, seed))
        now.append(modern(digits, seed))
        said = (f"{test:.2f} % in {seconds:.2g} s a pass" for test, _, seconds in (then[-1], now[-1]))
        print(f"seed {seed}, test error: {', '.join(said)}", flush=True)
    took, apart = compared(digits, seed=0)
    print(f"\n| 9 760 parameters, {told.seeds} seeds | test error, mean (each) | training error | one core, a pass |")
    print("|---|---|---|---|")
    for name, rows in (("as in 1989", then), ("today's setting", now)):
        test, train, seconds = np.array(rows).T
        each = ", ".join(f"{error:.1f}" for error in test)
        print(f"| {name} | {test.mean():.2f} % ({each}) | {train.mean():.2f} % | {np.median(seconds):.2f} s |")
    print(f"| as in 1989 in a plain PyTorch loop: weights within {apart:.0e} after a pass | | | {took:.1f} s |")
    print("| LeCun et al. (1989) | 5.0 % | 0.14 % | |")


if __name__ == "__main__":
    main()
