"""Features are what a forward pass computes on its way, and no more than that is computed."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.layer_names import layer_name
from sigconv.nets.layer_values import features

ALEXNET = "C6k11s4p2RP3s2C8k5RP3s2C8RC8RC8RP3s2A>2D.5F12RD.5F12RF5"
VGG16 = "(C2R)2P(C4R)2P(C4R)3P(C4R)3P(C4R)3PF8RDF8RDF3".replace("D", "D.5")
BRANCHED = "C4R[CBRCB|C4k1b0]R{C2|C3R|}GF"


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def built(text, channels=3, grid=(32, 32), classes=None):
    return build(parse(text), InputSpec(channels, grid), classes=classes, seed=0).eval()


class Counter:
    """Which layers of a network have run, and with how many examples at a time."""

    def __init__(self, network):
        self.ran = []
        for name, layer in network.layers.items():
            layer.register_forward_hook(lambda _m, _x, y, name=name: self.ran.append((name, len(y))))


# known


@pytest.mark.parametrize(
    ("name", "own"),
    [("conv1", "R1"), ("conv5", "R5"), ("pool1", "P1"), ("pool2", "P2"), ("pool5", "P3"), ("fc6", "R6"), ("fc7", "R7")],
)
def test_alexnet_s_layers_have_the_names_of_the_paper(name, own):
    assert layer_name(built(ALEXNET, grid=(127, 127)), name) == own


def test_the_last_layer_has_no_activation_and_is_itself():
    assert layer_name(built(ALEXNET, grid=(127, 127)), "fc8") == "F3"


@pytest.mark.parametrize(
    ("name", "own"),
    [("conv1_2", "R2"), ("conv5_3", "R13"), ("conv13", "R13"), ("pool5", "P5"), ("fc6", "R14"), ("fc7", "R15")],
)
def test_vgg_s_layers_have_the_names_of_the_paper(name, own):
    assert layer_name(built(VGG16), name) == own


def test_an_activation_belongs_to_its_own_branch():
    network = built("[CB]RCR:tanhN:local", 16, (8,))
    assert layer_name(network, "conv1") == "C1"
    assert layer_name(network, "conv2") == "R2"


def test_only_what_is_needed_is_computed():
    network = built(BRANCHED)
    counter = Counter(network)
    features(network, draw(2, 3, 32, 32), "B1")
    assert [name for name, _ in counter.ran] == ["C1", "R1", "C2", "B1"]
    counter.ran.clear()
    features(network, draw(2, 3, 32, 32), ("C6", "R1"))
    assert "J1" in [name for name, _ in counter.ran]
    assert not {"C5", "J2", "G1", "F1"} & {name for name, _ in counter.ran}


def test_no_more_than_a_batch_is_computed_at_a_time():
    network = built("CRF")
    counter = Counter(network)
    assert features(network, draw(7, 3, 32, 32), "R1", batch=3).shape == (7, 16, 32, 32)
    assert [n for name, n in counter.ran if name == "R1"] == [3, 3, 1]


# law


def test_the_last_layer_s_features_are_the_network_s_answer():
    network = built(BRANCHED, classes=4)
    x = draw(5, 3, 32, 32)
    torch.testing.assert_close(features(network, x, -1, batch=2), network(x).detach())


def test_a_layer_s_features_led_through_the_rest_are_the_answer():
    network = built("C4RPC4RF", classes=4)
    x = draw(3, 3, 32, 32)
    y = features(network, x, "P1")
    for row in network.rows[3:]:
        y = network.layer(row.name)(y)
    torch.testing.assert_close(y, network(x))


def test_features_leave_every_module_in_its_mode_and_are_silent():
    network = built("CBRD.5F").train()
    network.layer("B1").eval()
    before = [m.training for m in network.modules()]
    mean = network.layer("B1").running_mean.clone()
    x = draw(4, 3, 32, 32)
    assert torch.equal(features(network, x, "D1"), features(network, x, "R1"))
    assert [m.training for m in network.modules()] == before
    assert torch.equal(network.layer("B1").running_mean, mean)


def test_gradients_flow_when_they_are_asked_for():
    network = built("CRF")
    x = draw(4, 3, 32, 32).requires_grad_()
    assert not features(network, x, "R1").requires_grad
    features(network, x, "R1", batch=3, gradients=True).sum().backward()
    assert x.grad.abs().sum() > 0


# same as


def test_arrays_of_whole_numbers_are_taken_as_their_values():
    network = built("CRF")
    x = np.arange(2 * 3 * 32 * 32, dtype=np.uint8).reshape(2, 3, 32, 32)
    found = features(network, x, ("C1", 0))
    torch.testing.assert_close(found["C1"], network.layer("C1")(torch.from_numpy(x).float()).detach())
    assert found["C1"] is found[0]


# errors


def test_unknown_layers_are_refused_with_the_known_ones():
    network = built(ALEXNET, grid=(127, 127))
    for which in ("C9", 99, "conv6", "fc5000", "pool9", "conv9_1", "pool1_1", None):
        with pytest.raises(ArgumentError, match="C1, R1, P1"):
            features(network, torch.zeros(1, 3, 127, 127), which if which is not None else [None])
    with pytest.raises(ArgumentError, match="layers is empty"):
        features(network, torch.zeros(1, 3, 127, 127), ())


def test_a_pool_that_two_ways_of_counting_name_is_refused():
    with pytest.raises(ArgumentError, match="say P1 or P2"):
        layer_name(built(VGG16), "pool2")


def test_another_input_or_batch_is_refused():
    network = built("CRF")
    with pytest.raises(ShapeError, match=r"this net takes \(N, 3, 32, 32\)"):
        features(network, torch.zeros(2, 1, 32, 32), "C1")
    with pytest.raises(ArgumentError, match="batch is 0"):
        features(network, torch.zeros(2, 3, 32, 32), "C1", batch=0)
