"""Averages of weights, tables of classes, running scores: each by hand."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from sigconv.errors import ArgumentError
from sigconv.train import Settings, fit
from sigconv.train.average import Average
from sigconv.train.contents import balanced_weights, contents
from sigconv.train.tally import Tally
from sigconv.train.task import Task
from tests.train.tasks import map_net, power, squares

# known


def test_an_average_moves_by_its_decay_and_faster_at_first():
    module = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.BatchNorm1d(1))
    module[0].weight.data.fill_(0.0)
    average, expected = Average(module, 0.6), 0.0
    for step in range(1, 8):
        module[0].weight.data.fill_(float(step))
        module[1].num_batches_tracked.fill_(step)
        average.update()
        decay = min(0.6, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
    assert average.twin[0].weight.item() == pytest.approx(expected)
    assert average.twin[1].num_batches_tracked == 7
    assert not average.twin.training


def test_the_score_of_maps_is_the_mean_dice_of_what_is_there():
    tally = Tally.empty(Task(classes=4, maps=True), "cpu")
    shown = torch.tensor([[0, 1, 1, 2, -1, 0]])
    said = torch.nn.functional.one_hot(torch.tensor([[0, 1, 2, 2, 1, 0]]), 4).movedim(-1, 1).float()
    tally.add(said, shown, 0.5)
    # class 1: 2·1 / (2 + 1); class 2: 2·1 / (1 + 2); class 3 is neither shown nor said, −1 counts for nothing
    assert tally.score == pytest.approx(2 / 3)
    assert tally.matrix.sum() == 5


def test_a_table_counts_the_samples_of_every_class():
    windows = squares()
    table = contents(windows, Task(classes=2, maps=True))
    maps = windows.wanted(range(len(windows)))
    np.testing.assert_array_equal(table[:, 1], maps.sum((1, 2)))
    assert (table.sum(1) == 144).all()


# law


def test_balanced_patches_show_the_rare_class_more_often():
    shares = []
    for sampling in ("once", "balanced"):
        seen = []

        def watch(x, y, draws, seen=seen):
            seen.append(float((y == 1).any((1, 2)).float().mean()))
            return x, y

        fit(map_net(), squares(), Settings(epochs=4, batch=9, steps=5, sampling=sampling), augment=watch)
        assert len(seen) == 20
        shares.append(np.mean(seen))
    assert shares[1] > shares[0] + 0.05


# same as


def test_balanced_weights_are_scikit_learn_s():
    labels = np.repeat([0, 1, 2], [10, 3, 1])
    table = np.eye(3, dtype=np.int64)[labels]
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(balanced_weights(table), theirs, rtol=1e-6)


# errors


def test_a_table_of_labels_that_are_no_class_is_refused():
    with pytest.raises(ArgumentError, match="a label map holds 5"):
        contents(squares(inside=5), Task(classes=2, maps=True))
    assert contents(power(count=4), Task(classes=2, maps=False)).tolist() == [[1, 0], [0, 1]] * 2
