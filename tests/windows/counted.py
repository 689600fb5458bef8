"""Readers for the tests of batches, in a module that a worker process imports quickly."""

import os
import signal
import time
from dataclasses import dataclass

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Event
from sigconv.windows import Windows, around_events


@dataclass(frozen=True)
class Counted:
    """A reader that can be sent to other processes: sample t of channel c is 1000 c + t, stored as `kind`."""

    kind: str = "float64"
    trouble: str = ""
    at: int = -1

    def __call__(self, box, rows):
        ((first, last),) = box
        if first <= self.at < last:
            if self.trouble == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.trouble == "sleep":
                time.sleep(60)
            if self.trouble == "odd":
                raise OddError(1, 2)
            if self.trouble == "extra":
                raise MissingExtra("mne", "eeg")
            raise FormatError(f"run.edf: byte {first}: found 0, expected 1")
        numbers = 1000 * np.array(rows)[:, None] + np.arange(first, last)
        return numbers.astype(self.kind)


class OddError(Exception):
    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


def cut(length=64, **reader) -> Windows:
    axes = (Axis.channel(["a", "b"]), Axis.time(length, fs=1))
    events = [Event(float(i), 0, "xy"[i % 2]) for i in range(length)]
    recording = Recording(axes, Counted(**reader), "V", tuple(events), {"name": "run"})
    return around_events([recording], {"x": "left", "y": "right"}, 0, 4, ["s"])


@dataclass(frozen=True)
class Plane:
    kind: str = "float64"
    modulo: int = 1000

    def __call__(self, box, rows):
        z, y = (np.arange(first, last) for first, last in box)
        return ((6 * z[:, None] + y)[None] % self.modulo).astype(self.kind)
