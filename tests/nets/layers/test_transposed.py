"""The transposed convolution is torch's, with ends that may be cut unevenly."""

import pytest
import torch
from torch import nn

from sigconv.core.geometry import transposed_length
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.transposed import ConvTranspose

TORCH = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


# known


def test_every_number_puts_its_kernel_into_the_output():
    layer = ConvTranspose(1, 1, 3, axes=1, bias=False)
    layer.weight.data = torch.tensor([[[1.0, 2, 3]]])
    assert layer(torch.tensor([[[1.0, 10]]])).tolist() == [[[1, 2, 13, 20, 30]]]
    uneven = ConvTranspose(1, 1, 3, axes=1, bias=False, padding=((0, 2),))
    uneven.load_state_dict(layer.state_dict())
    assert uneven(torch.tensor([[[1.0, 10]]])).tolist() == [[[1, 2, 13]]]


# law


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_it_is_the_gradient_of_the_convolution(axes):
    forward = Conv(2, 3, (4, 3, 2)[:axes], axes=axes, stride=2, padding="causal", bias=False).double()
    back = ConvTranspose(
        3, 2, forward.kernel, axes=axes, padding=forward.padding, bias=False, output_padding=1
    ).double()
    back.load_state_dict(forward.state_dict())
    x = draw(1, 2, *(6, 8, 4)[:axes]).requires_grad_()
    y = forward(x)
    g = draw(*y.shape)
    (wanted,) = torch.autograd.grad(y, x, g)
    ours = back(g)
    assert ours.shape[2:] == tuple(
        transposed_length(n, k, 2, 1, pad, 1) for n, k, pad in zip(g.shape[2:], back.kernel, back.padding, strict=True)
    )
    torch.testing.assert_close(ours[tuple(slice(n) for n in wanted.shape)], wanted)


def test_dropped_weights_are_dropped_in_training_alone():
    layer = ConvTranspose(1, 1, 500, axes=1, drop=0.5, bias=False)
    nn.init.ones_(layer.weight)
    assert set(layer.train()(torch.ones(1, 1, 1)).unique().tolist()) == {0.0, 2.0}
    assert layer.eval()(torch.ones(1, 1, 1)).unique().tolist() == [1.0]


# same as torch


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_weights_names_and_outputs_are_torchs(axes):
    torch.manual_seed(0)
    theirs = TORCH[axes](4, 6, 3, stride=3, padding=1, output_padding=1, groups=2, dilation=2)
    torch.manual_seed(0)
    ours = ConvTranspose(4, 6, 3, axes=axes, stride=3, padding=1, output_padding=1, groups=2, dilation=2)
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in theirs.state_dict().items())
    x = draw(2, 4, *(4, 3, 5)[:axes]).float()
    assert torch.equal(ours(x), theirs(x))
    assert "output_padding=(1" in repr(ours)


# errors


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"groups": 3}, "groups is 3"),
        ({"output_padding": 2}, "output_padding is 2"),
        ({"padding": "same"}, "padding is 'same'"),
        ({"bias": (3, 3)}, "bias is"),
        ({"stride": 0}, "stride is 0"),
        ({"drop": -0.1}, "drop is"),
    ],
)
def test_arguments_outside_their_range_are_named(options, says):
    with pytest.raises(ArgumentError, match=says):
        ConvTranspose(4, 2, **{"axes": 2, **options})


@pytest.mark.parametrize("padding", [2, ((4, 0),)])
def test_an_input_of_which_nothing_is_left_is_refused(padding):
    layer = ConvTranspose(1, 1, 2, axes=1, padding=padding)
    with pytest.raises(ShapeError, match=r"grid of \(2,\); this layer needs at least \(3,\)"):
        layer(torch.zeros(1, 1, 2))
    assert layer(torch.zeros(1, 1, 3)).shape == (1, 1, 2)
    with pytest.raises(ShapeError, match="1 channels"):
        layer(torch.zeros(1, 2, 3))
