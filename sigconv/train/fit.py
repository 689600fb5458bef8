"""Training: from windows to a trained module, the same for the same seed whatever happens on the way.

Under torchrun every process makes the same call and gets the same result: settings.batch is of one process, so that
n processes learn what one learns with a batch n times as large (without dropout, to rounding); each window is met
by one of them in every epoch, batch norms take the moments of all, and the first one writes the checkpoints.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.train.augment import Augment
from sigconv.train.checkpoint import Checkpoints, State, shared
from sigconv.train.contents import balanced_weights, contents
from sigconv.train.curve import Epoch, from_json
from sigconv.train.device import device_of, placed
from sigconv.train.feed import feeding
from sigconv.train.fingerprint import fingerprint, refuse_other
from sigconv.train.learner import Learner, part
from sigconv.train.loop import Course, Loop
from sigconv.train.losses import loss_of
from sigconv.train.outputs import at_once, watching
from sigconv.train.precision import Precision, fastest
from sigconv.train.processes import Processes, joined
from sigconv.train.settings import Settings
from sigconv.train.start import start_from_patterns
from sigconv.train.stop import Asked, deferred
from sigconv.train.synchronised import synchronised
from sigconv.train.tally import Tally
from sigconv.train.task import Task, refuse_absent, task_of
from sigconv.train.threads import threads_for
from sigconv.windows import Loaded, Windows


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained module in evaluation mode, its learning curve, and the epoch whose weights it has.

    best_epoch : 1, 2, …; the last one where nothing was there to choose by

    >>> Fitted(torch.nn.Linear(1, 1), (), 0).best_epoch
    0
    """

    module: torch.nn.Module
    history: tuple[Epoch, ...]
    best_epoch: int


def fit(
    module: torch.nn.Module,
    windows: Windows | Loaded,
    settings: Settings,
    *,
    seed: int = 0,
    held_out: Windows | Loaded | None = None,
    validation: Windows | Loaded | None = None,
    augment: Augment | None = None,
    checkpoints: Path | None = None,
    every: float = 60.0,
    device: str = "auto",
    progress: Callable[[Epoch], None] = lambda _row: None,
) -> Fitted:
    """Train a module on windows with a class each, or with label maps; the label −1 counts for nothing.

    Parameters
    ----------
    module : (window, channel, *grid) -> (window, class), or (window, class, *grid) for label maps; changed in place
    windows : what is trained on: in memory, or read by settings.workers processes
    settings : see Settings
    seed : int >= 0; the same seed gives the same weights, for any number of workers
    held_out : drawn in the learning curve; decides nothing
    validation : chooses the epoch whose weights are used; never what is tested on
    augment : see Augment
    checkpoints : a folder of this training alone; the same call goes on from what it holds, to the same weights (on a
        CPU to the last bit); SIGINT and SIGTERM wait for the step that is under way
    every : s between checkpoints, > 0
    device : "auto", "cpu" or "cuda"; the module returns to where it was
    progress : called with each finished Epoch, those that a checkpoint holds first

    Raises
    ------
    SplitError : a class without a training window, where windows have a class each
    ShapeError : labels that do not fit windows, or a module that does not fit labels
    ArgumentError : a label that is no class; a loss or gradient that is not finite (with epoch, step, windows and
        module); a checkpoint of another training; no such device
    ResourceError : out of memory (with a batch to try);  FormatError : a checkpoint of a newer version
    Stopped : SIGINT or SIGTERM came; a checkpoint was written

    >>> from sigconv import nets
    >>> task = Loaded(np.eye(2, dtype=np.float32)[:, None], np.arange(2), ("a", "b"), ("left", "right"))
    >>> module = nets.build(nets.parse("F"), nets.InputSpec(1, (2,)), classes=2, seed=0)
    >>> fit(module, task, Settings(epochs=9, rate=0.1)).history[-1].score
    1.0
    """
    task = _checked(module, windows, settings, held_out, validation, every)
    chosen = device_of(device)
    processes = joined(chosen)
    whole = replace(settings, batch=settings.batch * processes.count)
    kept = None if checkpoints is None else Checkpoints(Path(checkpoints))
    marks = {} if kept is None else fingerprint(module, windows, whole, seed, validation, augment)
    state = None if kept is None else _found(kept, marks, progress, processes)
    if state is not None and state.facts["finished"]:
        return _finished(module, state)
    shows, weights = _counted(windows, task, settings)
    course = Course(windows, whole, seed, shows, kept, marks, every, progress, processes)
    with _under_way(module, course, task, (held_out, validation), weights, augment, chosen, state) as loop:
        loop.run()
    return _fitted(module, loop.history, loop.best.epoch)


def _checked(
    module: torch.nn.Module,
    windows: Windows | Loaded,
    settings: Settings,
    held_out: Windows | Loaded | None,
    validation: Windows | Loaded | None,
    every: float,
) -> Task:
    """The task, of arguments that go together."""
    task = task_of(module, windows)
    _refuse_settings(settings, task, windows, validation, every)
    for name, other in (("held_out", held_out), ("validation", validation)):
        _refuse_unlike(name, other, windows)
    return task


def _counted(windows: Windows | Loaded, task: Task, settings: Settings) -> tuple[Any, Any]:
    """Which window shows which class, and a weight for every class; None where that is not needed."""
    if task.maps and "balanced" not in (settings.sampling, settings.class_weights):
        return None, None
    table = contents(windows, task)
    if not task.maps:
        refuse_absent(windows.classes, table.sum(0))
    shows = table > 0 if settings.sampling == "balanced" else None
    return shows, balanced_weights(table) if settings.class_weights == "balanced" else None


def _found(
    kept: Checkpoints, marks: dict[str, Any], progress: Callable[[Epoch], None], processes: Processes
) -> State | None:
    """The state to go on from, as the first process finds it; its epochs are told of."""
    state = kept.newest() if processes.first else None
    if state is not None:
        refuse_other(state.facts["marks"], marks, kept.folder)
    if processes.count > 1:
        state = shared(state, processes)
    if state is not None:
        for row in from_json(state.facts["history"]):
            progress(row)
    return state


@contextmanager
def _under_way(
    module: torch.nn.Module,
    course: Course,
    task: Task,
    watched: Sequence[Windows | Loaded | None],
    weights: Any,
    augment: Augment | None,
    device: torch.device,
    state: State | None,
) -> Iterator[Loop]:
    """A Loop with everything that it holds while it runs: threads, device, random numbers, readers, signals.

    watched : what is held out, and for validation;  weights : (class) float32, or None
    """
    settings, windows, processes = course.settings, course.windows, course.processes
    batch = settings.batch // processes.count
    indices = np.arange(len(windows)) if task.maps else np.flatnonzero(np.asarray(windows.labels) >= 0)
    with ExitStack() as stack:
        asked = Asked() if course.checkpoints is None else stack.enter_context(deferred())
        if state is None and settings.start == "csp" and isinstance(windows, Loaded):
            start_from_patterns(module, windows.select(indices))
        stack.enter_context(threads_for(module, windows.shape, batch))
        stack.enter_context(placed(module, device))
        stack.enter_context(torch.random.fork_rng(devices=[device.index] if device.type == "cuda" else []))
        read = partial(feeding, seed=course.seed, batch=batch, workers=settings.workers, processes=processes)
        feed = stack.enter_context(read(windows, indices, task, device, augment))
        precision = _precision(module, windows, settings, batch, device, state)
        if processes.count > 1:
            precision = Precision(*map(bool, processes.told(bytes(astuple(precision)))))
        precision.arranged(module, len(windows.shape) - 1)
        stack.enter_context(synchronised(module, processes))
        loss = loss_of(settings, None if weights is None else torch.from_numpy(weights).to(device), processes)
        learner = Learner(module, device, loss, precision, settings)
        stack.callback(learner.let_go)
        many = batch if task.maps else at_once(windows.shape, batch)
        held_out, validation = (
            stack.enter_context(watching(each, many, settings.workers, processes)) for each in watched
        )
        loop = Loop(course, learner, feed, held_out, validation, asked, Tally.empty(task, device))
        if state is not None:
            loop.resume(state)
        yield loop


def _precision(
    module: torch.nn.Module,
    windows: Windows | Loaded,
    settings: Settings,
    batch: int,
    device: torch.device,
    state: State | None,
) -> Precision:
    """As a checkpoint says, or as the settings do; "auto" tries what is fastest."""
    if state is not None:
        return Precision(*state.facts["precision"])
    if settings.precision != "auto":
        low = settings.precision == "bfloat16"
        return Precision(bfloat16=low, channels_last=low)
    some = np.arange(batch) % len(windows)
    return fastest(module.train(), torch.from_numpy(windows.batch(some)).to(device))


def _fitted(module: torch.nn.Module, history: list[Epoch], best: int) -> Fitted:
    return Fitted(module.eval(), tuple(history), best or len(history))


def _finished(module: torch.nn.Module, state: State) -> Fitted:
    """What a training gave that is over."""
    module.load_state_dict(part(state.tensors, "module."))
    return _fitted(module, from_json(state.facts["history"]), state.facts["best"]["epoch"])


def _refuse_settings(
    settings: Settings, task: Task, windows: Windows | Loaded, validation: object, every: float
) -> None:
    """Settings that do not go with these windows."""
    if settings.patience and validation is None:
        raise ArgumentError(f"patience is {settings.patience}; it needs windows for validation")
    if settings.loss == "dice_ce" and not task.maps:
        raise ArgumentError("loss is 'dice_ce', which is for label maps; these windows have a class each")
    if settings.start == "csp" and (task.maps or not isinstance(windows, Loaded)):
        raise ArgumentError("start is 'csp'; it takes windows in memory with a class each: windows.load()")
    if not every > 0:
        raise ArgumentError(f"every is {every!r}; seconds between checkpoints, above 0")


def _refuse_unlike(name: str, other: Windows | Loaded | None, windows: Windows | Loaded) -> None:
    """Windows to look at that are not as those that are trained on."""
    if other is None:
        return
    if (other.shape, other.classes) != (windows.shape, windows.classes) or not len(other):
        raise ShapeError(
            f"{name} has {len(other)} windows of shape {other.shape} and classes {', '.join(other.classes) or '-'}; "
            f"those that are trained on have shape {windows.shape} and classes {', '.join(windows.classes) or '-'}"
        )
