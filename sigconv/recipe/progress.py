"""Progress bars on stderr: rate and time left in a terminal, one line a stage elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Tick = Callable[[], None]


class Progress(Protocol):
    """Where long work shows itself."""

    def stage(self, name: str, total: int) -> AbstractContextManager[Tick]:
        """A named stage of `total` ticks (0: unknown); call the yielded function once for each."""


class Bars:
    """Stages as rich progress bars: a Progress."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._console = Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[], None]]:
        """A bar of `total` ticks (0: unknown); the yielded function advances it by one."""
        task = self.progress.add_task(name, total=total or None)
        if not self._console.is_terminal:
            self._console.print(f"{name} …", highlight=False)
        yield lambda: self.progress.advance(task)
        self.progress.update(task, total=total or 1, completed=total or 1)


@contextmanager
def bars() -> Iterator[Bars]:
    """Progress bars for as long as the block lasts."""
    shown = Bars()
    with shown.progress:
        yield shown
