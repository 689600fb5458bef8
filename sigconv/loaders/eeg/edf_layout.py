"""How records of several signals lie in a file: EDF, BDF or GDF."""

import datetime
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from sigconv.loaders.eeg.parts import VOLTS

_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
_TRIGGER = re.compile(r"(dig )?(status|trigger|stim|d?trig)|sti ?\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, as its header says.

    header : bytes before the first record;  records : int >= 1;  seconds : length of a record, s
    labels, units, samples : one each for every signal, annotations included;  wide : bytes a sample (2 or 3)
    scales : (gain, offset) of every signal, from stored numbers to its unit
    began : start of the recording as its header tells it, or None;  patient : its patient code, or ""
    kind : "EDF", "EDF+C", "EDF+D", "BDF" …;  numbers : NumPy's name of the stored kind, "<i3" for three bytes
    runs : (first record, one past the last, seconds after the first record's begin) of pieces without a gap; ()
        where the file is one piece
    """

    header: int
    records: int
    seconds: float
    labels: tuple[str, ...]
    units: tuple[str, ...]
    samples: tuple[int, ...]
    wide: int
    scales: tuple[tuple[float, float], ...]
    began: datetime.datetime | None
    patient: str = ""
    kind: str = "EDF"
    numbers: str = "<i2"
    runs: tuple[tuple[int, int, float], ...] = ()

    @cached_property
    def begins(self) -> tuple[int, ...]:
        """The first sample of every signal in a record, and one past the last."""
        return (0, *accumulate(self.samples))

    @cached_property
    def scaling(self) -> tuple[Any, Any, Any]:
        """(signal, 1) float64 gains and offsets to the signal's own unit, and its unit in volts."""
        gains, offsets = zip(*self.scales, strict=True)
        volts = [VOLTS.get(unit, 1.0) for unit in self.units]
        gain, offset, volt = (np.array(each)[:, None] for each in (gains, offsets, volts))
        return gain, offset, volt

    @property
    def annotations(self) -> tuple[int, ...]:
        """The numbers of the signals that hold annotations."""
        return tuple(i for i, label in enumerate(self.labels) if label in _ANNOTATIONS)

    @property
    def voltages(self) -> tuple[int, ...]:
        """The numbers of the signals in a unit of VOLTS that are not triggers."""
        return tuple(i for i in self.signals if self.units[i] in VOLTS and i not in self.triggers)

    @cached_property
    def triggers(self) -> tuple[int, ...]:
        """The numbers of the signals that hold triggers, by their labels ("Status", "Trigger", "STI 014" …)."""
        return tuple(i for i, label in enumerate(self.labels) if _TRIGGER.fullmatch(label))

    @property
    def signals(self) -> tuple[int, ...]:
        """The numbers of the signals that are not annotations."""
        return tuple(i for i, label in enumerate(self.labels) if label not in _ANNOTATIONS)
