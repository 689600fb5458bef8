"""The Neocognitron learns to tell apart what it has never been told how to look at."""

import numpy as np
import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.layers.cells import CCell, Contrast, SCell
from sigconv.train.neocognitron import Neocognitron
from sigconv.train.unlabelled import Competition
from tests.bench.usps import usps

FEW = Competition(samples=2000)


def crosses(count, seed):
    """Bars that cross upright or askew, somewhere and of some brightness: (count, 1, 12, 12), labels "+" and "x"."""
    draw = np.random.default_rng(seed)
    x, y = np.zeros((count, 1, 12, 12), np.float32), np.where(np.arange(count) % 2, "+", "x")
    for example, kind in zip(x[:, 0], y, strict=True):
        a, b = draw.integers(3, 9, size=2)
        for step in range(-3, 4):
            across = ((step, 0), (0, step)) if kind == "+" else ((step, step), (step, -step))
            for i, j in across:
                if 0 <= a + i < 12 and 0 <= b + j < 12:
                    example[a + i, b + j] = 1
        example *= draw.uniform(0.5, 2)
    return x + draw.normal(scale=0.05, size=x.shape).astype(np.float32), y


def cells(axes=2, planes=12):
    return [
        Contrast(1, axes=axes),
        SCell(2, 8, 3, axes=axes),
        CCell(8, 3, axes=axes, stride=2),
        SCell(8, planes, 3, axes=axes),
        CCell(planes, 3, axes=axes, stride=2),
    ]


# known


@pytest.mark.parametrize("readout", ["ridge", "logistic", "cells"])
def test_crosses_of_two_kinds_are_told_apart(readout):
    net = Neocognitron(nn.Sequential(*cells()), readout=readout, learning=FEW).fit(*crosses(120, seed=0))
    assert net.score(*crosses(60, seed=1)) > 0.9
    assert net.classes_.tolist() == ["+", "x"]


# law


@pytest.mark.parametrize("axes", [1, 3])
def test_it_works_on_one_and_three_axes(axes):
    draw = np.random.default_rng(0)
    x, y = np.zeros((30, 1, *(9,) * axes), np.float32), np.arange(30) % 2
    for example, kind in zip(x, y, strict=True):
        at = draw.integers(2, 5)
        example[0][(slice(at, at + (1, 4)[kind]),) * axes] = 1
    net = Neocognitron(nn.Sequential(*cells(axes)), learning=FEW).fit(x, y)
    assert net.score(x, y) == 1


def test_labels_decide_nothing_but_the_read_out():
    x, y = crosses(40, seed=0)
    told, mistold = (Neocognitron(nn.Sequential(*cells()), learning=FEW) for _ in range(2))
    told.fit(x, y)
    mistold.fit(x, y[::-1])
    for right, wrong in zip(told.layers.parameters(), mistold.layers.parameters(), strict=True):
        assert torch.equal(right, wrong)


def test_the_same_seed_gives_the_same_answers():
    x, y = crosses(40, seed=0)
    one, two = (Neocognitron(nn.Sequential(*cells()), learning=FEW, seed=3).fit(x, y) for _ in range(2))
    np.testing.assert_array_equal(one.readout_.coef_, two.readout_.coef_)


@pytest.mark.parametrize("readout", ["ridge", "logistic"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_linear_layer_at_the_end_takes_the_read_out(readout, classes):
    x, _ = crosses(60, seed=0)
    y = np.arange(60) % classes
    layers = nn.Sequential(*cells(), nn.Flatten(), nn.Linear(12 * 9, classes))
    net = Neocognitron(layers, readout=readout, learning=FEW, penalty=1e-6).fit(x, y)
    found = layers(torch.from_numpy(x)).argmax(1).numpy()
    assert (found == net.predict(x)).all()


# same as


@pytest.mark.data
def test_it_learns_digits_from_a_few_hundred(real_data):
    x, y = usps(real_data)["train"]
    order = np.random.default_rng(0).permutation(len(y))
    learn, held_out = order[:500], order[500:1000]
    network = build(parse("K V16Zs2 V64Zs2"), InputSpec(1, (16, 16)), seed=0)
    net = Neocognitron(network, learning=Competition(samples=5000)).fit(x[learn], y[learn])
    assert [row.used for row in net.learnt_] == [16, 64]
    assert net.score(x[held_out], y[held_out]) > 0.9


# errors


def test_what_it_refuses():
    x, y = crosses(10, seed=0)
    with pytest.raises(ArgumentError, match="did you mean 'ridge'"):
        Neocognitron(nn.Sequential(*cells()), readout="rigde")
    with pytest.raises(ArgumentError, match="penalty is 0"):
        Neocognitron(nn.Sequential(*cells()), penalty=0)
    with pytest.raises(ArgumentError, match="layers end in a Linear"):
        Neocognitron(nn.Sequential(*cells(), nn.Flatten(), nn.Linear(108, 2)), readout="cells")
    net = Neocognitron(nn.Sequential(*cells()), learning=FEW)
    with pytest.raises(ArgumentError, match="learnt nothing yet"):
        net.predict(x)
    with pytest.raises(ShapeError, match=r"y has shape \(9,\), but x holds 10"):
        net.fit(x, y[:9])
    with pytest.raises(ArgumentError, match="y holds 1 class"):
        net.fit(x, ["+"] * 10)
    with pytest.raises(ShapeError, match="these cells take"):
        net.fit(x[:, :, 0], y)
    net.fit(x, y)
    with pytest.raises(ShapeError, match="one example or more"):
        net.predict(x[:0])
    with pytest.raises(ArgumentError, match="NaN"):
        net.predict(x * np.float32(np.nan))


def test_a_linear_layer_of_another_size_is_refused():
    net = Neocognitron(nn.Sequential(*cells(), nn.Flatten(), nn.Linear(108, 10)), learning=FEW)
    with pytest.raises(ShapeError, match="takes 108 numbers and gives 10; the cells give 108 numbers, and y holds 2"):
        net.fit(*crosses(10, seed=0))
