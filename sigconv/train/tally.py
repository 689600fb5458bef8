"""The loss and the score of many batches, added up."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sigconv.train.processes import Processes
from sigconv.train.task import Task


@dataclass(eq=False)
class Tally:
    """Running sums; `loss` and `score` are of everything that was added.

    task : what is scored
    matrix : (class, class) int64, how often a class (row) was taken for another (column)
    loss_sum, seen : losses times windows, and windows

    >>> tally = Tally.empty(Task(classes=2, maps=False), "cpu")
    >>> tally.add(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1]), 0.5)
    >>> tally.loss, tally.score
    (0.5, 0.5)
    """

    task: Task
    matrix: Tensor
    loss_sum: float = 0.0
    seen: int = 0

    @classmethod
    def empty(cls, task: Task, device: torch.device | str) -> "Tally":
        """Sums of nothing, on a device."""
        return cls(task, torch.zeros(task.classes, task.classes, dtype=torch.int64, device=device))

    def add(self, logits: Tensor, y: Tensor, loss: float) -> None:
        """A batch: (N, class, *grid) logits, (N, *grid) labels, and its mean loss."""
        classes = self.task.classes
        # what has no label counts in a row of its own, before the first
        pairs = (y.ravel() + 1) * classes + logits.detach().argmax(1).ravel()
        self.matrix += torch.bincount(pairs, minlength=(classes + 1) * classes).view(-1, classes)[1:]
        self.loss_sum += loss * len(y)
        self.seen += len(y)

    def over(self, processes: Processes) -> "Tally":
        """The sums of all processes."""
        if processes.count == 1:
            return self
        loss, seen = processes.summed(torch.tensor([self.loss_sum, self.seen], dtype=torch.float64)).tolist()
        return Tally(self.task, processes.summed(self.matrix), loss, int(seen))

    @property
    def loss(self) -> float:
        """The mean loss of a window; NaN of none."""
        return self.loss_sum / self.seen if self.seen else math.nan

    @property
    def score(self) -> float:
        """The share of windows that are right; of label maps the mean Dice coefficient of the classes 1, 2, ….

        A class that was neither shown nor said is left out; NaN where nothing is left.
        """
        matrix = self.matrix.double().cpu()
        both = matrix.diagonal()
        if not self.task.maps:
            return float(both.sum() / matrix.sum()) if matrix.sum() else math.nan
        whole = (matrix.sum(0) + matrix.sum(1))[1:]
        present = whole > 0
        return float((2 * both[1:][present] / whole[present]).mean()) if present.any() else math.nan
