"""Progress bars on stderr: rate and time left in a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

_EVERY = 30.0  # s between two lines outside of a terminal, or a tenth of the stage if that comes first


class Tick(Protocol):
    """One step of a stage is done."""

    def __call__(self, told: str = "") -> None:
        """told : what there is to say of it, as "loss 0.5"; "" leaves what was said before"""


class Progress(Protocol):
    """Where long work shows itself."""

    def stage(self, name: str, total: int) -> AbstractContextManager[Tick]:
        """A named stage of `total` ticks (0: unknown); call the yielded function once for each."""


class Bars:
    """Stages as rich progress bars: a Progress.

    shown : whether anything is to be seen
    """

    def __init__(self, shown: bool = True) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._console = Console(stderr=True, quiet=not shown)
        self.progress = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[told]}"),
            console=self._console,
            disable=not self._console.is_terminal or not shown,
        )

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Tick]:
        """A bar of `total` ticks (0: unknown); the yielded function advances it by one."""
        task = self.progress.add_task(name, total=total or None, told="")
        lines = None
        if not self._console.is_terminal:
            self._say(f"{name} …")
            lines = _Lines(name, total)

        def tick(told: str = "") -> None:
            self.progress.advance(task)
            if told:
                self.progress.update(task, told=told)
            if lines is not None and (line := lines.after_one_more(told)):
                self._say(line)

        yield tick
        self.progress.update(task, total=total or 1, completed=total or 1)

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)


class _Lines:
    """What is said of a stage outside of a terminal: a line every tenth of it or every 30 s, if it lasts."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total, self._done = name, total, 0
        self._begun = self._last = time.monotonic()
        self._tenth = 0

    def after_one_more(self, told: str) -> str:
        """The line that is due; "" for none, as in the first second of a stage."""
        self._done += 1
        now = time.monotonic()
        tenth = 10 * self._done // self._total if self._total else 0
        late = now - self._last >= _EVERY
        if now - self._begun < 1 or not (late or tenth > self._tenth):
            return ""
        self._last, self._tenth = now, tenth
        if not self._total:
            return f"{self._name}: {self._done}" + f", {told}" * bool(told)
        ahead = (now - self._begun) * (self._total - self._done) / self._done
        share = f"{self._done} of {self._total}" + f", {told}" * bool(told)
        return f"{self._name}: {share}, {ahead:.0f} s left"


@contextmanager
def bars(shown: bool = True) -> Iterator[Bars]:
    """Progress bars for as long as the block lasts; nothing is to be seen of them if not `shown`."""
    made = Bars(shown)
    with made.progress:
        yield made
