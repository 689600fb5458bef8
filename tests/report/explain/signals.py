"""Small networks and inputs that several tests explain."""

import numpy as np
import torch

from sigconv.nets import InputSpec, build, parse
from sigconv.signal import Axis, Signal

GRIDS = {
    (40,): ("time",),
    (12, 20): ("freq", "time"),
    (6, 8, 10): ("z", "y", "x"),
}
UNITS = {"time": ("s", 0.01), "freq": ("Hz", 50.0), "z": ("mm", 3.0), "y": ("mm", 1.0), "x": ("mm", 1.0)}


def signal_of(grid, channels=2, seed=0):
    """Noise on named axes in their units."""
    axes = [Axis(name, n, *UNITS[name]) for name, n in zip(GRIDS[grid], grid, strict=True)]
    names = tuple(f"c{i}" for i in range(channels))
    data = np.random.default_rng(seed).normal(size=(channels, *grid)).astype(np.float32)
    return Signal(data, (Axis.channel(names), *axes), events=(), notes={"name": "noise"})


def network_of(text, grid, channels=2, classes=3):
    """A network with weights that a seed decides, large enough to say something."""
    network = build(parse(text), InputSpec(channels, grid), classes=classes, seed=3)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(2.0)
    return network
