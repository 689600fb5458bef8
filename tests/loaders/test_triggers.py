"""Steps of a trigger channel as events."""

import mne
import numpy as np
import pytest

from sigconv.loaders.eeg import triggers


def labels(*pieces, fs=1.0):
    return [(event.onset, event.label) for event in triggers.events([np.array(p) for p in pieces], fs)]


def test_a_rise_is_an_event_at_its_first_sample_and_what_was_there_from_the_beginning_is_none():
    assert labels([3, 3, 0, 4, 4, 5, 2, 2, 0, 2]) == [(3.0, "4"), (5.0, "5"), (9.0, "2")]
    assert labels([0, -2, 0], fs=4) == [(0.25, "2")]
    assert labels([], [1, 1]) == []


def test_a_channel_that_changes_all_the_time_holds_none():
    assert triggers.events([np.arange(triggers.MOST + 2)], 1.0) is None


@pytest.mark.parametrize("seed", range(20))
def test_pieces_do_not_matter_and_mne_finds_the_same(seed):
    draw = np.random.default_rng(seed)
    x = np.repeat(draw.integers(0, 4, 60), draw.integers(1, 5, 60))
    cuts = np.sort(draw.integers(0, len(x), 5))
    raw = mne.io.RawArray(x[None].astype(float), mne.create_info(["STI"], 1.0, "stim"), verbose="error")
    expected = [(float(at), str(to)) for at, _, to in mne.find_events(raw, shortest_event=1, verbose="error")]
    assert labels(*np.split(x, cuts)) == labels(x) == expected
