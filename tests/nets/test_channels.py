"""A network for other channels answers a picture that every channel shows as before."""

import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.channels import adapt_channels


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def built(text, channels=3, grid=(8, 9)):
    return build(parse(text), InputSpec(channels, grid), classes=4, seed=0).eval()


# known


def test_colour_to_grey_adds_the_weights_and_grey_to_colour_shares_them():
    colour = built("C2RF")
    weight = colour.layer("C1").weight
    torch.testing.assert_close(adapt_channels(colour, 1).layer("C1").weight, weight.sum(1, keepdim=True))
    torch.testing.assert_close(adapt_channels(colour, 2).layer("C1").weight[:, 1], weight.sum(1) / 2)


def test_the_cycle_shares_a_channel_s_weights_among_its_copies():
    colour = built("C2RF")
    weight, four = colour.layer("C1").weight, adapt_channels(colour, 4, "cycle").layer("C1").weight
    torch.testing.assert_close(four, torch.stack([weight[:, 0] / 2, weight[:, 1], weight[:, 2], weight[:, 0] / 2], 1))


# law


@pytest.mark.parametrize("how", ["mean", "cycle"])
@pytest.mark.parametrize(
    "text", ["C4RPF", "F6RF", "D.5 A {C4|C5k5p2|A3s1p1 C3} R G F", "[C4|C4k1] B R F", "K:sobel C4 G F", "K:log F"]
)
@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3), (3, 7), (3, 3)])
def test_what_every_channel_shows_is_answered_as_before(text, before, after, how):
    if how == "cycle" and after < before:
        with pytest.raises(ArgumentError, match="'cycle' needs the 3"):
            adapt_channels(built(text, before), after, how)
        return
    network = built(text, before)
    other = adapt_channels(network, after, how)
    x = draw(2, 1, 8, 9)
    torch.testing.assert_close(
        other(x.expand(-1, after, -1, -1)), network(x.expand(-1, before, -1, -1)), rtol=1e-5, atol=1e-5
    )


def test_the_same_number_of_channels_is_the_same_network():
    network = built("[C3|C3k1]BRF").double().train()
    other = adapt_channels(network, 3)
    assert other.training
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in other.state_dict().items())


def test_a_table_and_fixed_codes_behind_the_first_layer_are_kept():
    network = built("C6k5v R C4k3vt{0.1,2.3,4.5,0.5} R F5 R F:codes")
    other, x = adapt_channels(network, 1), draw(2, 1, 8, 9)
    assert torch.equal(other.layer("F2").codes, network.layer("F2").codes)
    torch.testing.assert_close(other(x), network(x.expand(-1, 3, -1, -1)), rtol=1e-5, atol=1e-5)


# errors


@pytest.mark.parametrize(
    "text", ["Cg*C5F", "C4t2F", "BC4F", "N:local C4F", "T4F", "{|C4}C5F", "R:prelu C4F", "F:codes"]
)
def test_layers_that_treat_the_input_s_channels_apart_are_refused(text):
    with pytest.raises(ArgumentError, match="cannot be adapted"):
        adapt_channels(built(text), 6)


def test_other_arguments_are_refused():
    with pytest.raises(ArgumentError, match="channels is 0"):
        adapt_channels(built("C4F"), 0)
    with pytest.raises(ArgumentError, match="how is 'sum'"):
        adapt_channels(built("C4F"), 1, "sum")
