"""What a source has in common with the one that it stands in front of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigconv.signal import Event, Source


@dataclass(frozen=True)
class InFront:
    """The unit, events and notes of the source behind, for those who change its samples or its axes.

    source : Recording, or another one in front of it

    >>> import numpy as np
    >>> from sigconv.loaders import recording
    >>> from sigconv.signal import Signal
    >>> InFront(recording.of(Signal.from_array(np.zeros(9), fs=3, unit="V"))).unit
    'V'
    """

    source: Source

    @property
    def unit(self) -> str:
        """Unit of the samples."""
        return self.source.unit

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the source."""
        return self.source.events

    @property
    def notes(self) -> Mapping[str, Any]:
        """The notes of the source."""
        return self.source.notes
