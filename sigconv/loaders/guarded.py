"""Decoders run in a child process: one that crashes, hangs or floods memory does not take the program with it.

Each process has one child, started on first use and kept. A request is a line of JSON; an answer is a line of JSON with
the bytes of its arrays behind it; nothing is pickled. What runs is named by a key of a fixed table, never by data.
"""

import contextlib
import importlib
import json
import math
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from sigconv import errors
from sigconv.errors import FormatError, ResourceError
from sigconv.loaders.limits import within_limit

Array = np.ndarray[Any, Any]
Answer = tuple[dict[str, Any], list[Array]]
Decoder = Callable[..., tuple[Mapping[str, Any], Sequence[Array]]]

SLACK = 64 << 20  # bytes a decoder may take for any file
TIMES = 8  # and as often the size of the file or of its result: what is on the way from the one to the other
MOST_SECONDS = 4  # of computing: a decoder that needs more for one request hangs; below the 5 s that a reader may take
PATIENCE = 60.0  # s by the clock for each of MOST_SECONDS' worth of work, on however busy a machine
_MOST_WRITTEN = 1 << 20  # bytes of a file that a decoder may write, its messages included
_MOST_FACTS = 1 << 26  # bytes of the JSON of an answer
_DIED = "died on it"
_DIGITS = 8  # hexadecimal, before the JSON: its length

# name -> "module:function" of a decoder: (path: str, **plain arguments) -> (plain facts, arrays)
DECODERS: Mapping[str, str] = {
    "dicom frame": "sigconv.loaders.dicom.decode:frame",
    "hdf5 images": "sigconv.loaders.image.hdf5_decode:tables",
}

_COMMAND = "from sigconv.loaders.guarded import serve; serve()"


def call(path: Path, name: str, arguments: Mapping[str, Any], result: int = 0, seconds: int = MOST_SECONDS) -> Answer:
    """What the decoder `name` makes of a file, computed where it can do no harm.

    Parameters
    ----------
    path : the file, which the decoder opens itself
    name : a key of DECODERS
    arguments : further arguments of the decoder: numbers, texts and lists of them
    result : bytes that the result will take; TIMES as many must be within SIGCONV_MOST_BYTES
    seconds : of computing that the decoder may take

    Returns
    -------
    the decoder's facts and its arrays

    Raises
    ------
    FormatError : the decoder refused the file, crashed on it or did not end
    ResourceError : the result is too large, or it wanted more than 64 MiB and 8 times the file or the result
    """
    return _GUARD.call(path, name, arguments, result, seconds)


class Guard:
    """The child process of this process, and a lock, so that threads take turns.

    command : Python code that the child runs; the tests have one with decoders that crash on purpose
    """

    def __init__(self, command: str = _COMMAND) -> None:
        self._command = command
        self._lock = threading.RLock()
        self._child: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None  # what the child writes to its standard error
        self._closes = False
        os.register_at_fork(after_in_child=self._forget)

    def call(self, path: Path, name: str, arguments: Mapping[str, Any], result: int, seconds: int) -> Answer:
        """See the function `call`."""
        within_limit(path, TIMES * result, "decoding it")
        memory = SLACK + TIMES * max(result, path.stat().st_size)
        request = {"name": name, "arguments": {"path": str(path.absolute()), **arguments}}
        line = json.dumps({**request, "memory": memory, "seconds": seconds}).encode() + b"\n"
        with self._lock:
            try:
                child = self._started()
                told, arrays = self._asked(child, line, memory, time.monotonic() + PATIENCE * seconds / MOST_SECONDS)
            except (_NoAnswer, ValueError, TypeError, LookupError, AttributeError) as reason:
                end = str(reason) if isinstance(reason, _NoAnswer) else f"answered nonsense ({reason})"
                raise FormatError(f"{path}: the decoder {name} {self._end(end)}") from None
            except BaseException:
                self.close()  # half an answer may be on the way
                raise
        if arrays is None:
            raise _error(path, name, told, memory)
        return told, arrays

    def close(self) -> None:
        """End the child; the next call starts another."""
        with self._lock:
            child, said, self._child, self._said = self._child, self._said, None, None
            if child is not None:
                child.kill()
                child.wait()
                for pipe in (child.stdin, child.stdout, said):
                    if pipe is not None:
                        pipe.close()

    def _forget(self) -> None:
        """In a forked process: the parent's child is not ours, and must not live on because we hold its pipes."""
        self._lock, self._closes = threading.RLock(), False
        child, said, self._child, self._said = self._child, self._said, None, None
        if child is not None:
            child.returncode = 0  # nothing to wait for here
            for pipe in (child.stdin, child.stdout, said):
                if pipe is not None:
                    pipe.close()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            root = str(Path(errors.__file__).parents[1])
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
            self._child = subprocess.Popen(
                # -P: a file numpy.py in the working folder is not numpy
                [sys.executable, "-P", "-c", self._command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                bufsize=0,
                env=environment,
            )
            if not self._closes:
                from multiprocessing.util import Finalize  # 20 ms that only those pay who start a child

                # at the end of a worker process too, where atexit does not run
                Finalize(None, self.close, exitpriority=0)
                self._closes = True
        return self._child

    def _asked(
        self, child: "subprocess.Popen[bytes]", line: bytes, memory: int, deadline: float
    ) -> tuple[Any, list[Array] | None]:
        """The child's facts and arrays; or its error and None."""
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            while line:
                line = line[child.stdin.write(line) or 0 :]
        except BrokenPipeError:
            raise _NoAnswer(_DIED) from None
        size = int(_taken(child.stdout, _DIGITS, deadline).tobytes(), 16)
        if size > _MOST_FACTS:
            raise _NoAnswer(f"answered with {size} bytes of facts")
        told = json.loads(_taken(child.stdout, size, deadline).tobytes())
        if "error" in told:
            return told["error"], None
        arrays = []
        for shape, kind in told.get("arrays", ()):
            needed = math.prod(shape) * np.dtype(kind).itemsize
            if needed > memory:
                raise _NoAnswer(f"answered with {needed} bytes")
            arrays.append(_taken(child.stdout, needed, deadline).view(kind).reshape(shape))
        return told["facts"], arrays

    def _end(self, reason: str) -> str:
        """What became of the child, in words."""
        child, said = self._child, self._said
        assert child is not None
        assert said is not None
        if reason == _DIED:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10.0)  # its pipe is closed: it is ending
        code = child.returncode
        said.seek(max(0, said.seek(0, os.SEEK_END) - 300))
        last = " ".join(said.read().decode("utf-8", "replace").split())
        self.close()
        if code == -signal.SIGXCPU:
            return "did not end: killed after all its seconds of computing"
        if code is not None and code < 0:
            reason = f"{_DIED}: signal {-code} ({signal.strsignal(-code)})"
        elif code is not None:
            reason = f"{_DIED}: exit status {code}"
        return f"{reason}{f': {last}' if last else ''}"


class _NoAnswer(Exception):  # noqa: N818 - a reason, not an error that anyone sees
    """Why there is no answer."""


def _taken(pipe: IO[bytes], count: int, deadline: float) -> Array:
    """(count) bytes from the child."""
    taken = np.empty(count, np.uint8)
    rest = taken.data
    while rest:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise _NoAnswer("did not answer in time")
        got = pipe.readinto(rest)  # type: ignore[attr-defined]
        if not got:
            raise _NoAnswer(_DIED)
        rest = rest[got:]
    return taken


def _error(path: Path, name: str, told: Sequence[str], memory: int) -> Exception:
    """The child's error as ours: those of the house and of the file system as they were."""
    kind, message = told
    if kind == "MemoryError":
        return ResourceError(
            f"{path}: the decoder {name} needs more than {memory} bytes, allowed for this file: {memory}"
        )
    if kind in ("FormatError", "ResourceError", "MissingExtra"):
        error: Exception = getattr(errors, kind).__new__(getattr(errors, kind))
        error.args = (message,)
        return error
    if kind == "OSError":
        number, text = json.loads(message)
        return OSError(number, text, str(path))
    return FormatError(f"{path}: the decoder {name} failed: {kind}: {message}")


def serve(decoders: Mapping[str, str] = DECODERS) -> None:
    """The child: a request a line on standard input, answers on standard output, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    for line in sys.stdin:
        request = json.loads(line)
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)
        try:
            module, function = decoders[request["name"]].split(":")
            decoder: Decoder = getattr(importlib.import_module(module), function)
            _fence(request["memory"], request["seconds"])
            facts, arrays = decoder(**request["arguments"])
            arrays = [np.ascontiguousarray(array) for array in arrays]
            told = {"facts": dict(facts), "arrays": [(array.shape, array.dtype.str) for array in arrays]}
        except Exception as error:
            arrays, told = [], {"error": _described(error)}
        signal.alarm(0)
        # what a library lost of this request's memory must not keep the next one from being read
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        head = json.dumps(told).encode()
        answers.write(b"%0*x" % (_DIGITS, len(head)) + head)
        for array in arrays:
            answers.write(array.reshape(-1).view(np.uint8).data)
        answers.flush()


def _fence(memory: int, seconds: int) -> None:
    """Limits for the next request, above what this process has taken already; the kernel keeps them."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        taken = int(pages.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, resource.RLIM_INFINITY))
    computed = math.ceil(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (computed, resource.RLIM_INFINITY))
    signal.alarm(math.ceil(PATIENCE * seconds / MOST_SECONDS) + 1)  # if the parent is not there to kill it


def _described(error: Exception) -> tuple[str, str]:
    if isinstance(error, OSError) and not isinstance(error, errors.SigconvError) and error.errno:
        return "OSError", json.dumps([error.errno, error.strerror])
    return type(error).__name__, " ".join(str(error).split())[:1000]


_GUARD = Guard()
