"""Clips: what of a recording a network is shown."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from sigconv.errors import FormatError
from sigconv.filters import Spectrogram, log_mel
from sigconv.loaders import recording
from sigconv.recipe.audio.beside import features, svm
from sigconv.recipe.audio.clips import Clip, Levels
from sigconv.signal import Signal
from sigconv.windows import whole

FS = 8000


def source(x, **notes):
    return recording.of(Signal(x[None].astype(np.float32), Signal.from_array(x, fs=FS).axes, notes=notes))


def burst(before, loud, after):
    rng = np.random.default_rng(0)
    return np.concatenate([np.zeros(before), rng.normal(size=loud), np.zeros(after)])


def clip(x, size=2400):
    return Clip(source(x), start=0.0, stop=len(x) / FS, size=size, below=30)


# known


def test_a_sound_lies_in_the_middle_at_a_mean_power_of_one():
    shown = clip(0.01 * burst(4000, 1000, 100)).read().data[0]
    (heard,) = np.nonzero(shown)
    kept = 10 + 50 + 125 + 12.5  # ms: a frame and the margin before, the sound, what there is behind
    assert (heard[0], heard[-1]) == ((2400 - 8 * kept) // 2 + 480, (2400 - 8 * kept) // 2 + 1479)
    assert np.square(shown).sum() == pytest.approx(8 * kept, rel=1e-4)


def test_of_a_long_sound_the_strongest_part_is_kept():
    x = np.concatenate([0.2 * burst(0, 4000, 0), burst(0, 2400, 0), 0.2 * burst(0, 4000, 0)])
    assert clip(x).sound().axes[1].start == pytest.approx(0.5, abs=0.01)


def test_emphasis_subtracts_the_sample_before():
    x = np.array([1.0, 2.0, -1.0, 0.5])
    shown = replace(clip(x, 4), emphasis=0.5).read().data[0]
    expected = np.array([1.0, 1.5, -2.0, 1.0])
    np.testing.assert_allclose(shown, expected / np.sqrt(np.square(expected).mean()), rtol=1e-6)


def test_levels_lie_between_the_floor_and_nothing():
    levels = Levels(Spectrogram(clip(burst(0, 1000, 0)), partial(log_mel, bands=20)), floor=-60)
    data = levels.read().data
    assert (data.max(), data.min()) == (0, -60)
    assert (data[:, :, [0, -1]] == -60).all()


# law


def test_loudness_and_silence_around_a_sound_change_nothing():
    one, other = clip(burst(800, 1000, 1000)), clip(0.1 * burst(2400, 1000, 3000))
    assert np.allclose(one.read().data, other.read().data, atol=1e-4)


@pytest.mark.parametrize("length", [1, 7, 100, 2400, 9000])
def test_sounds_of_any_length_are_windows_of_one_size(length):
    levels = Levels(Spectrogram(clip(burst(0, length, 0)), partial(log_mel, bands=20)), floor=-60)
    cut = whole([levels], ["a"], ["x"], [axis.size for axis in levels.axes[1:]])
    assert np.isfinite(cut.batch([0])).all()
    assert np.array_equal(cut.batch([0])[0], levels.read().data)


def test_what_is_silent_throughout_is_zeros():
    assert not clip(np.zeros(800)).read().data.any()


def test_a_part_equals_the_slice_of_the_whole():
    one = clip(burst(100, 900, 50))
    assert np.array_equal(one.read(0.1, 0.2).data, one.read().data[:, 800:1600])
    levels = Levels(Spectrogram(one, partial(log_mel, bands=20)), floor=-60)
    part = levels.read((None, 0.1), (None, 0.2))
    assert np.allclose(part.data, levels.read().data[..., 10:20], atol=1e-3)


def test_the_baseline_tells_two_tones_apart():
    tones = [np.sin(2 * np.pi * hertz * np.arange(n) / FS) for hertz in (300, 1200) for n in (900, 1500, 2000)]
    x = np.stack([features(clip(tone).sound()) for tone in tones])
    said = svm(x[[0, 1, 3, 4]], np.array([0, 0, 1, 1]), x[[2, 5]], 2)
    assert said.tolist() == [[1, 0], [0, 1]]


# errors


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_a_recording_that_holds_no_numbers_is_named(odd):
    x = burst(0, 800, 0)
    x[5] = odd
    with pytest.raises(FormatError, match=r"holes.wav: holds NaN or infinity"):
        Clip(source(x, path="holes.wav"), start=0.0, stop=0.1, size=100, below=30).read()
