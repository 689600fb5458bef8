"""What a trained module says of windows."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sigconv.errors import ArgumentError
from sigconv.train.device import device_of, placed
from sigconv.train.losses import cross_entropy
from sigconv.train.precision import Precision
from sigconv.train.processes import Processes, here
from sigconv.train.tally import Tally
from sigconv.train.task import Task
from sigconv.windows import Loaded, Read, Windows, batches, reading

Floats = np.ndarray[Any, np.dtype[np.float32]]


_TOGETHER = 1 << 20  # numbers of the windows that are looked at together where nothing is learnt


def at_once(shape: Sequence[int], least: int = 1) -> int:
    """How many windows of one shape are looked at together: 256, or fewer where they are large; at least `least`.

    >>> at_once((1, 28, 28)), at_once((1, 64, 64, 64)), at_once((1, 256, 256, 256), 2)
    (256, 4, 2)
    """
    return max(least, 1, min(256, _TOGETHER // math.prod(shape)))


def probabilities(
    module: nn.Module,
    data: Floats | Windows | Loaded,
    batch: int | None = None,
    *,
    mirror: Sequence[int] = (),
    workers: int = 0,
    device: str = "auto",
) -> "np.ndarray[Any, Any]":
    """Class probabilities by softmax.

    Processes that train together (see `fit`) divide the windows among them; all of them call this, and all get the
    whole.

    Parameters
    ----------
    module : (window, channel, *grid) -> (window, class), or (window, class, *grid) for label maps
    data : (window, channel, *grid) float32 array, or windows
    batch : windows at once, >= 1; None for 256, or fewer where they are large
    mirror : grid axes, 0 for the first, along which windows are mirrored, in every combination; the mean counts
    workers : processes that read Windows, >= 0
    device : "auto", "cpu" or "cuda"; the module returns to where it was

    Returns
    -------
    (window, class) float64, or (window, class, *grid) float32, that sum to one over the classes

    Raises
    ------
    ArgumentError : an axis that the windows do not have, no such device

    >>> probabilities(nn.Flatten(), np.zeros((1, 2, 1), np.float32)).tolist()
    [[0.5, 0.5]]
    """
    windows = data if isinstance(data, Windows | Loaded) else _unlabelled(data)
    axes = len(windows.shape) - 1
    for axis in mirror:
        if not 0 <= axis < axes:
            raise ArgumentError(f"mirror is {tuple(mirror)!r}; the windows have grid axes 0 to {axes - 1}")
    flips = [flip for n in range(len(set(mirror)) + 1) for flip in combinations(sorted(set(mirror)), n)]
    chosen = device_of(device)
    processes, parts = here(), []
    share = processes.share(np.arange(len(windows)))
    with placed(module.eval(), chosen), torch.inference_mode():
        for each in batches(windows, share, batch or at_once(windows.shape), workers=workers):
            x = torch.from_numpy(each.x).to(chosen)
            said = sum(_softmax(module, x, flip) for flip in flips) / len(flips)
            parts.append(said.cpu() if said.ndim == 2 else said.float().cpu())
    return processes.gathered(np.concatenate([part.numpy() for part in parts]) if parts else np.empty((0, 0)))


def _unlabelled(data: Floats) -> Loaded:
    return Loaded(data, np.full(len(data), -1), ("",) * len(data), ())


def _softmax(module: nn.Module, x: Tensor, flip: tuple[int, ...]) -> Any:
    """Probabilities (N, class, *grid) in float64 of windows that are mirrored, mirrored back."""
    places = [axis + 2 for axis in flip]
    said = torch.softmax(module(x.flip(places) if flip else x).double(), 1)
    return said.flip(places) if flip and said.ndim > 2 else said


@dataclass(frozen=True, eq=False)
class Watched:
    """Windows that are looked at after every epoch, and never trained on.

    read : their batches by indices;  pieces : the indices of each batch, of one process's share
    """

    read: Read
    pieces: Sequence[Any]


@contextmanager
def watching(
    windows: Windows | Loaded | None, batch: int, workers: int, processes: Processes
) -> Iterator[Watched | None]:
    """This process's share of windows, with worker processes that stay from epoch to epoch; None for none."""
    if windows is None:
        yield None
        return
    with reading(windows, batch, workers=workers) as read:
        share = processes.share(np.arange(len(windows)))
        yield Watched(read, np.split(share, range(batch, len(share), batch)) if len(share) else ())


def looked_at(module: nn.Module, watched: Watched, task: Task, device: torch.device, precision: Precision) -> Tally:
    """Cross-entropy in nats and score of some windows, with a module that is on the device."""
    tally = Tally.empty(task, device)
    was = module.training
    module.eval()
    with torch.inference_mode():
        for each in watched.read(watched.pieces):
            x, y = torch.from_numpy(each.x).to(device), torch.from_numpy(each.y).to(device)
            with precision.running(device.type):
                logits = module(precision.laid_out(x))
            tally.add(logits, y, cross_entropy(logits, y).item())
    module.train(was)
    return tally
