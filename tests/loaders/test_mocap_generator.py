"""Made-up walks: they walk as people do, and only time tells some of them apart."""

import numpy as np
import pytest

from sigconv.errors import ArgumentError
from sigconv.loaders.mocap.generator import JOINTS, LABELS, PARENTS, walking
from sigconv.loaders.mocap.markers import positions


def clean(**changes):
    return walking(**{"subjects": 3, "takes": 6, "noise": 0.0, "missing": 0.0, **changes})


def places(recording):
    return dict(zip(JOINTS, positions(recording.read()), strict=True))


def speed_ahead(recording):
    """Mean speed along the way that the feet point, m/s."""
    at = places(recording)
    way = sum(at[f"Toes_{side}"] - at[f"Ankle_{side}"] for side in "LR")[:2].mean(1)
    moved = np.diff(at["Hips"][:2], axis=1).mean(1) * recording.fs
    return moved @ way / np.linalg.norm(way)


# known ---------------------------------------------------------------------------------------------------------------


def test_takes_have_markers_labels_subjects_and_every_label_equally_often():
    recordings = walking(subjects=2, takes=6, seconds=2.0, fs=60.0)
    assert [r.notes["subject"] for r in recordings] == ["S01"] * 6 + ["S02"] * 6
    assert sorted(r.notes["label"] for r in recordings) == sorted(LABELS * 4)
    assert recordings[0].shape == (60, 120)
    assert (recordings[0].unit, recordings[0].fs, recordings[0].channels[:2]) == ("m", 60.0, ("Hips.x", "Hips.y"))
    assert recordings[0].notes["markers"] == JOINTS


def test_people_walk_at_about_a_metre_a_second_with_a_foot_on_the_floor():
    for recording in clean():
        at = places(recording)
        sign = -1 if recording.notes["label"] == "backwards" else 1
        assert 0.6 < sign * speed_ahead(recording) < 1.7
        lowest = np.min([at[f"{one}_{side}"][2] for one in ("Ankle", "Toes") for side in "LR"], axis=0)
        assert np.all(lowest > -1e-9)
        assert np.all(lowest < 0.09)
        assert 1.3 < at["Head"][2].mean() < 2.0


# law -----------------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_samples_and_more_subjects_change_none():
    few, more = walking(subjects=1, takes=3), walking(subjects=2, takes=3)
    for one, other in zip(few, more, strict=False):
        np.testing.assert_array_equal(one.read().data, other.read().data)
    assert not np.array_equal(walking(subjects=1, takes=3, seed=1)[0].read().data, few[0].read().data, equal_nan=True)


def test_bones_keep_their_length():
    for recording in clean(subjects=1):
        at, offsets = positions(recording.read()), recording.notes["skeleton"]["offsets"]
        for joint, parent in enumerate(PARENTS[1:], start=1):
            lengths = np.linalg.norm(at[joint] - at[parent], axis=0)
            np.testing.assert_allclose(lengths, np.linalg.norm(offsets[joint]), atol=1e-12)


def test_played_backwards_the_backwards_walk_is_a_forwards_walk():
    """Frame by frame, without their order, both labels look alike: the same angles occur equally often."""
    recordings = clean(takes=30, seconds=6.0)
    knees = {label: [] for label in LABELS[:2]}
    for recording in recordings:
        at, label = places(recording), recording.notes["label"]
        if label in knees:
            thigh, shank = at["Knee_L"] - at["Hip_L"], at["Ankle_L"] - at["Knee_L"]
            cosine = (thigh * shank).sum(0) / np.linalg.norm(thigh, axis=0) / np.linalg.norm(shank, axis=0)
            knees[label].append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    spread = [np.percentile(np.concatenate(each), [5, 25, 50, 75, 95]) for each in knees.values()]
    np.testing.assert_allclose(*spread, atol=3.0)  # degrees, of a swing of sixty
    rising = [np.mean([np.mean(np.diff(knee) ** 3) for knee in each]) for each in knees.values()]
    assert rising[0] * rising[1] < 0  # a knee bends faster than it stretches, or the other way round


def test_a_limp_is_a_lag_between_the_legs():
    for recording in clean(seconds=8.0):
        at = places(recording)
        way = sum(at[f"Toes_{side}"] - at[f"Ankle_{side}"] for side in "LR").mean(1) * [1, 1, 0]
        thighs = [(way[:, None] * (at[f"Knee_{side}"] - at[f"Hip_{side}"])).sum(0) for side in "LR"]
        left, right = (np.fft.rfft(thigh - thigh.mean()) for thigh in thighs)
        strongest = np.abs(left).argmax()
        lag = np.angle(left[strongest] / right[strongest]) / (2 * np.pi)
        astray = abs(abs(lag) - 0.5)
        assert (astray > 0.06) == (recording.notes["label"] == "limping"), (recording.notes["label"], lag)


def test_gaps_take_whole_markers_and_about_the_share_asked_for():
    shares = []
    for recording in walking(takes=9, missing=0.05):
        gone = np.isnan(positions(recording.read()))
        np.testing.assert_array_equal(gone.all(1), gone.any(1))
        shares.append(gone.mean())
    assert 0.03 < np.mean(shares) < 0.07


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"subjects": 0},
        {"takes": 0},
        {"seconds": 0},
        {"seconds": np.nan},
        {"fs": 5},
        {"noise": -1},
        {"missing": 0.6},
        {"seed": -1},
    ],
)
def test_wrong_arguments_are_named(wrong):
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        walking(**wrong)
