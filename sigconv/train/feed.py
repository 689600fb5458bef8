"""Batches of training windows as tensors on a device, with augmentation."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sigconv.train.augment import Augment
from sigconv.train.draws import generator
from sigconv.train.learner import Labelled
from sigconv.train.processes import Processes
from sigconv.train.task import Task, refuse_map
from sigconv.windows import Loaded, Read, Windows, reading

Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Feed:
    """Where the batches of a training come from.

    read : windows by their indices
    chosen : (window) int64, the indices of those that are trained on; an order counts these
    """

    read: Read
    chosen: Integers
    task: Task
    device: torch.device
    augment: Augment | None
    seed: int
    processes: Processes

    def steps(self, pieces: Sequence[Sequence[Integers]], epoch: int, start: int) -> Iterator[list[Labelled]]:
        """This process's shares of the batches of each step of an epoch, from step `start` on.

        What is drawn for a window depends on the seed, the epoch and its place in the epoch's order.
        """
        place = sum(len(piece) for step in pieces[:start] for piece in step)
        share = self.processes.share
        found = self.read([self.chosen[share(piece)] for step in pieces[start:] for piece in step])
        for step in pieces[start:]:
            parts = []
            for piece in step:
                batch = next(found)
                if self.task.maps:
                    refuse_map(batch.y, self.task.classes)
                x, y = (torch.from_numpy(each).to(self.device) for each in (batch.x, batch.y))
                if self.augment is not None:
                    here = place + self.processes.before(piece)
                    draws = [generator(self.seed, "augment", epoch, here + i) for i in range(len(x))]
                    x, y = self.augment(x, y, draws)
                place += len(piece)
                parts.append((x, y))
            yield parts


@contextmanager
def feeding(
    windows: Windows | Loaded,
    chosen: Integers,
    task: Task,
    device: torch.device,
    augment: Augment | None,
    *,
    seed: int,
    batch: int,
    workers: int,
    processes: Processes,
) -> Iterator[Feed]:
    """A Feed of some windows, whose worker processes end with it."""
    with reading(windows, batch, workers=workers) as read:
        yield Feed(read, chosen, task, device, augment, seed, processes)
