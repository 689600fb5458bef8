"""Is convolve's own choice the fastest? Each single method beside "auto", over a grid of sizes."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

import sigconv
from sigconv.core.convolve import METHODS
from sigconv.errors import SigconvError
from tests.bench.cases import draws
from tests.bench.measure import medians

ALLOWED = 1.1  # "auto" may take this many times as long as the best single method
MOST_PRODUCTS = 4e9  # a direct sum of more is not worth waiting for

LINES = [((n,), (k,)) for n in (256, 4096, 65_536, 1_000_000) for k in (3, 15, 63, 255, 1023, 4095, 32_767) if k < n]
BATCHES = [((64, n), (1, k)) for n in (256, 4096, 60_000) for k in (3, 31, 255, 1023) if k < n]
PICTURES = [((n, n), (k, k)) for n in (32, 256, 1024) for k in (3, 7, 15, 31, 63) if k < n]
VOLUMES = [((n, n, n), (k, k, k)) for n in (16, 64, 128) for k in (3, 5, 9, 15) if k < n]


def grid() -> Iterator[tuple[str, Any, Any]]:
    """Name, signal and kernel of every point; the last ones have kernels that separate."""
    for dtype in (np.float64, np.float32):
        for shape, taps in (*LINES, *BATCHES, *PICTURES, *VOLUMES):
            yield _named("random", draws(*shape, dtype=dtype), draws(*taps, dtype=dtype))
        for shape, taps in (*PICTURES, *VOLUMES):
            bell = np.ones(1)
            for k in taps:
                bell = np.multiply.outer(bell, np.hanning(k + 2)[1:-1])
            yield _named("separable", draws(*shape, dtype=dtype), bell[0].astype(dtype))


def _named(kind: str, x: Any, kernel: Any) -> tuple[str, Any, Any]:
    sizes = " with ".join("×".join(map(str, array.shape)) for array in (x, kernel))
    return f"{sizes}, {kind}, {x.dtype}", x, kernel


def times_of(x: Any, kernel: Any) -> dict[str, float]:
    """Least milliseconds of "auto" and of every method that takes this kernel and ends in reasonable time."""
    calls = {}
    for method in METHODS:
        if method == "direct" and prod(kernel.shape) * x.size > MOST_PRODUCTS:
            continue
        try:
            sigconv.convolve(x[tuple(slice(k) for k in kernel.shape)], kernel, "same", method)
        except SigconvError:
            continue  # this kernel does not separate, say
        calls[method] = lambda method=method: sigconv.convolve(x, kernel, "same", method)
    return medians(calls, budget=0.4, middle=min)[0]


def audit() -> None:
    """Print every point where "auto" takes more than a tenth longer than the best method."""
    points, slow = 0, 0
    for name, x, kernel in grid():
        points += 1
        for _ in range(2):  # what looks slow is measured again
            times = times_of(x, kernel)
            auto = times.pop("auto")
            best = min(times, key=times.__getitem__)
            if auto <= ALLOWED * times[best]:
                break
        else:
            slow += 1
            others = ", ".join(f"{method} {ms:.3g}" for method, ms in sorted(times.items(), key=lambda item: item[1]))
            print(f"{name}: auto {auto:.3g} ms, {auto / times[best]:.2f} times the best of {others}", flush=True)
    print(f"auto is within {ALLOWED:g} of the best method at {points - slow} of {points} points")
