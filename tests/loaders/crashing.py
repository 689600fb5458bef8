"""Decoders that crash, hang or flood memory, for a child process of the tests alone."""

import os
import signal
import sys
import time

import numpy as np

from sigconv.errors import FormatError, MissingExtra, ResourceError
from sigconv.loaders import guarded

_HERE = "tests.loaders.crashing"
NAMES = ("fine", "die", "leave", "sleep", "interrupt", "spin", "flood", "fill", "refuse")
DECODERS = {name: f"{_HERE}:{name}" for name in NAMES}


def serve():
    """The child."""
    guarded.serve(DECODERS)


def fine(path, size=3, more=False):
    """Arrays as asked for, and what was printed is no part of the answer."""
    print("not an answer")
    os.system("echo neither is this")
    told = {"path": path, "pid": os.getpid(), "group": [1, 2.5, None, "ü"]}
    return told, [np.arange(size, dtype="<i2"), np.zeros((0, 2))] if more else [np.arange(size, dtype="<i2")]


def die(path, number):
    """A crash in a C library."""
    print("about to crash", file=sys.stderr, flush=True)
    os.kill(os.getpid(), number)


def leave(path):
    """A library that calls exit."""
    os._exit(3)


def sleep(path):
    """Waits for something that never comes."""
    time.sleep(600)


def interrupt(path):
    """Ctrl-C comes while the parent waits for an answer."""
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(600)


def spin(path):
    """Computes for ever."""
    while True:
        pass


def flood(path, count):
    """Wants more memory than the file justifies."""
    return {}, [np.ones(count, np.uint8)[:1]]


def fill(path, target):
    """Writes without end."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(target, "wb") as file:
        while True:
            file.write(bytes(1 << 20))


def refuse(path, kind):
    """Says no in every way there is."""
    errors = {
        "format": FormatError("a.dcm: no"),
        "resource": ResourceError("a.dcm: too large"),
        "extra": MissingExtra("pydicom", "volume"),
        "absent": FileNotFoundError(2, "No such file"),
        "other": KeyError("rows"),
    }
    raise errors[kind]
