"""Frozen stages stay as they are to the last bit while the rest learns."""

import copy

import numpy as np
import pytest
import torch

from sigconv import nets
from sigconv.errors import ArgumentError
from sigconv.train import Frozen, Settings, fit, freeze, unfreeze
from sigconv.windows import Loaded

TEXT = "C4b0BRD.5C4BRPGF"


def built(text=TEXT):
    return nets.build(nets.parse(text), nets.InputSpec(2, (32,)), classes=2, seed=0)


def task(count=40):
    draw = np.random.default_rng(0)
    labels = np.arange(count) % 2
    data = (draw.normal(size=(count, 2, 32)) + labels[:, None, None]).astype(np.float32)
    return Loaded(data, labels, ("g",) * count, ("low", "high"))


# known


def test_the_counts_are_those_of_the_layers():
    network = built()
    assert freeze(network, "conv1") == Frozen(24 + 8, 52 + 8 + 10)
    assert freeze(network, "C1") == Frozen(24, 8 + 52 + 8 + 10)
    assert unfreeze(network) == Frozen(0, 24 + 8 + 52 + 8 + 10)


# law


def test_training_changes_what_is_behind_and_nothing_before():
    network = built()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    freeze(network, "R1")
    fit(network, task(), Settings(epochs=2))
    for name, value in network.state_dict().items():
        kept = name.split(".")[1] in ("C1", "B1")
        assert torch.equal(value, before[name]) == kept, name


def test_frozen_layers_stay_in_evaluation_mode_and_the_others_follow():
    network = built()
    freeze(network, "D1")
    network.train()
    assert not any(network.layer(name).training for name in ("C1", "B1", "R1", "D1"))
    assert all(network.layer(name).training for name in ("C2", "B2", "F1"))
    unfreeze(network)
    assert all(module.training for module in network.modules())
    assert all(p.requires_grad for p in network.parameters())


def test_a_copy_of_a_frozen_network_is_frozen_on_its_own():
    network = built()
    freeze(network, "B1")
    other = copy.deepcopy(network)
    unfreeze(network)
    assert network.train().layer("B1").training
    assert not other.train().layer("B1").training


def test_what_learns_without_gradients_gets_none_from_a_thaw():
    network = built("V4ZCRGF")
    freeze(network, "conv1")
    unfreeze(network)
    assert [name for name, p in network.named_parameters() if not p.requires_grad] == ["layers.V1.patterns"]


# errors


def test_freezing_everything_or_an_unknown_layer_is_refused():
    with pytest.raises(ArgumentError, match="no layer behind F1 learns"):
        freeze(built(), -1)
    with pytest.raises(ArgumentError, match="C1, B1"):
        freeze(built(), "C7")
