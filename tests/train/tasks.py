"""Small tasks that several test files of training share."""

from dataclasses import replace

import numpy as np

from sigconv import nets
from sigconv.loaders import recording
from sigconv.signal import Axis, Signal
from sigconv.windows import Loaded, Windows, patches, whole


def power(seed=0, count=60, channels=4, length=64):
    """Two classes that differ in the power of one hidden source, in memory."""
    draw = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(channels, channels))
    labels = np.arange(count) % 2
    sources = draw.normal(size=(count, channels, length))
    sources[:, 0] *= np.where(labels == 0, 2.0, 0.5)[:, None]
    data = np.einsum("cs,nst->nct", mixing, sources).astype(np.float32)
    return Loaded(data, labels, ("g",) * count, ("strong", "weak"))


def power_net(seed=0, text="C2k1b0R:squareGR:logBF", channels=4, length=64):
    """A net for `power`."""
    return nets.build(nets.parse(text), nets.InputSpec(channels, (length,)), classes=2, seed=seed)


def clips(count=24, length=32, broken=None) -> Windows:
    """Unread windows of one recording each, with a class; the one that is broken holds an infinity."""
    draw = np.random.default_rng(1)
    data = draw.normal(size=(count, 2, length)) * np.where(np.arange(count) % 2, 2.0, 0.5)[:, None, None]
    if broken is not None:
        data[broken, 1, 3] = np.inf
    named = [replace(Signal.from_array(x, fs=100), notes={"name": f"clip {i}"}) for i, x in enumerate(data)]
    sources = [recording.of(signal) for signal in named]
    return whole(sources, ["quiet", "loud"] * (count // 2), [f"g{i // 2}" for i in range(count)], [length])


def squares(count=3, size=24, patch=12, inside=1) -> Windows:
    """Patches of pictures with a bright square each, and the label map of it, with the label `inside`."""
    draw = np.random.default_rng(2)
    grid = (Axis.channel(["grey"]), Axis("y", size), Axis("x", size))
    pictures, maps = [], []
    for _ in range(count):
        y, x = draw.integers(2, size - 10, 2)
        square = np.zeros((1, size, size))
        square[0, y : y + 8, x : x + 8] = 1
        pictures.append(recording.of(Signal(draw.normal(size=square.shape) * 0.3 + square, grid)))
        maps.append(recording.of(Signal(inside * square, grid)))
    return patches(pictures, patch, patch // 2, [f"p{i}" for i in range(count)], maps)


def map_net(seed=0, text="C4k3RC2k1", patch=12):
    """A net for `squares`."""
    return nets.build(nets.parse(text), nets.InputSpec(1, (patch, patch)), seed=seed)
