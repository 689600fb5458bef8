"""Made-up clips: the motion is there, and nowhere but in time."""

from collections import Counter

import numpy as np
import pytest

from sigconv import windows
from sigconv.errors import ArgumentError
from sigconv.loaders.video.generator import MOTIONS, moving_shapes


@pytest.fixture(scope="module")
def clips():
    return moving_shapes(sources=3, clips=24, frames=8, size=32)


def best_shift(before, after):
    """(y, x) by which the moving part of one frame became that of the next, from a correlation over all shifts."""
    spectrum = np.fft.fft2(before).conj() * np.fft.fft2(after)
    at = np.unravel_index(np.fft.ifft2(spectrum).real.argmax(), before.shape)
    return [(place + n // 2) % n - n // 2 for place, n in zip(at, before.shape, strict=True)]


def turning(frames):
    """Radians a frame by which what changes turns clockwise, by least squares on the brightness that is kept."""
    change = np.gradient(frames, axis=0)
    size = frames.shape[1]
    circle = np.exp(2j * np.pi * np.arange(size) / size)
    power = (change**2).sum(0)
    middle = [np.angle(power.sum(1 - axis) @ circle) * size / (2 * np.pi) for axis in (0, 1)]
    y, x = ((np.arange(size) - at + size / 2) % size - size / 2 for at in middle)
    along_y, along_x = np.gradient(frames, axis=(1, 2))
    turned = along_y * x - along_x * y[:, None]
    return -(change * turned).sum() / (turned**2 * (change != 0)).sum()


def test_what_moves_moves_as_the_label_says():
    for recording in moving_shapes(sources=2, clips=12, frames=12, size=64):
        data, label = recording.read().data.astype(float).mean(0), recording.notes["label"]
        if label in ("clockwise", "counterclockwise"):
            assert turning(data) * (1 if label == "clockwise" else -1) > 0.001, label
            continue
        still = data - np.median(data, axis=0)
        shift = np.median([best_shift(still[n], still[n + 4]) for n in range(8)], axis=0)
        toward = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}[label]
        assert np.dot(shift, toward) > 2.0, label


def test_labels_are_even_and_sources_are_groups(clips):
    for source in ("S01", "S02", "S03"):
        labels = Counter(one.notes["label"] for one in clips if one.notes["source"] == source)
        assert labels == dict.fromkeys(MOTIONS, 4)
    assert all(one.read().data.dtype == np.uint8 for one in clips)
    cut = windows.around_events(clips, {name: name for name in MOTIONS}, 0, 0.32, [c.notes["source"] for c in clips])
    assert (cut.shape, len(cut), len(windows.leave_one_group_out(cut.groups))) == ((3, 8, 32, 32), 72, 3)


def test_single_frames_have_the_same_statistics_whatever_the_motion():
    clips = moving_shapes(sources=6, clips=60, frames=2, size=32, seed=3)
    labels = np.array([MOTIONS.index(one.notes["label"]) for one in clips])
    frames = np.stack([one.read().data[:, 0].astype(float) for one in clips])
    gradient = np.abs(np.diff(frames, axis=2)).mean((1, 2, 3)) - np.abs(np.diff(frames, axis=3)).mean((1, 2, 3))
    for feature in (frames.mean((1, 2, 3)), frames.std((1, 2, 3)), gradient):
        means = np.array([feature[labels == label].mean() for label in range(6)])
        standard = feature.std() / np.sqrt(60)
        assert np.abs(means - feature.mean()).max() < 3.5 * standard


def test_the_seed_decides_and_more_clips_change_no_earlier_one():
    one, again, other = (moving_shapes(1, clips, 4, 16, seed=seed) for clips, seed in ((2, 7), (8, 7), (2, 8)))
    np.testing.assert_array_equal(one[1].read().data, again[1].read().data)
    assert one[1].notes["label"] == again[1].notes["label"]
    assert (one[1].read().data != other[1].read().data).any()


@pytest.mark.parametrize("wrong", [{"sources": 0}, {"clips": 0}, {"frames": 1}, {"size": 8}, {"fs": 0.0}])
def test_wrong_sizes_are_named(wrong):
    with pytest.raises(ArgumentError, match=f"{next(iter(wrong))} {next(iter(wrong.values()))}"):
        moving_shapes(**wrong)
