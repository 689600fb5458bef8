"""Signals that wait until the step that is under way is done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sigconv.errors import SigconvError


class Stopped(SigconvError):  # noqa: N818 - it tells of no mistake
    """Training was asked to stop, and its state is in a checkpoint; the message says how to go on.

    Attributes
    ----------
    signal : int, SIGINT or SIGTERM; a command ends with 128 + signal
    """

    def __init__(self, number: int, message: str) -> None:
        self.signal = number
        super().__init__(number, message)

    def __str__(self) -> str:
        return str(self.args[1])


class Interrupted(BaseException):
    """A signal came while it was allowed to interrupt; no error, so that nothing below takes it for its own."""


@dataclass
class Asked:
    """Whether somebody asked for a stop: the number of the signal, or 0.

    urgent : whether a signal raises Interrupted at once, because nothing is lost by it
    """

    signal: int = 0
    urgent: bool = False


@contextmanager
def deferred() -> Iterator[Asked]:
    """SIGINT and SIGTERM are noted, not obeyed; a second one goes where it would have gone without this.

    Only in the main thread: elsewhere Python hands out no signals, and nothing is changed.

    >>> with deferred() as asked:
    ...     signal.raise_signal(signal.SIGINT)
    ...     asked.signal == signal.SIGINT
    True
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def note(number: int, _frame: object) -> None:
        asked.signal = number
        restore()
        if asked.urgent:
            asked.urgent = False
            raise Interrupted

    def restore() -> None:
        for each in numbers:
            signal.signal(each, before[each])

    for number in numbers:
        signal.signal(number, note)
    try:
        yield asked
    finally:
        restore()
