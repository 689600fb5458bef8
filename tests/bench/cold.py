"""The first call in a fresh process: with an empty cache of compiled kernels, and with a filled one."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

AIM = 10.0  # seconds
BEFORE = "import time, numpy as np\nx = np.random.default_rng(0).normal(size=(4, 5000))\nbegan = time.perf_counter()\n"
AFTER = "\nprint(time.perf_counter() - began)"
CALLS = {
    "import sigconv": "import sigconv",
    "convolve": "import sigconv; sigconv.convolve(x, np.ones((1, 31)))",
    "correlate 3×3 float32": "import sigconv; sigconv.correlate(x.astype('f4'), np.ones((3, 3), 'f4'), 'same')",
    "lfilter": "import sigconv; sigconv.lfilter([1.0, 0.5], [1.0, -0.5], x)",
    "sosfilt": "import sigconv; sigconv.sosfilt([[1, 0.5, 0, 1, -0.5, 0.1]], x)",
    "moving_average": "import sigconv; sigconv.moving_average(x, 10)",
    "gaussian": "import sigconv; sigconv.gaussian(x, 2)",
    "median": "import sigconv; sigconv.median(x, 5)",
    "savgol": "import sigconv; sigconv.savgol(x, 11, 3)",
}


@dataclass(frozen=True)
class First:
    """Seconds of one first call, its imports among them."""

    name: str
    empty: float
    filled: float


def first_call(name: str, code: str) -> First:
    """The call in two fresh processes, one after the other, that share a cache folder which begins empty."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [_seconds(code, folder) for _ in range(2)]
    return First(name, *seconds)


def _seconds(code: str, cache: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + code + AFTER],
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    if done.stderr:
        raise AssertionError(f"a first call says: {done.stderr}")
    return float(done.stdout)
