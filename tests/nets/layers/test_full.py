"""Fully connected layers, weight dropout in them, and distances to codes."""

import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.full import Centres, Full


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


# known


def test_minus_the_squared_distance_to_each_code():
    centres = Centres([[1, 1, -1], [-1, 1, 1]])
    assert centres(torch.tensor([[1.0, 1, -1], [0, 0, 0]])).tolist() == [[0, -8], [-3, -3]]
    assert not list(centres.parameters())
    assert list(centres.state_dict()) == ["codes"]


def test_dropped_weights_are_one_mask_for_the_whole_batch():
    layer = Full(400, 1, bias=False, drop=0.5)
    nn.init.ones_(layer.weight)
    y = layer.train()(torch.eye(400))
    assert set(y.ravel().tolist()) == {0.0, 2.0}
    assert 150 < (y == 0).sum() < 250
    assert torch.equal(layer.eval()(torch.eye(400)), torch.ones(400, 1))
    both = layer.train()(torch.ones(2, 400))
    assert both[0] == both[1]


# same as torch


def test_weights_names_and_outputs_are_torchs():
    torch.manual_seed(0)
    theirs = nn.Linear(24, 5)
    torch.manual_seed(0)
    ours = Full(24, 5)
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in theirs.state_dict().items())
    x = draw(3, 2, 3, 4)
    assert torch.equal(ours(x), theirs(x.flatten(1)))
    assert "drop=0.5" in repr(Full(2, 1, drop=0.5))


# errors


def test_arguments_and_inputs_that_do_not_fit_are_named():
    with pytest.raises(ArgumentError, match="inputs is 0"):
        Full(0, 3)
    with pytest.raises(ArgumentError, match="drop is 2"):
        Full(2, 3, drop=2)
    with pytest.raises(ArgumentError, match="bias is 1"):
        Full(2, 3, bias=1)
    with pytest.raises(ShapeError, match="takes 2 numbers behind N"):
        Full(2, 3)(draw(4, 3))
    with pytest.raises(ShapeError, match="takes 2 numbers behind N"):
        Centres([[1, 1]])(draw(4, 3))
    with pytest.raises(ShapeError, match=r"codes have shape \(2,\)"):
        Centres([1, 1])
    with pytest.raises(ArgumentError, match="finite"):
        Centres([[1, float("nan")]])
