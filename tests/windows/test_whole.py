"""Clips, volumes and label maps of differing sizes become windows of one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, SamplingError, ShapeError
from sigconv.loaders import recording
from sigconv.signal import Axis, Event, Signal
from sigconv.windows import around_events, batches, concatenate, patches, sliding, whole, with_targets


def clip(length, fs=8, channels=("mono",), first=1.0):
    data = np.arange(first, first + length)[None].repeat(len(channels), 0)
    return recording.of(Signal.from_array(data, fs, channels=list(channels)))


def scan(*size, kind="float32", spacing=1.0, channels=("MR",), fill=None):
    axes = (Axis.channel(list(channels)), *(Axis(n, s, "mm", spacing) for n, s in zip("zyx", size, strict=True)))
    data = np.arange(len(channels) * np.prod(size)).reshape(len(channels), *size).astype(kind)
    return recording.of(Signal(data if fill is None else np.full_like(data, fill), axes, notes={"name": "scan"}))


def test_what_is_shorter_is_padded_and_what_is_longer_is_cropped():
    clips = [clip(3), clip(8)]
    middle = whole(clips, ["b", "a"], ["x", "y"], [6])
    assert middle.batch([0, 1])[:, 0].tolist() == [[0, 1, 2, 3, 0, 0], [2, 3, 4, 5, 6, 7]]
    begins = whole(clips, ["b", "a"], ["x", "y"], [6], boundary="edge", align="start")
    assert begins.batch([0, 1])[:, 0].tolist() == [[1, 2, 3, 3, 3, 3], [1, 2, 3, 4, 5, 6]]
    assert (middle.classes, middle.labels.tolist(), middle.groups) == (("a", "b"), [1, 0], ("x", "y"))


def test_recordings_of_which_nothing_is_known_go_with_the_classes_of_others():
    new = whole([clip(3), clip(8)], None, ["x", "y"], [6], classes=["b", "a"])
    assert (new.classes, new.labels.tolist()) == (("b", "a"), [-1, -1])
    assert whole([clip(3)], None, ["x"], [6]).classes == ()


def test_air_lies_around_a_volume():
    window = whole([scan(2, 3, 3, kind="int16")], ["a"], ["g"], (4, 2, 3), boundary=("constant", -1000)).read(0)
    assert window[0, 0].tolist() == [[-1000.0] * 3] * 2
    assert window[0, 1].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.data())
def test_a_window_is_the_recording_padded_by_numpy_and_cropped(size, data):
    wanted = [data.draw(st.integers(1, 12)) for _ in size]
    rule = data.draw(st.sampled_from(["zeros", "edge", "reflect", "wrap"]))
    axes = (Axis.channel(["a"]), *(Axis(n, s) for n, s in zip("zyx"[: len(size)], size, strict=True)))
    x = np.random.default_rng(0).integers(0, 255, (1, *size)).astype("uint8")
    found = whole([recording.of(Signal(x, axes))], ["a"], ["g"], wanted, boundary=rule).read(0)
    before = [max(0, (w - n) // 2) for n, w in zip(size, wanted, strict=True)]
    pads = [(b, max(0, w - n - b)) for b, n, w in zip(before, size, wanted, strict=True)]
    padded = np.pad(x, [(0, 0), *pads], mode={"zeros": "constant"}.get(rule, rule))
    cut = [slice(max(0, (n - w) // 2), max(0, (n - w) // 2) + w) for n, w in zip(size, wanted, strict=True)]
    np.testing.assert_array_equal(found, padded[(slice(None), *cut)])


def test_the_windows_of_several_parts_are_all_there_in_order():
    runs = [
        recording.of(Signal.from_array(np.arange(20.0) + 100 * i, 10, events=[Event(0.5, 0, "T1"), Event(1, 0, name)]))
        for i, name in enumerate(("T2", "T3"))
    ]
    parts = [
        around_events([run], {"T1": "rest", name: name}, 0, 0.5, [f"run{i}"])
        for i, (run, name) in enumerate(zip(runs, ("T2", "T3"), strict=True))
    ]
    joined = concatenate(parts)
    assert joined.classes == ("rest", "T2", "T3")
    assert [joined.classes[label] for label in joined.labels] == ["rest", "T2", "rest", "T3"]
    assert joined.groups == ("run0", "run0", "run1", "run1")
    np.testing.assert_array_equal(joined.batch(range(4)), np.concatenate([part.batch([0, 1]) for part in parts]))


def test_unknown_classes_stay_unknown():
    joined = concatenate([sliding(clip(20), 1, 1, ["a"]), sliding(clip(30), 1, 1)])
    assert set(joined.labels.tolist()) == {-1}
    assert len(joined) == 5


def test_parts_that_do_not_go_together_are_refused():
    with pytest.raises(ShapeError, match=r"\(1, 8\) and targets .* those of .* \(1, 16\)"):
        concatenate([sliding(clip(20), 2, 1), sliding(clip(20), 1, 1)])
    with pytest.raises(SamplingError, match="differ in channels"):
        concatenate([sliding(clip(20), 1, 1), sliding(clip(20, channels=("left",)), 1, 1)])
    with pytest.raises(ArgumentError, match="boundary"):
        concatenate([whole([clip(9)], ["a"], ["g"], [8], boundary=rule) for rule in ("edge", "zeros")])
    with pytest.raises(ArgumentError, match="empty"):
        concatenate([])


def test_label_maps_lie_where_their_patches_lie():
    image = scan(6, 5, 4)
    cut = patches([image], (2, 3, 2), (2, 2, 2), ["a"], [scan(6, 5, 4, kind="uint8")])
    for index in range(len(cut)):
        target = cut.target(index)
        assert target.dtype == np.int64
        np.testing.assert_array_equal(target, cut.read(index)[0])
    assert cut.target_shape == (2, 3, 2)
    loaded = cut.load()
    np.testing.assert_array_equal(loaded.labels, cut.wanted(range(len(cut))))
    several = with_targets(cut, [scan(6, 5, 4, channels=("one", "two"))])
    assert several.target(0).shape == several.target_shape == (2, 2, 3, 2)


def test_beyond_a_label_map_nothing_is_known_unless_samples_repeat():
    labels = [scan(2, 2, 2, kind="uint8", fill=3)]
    cut = with_targets(whole([scan(2, 2, 2)], ["a"], ["g"], (4, 4, 4)), labels)
    assert np.unique(cut.target(0), return_counts=True)[1].tolist() == [56, 8]
    assert cut.target(0).min() == -1
    edge = with_targets(whole([scan(2, 2, 2)], ["a"], ["g"], (4, 4, 4), boundary="edge"), labels)
    assert (edge.target(0) == 3).all()
    assert cut.select([0]).targets == cut.targets


@pytest.mark.parametrize("odd", [0.5, np.nan, np.inf])
def test_labels_that_are_not_whole_are_refused(odd):
    cut = patches([scan(4, 4, 4)], (2, 2, 2), (2, 2, 2), ["a"], [scan(4, 4, 4, fill=odd)])
    with pytest.raises(FormatError, match=f"scan: a label map holds {odd:g}; expected whole numbers"):
        cut.target(0)


def test_label_maps_on_another_grid_are_refused():
    cut = patches([scan(4, 4, 4)], (2, 2, 2), (2, 2, 2), ["a"])
    for wrong in (scan(4, 4, 5), scan(4, 4, 4, spacing=1.5), clip(4)):
        with pytest.raises(SamplingError, match="resample it to the same grid first"):
            with_targets(cut, [wrong])
    with pytest.raises(ShapeError, match="targets has 2 label maps for 1"):
        with_targets(cut, [scan(4, 4, 4)] * 2)
    with pytest.raises(ShapeError, match="have no targets"):
        cut.target(0)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"sources": []}, ArgumentError, "empty"),
        ({"labels": ["a"]}, ShapeError, "labels has 1 names for 2"),
        ({"groups": ["a"]}, ShapeError, "groups has 1 names for 2"),
        ({"size": (3, 3)}, ShapeError, "one whole number above 0 for each grid axis"),
        ({"size": (0,)}, ShapeError, "above 0"),
        ({"size": ("1 s",)}, ShapeError, "size is .'1 s',.; it has one whole number"),
        ({"labels": ["a", ""]}, ArgumentError, "labels is empty for 1 of 2 recordings"),
        ({"classes": ["aa"]}, ArgumentError, "'a' .did you mean 'aa'"),
        ({"boundary": "mirror-ish"}, ArgumentError, "boundary"),
        ({"align": "left"}, ArgumentError, "align is 'left'"),
        ({"sources": [clip(3), clip(3, fs=9)]}, SamplingError, "9 Hz.*8 Hz"),
        ({"sources": [clip(3), clip(3, channels=("left",))]}, SamplingError, "differ in left, mono"),
    ],
)
def test_what_cannot_be_made_one_size_is_named(changes, error, message):
    told = {"sources": [clip(3), clip(8)], "labels": ["a", "a"], "groups": ["x", "y"], "size": (6,), **changes}
    with pytest.raises(error, match=message):
        whole(**told)


@pytest.mark.data
def test_hippocampi_come_with_their_labels(real_data):
    folder = real_data / "msd_hippocampus"
    names = sorted(path.name for path in (folder / "images").glob("*.nii.gz"))[:3]
    images, maps = ([loaders.open(folder / kind / name) for name in names] for kind in ("images", "labels"))
    cut = patches(images, (24, 32, 24), (16, 16, 16), names, maps)
    order = np.random.default_rng(0).permutation(len(cut))[:8]
    found = [(x.copy(), y.copy()) for x, y, _ in batches(cut, order, 4, workers=2)]
    for (x, y), (x0, y0, _) in zip(found, batches(cut, order, 4), strict=True):
        np.testing.assert_array_equal(x, x0)
        np.testing.assert_array_equal(y, y0)
    assert y.shape == (4, 24, 32, 24)
    assert set(np.unique([y for _, y in found])) == {0, 1, 2}
    fitted = with_targets(whole(images, ["hippocampus"] * 3, names, (48, 64, 48)), maps)
    assert [int((fitted.target(i) > 0).sum()) for i in range(3)] == [int((one[...].data > 0).sum()) for one in maps]


@pytest.mark.data
def test_spoken_digits_become_clips_of_one_length(real_data):
    paths = sorted((real_data / "fsdd" / "recordings").glob("?_jackson_0.wav"))
    windows = whole(
        [loaders.open(path) for path in paths], [p.name[0] for p in paths], ["jackson"] * len(paths), [8000]
    )
    assert windows.labels.tolist() == list(range(10))
    x = windows.batch([0])[0, 0]
    sound = loaders.load(paths[0]).data[0]
    before = (8000 - len(sound)) // 2
    np.testing.assert_array_equal(x[before : before + len(sound)], sound)
    assert not x[:before].any()
