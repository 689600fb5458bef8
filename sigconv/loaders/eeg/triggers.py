"""Trigger channels: steps in a row of numbers become events."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from sigconv.signal import Event

MOST = 100_000  # rises; a channel with more holds no triggers
BITS = (1 << 17) - 1  # of a BioSemi status word: 16 triggers and the begin of an epoch; above are the amplifier's own


def events(pieces: Iterable[Any], fs: float) -> tuple[Event, ...] | None:
    """An event wherever the number rises, labelled with the number it rises to; None for more than MOST.

    What the channel holds at the beginning is no event. Negative numbers count by their size.

    Parameters
    ----------
    pieces : arrays of whole numbers, one after another
    fs : Hz, the channel's own rate

    Same as: mne.find_events(raw, shortest_event=1).

    >>> [(event.onset, event.label) for event in events([np.array([0, 0, 4, 4]), np.array([5, 0, 4])], fs=2)]
    [(1.0, '4'), (2.0, '5'), (3.0, '4')]
    """
    found: list[tuple[int, int]] = []
    before, last = 0, None
    for piece in pieces:
        numbers = np.abs(piece.astype(np.int64))
        joined = numbers if last is None else np.concatenate([[last], numbers])
        rises = np.flatnonzero(joined[1:] > joined[:-1]) + 1
        if len(found) + len(rises) > MOST:
            return None
        shift = before - (last is not None)
        found += [(int(at) + shift, int(joined[at])) for at in rises]
        before, last = before + len(numbers), numbers[-1] if len(numbers) else last
    return tuple(Event(at / fs, 0.0, str(number)) for at, number in found)
