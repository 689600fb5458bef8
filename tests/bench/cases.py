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
from torch.nn import functional

import sigconv
from sigconv import nets

Call = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One row: calls without arguments that return the same array, or what `value` makes the same array of.

    aim : how many times faster than the fastest peer we want to be;  close : how far from a peer we may be, relative
    to the peer's largest value;  data : the array that has to be read at least, and one of its size written
    """

    name: str
    ours: Call
    peers: dict[str, Call]
    aim: float
    close: float = 1e-11
    value: Callable[[Any], Any] = np.asarray
    data: Any = None


def draws(*shape: int, dtype: Any = np.float64) -> Any:
    """White noise, the same in every run."""
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def sections() -> Any:
    """A stable band-pass of eight sections."""
    return signal.butter(8, [0.1, 0.3], "bandpass", output="sos")


def recurrences(shrink: int) -> Iterator[Case]:
    """Difference equations against SciPy."""
    n, channels, long = 3_000_000 // shrink, 64 // min(shrink, 16), 60_000 // shrink
    line, many = draws(n), draws(channels, long)
    b, a = signal.butter(4, 0.2)
    sos = sections()
    for name, x, aim in [(f"{channels} × {long}", many, 6), (f"one channel × {n}", line, 4)]:
        yield Case(
            f"sosfilt 8 sections, {name}",
            lambda x=x: sigconv.sosfilt(sos, x),
            {"scipy.signal.sosfilt": lambda x=x: signal.sosfilt(sos, x)},
            aim,
            data=x,
        )
    yield Case(
        f"lfilter order 4, one channel × {n}",
        lambda: sigconv.lfilter(b, a, line),
        {"scipy.signal.lfilter": lambda: signal.lfilter(b, a, line)},
        aim=4,
        data=line,
    )
    yield Case(
        f"sosfiltfilt 8 sections, {channels} × {long}",
        lambda: sigconv.sosfiltfilt(sos, many),
        {"scipy.signal.sosfiltfilt": lambda: signal.sosfiltfilt(sos, many)},
        aim=8,
        data=many,
    )


def gradients(shrink: int) -> Iterator[Case]:
    """An all-pole filter and the gradients of its signal and coefficients, against torchlpc."""
    from torchlpc import sample_wise_lpc  # an optional extra

    x = torch.from_numpy(draws(16, 100_000 // shrink))
    poles = torch.from_numpy(signal.butter(4, 0.2)[1])
    weights = torch.from_numpy(draws(*x.shape)[:, ::-1].copy())

    def backward(run: Callable[[Any, Any], Any]) -> Any:
        line, a = x.clone().requires_grad_(), poles.clone().requires_grad_()
        run(line, a).backward(weights)
        return torch.cat([line.grad.flatten(), a.grad[1:]]).numpy()

    yield Case(
        f"lfilter forward + backward, torch, 16 × {x.shape[-1]}, order 4",
        lambda: backward(lambda line, a: sigconv.lfilter([1.0], a, line)),
        {"torchlpc": lambda: backward(lambda line, a: sample_wise_lpc(line, a[1:].expand(*line.shape, -1)))},
        aim=3,
        data=x.numpy(),
    )


def averages(shrink: int) -> Iterator[Case]:
    """Moving averages where the window lies inside the signal."""
    import bottleneck  # an optional extra: without it the rest can still be imported

    x = draws(3_000_000 // shrink)
    for width in (10, 100, 1000):
        yield Case(
            f"moving_average {width}, {len(x)}",
            lambda w=width: sigconv.moving_average(x, w, mode="valid"),
            {
                "bottleneck.move_mean": lambda w=width: bottleneck.move_mean(x, w)[w - 1 :],
                "numpy.convolve": lambda w=width: np.convolve(x, np.ones(w) / w, "valid"),
            },
            aim=2.5,
            close=1e-10,
            data=x,
        )


def lines(shrink: int) -> Iterator[Case]:
    """One long signal, short and long kernels."""
    x = draws(1_000_000 // shrink)
    for taps, aim in ((3, 1), (31, 3), (255, 3), (4095, 2), (100_000, 1.5)):
        h = draws(min(taps, len(x) // 10))
        peers = {
            "scipy.signal.oaconvolve": lambda h=h: signal.oaconvolve(x, h),
            "scipy.signal.fftconvolve": lambda h=h: signal.fftconvolve(x, h),
        }
        if taps < 10_000:
            peers["numpy.convolve"] = lambda h=h: np.convolve(x, h)
        yield Case(f"convolve {len(h)} taps, {len(x)} float64", lambda h=h: sigconv.convolve(x, h), peers, aim, data=x)


def tensors(shrink: int) -> Iterator[Case]:
    """The same on torch tensors."""
    x = torch.from_numpy(draws(1_000_000 // shrink))
    for taps in (3, 31, 255):
        h = torch.from_numpy(draws(taps))
        pad = taps - 1
        yield Case(
            f"convolve {taps} taps, {len(x)} float64, torch",
            lambda h=h: sigconv.convolve(x, h).numpy(),
            {
                "torch conv1d": lambda h=h, p=pad: functional.conv1d(
                    x[None, None], h.flip(0)[None, None], padding=p
                ).numpy()[0, 0]
            },
            aim=10,
            data=x.numpy(),
        )
        yield Case(
            f"convolve {taps} taps, {len(x)} float64, torch beside NumPy",
            lambda h=h: sigconv.convolve(x, h).numpy(),
            {"ours on NumPy": lambda h=h: sigconv.convolve(x.numpy(), h.numpy())},
            aim=1,
            data=x.numpy(),
        )


def pictures(shrink: int) -> Iterator[Case]:
    """Pictures in float32, zeros outside; the kernels are random, so nothing separates."""
    import cv2  # an optional extra

    side = 1024 // min(shrink, 16)
    x = draws(side, side, dtype=np.float32)
    for k in (3, 7, 15, 31, 63):
        h = draws(k, k, dtype=np.float32)
        peers = {
            "OpenCV filter2D": lambda h=h: cv2.filter2D(x, -1, h, borderType=cv2.BORDER_CONSTANT),
            "scipy.signal.oaconvolve": lambda h=h: signal.oaconvolve(x, np.flip(h), "same"),
            "scipy.signal.fftconvolve": lambda h=h: signal.fftconvolve(x, np.flip(h), "same"),
        }
        if k < 31:
            peers["scipy.ndimage.correlate"] = lambda h=h: ndimage.correlate(x, h, mode="constant")
        yield Case(
            f"correlate {k}×{k}, {side}×{side} float32",
            lambda h=h: sigconv.correlate(x, h, "same"),
            peers,
            1,
            1e-5,
            data=x,
        )
    width = 2 * int(4 * 3 + 0.5) + 1
    yield Case(
        f"gaussian σ 3, {side}×{side} float32",
        lambda: sigconv.gaussian(x, 3),
        {
            "OpenCV GaussianBlur": lambda: cv2.GaussianBlur(x, (width, width), 3, borderType=cv2.BORDER_REFLECT),
            "scipy.ndimage.gaussian_filter": lambda: ndimage.gaussian_filter(x, 3),
        },
        aim=1,
        close=1e-5,
        data=x,
    )


def volumes(shrink: int) -> Iterator[Case]:
    """Volumes in float32, zeros outside for the random kernels."""
    small = min(shrink, 8)
    x = draws(128 // small, 256 // small, 256 // small, dtype=np.float32)
    shape = "×".join(map(str, x.shape))
    for k, aim in ((3, 10), (5, 10), (9, 3), (15, 2.5)):
        h = draws(k, k, k, dtype=np.float32)
        peers = {
            "scipy.signal.oaconvolve": lambda h=h: signal.oaconvolve(x, np.flip(h), "same"),
            "scipy.signal.fftconvolve": lambda h=h: signal.fftconvolve(x, np.flip(h), "same"),
        }
        if k < 9:
            peers["scipy.ndimage.correlate"] = lambda h=h: ndimage.correlate(x, h, mode="constant")
        if k == 3:
            beside = [torch.from_numpy(array)[None, None] for array in (x, h)]
            peers["torch conv3d"] = lambda b=beside: functional.conv3d(*b, padding=1)[0, 0].numpy()
        yield Case(
            f"correlate {k}×{k}×{k}, {shape} float32",
            lambda h=h: sigconv.correlate(x, h, "same"),
            peers,
            aim,
            1e-5,
            data=x,
        )
    yield Case(
        f"gaussian σ 2, {shape} float32",
        lambda: sigconv.gaussian(x, 2),
        {"scipy.ndimage.gaussian_filter": lambda: ndimage.gaussian_filter(x, 2)},
        aim=10,
        close=1e-5,
        data=x,
    )
    yield Case(
        f"box 9, {shape} float32",
        lambda: sigconv.moving_average(x, 9, axes=(0, 1, 2), boundary="symmetric"),
        {"scipy.ndimage.uniform_filter": lambda: ndimage.uniform_filter(x, 9)},
        aim=10,
        close=1e-5,
        data=x,
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
        aim=0.8,
        close=1e-5,
        value=scores,
    )


def cases(shrink: int = 1) -> list[Case]:
    """Every row of the table."""
    groups = (recurrences, gradients, averages, lines, tensors, pictures, volumes, networks)
    return [case for group in groups for case in group(shrink)]
