"""Sliding prediction is the weighted mean over patches, whatever the size, within bounded memory."""

import tracemalloc
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError, ShapeError
from sigconv.loaders import recording
from sigconv.signal import Axis, Signal
from sigconv.train.precision import Precision
from sigconv.train.sliding import Sliding, most_likely, predict_whole
from sigconv.windows import covering

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def network(axes, channels=2, classes=3):
    torch.manual_seed(axes)
    return nn.Sequential(CONV[axes](channels, 4, 3, padding=1), nn.ReLU(), CONV[axes](4, classes, 3, padding=1))


def array(grid, channels=2):
    return np.random.default_rng(0).normal(size=(channels, *grid)).astype(np.float32)


def bell(size):
    return np.exp(-((((np.arange(size) - (size - 1) / 2) / (size / 8)) ** 2) / 2))


def mean_of_patches(net, x, size, overlap, weights=True):
    """The definition, for recordings of a patch at least: sum of weight × probability over sum of weights."""
    grid = x.shape[1:]
    starts = [covering(m, n, max(1, round(n * (1 - overlap)))) for m, n in zip(grid, size, strict=True)]
    weight = np.ones(size)
    for axis, n in enumerate(size):
        weight = weight * (bell(n) if weights else np.ones(n)).reshape(
            [-1 if i == axis else 1 for i in range(len(size))]
        )
    top, below = 0.0, np.zeros(grid)
    for corner in product(*starts):
        box = tuple(slice(i, i + n) for i, n in zip(corner, size, strict=True))
        with torch.no_grad():
            said = torch.softmax(net(torch.from_numpy(x[(slice(None), *box)])[None]), 1)[0].double().numpy()
        top = np.zeros((len(said), *grid)) if np.isscalar(top) else top
        top[(slice(None), *box)] += weight * said
        below[box] += weight
    return top / below


# known


def test_where_patches_do_not_overlap_each_says_its_own():
    net, x = network(1), array((8,))
    with torch.no_grad():
        each = [torch.softmax(net(torch.from_numpy(x[None, :, i : i + 4])), 1)[0] for i in (0, 4)]
    found = predict_whole(net, x, Sliding((4,), overlap=0))
    np.testing.assert_allclose(found, torch.cat(each, 1).numpy(), atol=1e-6)


def test_the_label_map_is_the_most_likely_class_of_every_sample():
    net, x = network(2), array((9, 7))
    labels = predict_whole(net, x, Sliding((4, 4)), decide=most_likely)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, predict_whole(net, x, Sliding((4, 4))).argmax(0))


# law


@pytest.mark.parametrize(
    ("grid", "size"), [((41,), (8,)), ((8,), (8,)), ((13, 10), (6, 4)), ((7, 8, 5), (4, 5, 3)), ((4, 5, 3), (4, 5, 3))]
)
@pytest.mark.parametrize("overlap", [0, 0.5, 0.7])
def test_it_is_the_weighted_mean_over_all_patches(grid, size, overlap):
    net, x = network(len(grid)), array(grid)
    for weights in ("gaussian", "even"):
        found = predict_whole(net, x, Sliding(size, overlap, weights, batch=3))
        np.testing.assert_allclose(found, mean_of_patches(net, x, size, overlap, weights == "gaussian"), atol=2e-6)
        np.testing.assert_allclose(found.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 7, 100])
@pytest.mark.parametrize(("grid", "size"), [((41,), (8,)), ((13, 10), (6, 4))])
def test_how_many_patches_go_together_does_not_matter(grid, size, batch):
    net, x = network(len(grid)), array(grid)
    found = predict_whole(net, x, Sliding(size, batch=batch))
    np.testing.assert_allclose(found, predict_whole(net, x, Sliding(size, batch=2)), atol=1e-6)


@pytest.mark.parametrize("grid", [(3, 10), (10, 3), (3, 2), (1, 1)])
def test_what_is_smaller_than_a_patch_is_padded_in_the_middle(grid):
    net, x = network(2), array(grid)
    before = [max(0, 6 - n) // 2 for n in grid]
    after = [max(0, 6 - n) - b for n, b in zip(grid, before, strict=True)]
    padded = np.pad(x, [(0, 0), *zip(before, after, strict=True)], "edge")
    whole = predict_whole(net, padded, Sliding((6, 6)))
    kept = whole[:, before[0] : before[0] + grid[0], before[1] : before[1] + grid[1]]
    np.testing.assert_array_equal(predict_whole(net, x, Sliding((6, 6), boundary="edge")), kept)


def test_mirroring_is_the_mean_over_every_mirrored_recording():
    net, x = network(2), array((8, 8))
    sliding = Sliding((8, 8))
    flips = [(), (1,), (2,), (1, 2)]
    wanted = np.mean([np.flip(predict_whole(net, np.flip(x, f).copy(), sliding), f) for f in flips], axis=0)
    np.testing.assert_allclose(predict_whole(net, x, Sliding((8, 8), mirror=(0, 1))), wanted, atol=1e-6)


def test_a_file_holds_what_memory_would(tmp_path):
    net, x = network(3), array((17, 6, 5))
    for decide in (None, most_likely):
        inside = predict_whole(net, x, Sliding((4, 4, 4)), decide=decide)
        mapped = predict_whole(net, x, Sliding((4, 4, 4)), decide=decide, out=tmp_path / "whole.npy")
        assert isinstance(mapped, np.memmap)
        assert np.array_equal(mapped, inside)
    assert [path.name for path in tmp_path.iterdir()] == ["whole.npy"]


class Endless:
    """A recording of zeros that counts what is read of it."""

    def __init__(self, rows):
        self.axes = (Axis("channel", 1), Axis("z", rows), Axis("y", 32), Axis("x", 32))
        self.unit, self.events, self.notes, self.rows = "", (), {}, []

    def samples(self, box):
        assert all(stop - first <= 32 for first, stop in box)
        self.rows += range(*box[0])
        return np.zeros((1, *(stop - first for first, stop in box)), np.float32)


def test_memory_does_not_depend_on_the_length_and_each_row_is_read_once(tmp_path):
    net, peaks = CONV[3](1, 2, 1), []
    for rows in (40, 640):
        source = Endless(rows)
        tracemalloc.start()
        predict_whole(net, source, Sliding((16, 16, 16), batch=4), decide=most_likely, out=tmp_path / "long.npy")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert source.rows == list(range(rows))
    assert peaks[1] < 1.1 * peaks[0]


def test_progress_counts_every_patch():
    sliding, ticks = Sliding((4, 4), batch=3), []
    predict_whole(network(2), array((9, 10)), sliding, progress=lambda: ticks.append(1))
    assert len(ticks) == sliding.count((9, 10))


@pytest.mark.parametrize("kind", ["array", "signal", "source"])
def test_arrays_signals_and_sources_are_predicted_alike(kind):
    x = array((20,))
    signal = Signal.from_array(x, fs=10)
    given = {"array": x, "signal": signal, "source": recording.of(signal)}[kind]
    net = network(1)
    assert np.array_equal(predict_whole(net, given, Sliding((8,))), predict_whole(net, x, Sliding((8,))))


def test_precision_and_layout_change_little():
    net, x = network(2), array((16, 16))
    low = predict_whole(net, x, Sliding((8, 8), precision=Precision(True, True)))
    assert abs(low - predict_whole(net, x, Sliding((8, 8)))).max() < 0.02


# same as


def test_one_patch_is_the_network_itself():
    net, x = network(3), array((4, 4, 4))
    with torch.no_grad():
        wanted = torch.softmax(net(torch.from_numpy(x)[None]), 1)[0].numpy()
    np.testing.assert_allclose(predict_whole(net, x, Sliding((4, 4, 4))), wanted, atol=1e-6)


# errors


@pytest.mark.parametrize(
    ("told", "match"),
    [
        ({"overlap": 1.0}, "overlap is 1.0"),
        ({"weights": "gausian"}, "did you mean 'gaussian'"),
        ({"mirror": (2,)}, "axes 0 to 1"),
        ({"batch": 0}, "batch 0"),
        ({"boundary": "mirrored"}, "boundary"),
    ],
)
def test_settings_outside_their_range_are_refused(told, match):
    with pytest.raises(ArgumentError, match=match):
        Sliding((4, 4), **told)


def test_a_network_that_does_not_keep_the_grid_is_refused():
    with pytest.raises(ShapeError, match="a score for each class at each sample"):
        predict_whole(nn.Conv1d(2, 3, 3), array((8,)), Sliding((8,)))


def test_another_number_of_axes_is_refused():
    with pytest.raises(ShapeError, match="2 grid axes"):
        predict_whole(network(1), array((8, 8)), Sliding((8,)))


def test_samples_that_are_no_numbers_are_refused_and_leave_no_file(tmp_path):
    x = array((40,))
    x[1, 30] = np.nan
    with pytest.raises(ArgumentError, match="NaN or infinity between rows"):
        predict_whole(network(1), x, Sliding((8,)), out=tmp_path / "whole.npy")
    assert not list(tmp_path.iterdir())


def test_weights_that_are_no_numbers_are_refused():
    net = network(1)
    nn.init.constant_(net[0].weight, float("nan"))
    with pytest.raises(ArgumentError, match="its weights are not usable"):
        predict_whole(net, array((8,)), Sliding((8,)))


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"a \.npy file"):
        predict_whole(network(1), array((8,)), Sliding((8,)), out=tmp_path / "whole.zarr")
