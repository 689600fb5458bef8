"""What is measured: one call of ours beside the calls of others that give the same numbers.

Every group takes `shrink`: 1 is the size of the table, more is smaller by about that factor, for the test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage, signal
from torch import nn

import sigconv
from sigconv import nets

Call = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One row: calls without arguments that return the same array, or what `value` makes the same array of."""

    name: str
    ours: Call
    peers: dict[str, Call]
    value: Callable[[Any], Any] = np.asarray


def draws(*shape: int, dtype: Any = np.float64) -> Any:
    """White noise, the same in every run."""
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def recurrences(shrink: int) -> Iterator[Case]:
    """Difference equations against SciPy."""
    n, channels, long = 1_000_000 // shrink, 64 // min(shrink, 16), 60_000 // shrink
    line, many = draws(n), draws(channels, long)
    b, a = signal.butter(4, 0.2)
    yield Case(
        f"lfilter order 4, {n}",
        lambda: sigconv.lfilter(b, a, line),
        {"scipy.signal.lfilter": lambda: signal.lfilter(b, a, line)},
    )
    sos = signal.butter(8, [0.1, 0.3], "bandpass", output="sos")
    yield Case(
        f"sosfilt {len(sos)} sections, {channels} × {long}",
        lambda: sigconv.sosfilt(sos, many),
        {"scipy.signal.sosfilt": lambda: signal.sosfilt(sos, many)},
    )
    yield Case(
        f"sosfiltfilt {len(sos)} sections, {channels} × {long}",
        lambda: sigconv.sosfiltfilt(sos, many),
        {"scipy.signal.sosfiltfilt": lambda: signal.sosfiltfilt(sos, many)},
    )


def averages(shrink: int) -> Iterator[Case]:
    """Moving averages where the window lies inside the signal."""
    import bottleneck  # an optional extra: without it the rest can still be imported

    x = draws(1_000_000 // shrink)
    for width in (10, 100, 1000 // min(shrink, 4)):
        yield Case(
            f"moving_average {width}, {len(x)}",
            lambda w=width: sigconv.moving_average(x, w, mode="valid"),
            {
                "bottleneck.move_mean": lambda w=width: bottleneck.move_mean(x, w)[w - 1 :],
                "numpy.convolve": lambda w=width: np.convolve(x, np.ones(w) / w, "valid"),
            },
        )


def lines(shrink: int) -> Iterator[Case]:
    """One long signal, short and long kernels."""
    x = draws(1_000_000 // shrink)
    for taps in (3, 31, 255, 4095):
        h = draws(taps)
        yield Case(
            f"convolve {taps} taps, {len(x)}",
            lambda h=h: sigconv.convolve(x, h),
            {
                "numpy.convolve": lambda h=h: np.convolve(x, h),
                "scipy.signal.oaconvolve": lambda h=h: signal.oaconvolve(x, h),
                "scipy.signal.fftconvolve": lambda h=h: signal.fftconvolve(x, h),
            },
        )


def grids(shrink: int) -> Iterator[Case]:
    """Pictures and volumes in float32, zeros outside; the kernels are random, so nothing separates."""
    side = 1024 // min(shrink, 16)
    small = min(shrink, 8)
    picture, volume = draws(side, side, dtype=np.float32), draws(64 // small, 128 // small, 128 // small)
    sizes = [(picture, 3), (picture, 7), (picture, 15), (volume.astype(np.float32), 3)]
    for x, k in sizes:
        h = draws(*[k] * x.ndim, dtype=np.float32)
        layer = nn.functional.conv2d if x.ndim == 2 else nn.functional.conv3d
        beside = [torch.from_numpy(array)[None, None] for array in (x, h)]
        yield Case(
            f"correlate {'×'.join(map(str, h.shape))}, {'×'.join(map(str, x.shape))} float32",
            lambda x=x, h=h: sigconv.correlate(x, h, "same"),
            {
                "scipy.ndimage.correlate": lambda x=x, h=h: ndimage.correlate(x, h, mode="constant"),
                "scipy.signal.oaconvolve": lambda x=x, h=h: signal.oaconvolve(x, np.flip(h), "same"),
                "scipy.signal.fftconvolve": lambda x=x, h=h: signal.fftconvolve(x, np.flip(h), "same"),
                f"torch {layer.__name__}": lambda f=layer, b=beside, k=k: f(*b, padding=k // 2)[0, 0].numpy(),
            },
        )
    yield Case(
        f"gaussian σ 3, {side}×{side} float32",
        lambda: sigconv.gaussian(picture, 3),
        {"scipy.ndimage.gaussian_filter": lambda: ndimage.gaussian_filter(picture, 3)},
    )


def networks(shrink: int) -> Iterator[Case]:
    """A net from text against the same layers by hand; the same seed gives the same weights, so the same scores."""
    text, time = "(CR)2P(CR)2P(CR)2PF", 160 // min(shrink, 4)
    batch = torch.from_numpy(draws(8, 64, time, dtype=np.float32))

    def by_hand() -> nn.Sequential:
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        channels = 64
        for width in (16, 32, 64):
            for _ in range(2):
                layers += [nn.Conv1d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool1d(2))
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * (time // 8), 4))

    @torch.no_grad()
    def scores(net: nn.Module) -> Any:
        return net(batch).numpy()

    yield Case(
        f"nets.build {text}, 64 × {time}",
        lambda: nets.build(nets.parse(text), nets.InputSpec(64, (time,)), classes=4, seed=0),
        {"torch by hand": by_hand},
        scores,
    )


def cases(shrink: int = 1) -> list[Case]:
    """Every row of the table."""
    groups = (recurrences, averages, lines, grids, networks)
    return [case for group in groups for case in group(shrink)]
