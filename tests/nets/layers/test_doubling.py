"""A transposed convolution of 2, alone and as one with the convolution behind it, is what torch's layers give."""

import copy

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.doubling import composed, doubled, joined
from sigconv.nets.layers.transposed import ConvTranspose

HALVES = [(5,), (4, 3), (2, 3, 4)]
LARGE = [(600,), (32, 18), (8, 8, 9)]  # smaller grids are left to torch's own layer


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def side_by_side(x):
    return x.movedim(1, -1).contiguous().movedim(-1, 1)


def layers(axes, bias=True, inputs=4, between=3, skip=2, outputs=6):
    torch.manual_seed(0)
    up = ConvTranspose(inputs, between, axes=axes, bias=bias)
    return up.double(), Conv(skip + between, outputs, axes=axes, bias=bias).double()


class Both(torch.nn.Module):
    def __init__(self, up, conv):
        super().__init__()
        self.up, self.conv = up, conv

    def forward(self, skip, coarse):
        return composed(skip, coarse, self.up, self.conv)


def grids(half, inputs=4, skip=2):
    return side_by_side(draw(2, skip, *(2 * n for n in half))), side_by_side(draw(2, inputs, *half))


def with_gradients(run, tensors, modules):
    leaves = [tensor.detach().requires_grad_() for tensor in tensors]
    y = run(*leaves)
    wanted = [*leaves, *(p for module in modules for p in module.parameters())]
    return [y.detach(), *torch.autograd.grad(y, wanted, draw(*y.shape).to(y.dtype))]


def assert_close(found, exact, close):
    for ours, theirs in zip(found, exact, strict=True):
        assert (ours.double() - theirs).abs().max() <= close * theirs.abs().max()


# known


def test_each_place_becomes_two():
    up = ConvTranspose(1, 1, axes=1)
    with torch.no_grad():
        up.weight.copy_(torch.tensor([[[1.0, 10.0]]]))
        up.bias.fill_(0.5)
    assert doubled(torch.tensor([[[1.0, 2.0, 3.0]]]), up).tolist() == [[[1.5, 10.5, 2.5, 20.5, 3.5, 30.5]]]


# law


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_gradients_are_right(half):
    up, conv = layers(len(half))
    skip, coarse = (x.requires_grad_() for x in grids(half))
    assert gradcheck(lambda a, b: composed(a, b, up, conv), (skip, coarse), fast_mode=True)


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_gradients_of_gradients_are_right(half):
    both = Both(*layers(len(half)))
    given = [x.detach().requires_grad_() for x in (*grids(half), *both.parameters())]

    def run(skip, coarse, *numbers):
        named = dict(zip(dict(both.named_parameters()), numbers, strict=True))
        return torch.func.functional_call(both, named, (skip, coarse)).sin()

    assert gradgradcheck(run, given, fast_mode=True)


@pytest.mark.parametrize("half", LARGE, ids=str)
def test_gradients_of_interleaved_places_are_right(half):
    up, _ = layers(len(half))
    (coarse,) = (x.requires_grad_() for x in grids(half)[1:])
    assert gradcheck(lambda b: doubled(b, up), (coarse,), fast_mode=True)
    assert gradgradcheck(lambda b: doubled(b, up).sin(), (coarse,), fast_mode=True)


# same as torch


@pytest.mark.parametrize("layout", [side_by_side, torch.Tensor.contiguous], ids=["channels last", "contiguous"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("half", HALVES, ids=str)
def test_one_convolution_is_the_two(half, bias, layout):
    up, conv = layers(len(half), bias)
    given = [layout(x) for x in grids(half)]
    exact = with_gradients(lambda skip, coarse: conv(torch.cat([skip, up(coarse)], 1)), given, (up, conv))
    assert_close(with_gradients(lambda skip, coarse: composed(skip, coarse, up, conv), given, (up, conv)), exact, 1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("half", LARGE, ids=str)
def test_interleaved_places_are_the_transposed_convolution(half, bias):
    up, _ = layers(len(half), bias)
    given = grids(half)[1:]
    assert_close(with_gradients(lambda x: doubled(x, up), given, (up,)), with_gradients(up, given, (up,)), 1e-12)


@pytest.mark.parametrize("half", [(60,), (12, 10), (8, 6, 10)], ids=str)
def test_under_autocast_it_is_as_near_as_torch(half):
    up, conv = (layer.float() for layer in layers(len(half), True, 16, 16, 16, 16))
    skip, coarse = (x.float() for x in grids(half, 16, 16))
    exact_layers = copy.deepcopy(up).double(), copy.deepcopy(conv).double()

    def plainly(a, b, up=up, conv=conv):
        return conv(torch.cat([a, up(b)], 1))

    exact = with_gradients(lambda a, b: plainly(a, b, *exact_layers), (skip.double(), coarse.double()), exact_layers)
    with torch.autocast("cpu", torch.bfloat16):
        bfloat = skip.bfloat16(), coarse.bfloat16()
        found = with_gradients(lambda a, b: composed(a, b, up, conv), bfloat, (up, conv))
    assert found[0].dtype == torch.bfloat16
    assert_close(found, exact, 2e-2)


def test_joined_takes_either_way():
    up, conv = layers(3, True, 16, 16, 16, 16)
    skip, coarse = grids((8, 8, 8), 16, 16)
    expected = conv(torch.cat([skip, up(coarse)], 1))
    for way in (skip, coarse), (skip.contiguous(), coarse.contiguous()):
        assert torch.allclose(joined(*way, up, conv), expected)


@pytest.mark.parametrize(
    "odd", [{"kernel": 3}, {"output_padding": 1}, {"groups": 2}, {"padding": ((1, 0), (0, 0))}], ids=str
)
def test_other_transposed_convolutions_are_torchs_own(odd):
    up = ConvTranspose(4, 6, axes=2, **odd).double()
    x = grids((4, 3))[1]
    assert torch.equal(doubled(x, up), up(x))
    conv = Conv(8, 3, axes=2).double()
    skip = side_by_side(draw(2, 2, *up(x).shape[2:]))
    assert torch.equal(joined(skip, x, up, conv), conv(torch.cat([skip, up(x)], 1)))
