"""What went wrong in a step: where a number stopped being finite, or what did not fit into memory."""

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from sigconv.errors import ArgumentError, ResourceError
from sigconv.train.learner import Labelled, Learner
from sigconv.train.processes import here
from sigconv.windows import Loaded, Windows

_SHOWN = 8


def refuse_not_finite(
    learner: Learner,
    parts: Sequence[Labelled],
    losses: Sequence[float],
    where: tuple[int, int],
    indices: Sequence[Any],
    windows: Windows | Loaded,
) -> NoReturn:
    """An error that says what is not finite in a step, and in which windows and module it began.

    losses : of each part;  where : epoch and step from 1;  indices : the windows of each part

    Raises
    ------
    ArgumentError : always
    """
    bad = [not math.isfinite(loss) for loss in losses]
    what = f"the loss became {losses[bad.index(True)]}" if any(bad) else "the gradients are not finite"
    number = bad.index(True) if any(bad) else 0
    x, mine = parts[number][0], indices[number]
    spoilt = ~torch.isfinite(x.flatten(1)).all(1).cpu().numpy()
    shown = mine[spoilt] if spoilt.any() else np.concatenate(indices) if not any(bad) else mine
    told = _first_module(learner, x) or _first_gradient(learner.module)
    if spoilt.any():
        told = f"the windows hold NaN or infinity{'' if told is None else f', first met by {told}'}"
    elif told is None:
        told = "every module's output is finite; lower train.rate, or set train.clip"
    else:
        told = f"first in {told}; the windows are finite: lower train.rate, or set train.clip"
    raise ArgumentError(f"{what} in epoch {where[0]}, step {where[1]}; {told}; {_windows(shown, windows)}")


def _windows(indices: Any, windows: Windows | Loaded) -> str:
    """Windows for a message: their numbers and the recordings, or the groups, that they are of."""
    numbers = ", ".join(str(int(i)) for i in indices[:_SHOWN]) + " …" * (len(indices) > _SHOWN)
    if isinstance(windows, Windows):
        notes = [windows.sources[windows.where[int(i)][0]].notes for i in indices]
        names = [str(note.get("name") or note.get("path") or "") for note in notes]
    else:
        names = [windows.groups[int(i)] for i in indices]
    unique = [name for name in dict.fromkeys(names) if name]
    of = f" (of {', '.join(unique[:_SHOWN])}{' …' * (len(unique) > _SHOWN)})" if unique else ""
    return f"windows {numbers}{of}"


def _first_module(learner: Learner, x: Tensor) -> str | None:
    """The first module, in the order of computing, whose weights or output are not finite."""
    found: list[str] = []

    def look(name: str) -> Any:
        def hook(module: nn.Module, _given: object, output: object) -> None:
            own = [n for n, p in module.named_parameters(recurse=False) if not torch.isfinite(p).all()]
            if own:
                found.append(f"{name} ({type(module).__name__}), whose {', '.join(own)} is not finite")
            elif isinstance(output, Tensor) and not torch.isfinite(output).all():
                found.append(f"{name} ({type(module).__name__}), whose output is not finite")

        return hook

    # an outer module ends after its inner ones, so that the innermost is told of first
    hooks = [each.register_forward_hook(look(name or "the net")) for name, each in learner.module.named_modules()]
    try:
        with torch.no_grad(), learner.precision.running(learner.device.type):
            learner.module(learner.precision.laid_out(x))
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else None


def _first_gradient(module: nn.Module) -> str | None:
    """The first parameter whose gradient is not finite."""
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
            return f"{name}, whose gradient is not finite"
    return None


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice.

    >>> ran_out(MemoryError()), ran_out(RuntimeError("a size does not match"))
    (True, False)
    """
    told = str(error)
    short = "not enough memory" in told or "can't allocate memory" in told or "out of memory" in told
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and short)


def refuse_batch(learner: Learner, x: Tensor, y: Tensor, accumulate: int, error: BaseException) -> NoReturn:
    """An error with the batch that fits: half of what did not, halved until a step of it goes through.

    x, y : the batch that did not fit;  accumulate : of the settings

    Raises
    ------
    ResourceError : always
    """
    shape = " × ".join(map(str, x.shape[1:]))
    told = f"out of memory in a step of {len(x)} windows of {shape} samples"
    size, processes = len(x) // 2, here().count
    if processes > 1 and size >= 2:  # the others do not take part in trying
        raise ResourceError(
            f"{told} in one of {processes} processes; use train.batch={size} with train.accumulate={2 * accumulate}"
        ) from error
    while size >= 2 and not _fits(learner, x[:size], y[:size]):
        size //= 2
    if size < 2:
        raise ResourceError(f"{told}, and two do not fit either; take smaller windows or a smaller net") from error
    times = accumulate * -(-len(x) // size)
    raise ResourceError(
        f"{told}; {size} fit: use train.batch={size} with train.accumulate={times}, whose steps are as large"
    ) from error


def _fits(learner: Learner, x: Tensor, y: Tensor) -> bool:
    """Whether a step of these windows finds the memory that it needs."""
    if x.is_cuda:
        torch.cuda.empty_cache()
    try:
        learner.gradients([(x, y)], len(x))
    except (RuntimeError, MemoryError) as error:
        if ran_out(error):
            return False
        raise
    return True
