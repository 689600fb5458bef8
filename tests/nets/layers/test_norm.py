"""The instance norm with its leaky ReLU is torch's, in every layout and precision, gradients too."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers import norm
from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.norm import InstanceNorm, instance_norm, normed

GRIDS = [(5000,), (70, 66), (17, 16, 18)]


def draw(*shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


def side_by_side(x):
    return x.movedim(1, -1).contiguous().movedim(-1, 1)


def by_torch(x, weight, bias, slope):
    return functional.leaky_relu(functional.instance_norm(x, weight=weight, bias=bias), slope)


def with_gradients(run, x, weight, bias):
    leaves = [t.detach().clone(memory_format=torch.preserve_format).requires_grad_() for t in (x, weight, bias)]
    y = run(*leaves, 0.1)
    y.backward(draw(*y.shape).to(y.dtype))
    return [y.detach(), *(leaf.grad for leaf in leaves)]


# known


def test_two_places_become_minus_one_and_one():
    y = instance_norm(torch.tensor([[[1.0, 3.0]]]), slope=0.5, eps=0.0)
    assert y.tolist() == [[[-0.5, 1.0]]]


def test_a_large_mean_does_not_drown_a_small_spread():
    x = draw(1, 4, 30, 30, 30) + 1e4
    exact = functional.instance_norm(x)
    y = instance_norm(side_by_side(x.float()))
    assert (y - exact).abs().max() < 2e-3  # the input itself was rounded to 5e-4


def test_a_constant_channel_becomes_its_shift():
    x = torch.full((2, 3, 50, 50), 7.0).to(memory_format=torch.channels_last)
    y = InstanceNorm(3, slope=0.1)(x)
    assert torch.equal(y, torch.zeros_like(x))


# law


@pytest.mark.parametrize("layout", [side_by_side, torch.clone], ids=["channels last", "contiguous"])
@pytest.mark.parametrize("grid", [(4,), (3, 2)], ids=str)
def test_gradients_of_first_and_second_order_are_right(grid, layout, monkeypatch):
    monkeypatch.setattr(norm, "SMALLEST", 1)
    x, weight, bias = (t.requires_grad_() for t in (layout(draw(2, 2, *grid)), draw(2), draw(2)))
    assert gradcheck(lambda *given: instance_norm(*given, 0.1), (x, weight, bias))
    assert gradgradcheck(lambda *given: instance_norm(*given, 0.1), (x, weight, bias))


def test_dtype_and_memory_format_stay():
    x = draw(2, 16, 16, 16, 16, dtype=torch.bfloat16).to(memory_format=torch.channels_last_3d)
    with torch.autocast("cpu", torch.bfloat16):
        y = InstanceNorm(16, slope=0.1)(x)
    assert y.dtype == torch.bfloat16
    assert y.stride() == x.stride()


def test_examples_do_not_mix():
    x = side_by_side(draw(3, 8, 20, 40, dtype=torch.float32))
    alone = torch.cat([instance_norm(x[i : i + 1]) for i in range(3)])
    assert torch.equal(instance_norm(x), alone)


# same as torch


@pytest.mark.parametrize("layout", [side_by_side, torch.clone], ids=["channels last", "contiguous"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("channels", "grid"), [(3, GRIDS[0]), (17, GRIDS[1]), (16, GRIDS[2]), (5, (2, 3, 4))], ids=str)
def test_values_and_gradients_are_those_of_torch(channels, grid, dtype, layout):
    x, weight, bias = layout(draw(2, channels, *grid).add(0.5).to(dtype)), draw(channels), draw(channels)
    found = with_gradients(instance_norm, x, weight, bias)
    exact = with_gradients(by_torch, x.double(), weight, bias)
    close = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 1e-2}[dtype]
    for ours, theirs in zip(found, exact, strict=True):
        assert (ours - theirs).abs().max() <= close * theirs.abs().max()


def test_the_module_is_the_pair_of_torch_modules():
    pair = nn.Sequential(nn.InstanceNorm3d(16, affine=True), nn.LeakyReLU(0.1))
    ours = InstanceNorm(16, slope=0.1)
    ours.load_state_dict(pair[0].state_dict())
    x = side_by_side(draw(2, 16, 12, 10, 8, dtype=torch.float32))
    assert torch.allclose(ours(x), pair(x), atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_a_batch_norm_of_channels_side_by_side_is_torch_s(training):
    ours, theirs = norm.BatchNorm1d(6).train(training), nn.BatchNorm1d(6).train(training)
    found = []
    for module, x in ((ours, side_by_side(draw(4, 6, 50).float())), (theirs, draw(4, 6, 50).float())):
        leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        y = module(leaf)
        y.backward(draw(4, 6, 50).float())
        found.append([y, leaf.grad, module.weight.grad, module.bias.grad, module.running_mean, module.running_var])
        assert y.stride() == x.stride()
    for mine, other in zip(*found, strict=True):
        torch.testing.assert_close(mine, other)
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        ours(draw(2, 2, 2, 2, 2))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_bias_in_front_of_the_norm_is_left_out(axes):
    torch.manual_seed(0)
    layer, ours = Conv(3, 8, 3, axes=axes).double(), InstanceNorm(8, slope=0.1).double()
    x = side_by_side(draw(2, 3, *(900, 30, 10)[:axes]))
    wanted = [layer.weight, layer.bias, ours.weight, ours.bias]
    y, exact = normed(x, layer, ours), ours(layer(x))
    assert torch.allclose(y, exact, atol=1e-10)
    g = draw(*y.shape)
    for found, theirs in zip(torch.autograd.grad(y, wanted, g), torch.autograd.grad(exact, wanted, g), strict=True):
        assert torch.allclose(found, theirs, atol=1e-9)
    assert not torch.autograd.grad(normed(x, layer, ours), layer.bias, g)[0].any()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_what_a_compiler_is_given_is_the_same(dtype):
    x, weight, bias = draw(2, 3, 7, 9).to(dtype), draw(3).float(), draw(3).float()
    y = norm._by_formula(x, weight, bias, 0.1, 1e-5)
    assert y.dtype == dtype
    assert torch.allclose(y, norm._by_torch(x, weight, bias, 0.1, 1e-5), atol=1e-6 if dtype != torch.bfloat16 else 3e-2)


@pytest.mark.parametrize("layout", [side_by_side, torch.Tensor.contiguous], ids=["channels last", "contiguous"])
def test_far_from_zero_it_is_as_near_as_torch(layout):
    x = layout(draw(1, 64, 16, 16, 16, dtype=torch.float32) + 1e4)
    exact = by_torch(x.double(), None, None, 1.0)
    assert (instance_norm(x) - exact).abs().max() <= (by_torch(x, None, None, 1.0) - exact).abs().max()


def test_without_activation_it_is_the_norm_alone():
    x = side_by_side(draw(2, 16, 500, dtype=torch.float32))
    assert torch.allclose(InstanceNorm(16, affine=False)(x), nn.InstanceNorm1d(16)(x), atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_number_that_is_none_spoils_its_channel_only(odd, dtype):
    x = draw(2, 16, 12, 10, 8, dtype=dtype)
    x[1, 3, 0, 0, 0] = odd
    expected = by_torch(x.float(), None, None, 0.1)
    y = instance_norm(side_by_side(x), slope=0.1)
    assert torch.equal(y.isnan(), expected.isnan())
    assert y.isnan().sum() == 12 * 10 * 8


def test_a_gradient_that_needs_another_layout_is_taken():
    x = side_by_side(draw(2, 8, 700)).requires_grad_()
    y = instance_norm(x, slope=0.1)
    y.sum().backward()  # an expanded gradient
    assert x.grad.abs().max() < 5


@pytest.mark.parametrize("affine", [True, False])
def test_an_empty_batch_stays_empty(affine):
    ours = InstanceNorm(3, slope=0.1, affine=affine)
    x = torch.zeros(0, 3, 8, 8, requires_grad=True)
    y = ours(x)
    assert y.shape == x.shape
    assert torch.autograd.grad(y.sum(), x)[0].shape == x.shape


# errors


def test_refusals_name_the_shape():
    with pytest.raises(ShapeError, match=r"\(2, 3, 4\); this norm takes \(N, 5, \*grid\)"):
        InstanceNorm(5)(torch.zeros(2, 3, 4))
    with pytest.raises(ShapeError, match="more than one place"):
        InstanceNorm(3)(torch.zeros(2, 3, 1))
    with pytest.raises(ArgumentError, match="slope is 'relu'"):
        InstanceNorm(3, slope="relu")
    with pytest.raises(ArgumentError, match=r"slope is -0\.1; allowed: 0 or more"):
        InstanceNorm(3, slope=-0.1)
