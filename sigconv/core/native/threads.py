"""Pieces of one job on several cores. Kernels release the interpreter lock; what a piece computes never depends on
how many threads there are, so neither does the result."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sigconv.core.geometry import at_least

_lock = threading.Lock()
_inside = threading.local()
_pool: ThreadPoolExecutor | None = None
_count = 0


def threads() -> int:
    """How many threads a large job uses: SIGCONV_NUM_THREADS, or the cores this process may run on.

    >>> threads() >= 1
    True
    """
    global _count
    if not _count:
        told = os.environ.get("SIGCONV_NUM_THREADS", "")
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        _count = max(1, int(told)) if told.isdecimal() else cores
    return _count


def set_threads(count: int) -> None:
    """Use this many threads from now on.

    Parameters
    ----------
    count : int >= 1

    Raises
    ------
    ArgumentError : below 1

    >>> before = threads(); set_threads(1); threads()
    1
    >>> set_threads(before)
    """
    global _count, _pool
    with _lock:
        _count, _pool = at_least("count", count, 1), None


def spread(job: Callable[[int], object], pieces: int) -> None:
    """job(0), job(1), ... job(pieces - 1), in any order, at the same time where there are cores.

    Handing out costs some 50 microseconds: a job that is done sooner has one piece. A job inside a job runs in place;
    the first exception of a piece is raised after all have ended.

    >>> done = []; spread(done.append, 3); sorted(done)
    [0, 1, 2]
    """
    if pieces <= 1 or threads() == 1 or getattr(_inside, "job", False):
        for piece in range(pieces):
            job(piece)
        return

    left = iter(range(pieces))

    def work() -> None:
        _inside.job = True
        try:
            while True:
                with _lock:
                    piece = next(left, -1)
                if piece < 0:
                    return
                job(piece)
        finally:
            _inside.job = False

    others = [_executor().submit(work) for _ in range(min(threads(), pieces) - 1)]
    try:
        work()
    finally:
        errors = [other.exception() for other in others]
    for error in errors:
        if error is not None:
            raise error


def _executor() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, threads() - 1), thread_name_prefix="sigconv")
        return _pool


def _forget() -> None:
    """A forked child has none of its parent's threads."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
