"""How long a network in training waits for its batches."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sigconv import loaders, nets
from sigconv.windows import Windows, batches, concatenate, sliding
from tests.bench.cases_loading import opened, random_patches
from tests.bench.cases_unet import FEATURES
from tests.bench.loading_data import Data


@dataclass(frozen=True)
class Wait:
    """name : of the network;  workers : that read;  seconds : of the epoch;  idle : the part of it spent waiting."""

    name: str
    workers: int
    seconds: float
    idle: float


def eeg(data: Data) -> tuple[Windows, nn.Module, int, int, Callable[[Any], Any]]:
    """The network of the EEG recipe."""
    windows = concatenate([sliding(loaders.open(path), 2.0, 0.5) for path in data.edf])
    net = nets.parse("C4k1b0 C4k25g4b0 R:square G R:log B F")
    module = nets.build(net, nets.InputSpec(windows.shape[0], windows.shape[1:]), classes=2, seed=0)
    return windows, module, 16, 1600 // data.shrink, lambda x: torch.zeros(len(x), dtype=torch.int64)


def unet(data: Data) -> tuple[Windows, nn.Module, int, int, Callable[[Any], Any]]:
    """A U-Net on patches of CT."""
    sources = [loaders.cached(opened(path), folder=data.made / "cache") for path in data.nifti]
    module = nets.build(nets.named.basic_unet(FEATURES), nets.InputSpec(1, (64,) * 3), seed=0)
    count = max(4, 16 // data.shrink)
    return random_patches(sources, count, (64,) * 3), module, 2, count, lambda x: (x[:, 0] > 0).long()


NETS = {"EEG recipe's net, batches of 16 windows of 64×320": eeg, "3-D U-Net, batches of 2 patches of 64³": unet}


def waits(name: str, data: Data) -> Iterator[Wait]:
    """An epoch of training with one and with two workers; the first batch, which starts them, is not counted."""
    windows, module, size, count, target = NETS[name](data)
    descent = torch.optim.SGD(module.parameters(), 1e-4)
    order = np.random.default_rng(0).integers(0, len(windows), count)
    for workers in (1, 2):
        feed = batches(windows, order, size, workers=workers)
        next(feed)
        began, waited = time.perf_counter(), 0.0
        while True:
            asked = time.perf_counter()
            batch = next(feed, None)
            waited += time.perf_counter() - asked
            if batch is None:
                break
            x = torch.from_numpy(batch.x)
            descent.zero_grad()
            functional.cross_entropy(module(x), target(x)).backward()
            descent.step()
        seconds = time.perf_counter() - began
        yield Wait(name, workers, seconds, waited / seconds)
