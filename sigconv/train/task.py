"""What a network is to learn from some windows: a class each, or a label for every sample."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError, SplitError
from sigconv.windows import Loaded, Windows


@dataclass(frozen=True)
class Task:
    """What is learnt.

    classes : how many
    maps : whether every sample of a window has a label, or the window as a whole

    >>> Task(classes=3, maps=False)
    Task(classes=3, maps=False)
    """

    classes: int
    maps: bool


def has_maps(windows: Windows | Loaded) -> bool:
    """Whether these windows have label maps rather than a class each."""
    if isinstance(windows, Windows):
        return bool(windows.targets)
    return tuple(np.shape(windows.labels)[1:]) == windows.shape[1:]


def task_of(module: torch.nn.Module, windows: Windows | Loaded) -> Task:
    """The task that windows set a module.

    module : (window, channel, *grid) -> (window, class) or, for label maps, (window, class, *grid)

    Raises
    ------
    ShapeError : not one label for each window or sample; a module that does not give a score for each
    ArgumentError : no windows, or a label that is no class
    """
    if not len(windows):
        raise ArgumentError("windows is empty; there is nothing to learn from")
    grid, given = windows.shape[1:], _given(module, windows)
    if not has_maps(windows):
        _refuse_labels(windows)
        if given != (len(windows.classes),):
            raise ShapeError(
                f"module gives {given} a window; the windows have {len(windows.classes)} classes, a score for each: "
                f"({len(windows.classes)},)"
            )
        return Task(len(windows.classes), maps=False)
    target = windows.target_shape if isinstance(windows, Windows) else tuple(np.shape(windows.labels)[1:])
    if target != grid or given[1:] != grid or given[0] < 2:
        raise ShapeError(
            f"module gives {given} a window, and its label map is {target}; a window of {grid} samples needs a "
            f"label map of {grid}, and (classes, {', '.join(map(str, grid))}) scores of two classes or more"
        )
    if windows.classes and len(windows.classes) != given[0]:
        raise ShapeError(f"module gives scores of {given[0]} classes; the windows have {len(windows.classes)}")
    return Task(given[0], maps=True)


def _given(module: torch.nn.Module, windows: Windows | Loaded) -> tuple[int, ...]:
    """The shape of what the module gives for one window."""
    module.eval()
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    with torch.inference_mode():
        return tuple(module(torch.from_numpy(windows.batch([0])).to(device)).shape[1:])


def _refuse_labels(windows: Windows | Loaded) -> None:
    labels, classes = np.asarray(windows.labels), len(windows.classes)
    if labels.shape != (len(windows),):
        raise ShapeError(
            f"labels have shape {labels.shape}; fit takes one for each of {len(windows)} windows, or a label "
            f"map of {windows.shape[1:]}"
        )
    if labels.dtype.kind not in "iu" or labels.min(initial=0) < -1 or labels.max(initial=0) >= classes:
        raise ArgumentError(
            f"labels are not all whole numbers from 0 to {classes - 1}, one for each of the classes, or -1 for unknown"
        )


def refuse_map(labels: Any, classes: int) -> None:
    """An error for a label map that holds what is no class.

    labels : int64 array

    Raises
    ------
    ArgumentError : a label below −1, or `classes` or more
    """
    low, high = int(labels.min(initial=-1)), int(labels.max(initial=-1))
    if low < -1 or high >= classes:
        raise ArgumentError(
            f"a label map holds {low if low < -1 else high}; the module has scores for 0 to {classes - 1}, "
            "and -1 is ignored"
        )


def refuse_absent(names: tuple[str, ...], counts: Any) -> None:
    """An error that names the classes of which no training window is.

    counts : (class) how often each is shown

    Raises
    ------
    SplitError : one is never shown
    """
    if absent := [name for name, n in zip(names, counts, strict=True) if n == 0]:
        raise SplitError(f"no training window shows {', '.join(absent)}; every class needs one in every training set")
