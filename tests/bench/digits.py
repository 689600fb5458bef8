"""`python -m tests.bench.digits`: LeNet-1989 on the digits it was made for, as a table for the README.

The net of LeCun et al. (1989) is trained as then (tanh, squared error, one sample at a time, 23 passes, step sizes from
second derivatives), beside it the same steps in a plain PyTorch loop, and the same parameters in today's setting. All
settings were chosen on 1 000 training digits held out.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from sigconv.nets.connections import Convolved, Full, Layer, Pointwise
from sigconv.train import Pass, curvature, fit_online, generator, newton_rates, one_hot, uniform_weights
from tests.bench.digits_modern import TABLE, LeNet, modern, wrong

RATE, LEAST, LOOKED_AT = 0.0005, 0.02, 100  # of `newton_rates`, and samples whose curvature is looked at in each pass
PLAIN_RATE = 0.02
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

    def rate(number: int, weights: dict) -> dict:
        few = generator(seed, "digits curvature", number).choice(len(x), LOOKED_AT, replace=False)
        return newton_rates(curvature(lenet_1989(), weights, x[few]), RATE, LEAST)

    targets = one_hot(labels, 10)
    learned = fit_online(lenet_1989(), x, targets, passes=passes, rate=rate, seed=seed, progress=clock)
    errors = [wrong(learned.scores(a), b) for a, b in ((x_test, labels_test), (x, labels))]
    return errors[0], errors[1], float(np.median(np.diff(times)))


def plain_pass(x: np.ndarray, targets: np.ndarray, start: dict, samples: int) -> tuple[float, dict]:
    """Seconds of one core for the first samples in a plain loop, and the weights behind it."""
    torch.set_num_threads(1)
    net = LeNet(start)
    steps = torch.optim.SGD(net.parameters(), PLAIN_RATE)
    inputs, wanted = torch.from_numpy(x[:samples]), torch.from_numpy(targets[:samples])
    began = time.process_time()
    for i in range(samples):
        error = (net(inputs[i : i + 1]) - wanted[i : i + 1]).square().mean()
        steps.zero_grad()
        error.backward()
        steps.step()
    took = time.process_time() - began
    return took, net.arrays()


def compared(digits: dict, seed: int) -> tuple[float, float, float]:
    """One pass at a constant rate: seconds of one core, ours and of a plain PyTorch loop; how far weights differ."""
    x, labels = digits["train"]
    targets, start = one_hot(labels, 10), uniform_weights(lenet_1989(), seed)
    began = time.process_time()
    ours = fit_online(lenet_1989(), x, targets, passes=1, rate=PLAIN_RATE, seed=seed, shuffle=False).weights
    seconds = time.process_time() - began
    took, theirs = plain_pass(x, targets, start, len(x))
    return seconds, took, max(float(np.abs(ours[name] - theirs[name]).max()) for name in ours)


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
    ours, plain, apart = compared(digits, seed=0)
    print(f"\n| 9 760 parameters, {told.seeds} seeds | test error, mean (each) | training error | one core, a pass |")
    print("|---|---|---|---|")
    for name, rows in (("as in 1989", then), ("today's setting", now)):
        test, train, seconds = np.array(rows).T
        each = ", ".join(f"{error:.1f}" for error in test)
        print(f"| {name} | {test.mean():.2f} % ({each}) | {train.mean():.2f} % | {np.median(seconds):.2f} s |")
    print(f"| 1989 at a constant rate, compiled | | | {ours:.2f} s |")
    print(f"| the same in a plain PyTorch loop (weights within {apart:.0e} after a pass) | | | {plain:.1f} s |")
    print("| LeCun et al. (1989) | 5.0 % | 0.14 % | |")


if __name__ == "__main__":
    main()
