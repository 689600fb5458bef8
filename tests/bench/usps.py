"""The USPS digits as arrays."""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

Digits = dict[str, tuple[np.ndarray, np.ndarray]]


def usps(folder: Path) -> Digits:
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


def told(program: str, description: str, seeds: int) -> tuple[Digits, int]:
    """The digits and the number of seeds that the command line asks for."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.bench.{program}", description=description)
    parser.add_argument("--data", default=os.environ.get("SIGCONV_DATA"), help="the folder that holds usps/usps.h5")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"how many trainings, {seeds} unless told")
    given = parser.parse_args()
    if given.data is None:
        sys.exit("give --data DIR, or set SIGCONV_DATA, to the folder that holds usps/usps.h5")
    return usps(Path(given.data)), given.seeds
