"""The silence around a sound."""

import numpy as np
import pytest

from sigconv.errors import ArgumentError, SamplingError
from sigconv.filters.silence import without_silence
from sigconv.signal import Signal

FS = 8000


def sound(before, loud, after, quiet=0.0):
    rng = np.random.default_rng(0)
    parts = [quiet * rng.normal(size=before), np.sign(rng.normal(size=loud)), quiet * rng.normal(size=after)]
    return np.concatenate(parts)


# known


def test_what_is_kept_begins_and_ends_a_margin_around_the_sound():
    kept = without_silence(Signal.from_array(sound(1600, 800, 2400), fs=FS), margin="50 ms")
    # a moment of 30 ms hears the sound 10 ms before it begins
    assert kept.axes[1].start == pytest.approx(0.2 - 0.01 - 0.05)
    assert kept.axes[1].stop == pytest.approx(0.3 + 0.01 + 0.05)


@pytest.mark.parametrize(("quiet", "size"), [(0.01, 800 + 2 * 480), (0.1, 4800)])
def test_noise_is_silence_where_it_lies_far_enough_below(quiet, size):
    assert len(without_silence(sound(2000, 800, 2000, quiet), below=30, fs=FS)) == size


# law


def test_twice_is_once_and_loudness_does_not_matter():
    x = sound(1600, 800, 2400, 1e-3)
    kept = without_silence(x, fs=FS)
    assert np.array_equal(without_silence(kept, fs=FS), kept)
    assert np.array_equal(without_silence(7 * x, fs=FS), 7 * kept)


def test_quiet_inside_stays():
    x = np.concatenate([sound(800, 400, 800), sound(800, 400, 800)])
    assert len(without_silence(x, fs=FS)) > 2 * 400 + 2 * 800


@pytest.mark.parametrize("n", [0, 1, 79, 160])
def test_where_all_is_equally_quiet_all_stays(n):
    assert without_silence(np.zeros((2, n)), fs=FS).shape == (2, n)


# errors


@pytest.mark.parametrize(
    ("error", "settings"),
    [(ArgumentError, {"below": 0}), (SamplingError, {"margin": 1e-6}), (SamplingError, {"fs": None})],
)
def test_what_cannot_be_is_refused(error, settings):
    with pytest.raises(error, match=r"allowed|less than one sample|fs is missing"):
        without_silence(np.ones(80), **{"fs": FS, **settings})
