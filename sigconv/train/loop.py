"""The loop: steps and epochs, from wherever a checkpoint left it."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from sigconv.errors import ArgumentError
from sigconv.train.best import Best
from sigconv.train.checkpoint import Checkpoints, State
from sigconv.train.curve import Epoch, as_json, from_json
from sigconv.train.device import seeded
from sigconv.train.diagnosis import ran_out, refuse_batch, refuse_not_finite
from sigconv.train.draws import generator
from sigconv.train.feed import Feed, Integers
from sigconv.train.learner import Labelled, Learner, part
from sigconv.train.order import epoch_order, pieces_of, steps_of
from sigconv.train.outputs import Watched, looked_at
from sigconv.train.processes import Processes
from sigconv.train.schedule import rate_factor
from sigconv.train.settings import Settings
from sigconv.train.stop import Asked, Interrupted, Stopped
from sigconv.train.tally import Tally
from sigconv.windows import Loaded, Windows

_SLOW = 0.3  # s of a step that a stop does not wait for


@dataclass(frozen=True, eq=False)
class Course:
    """What a training is, as far as it does not change.

    windows : what is trained on;  shows : (window, class) bool for balanced sampling, or None
    settings : their batch is that of all processes together
    marks : the fingerprint;  every : s between checkpoints
    """

    windows: Windows | Loaded
    settings: Settings
    seed: int
    shows: Any
    checkpoints: Checkpoints | None
    marks: dict[str, Any]
    every: float
    progress: Callable[[Epoch], None]
    processes: Processes


@dataclass(eq=False)
class Loop:
    """A training under way: what it has done, and what it does next.

    epoch, step : what comes next
    spent : s of this epoch's steps, those before a crash included
    """

    course: Course
    learner: Learner
    feed: Feed
    held_out: Watched | None
    validation: Watched | None
    asked: Asked
    tally: Tally
    epoch: int = 0
    step: int = 0
    spent: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best: Best = field(default_factory=Best)
    _slow: bool = True  # as far as one knows before the first step
    _saved: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Train to the end; the module then has the weights that are to be used."""
        settings = self.course.settings
        self._heed()
        while self.epoch < settings.epochs and not self._patience_ends():
            self._steps()
            self._close_epoch()
        chosen = self.best.tensors or self.learner.best_module.state_dict()
        self.learner.module.load_state_dict(chosen)
        if self.course.checkpoints is not None:
            tensors = {f"module.{name}": value for name, value in self.learner.module.state_dict().items()}
            self._write(tensors, {"finished": True})

    def resume(self, state: State) -> None:
        """Be where the training was that wrote this checkpoint."""
        facts, tensors = state.facts, state.tensors
        self.learner.restore(tensors, facts["averaged"])
        self.epoch, self.step, self.spent = facts["epoch"], facts["step"], facts["spent"]
        self.history = from_json(facts["history"])
        if self.course.processes.first:
            self.tally.matrix.copy_(tensors["tally"])
            self.tally.loss_sum, self.tally.seen = facts["loss_sum"], facts["seen"]
        told = facts["best"]
        if told["epoch"]:
            score = -math.inf if told["score"] is None else told["score"]  # JSON knows no infinity
            loss = math.inf if told["loss"] is None else told["loss"]
            kept = {name: value.to(self.learner.device) for name, value in part(tensors, "best.").items()}
            self.best = Best(told["epoch"], score, loss, kept)

    def _steps(self) -> None:
        """The steps of an epoch that are left."""
        settings, seed, count = self.course.settings, self.course.seed, len(self.feed.chosen)
        steps = steps_of(count, settings)
        shows = None if self.course.shows is None else self.course.shows[self.feed.chosen]
        order = epoch_order(count, settings, seed, self.epoch, shows)
        processes = self.course.processes
        pieces = pieces_of(order, steps, settings, processes.count)
        _refuse_idle(pieces, processes)
        seeds = generator(seed, "dropout", self.epoch).integers(1 << 63, size=len(pieces)).tolist()
        self.learner.module.train()
        begun = time.monotonic()
        found = self.feed.steps(pieces, self.epoch, self.step)
        while self.step < len(pieces):
            with self._interruptible():
                parts = next(found)
            factor = rate_factor(*self._through(steps), settings.schedule, settings.warmup)
            self._step(parts, pieces[self.step], factor, (seeds[self.step] + processes.rank) % (1 << 63))
            self.step += 1
            now = time.monotonic()
            self._slow = now - begun > _SLOW
            if self._slow:
                self.learner.listen()
            self.spent, begun = self.spent + now - begun, now
            self._heed()
            self._save_if(now - self._saved >= self.course.every)

    def _through(self, steps: int) -> tuple[int, int]:
        """Steps done of the whole training, and all of them."""
        return self.epoch * steps + self.step, self.course.settings.epochs * steps

    def _step(self, parts: list[Labelled], pieces: Sequence[Integers], factor: float, seed: int) -> None:
        count, short = sum(len(piece) for piece in pieces), None
        seeded(self.learner.device, seed)
        try:
            found = self._gradients(parts, count)
            norm = self.learner.gradient_norm()
            self._refuse_not_finite(parts, [loss for _, loss in found], norm, pieces, seed)
            self.learner.move(factor)
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
            short = error.with_traceback(None)  # which would keep what the step holds
        if short is not None:
            refuse_batch(self.learner, *parts[0], self.course.settings.accumulate, short)
        for (logits, loss), (_, y) in zip(found, parts, strict=True):
            self.tally.add(logits, y, loss)

    def _gradients(self, parts: list[Labelled], count: int) -> list[tuple[Tensor, float]]:
        """Gradients of a step; a stop cuts a slow one short, and what norms saw of it is taken back."""
        if not self._slow:
            return self.learner.gradients(parts, count)
        kept = [(buffer, buffer.clone()) for buffer in self.learner.module.buffers()]
        with self._interruptible(kept):
            return self.learner.gradients(parts, count)

    @contextmanager
    def _interruptible(self, kept: Sequence[tuple[Tensor, Tensor]] = ()) -> Iterator[None]:
        """Work that a stop may cut short, as nothing is lost by it. kept : buffers, and what they were before"""
        # several processes wait for each other, and agree on a stop behind a step
        self.asked.urgent = self.course.processes.count == 1 and not self.asked.signal
        try:
            yield
        except Interrupted:
            for buffer, before in kept:
                buffer.copy_(before)
            self._heed()
            raise
        finally:
            self.asked.urgent = False

    def _refuse_not_finite(
        self, parts: list[Labelled], losses: list[float], norm: float, pieces: Sequence[Integers], seed: int
    ) -> None:
        """The same error in every process, as the first one tells it whose loss is not finite."""
        processes = self.course.processes
        own, any_norm = math.isfinite(sum(losses)), math.isfinite(norm)
        first, wrong = processes.most(-processes.rank if not own else -processes.count, not (own and any_norm))
        if not wrong:
            return
        told = b""
        try:
            where = (self.epoch + 1, self.step + 1)
            indices = [self.feed.chosen[processes.share(piece)] for piece in pieces]
            seeded(self.learner.device, seed)
            refuse_not_finite(self.learner, parts, losses, where, indices, self.course.windows)
        except ArgumentError as error:
            told = str(error).encode()
        raise ArgumentError(processes.told(told, -first % processes.count).decode())

    def _close_epoch(self) -> None:
        """Look at what is held out, and go on to the next epoch."""
        begun = time.monotonic()
        self.tally = self.tally.over(self.course.processes)
        validation, held_out = (self._look(each) for each in (self.validation, self.held_out))
        if self.validation is not None:
            self.best.offer(self.epoch + 1, validation[1], validation[0], self.learner.best_module)
        rate = max(group["lr"] for group in self.learner.optimiser.param_groups)
        seconds = self.spent + time.monotonic() - begun
        speed = self.tally.seen / self.spent if self.spent else math.nan
        row = Epoch(self.epoch + 1, self.tally.loss, self.tally.score, *held_out, *validation, rate, seconds, speed)
        self.history.append(row)
        self.epoch, self.step, self.spent = self.epoch + 1, 0, 0.0
        self.tally = Tally.empty(self.tally.task, self.learner.device)
        self.course.progress(row)
        self._heed()
        self._save_if(seconds > self.course.every)

    def _look(self, watched: Watched | None) -> tuple[float, float]:
        if watched is None:
            return math.nan, math.nan
        learner = self.learner
        with self._interruptible():
            tally = looked_at(learner.best_module, watched, self.tally.task, learner.device, learner.precision)
        tally = tally.over(self.course.processes)
        return tally.loss, tally.score

    def _patience_ends(self) -> bool:
        patience = self.course.settings.patience
        return bool(patience and self.history and self.best.waited(self.epoch) >= patience)

    def _heed(self) -> None:
        """Stop here if somebody asked any process for it."""
        if self.course.checkpoints is None:
            return
        (number,) = self.course.processes.most(self.asked.signal)
        if number:
            self._save()
            self.course.processes.wait()
            raise Stopped(
                number,
                f"stopped in epoch {self.epoch + 1} after {self.step} of its steps; the same command goes on from the "
                f"checkpoint in {self.course.checkpoints.folder}",
            )

    def _save_if(self, due: bool) -> None:
        """A checkpoint if the first process finds that it is time."""
        processes = self.course.processes
        if processes.most(due and processes.first)[0]:
            self._save()

    def _save(self) -> None:
        if self.course.checkpoints is not None:
            tally = self.tally.over(self.course.processes)
            tensors = self.learner.tensors() | {"tally": tally.matrix}
            tensors |= {f"best.{name}": value for name, value in self.best.tensors.items()}
            self._write(tensors, {"finished": False, "loss_sum": tally.loss_sum, "seen": tally.seen})
        self._saved = time.monotonic()

    def _write(self, tensors: dict[str, Tensor], more: dict[str, Any]) -> None:
        """A checkpoint, by the first process alone."""
        if self.course.checkpoints is not None and self.course.processes.first:
            self.course.checkpoints.write(tensors, self._facts() | more)

    def _facts(self) -> dict[str, Any]:
        average, best = self.learner.average, self.best
        return {
            "marks": self.course.marks,
            "epoch": self.epoch,
            "step": self.step,
            "spent": self.spent,
            "history": as_json(self.history),
            "averaged": 0 if average is None else average.steps,
            "best": {
                "epoch": best.epoch,
                "score": best.score if math.isfinite(best.score) else None,
                "loss": best.loss if math.isfinite(best.loss) else None,
            },
            "precision": [self.learner.precision.bfloat16, self.learner.precision.channels_last],
        }


def _refuse_idle(pieces: Sequence[Sequence[Integers]], processes: Processes) -> None:
    """An error where a process would have no window of some batch."""
    if (least := min(len(piece) for step in pieces for piece in step)) < processes.count:
        raise ArgumentError(
            f"a step of an epoch has {least} windows for {processes.count} processes, each of which takes one or more; "
            "start fewer processes, or take more windows"
        )
