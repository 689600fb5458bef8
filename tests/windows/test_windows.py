import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv.errors import ArgumentError, SamplingError, ShapeError, SplitError
from sigconv.loaders import recording
from sigconv.signal import Axis, Event, Signal
from sigconv.windows import Split, around_events, checked, leave_one_group_out, patches, sliding

FS = 100


def ramp(seconds=10.0, events=(), channels=("a", "b"), fs=FS):
    x = np.stack([np.arange(round(seconds * fs)) + 1000.0 * i for i in range(len(channels))])
    return recording.of(Signal.from_array(x, fs, channels=list(channels), events=events))


def test_windows_lie_where_the_events_say():
    source = ramp(events=[Event(2.0, 0, "T1"), Event(5.0, 0, "T2"), Event(7.0, 0, "T0")])
    cut = around_events([source], {"T1": "left", "T2": "right"}, 0.5, 1.0, ["run"])
    assert len(cut) == 2
    assert cut.classes == ("left", "right")
    assert cut.labels.tolist() == [0, 1]
    assert cut.batch([0, 1])[:, 0].tolist() == [list(range(250, 300)), list(range(550, 600))]
    assert cut.times(0) == (2.5, 3.0)


def test_windows_are_read_only_when_asked_for():
    class Counting:
        def __init__(self, inner):
            self.inner, self.reads = inner, 0

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def samples(self, box):
            self.reads += 1
            return self.inner.samples(box)

    source = Counting(ramp(events=[Event(float(i), 0, "x") for i in range(8)]))
    cut = around_events([source], {"x": "x"}, 0, 1, ["g"])
    assert source.reads == 0
    cut.batch([3, 4])
    assert source.reads == 2


def test_a_window_that_does_not_fit_its_recording_is_left_out():
    source = ramp(events=[Event(0.1, 0, "x"), Event(9.5, 0, "x"), Event(5.0, 0, "x")])
    assert around_events([source], {"x": "x"}, -0.5, 0.6, ["g"]).where.tolist() == [[0, 450]]


def test_a_source_that_is_shorter_than_a_patch_lies_in_its_middle_and_nothing_is_known_beyond():
    grid = (Axis.channel(["grey"]), Axis("y", 2), Axis("x", 5))
    picture = recording.of(Signal(np.arange(10, dtype=np.uint8).reshape(1, 2, 5), grid))
    labels = recording.of(Signal(np.ones((1, 2, 5), np.uint8), grid))
    cut = patches([picture], (5, 4), 4, ["a"], [labels], boundary=("constant", 99))
    assert cut.where.tolist() == [[0, -1, 0], [0, -1, 1]]
    assert cut.read(0)[0].tolist() == [[99] * 4, [0, 1, 2, 3], [5, 6, 7, 8], [99] * 4, [99] * 4]
    assert cut.target(0).tolist() == [[-1] * 4, [1] * 4, [1] * 4, [-1] * 4, [-1] * 4]
    assert patches([picture], (5, 4), 4, ["a"], [labels], boundary="edge").target(0).tolist() == [[1] * 4] * 5
    with pytest.raises(ShapeError, match="a patch of 5 is larger"):
        patches([picture], (5, 4), 4, ["a"], [labels])


@given(st.integers(1, 500), st.integers(1, 300), st.integers(1, 1000))
def test_sliding_windows_are_all_that_fit_and_no_more(size, hop, length):
    source = ramp(length / FS, channels=("a",))
    if size > length:
        with pytest.raises(SamplingError, match="does not fit"):
            sliding(source, size / FS, hop / FS)
        return
    cut = sliding(source, size / FS, hop / FS)
    starts = [first for _, first in cut.where]
    assert starts == list(range(0, length - size + 1, hop))


def test_loaded_windows_equal_the_lazy_ones():
    cut = sliding(ramp(), 1.0, 0.37)
    loaded = cut.load()
    assert np.array_equal(loaded.data, cut.batch(range(len(cut))))
    assert np.array_equal(loaded.select([2, 0]).data, cut.select([2, 0]).load().data)


@given(st.lists(st.sampled_from("abcde"), min_size=2, max_size=40).filter(lambda g: len(set(g)) > 1))
def test_a_split_never_shares_a_group_and_tests_every_window_once(groups):
    splits = leave_one_group_out(groups)
    for split in splits:
        assert not {groups[i] for i in split.train} & {groups[i] for i in split.test}
    assert sorted(i for split in splits for i in split.test) == list(range(len(groups)))


def test_a_leaky_split_is_an_error():
    with pytest.raises(SplitError, match="'mix' has a in both"):
        checked(Split("mix", np.array([0, 1]), np.array([2])), ["a", "b", "a"])
    with pytest.raises(SplitError, match="without a window"):
        checked(Split("mix", np.array([0, 1]), np.array([], int)), ["a", "b", "a"])
    with pytest.raises(SplitError, match="one group only"):
        leave_one_group_out(["a", "a"])


def test_what_is_refused():
    source = ramp(events=[Event(2.0, 0, "T1"), Event(5.0, 0, "T2")])
    with pytest.raises(ArgumentError, match=r"no recording has an event 'T3'.*present: T1, T2"):
        around_events([source], {"T3": "x"}, 0, 1, ["g"])
    with pytest.raises(ArgumentError, match="no event to cut"):
        around_events([ramp()], {"T1": "x"}, 0, 1, ["g"])
    with pytest.raises(SamplingError, match="lasts 10 s; a window of 11 s does not fit"):
        around_events([source], {"T1": "x"}, 0, 11, ["g"])
    with pytest.raises(ArgumentError, match="stop comes later"):
        around_events([source], {"T1": "x"}, 1, 1, ["g"])
    with pytest.raises(SamplingError, match="sampled at 50 Hz"):
        around_events([source, ramp(fs=50)], {"T1": "x"}, 0, 1, ["g", "h"])
    with pytest.raises(SamplingError, match="another order"):
        around_events([source, ramp(channels=("b", "a"))], {"T1": "x"}, 0, 1, ["g", "h"])
    with pytest.raises(SamplingError, match="differ in b, c"):
        around_events([source, ramp(channels=("a", "c"))], {"T1": "x"}, 0, 1, ["g", "h"])


def test_windows_of_video_and_spectrograms_keep_the_other_axes_whole():
    axes = (Axis.channel(["grey"]), Axis.time(10, 5), Axis("y", 2), Axis("x", 3))
    film = recording.of(Signal(np.arange(60.0).reshape(1, 10, 2, 3), axes, events=[Event(1.0, 0, "jump")]))
    cut = around_events([film], {"jump": "jump"}, 0, 0.6, ["film"])
    assert cut.shape == (1, 3, 2, 3)
    np.testing.assert_array_equal(cut.read(0), film[:, 5:8].data)
    assert cut.times(0) == pytest.approx((1.0, 1.6))
    heard = recording.of(Signal(np.zeros((1, 4, 10)), (Axis.channel(["a"]), Axis("freq", 4, "Hz"), Axis.time(10, 5))))
    assert sliding(heard, 1.0, 0.4).where.tolist() == [[0, 0, 0], [0, 0, 2], [0, 0, 4]]


@given(st.data())
def test_patches_cover_every_sample(data):
    grid = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    size = [data.draw(st.integers(1, n)) for n in grid]
    step = [data.draw(st.integers(1, n)) for n in size]
    axes = (Axis.channel(["a"]), *(Axis(name, n) for name, n in zip("zyx", grid, strict=False)))
    source = recording.of(Signal(np.arange(float(np.prod(grid))).reshape(1, *grid), axes))
    cut = patches([source, source], size, step, ["a", "b"])
    seen = np.unique(cut.batch(range(len(cut))))
    assert len(seen) == np.prod(grid)
    assert len(np.unique(cut.where, axis=0)) == len(cut)
    assert set(cut.groups) == {"a", "b"}


def test_patches_refuse_what_does_not_fit():
    axes = (Axis.channel(["a"]), Axis.at_positions("z", [0, 1, 3], "mm"), Axis("x", 3))
    source = recording.of(Signal(np.zeros((1, 3, 3)), axes))
    with pytest.raises(SamplingError, match="z axis is uneven"):
        patches([source], (1, 1), (1, 1), ["a"])
    with pytest.raises(ShapeError, match="patch of 4 is larger"):
        patches([source], (4, 1), (1, 1), ["a"])
    with pytest.raises(ShapeError, match="has z, x"):
        patches([source], (1,), (1,), ["a"])
    with pytest.raises(SamplingError, match="no time axis"):
        sliding(source, 1, 1)


def test_seconds_that_are_none_are_named():
    x = recording.of(Signal.from_array(np.zeros((1, 100)), fs=10))
    for wrong in ("2 s", float("nan"), None):
        with pytest.raises(ArgumentError, match="length is"):
            sliding(x, wrong, 1)
        with pytest.raises(ArgumentError, match="stop is"):
            around_events([x], {"T1": "a"}, 0, wrong, ["g"])


def test_windows_say_in_one_line_what_they_are():
    x = recording.of(Signal.from_array(np.zeros((2, 100)), fs=10))
    assert repr(sliding(x, 2, 1)) == "Windows(9 of 2 × 20 samples, 1 recordings, 0 classes, 1 groups)"


def test_one_number_stands_for_every_axis_and_a_wrong_one_is_named():
    axes = (Axis.channel(["a"]), Axis("y", 4), Axis("x", 6))
    source = recording.of(Signal(np.zeros((1, 4, 6)), axes))
    assert patches([source], 2, 2, ["a"]).shape == (1, 2, 2)
    for wrong in ((2,), (2, 2, 2), (2, 0), (2, 1.5), "22"):
        with pytest.raises(ShapeError, match=r"size is .* has y, x"):
            patches([source], wrong, 2, ["a"])
