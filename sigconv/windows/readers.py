"""Readers: worker processes that write batches into memory shared with this process.

Each worker has a pipe of its own and never a lock, so one that is killed holds nobody up. The memory is a ring of
slots: a batch is a view of its slot, which is used again when nobody holds the batch any more.
"""

import copy
import math
import mmap
import os
import pickle
import signal
import sys
import tempfile
import traceback
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_all_start_methods, get_context, parent_process, reduction
from types import TracebackType
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, ResourceError
from sigconv.windows.cut import Integers, Windows

_HELD = 2  # batches that a loop holds: the one it works on, and the next one before it lets go of that
_PATIENCE = 0.5  # s that a worker has to end by itself
_LINE = 64  # bytes of a cache line: slots begin on one


class Readers:
    """Worker processes for one set of windows; a context manager that ends them.

    Parameters
    ----------
    windows : what they read
    size : most windows in a batch
    workers, ahead : int >= 1, processes, and batches that each reads before they are asked for
    start : "fork", "forkserver", "spawn", or None for the way of this system
    """

    def __init__(self, windows: Windows, size: int, workers: int, ahead: int, start: str | None = None) -> None:
        if start not in (None, *get_all_start_methods()):
            raise ArgumentError(f"start is {start!r}; allowed here: None, {', '.join(get_all_start_methods())}")
        self._plan = _Plan(windows.shape, windows.target_shape if windows.targets else None, size)
        self._ahead = ahead
        slots = workers * ahead + _HELD
        self._free = deque(range(slots))
        self._held: set[int] = set()
        descriptor = _memory(slots * self._plan.bytes)
        try:
            self._shared = mmap.mmap(descriptor, slots * self._plan.bytes)
            self._workers: list[_Worker] = []
            try:
                for _ in range(workers):
                    self._workers.append(_Worker(windows, self._plan, slots, descriptor, start))
            except BaseException:
                self.close()
                raise
        finally:
            os.close(descriptor)

    def __enter__(self) -> "Readers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes; batches that were handed out stay readable."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.end()
        self._workers = []

    def read(self, pieces: Sequence[Integers]) -> Iterator[tuple[Any, Any]]:
        """(x, y) of each piece of indices, in their order; y is None where the windows have no targets.

        Raises
        ------
        ResourceError : a worker process was killed
        FormatError, … : what reading that piece raised
        """
        waiting = deque(enumerate(pieces))
        done: dict[int, int | BaseException] = {}
        for number, piece in enumerate(pieces):
            self._hand_out(waiting)
            while number not in done:
                self._collect(done)
                self._hand_out(waiting)
            slot = done.pop(number)
            if isinstance(slot, BaseException):
                raise slot
            yield self._delivered(slot, len(piece))

    def _hand_out(self, waiting: "deque[tuple[int, Integers]]") -> None:
        """Give the next pieces to the workers with the least to do, as far as there are slots."""
        while waiting and self._free:
            worker = min(self._workers, key=lambda one: len(one.tasks))
            if len(worker.tasks) >= self._ahead:
                return
            number, piece = waiting.popleft()
            worker.ask(number, self._free.popleft(), piece)

    def _collect(self, done: dict[int, int | BaseException]) -> None:
        """Wait until a worker has read something, and note it."""
        busy = [worker for worker in self._workers if worker.tasks]
        ready = connection.wait([each for worker in busy for each in (worker.pipe, worker.process.sentinel)])
        for worker in busy:
            if worker.pipe in ready or worker.process.sentinel in ready:
                number, slot, error = worker.answer()
                if error is not None:
                    self._free.append(slot)
                done[number] = slot if error is None else error

    def _delivered(self, slot: int, count: int) -> tuple[Any, Any]:
        raw = np.frombuffer(self._shared, np.uint8, self._plan.bytes, slot * self._plan.bytes)
        x, y = self._plan.views(raw, count)
        if len(self._held) >= _HELD:  # the caller keeps batches: copies, so that the ring goes on
            self._free.append(slot)
            return x.copy(), None if y is None else y.copy()
        self._held.add(slot)
        weakref.finalize(raw, _let_go, slot, self._held, self._free).atexit = False
        return x, y


def _let_go(slot: int, held: set[int], free: "deque[int]") -> None:
    held.discard(slot)
    free.append(slot)


@dataclass(frozen=True)
class _Plan:
    """How a slot is laid out: x, then y where there are targets.

    shape, target : of one window's x and y; target is None where a class is all there is;  size : most windows
    """

    shape: tuple[int, ...]
    target: tuple[int, ...] | None
    size: int

    @property
    def bytes(self) -> int:
        """The length of a slot."""
        return self._begins + (0 if self.target is None else _lines(8 * self.size * math.prod(self.target)))

    @property
    def _begins(self) -> int:
        """Where y begins."""
        return _lines(4 * self.size * math.prod(self.shape))

    def views(self, raw: Any, count: int) -> tuple[Any, Any]:
        """(count, *shape) float32 and (count, *target) int64 or None, in the bytes of a slot."""
        x = raw[: 4 * count * math.prod(self.shape)].view(np.float32).reshape(count, *self.shape)
        if self.target is None:
            return x, None
        y = raw[self._begins :][: 8 * count * math.prod(self.target)].view(np.int64)
        return x, y.reshape(count, *self.target)


def _lines(count: int) -> int:
    """Bytes rounded up to whole cache lines, one at least."""
    return max(1, -(-count // _LINE)) * _LINE


class _Worker:
    """One process, its pipe, and what it was asked and has not answered: (number, slot, indices)."""

    def __init__(self, windows: Windows, plan: _Plan, slots: int, memory: int, start: str | None) -> None:
        context: Any = get_context(start)
        self.tasks: deque[tuple[int, int, Integers]] = deque()
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, windows, plan, slots), daemon=True)
        # a worker is ended by this process; Ctrl-C, which reaches every process of a terminal, is not for it
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ArgumentError(
                f"these windows cannot be sent to a worker process ({error}); use start='fork' or workers=0, or make "
                "their sources of functions and frozen dataclasses of a module"
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        reduction.send_handle(self.pipe, memory, self.process.pid)

    def ask(self, number: int, slot: int, piece: Integers) -> None:
        """Have a piece read into a slot."""
        self.tasks.append((number, slot, piece))
        with suppress(BrokenPipeError, ConnectionResetError):  # a dead worker is found when its answer is waited for
            self.pipe.send((slot, piece))

    def answer(self) -> tuple[int, int, Exception | None]:
        """Number and slot of the oldest piece, and what went wrong with it."""
        number, slot, piece = self.tasks[0]
        try:
            error = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            raise ResourceError(
                f"worker process {self.process.pid} ended (exit code {self.process.exitcode}, -9 is a kill) while it "
                f"read the windows {', '.join(map(str, piece[:8]))}{' …' * (len(piece) > 8)}; where memory was short, "
                "use fewer workers or smaller batches"
            ) from None
        self.tasks.popleft()
        return number, slot, error

    def dismiss(self) -> None:
        """Tell it to end."""
        with suppress(OSError):
            self.pipe.send(None)
        self.pipe.close()

    def end(self) -> None:
        """Wait for its end, which comes by force when it takes long."""
        self.process.join(_PATIENCE)
        if self.process.exitcode is None:
            self.process.terminate()
            self.process.join(_PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.process.close()


def _memory(count: int) -> int:
    """A descriptor of `count` bytes that processes can share and no name leads to."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("sigconv batches")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, count)
    return descriptor


def _serve(pipe: Any, windows: Windows, plan: _Plan, slots: int) -> None:
    """A worker: read what is asked for until told to end, or until nobody is there any more."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # "spawn" lifts the block
    _one_thread()
    parent = parent_process()
    descriptor = reduction.recv_handle(pipe)
    shared = mmap.mmap(descriptor, slots * plan.bytes)
    os.close(descriptor)
    gone = [] if parent is None else [parent.sentinel]
    with suppress(EOFError, OSError):
        while pipe in connection.wait([pipe, *gone]) and (task := pipe.recv()) is not None:
            slot, indices = task
            x, y = plan.views(np.frombuffer(shared, np.uint8, plan.bytes, slot * plan.bytes), len(indices))
            try:
                windows.batch(indices, x)
                if y is not None:
                    windows.wanted(indices, y)
                pipe.send(None)
            except Exception as error:
                pipe.send(_sendable(error))


def _one_thread() -> None:
    """Reading is shared out over processes already; and threads of the parent are not there after a fork."""
    os.environ["SIGCONV_NUM_THREADS"] = "1"
    if (threads := sys.modules.get("sigconv.core.native.threads")) is not None:
        threads.set_threads(1)
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)


def _sendable(error: Exception) -> Exception:
    """The error, with the worker's traceback as a note; or one that tells of it where it cannot be sent."""
    note = "in a worker process:\n" + "".join(traceback.format_exception(error))
    error.__cause__ = error.__context__ = None
    try:
        reduction.ForkingPickler.dumps(error)
        copied = copy.copy(error)  # builds it as the other side will
    except Exception:
        copied = RuntimeError(f"{type(error).__name__}: {error}")
    copied.add_note(note)
    return copied
