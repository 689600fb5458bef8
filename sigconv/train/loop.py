"""The loop: steps and epochs, from wherever a checkpoint left it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from sigconv.train.best import Best
from sigconv.train.checkpoint import Checkpoints, State
from sigconv.train.curve import Epoch, as_json, from_json
from sigconv.train.diagnosis import memory_told, refuse_not_finite
from sigconv.train.draws import generator
from sigconv.train.feed import Feed, Integers
from sigconv.train.learner import Labelled, Learner, part
from sigconv.train.order import epoch_order, pieces_of, steps_of
from sigconv.train.outputs import Watched, looked_at
from sigconv.train.schedule import rate_factor
from sigconv.train.settings import Settings
from sigconv.train.stop import Asked, Stopped
from sigconv.train.tally import Tally
from sigconv.windows import Loaded, Windows


@dataclass(frozen=True, eq=False)
class Course:
    """What a training is, as far as it does not change.

    windows : what is trained on;  shows : (window, class) bool for balanced sampling, or None
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
    _saved: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Train to the end; the module then has the weights that are to be used."""
        settings = self.course.settings
        while self.epoch < settings.epochs and not self._patience_ends():
            self._steps()
            self._close_epoch()
        chosen = self.best.tensors or self.learner.best_module.state_dict()
        self.learner.module.load_state_dict(chosen)
        if self.course.checkpoints is not None:
            tensors = {f"module.{name}": value for name, value in self.learner.module.state_dict().items()}
            self.course.checkpoints.write(tensors, {**self._facts(), "finished": True})

    def resume(self, state: State) -> None:
        """Be where the training was that wrote this checkpoint."""
        facts, tensors = state.facts, state.tensors
        self.learner.restore(tensors, facts["averaged"])
        self.epoch, self.step, self.spent = facts["epoch"], facts["step"], facts["spent"]
        self.history = from_json(facts["history"])
        self.tally.matrix.copy_(tensors["tally"])
        self.tally.loss_sum, self.tally.seen = facts["loss_sum"], facts["seen"]
        told = facts["best"]
        if told["epoch"]:
            score = -math.inf if told["score"] is None else told["score"]
            kept = {name: value.to(self.learner.device) for name, value in part(tensors, "best.").items()}
            self.best = Best(told["epoch"], score, told["loss"], kept)

    def _steps(self) -> None:
        """The steps of an epoch that are left."""
        settings, seed, count = self.course.settings, self.course.seed, len(self.feed.chosen)
        steps = steps_of(count, settings)
        shows = None if self.course.shows is None else self.course.shows[self.feed.chosen]
        order = epoch_order(count, settings, seed, self.epoch, shows)
        pieces = pieces_of(order, steps, settings.accumulate)
        seeds = generator(seed, "dropout", self.epoch).integers(1 << 63, size=len(pieces)).tolist()
        self.learner.module.train()
        begun = time.monotonic()
        for parts in self.feed.steps(pieces, self.epoch, self.step):
            torch.manual_seed(seeds[self.step])
            self._step(parts, pieces[self.step], rate_factor(*self._through(steps), settings.schedule, settings.warmup))
            self.step += 1
            now = time.monotonic()
            self.spent, begun = self.spent + now - begun, now
            self._heed()
            if now - self._saved >= self.course.every:
                self._save()

    def _through(self, steps: int) -> tuple[int, int]:
        """Steps done of the whole training, and all of them."""
        return self.epoch * steps + self.step, self.course.settings.epochs * steps

    def _step(self, parts: list[Labelled], pieces: Sequence[Integers], factor: float) -> None:
        count = sum(len(piece) for piece in pieces)
        try:
            found = self.learner.gradients(parts, count)
            norm = self.learner.gradient_norm()
            if not math.isfinite(norm + sum(loss for _, loss in found)):
                where = (self.epoch + 1, self.step + 1)
                indices = [self.feed.chosen[piece] for piece in pieces]
                refuse_not_finite(self.learner, parts, [loss for _, loss in found], where, indices, self.course.windows)
            self.learner.move(factor)
        except (RuntimeError, MemoryError) as error:
            raise memory_told(error, parts[0][0]) from error
        for (logits, loss), (_, y) in zip(found, parts, strict=True):
            self.tally.add(logits, y, loss)

    def _close_epoch(self) -> None:
        """Look at what is held out, and go on to the next epoch."""
        begun = time.monotonic()
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
        if seconds > self.course.every:
            self._save()

    def _look(self, watched: Watched | None) -> tuple[float, float]:
        if watched is None:
            return math.nan, math.nan
        learner = self.learner
        tally = looked_at(
            learner.best_module, watched, self.tally.task, learner.device, learner.precision, pulse=self._heed
        )
        return tally.loss, tally.score

    def _patience_ends(self) -> bool:
        patience = self.course.settings.patience
        return bool(patience and self.history and self.best.waited(self.epoch) >= patience)

    def _heed(self) -> None:
        """Stop here if somebody asked for it."""
        if self.asked.signal and self.course.checkpoints is not None:
            self._save()
            raise Stopped(
                self.asked.signal,
                f"stopped in epoch {self.epoch + 1} after {self.step} of its steps; the same command goes on from the "
                f"checkpoint in {self.course.checkpoints.folder}",
            )

    def _save(self) -> None:
        if self.course.checkpoints is not None:
            tensors = self.learner.tensors() | {"tally": self.tally.matrix}
            tensors |= {f"best.{name}": value for name, value in self.best.tensors.items()}
            self.course.checkpoints.write(tensors, self._facts())
        self._saved = time.monotonic()

    def _facts(self) -> dict[str, Any]:
        average, best = self.learner.average, self.best
        return {
            "finished": False,
            "marks": self.course.marks,
            "epoch": self.epoch,
            "step": self.step,
            "spent": self.spent,
            "history": as_json(self.history),
            "loss_sum": self.tally.loss_sum,
            "seen": self.tally.seen,
            "averaged": 0 if average is None else average.steps,
            "best": {
                "epoch": best.epoch,
                "score": best.score if math.isfinite(best.score) else None,
                "loss": best.loss if math.isfinite(best.loss) else None,
            },
            "precision": [self.learner.precision.bfloat16, self.learner.precision.channels_last],
        }
