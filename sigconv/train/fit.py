"""Training: one short loop, every random draw a function of (seed, epoch)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError, SplitError
from sigconv.train.draws import generator, torch_seed
from sigconv.train.start import convolutions, start_from_patterns
from sigconv.train.threads import threads_for
from sigconv.windows import Loaded

ALLOWED = {
    "epochs": "1 or more",
    "batch": "2 or more",
    "rate": "above 0",
    "conv_rate": "0 or more",
    "weight_decay": "0 or more",
    "label_smoothing": "from 0 up to, but not, 1",
    "start": "random, csp",
}


@dataclass(frozen=True)
class Settings:
    """How to train.

    epochs : passes over the data, >= 1; the windows left over after the last full batch wait for another pass
    batch : windows a step, >= 2
    rate : AdamW's learning rate, > 0, falling to zero along half a cosine
    conv_rate : the learning rate of the convolutions, >= 0
    weight_decay : >= 0
    label_smoothing : 0 <= label_smoothing < 1
    start : "random", or "csp" for spatial filters from the training windows
    """

    epochs: int = 60
    batch: int = 16
    rate: float = 1e-3
    conv_rate: float = 1e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    start: str = "random"

    def __post_init__(self) -> None:
        ranges = {
            "epochs": self.epochs >= 1,
            "batch": self.batch >= 2,
            "rate": self.rate > 0,
            "conv_rate": self.conv_rate >= 0,
            "weight_decay": self.weight_decay >= 0,
            "label_smoothing": 0 <= self.label_smoothing < 1,
            "start": self.start in ("random", "csp"),
        }
        for name, fits in ranges.items():
            if not fits:
                raise ArgumentError(f"{name} is {getattr(self, name)!r}; allowed: {ALLOWED[name]}")


@dataclass(frozen=True)
class Epoch:
    """One row of a learning curve; the held-out columns are NaN where nothing was held out."""

    epoch: int
    loss: float
    accuracy: float
    held_out_loss: float
    held_out_accuracy: float


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained module (in evaluation mode) and its learning curve."""

    module: torch.nn.Module
    history: tuple[Epoch, ...]


def fit(
    module: torch.nn.Module,
    windows: Loaded,
    settings: Settings,
    *,
    seed: int = 0,
    held_out: Loaded | None = None,
    progress: Callable[[Epoch], None] = lambda _row: None,
) -> Fitted:
    """Train a module by cross-entropy.

    Parameters
    ----------
    module : (window, channel, *grid) -> (window, class) logits; changed in place
    windows : training windows with labels
    settings : see Settings
    seed : int >= 0; the same seed gives the same weights
    held_out : windows drawn in the learning curve; they decide nothing
    progress : called with each finished Epoch

    Raises
    ------
    SplitError : a class without a training window
    ShapeError : not one label for each window; a module that does not give one score for each class
    ArgumentError : a label that is no class; the loss is not finite (with the epoch)
    """
    _refuse_labels(windows)
    counts = np.bincount(windows.labels, minlength=len(windows.classes))
    if absent := [name for name, n in zip(windows.classes, counts, strict=True) if n == 0]:
        raise SplitError(f"no training window shows {', '.join(absent)}; every class needs one in every training set")
    if settings.start == "csp":
        start_from_patterns(module, windows)
    optimiser = _optimiser(module, settings)
    x, y = torch.from_numpy(windows.data), torch.from_numpy(np.asarray(windows.labels))
    _refuse_scores(module, x, len(windows.classes))
    history = []
    with threads_for(settings.batch * x[0].numel()):
        for epoch in range(settings.epochs):
            history.append(_epoch(module, optimiser, x, y, settings, seed, epoch, held_out))
            progress(history[-1])
    return Fitted(module.eval(), tuple(history))


def _refuse_labels(windows: Loaded) -> None:
    labels, classes = np.asarray(windows.labels), len(windows.classes)
    if labels.shape != (len(windows),):
        raise ShapeError(f"labels have shape {labels.shape}; fit takes one for each of {len(windows)} windows")
    if labels.dtype.kind not in "iu" or labels.min(initial=0) < 0 or labels.max(initial=0) >= classes:
        raise ArgumentError(f"labels are not all whole numbers from 0 to {classes - 1}, one for each of the classes")


def _refuse_scores(module: torch.nn.Module, x: torch.Tensor, classes: int) -> None:
    module.eval()
    with torch.inference_mode():
        given = tuple(module(x[:1]).shape[1:])
    if given != (classes,):
        raise ShapeError(
            f"module gives {given} a window; the windows have {classes} classes, a score for each: ({classes},)"
        )


def _epoch(
    module: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    x: torch.Tensor,
    y: torch.Tensor,
    settings: Settings,
    seed: int,
    epoch: int,
    held_out: Loaded | None,
) -> Epoch:
    module.train()
    order = torch.from_numpy(generator(seed, "shuffle", epoch).permutation(len(y)))
    steps = max(1, len(y) // settings.batch)
    loss_sum = right = seen = 0.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(seed, "dropout", epoch))
        for step in range(steps):
            _set_rate(optimiser, (epoch * steps + step) / (settings.epochs * steps))
            chosen = order[step * settings.batch : (step + 1) * settings.batch]
            logits = module(x[chosen])
            loss = torch.nn.functional.cross_entropy(logits, y[chosen], label_smoothing=settings.label_smoothing)
            if not math.isfinite(loss.item()):
                told = "lower train.rate" if x[chosen].isfinite().all() else "the windows hold NaN or infinity"
                raise ArgumentError(f"the loss became {loss.item()} in epoch {epoch + 1}; {told}")
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            loss_sum += loss.item() * len(chosen)
            right += float((logits.argmax(1) == y[chosen]).sum())
            seen += len(chosen)
    return Epoch(epoch + 1, loss_sum / seen, right / seen, *_look(module, held_out))


def probabilities(module: torch.nn.Module, data: Any, batch: int = 256) -> "np.ndarray[Any, Any]":
    """Class probabilities by softmax.

    data : (window, channel, *grid) float32 array;  returns (window, class) float64 that sum to one in every row
    """
    module.eval()
    with torch.inference_mode():
        parts = [
            torch.softmax(module(torch.from_numpy(data[i : i + batch])).double(), 1) for i in range(0, len(data), batch)
        ]
    whole: np.ndarray[Any, Any] = torch.cat(parts).numpy()
    return whole


def _optimiser(module: torch.nn.Module, settings: Settings) -> torch.optim.Optimizer:
    filters = [p for layer in convolutions(module) for p in layer.parameters()]
    known = {id(p) for p in filters}
    rest = [p for p in module.parameters() if id(p) not in known]
    groups = [{"params": filters, "top": settings.conv_rate}, {"params": rest, "top": settings.rate}]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=settings.rate, weight_decay=settings.weight_decay)


def _set_rate(optimiser: torch.optim.Optimizer, done: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = group["top"] * 0.5 * (1 + math.cos(math.pi * done))


def _look(module: torch.nn.Module, held_out: Loaded | None) -> tuple[float, float]:
    if held_out is None:
        return math.nan, math.nan
    p = probabilities(module, held_out.data)
    rows = np.arange(len(p))
    return float(-np.log(p[rows, held_out.labels] + 1e-300).mean()), float((p.argmax(1) == held_out.labels).mean())
