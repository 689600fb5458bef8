"""Pooling is torch's, and norms have gradients everywhere."""

import itertools

import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.pool import AdaptivePool, Pool

MAX = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVERAGE = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
NORM = {1: nn.LPPool1d, 2: nn.LPPool2d, 3: nn.LPPool3d}
ADAPTIVE = {
    ("max", 1): nn.AdaptiveMaxPool1d,
    ("max", 2): nn.AdaptiveMaxPool2d,
    ("max", 3): nn.AdaptiveMaxPool3d,
    ("average", 1): nn.AdaptiveAvgPool1d,
    ("average", 2): nn.AdaptiveAvgPool2d,
    ("average", 3): nn.AdaptiveAvgPool3d,
}


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


# known


def test_windows_by_hand():
    x = torch.tensor([[[3.0, -4.0, 0.0, 1.0, 2.0]]])
    assert Pool("max", 2, axes=1)(x).tolist() == [[[3, 1]]]
    assert Pool("average", 2, axes=1)(x).tolist() == [[[-0.5, 0.5]]]
    assert Pool(("lp", 2), 2, axes=1)(x).tolist() == [[[5, 1]]]
    assert Pool(("lp", 1), 2, axes=1)(x).tolist() == [[[7, 1]]]
    assert Pool("max", 2, axes=1, round_up=True)(x).tolist() == [[[3, 1, 2]]]
    assert Pool(("lp", 2), 2, axes=1, round_up=True)(x).tolist() == [[[5, 1, 2]]]


@pytest.mark.parametrize("power", [1, 1.5, 2, 3])
def test_a_window_of_zeros_has_the_gradient_zero(power):
    x = torch.zeros(1, 1, 4, requires_grad=True)
    y = Pool(("lp", power), 2, axes=1)(x)
    y.sum().backward()
    assert y.tolist() == [[[0, 0]]]
    assert x.grad.tolist() == [[[0, 0, 0, 0]]]


# law


@pytest.mark.parametrize("power", [1, 2, 3.5])
def test_a_norm_has_the_gradient_of_differences(power):
    pool = Pool(("lp", power), 3, axes=2, stride=2, padding=1, round_up=True)
    assert torch.autograd.gradcheck(pool, draw(1, 2, 4, 5).requires_grad_())


def test_a_norm_with_a_high_power_is_nearly_the_maximum():
    x = draw(1, 2, 6, 8).abs()
    torch.testing.assert_close(Pool(("lp", 200), 2, axes=2)(x), Pool("max", 2, axes=2)(x), rtol=0.01, atol=0)


@pytest.mark.parametrize(("size", "stride", "padding"), [(3, 2, 1), (2, 3, 0), (4, 1, 2), (3, 3, 0), (2, 2, 1)])
def test_rounding_up_makes_as_many_windows_for_every_kind(size, stride, padding):
    for n in range(size, 12):
        x = draw(1, 1, n)
        made = {
            kind: Pool(kind, size, axes=1, stride=stride, padding=padding, round_up=True)(x)
            for kind in ("max", "average", ("lp", 2))
        }
        assert len({y.shape for y in made.values()}) == 1


# same as torch


@pytest.mark.parametrize(("axes", "round_up"), itertools.product((1, 2, 3), (False, True)))
def test_maximum_and_average_are_torchs(axes, round_up):
    x = draw(2, 3, *(9, 8, 7)[:axes])
    for kind, theirs in (("max", MAX), ("average", AVERAGE)):
        ours = Pool(kind, 3, axes=axes, stride=2, padding=1, round_up=round_up)
        assert torch.equal(ours(x), theirs[axes](3, 2, 1, ceil_mode=round_up)(x))
        assert torch.equal(Pool(kind, 2, axes=axes)(x), theirs[axes](2)(x))
    assert "stride=(2" in repr(ours)


@pytest.mark.parametrize(("axes", "power"), itertools.product((1, 2, 3), (1, 2, 3)))
def test_norms_are_torchs(axes, power):
    x = draw(2, 3, *(9, 8, 7)[:axes]).abs()
    torch.testing.assert_close(Pool(("lp", power), 3, axes=axes, stride=2)(x), NORM[axes](power, 3, 2)(x))


@pytest.mark.parametrize(("kind", "axes"), ADAPTIVE)
def test_adaptive_pools_are_torchs(kind, axes):
    x, grid = draw(2, 3, *(9, 8, 7)[:axes]), (3, 5, 1)[:axes]
    assert torch.equal(AdaptivePool(kind, grid)(x), ADAPTIVE[kind, axes](grid)(x))


# errors


@pytest.mark.parametrize(
    ("args", "options", "says"),
    [
        (("median", 2), {}, "kind is 'median'"),
        ((("lp", 0.5), 2), {}, "p is a finite number, 1 or more"),
        ((("lp", "two"), 2), {}, "p of kind is 'two'"),
        (("max", 0), {}, "size is 0"),
        (("max", 2), {"stride": 0}, "stride is 0"),
        (("max", 2), {"padding": 2}, "at most half of size"),
        (("max", 2), {"round_up": 1}, "round_up is 1"),
    ],
)
def test_arguments_outside_their_range_are_named(args, options, says):
    with pytest.raises(ArgumentError, match=says):
        Pool(*args, axes=1, **options)


def test_inputs_that_do_not_fit_are_named():
    for kind in ("max", "average", ("lp", 2)):
        with pytest.raises(ShapeError, match=r"grid of \(4, 2\); this layer needs at least \(3, 3\)"):
            Pool(kind, 3, axes=2)(draw(1, 1, 4, 2))
        with pytest.raises(ShapeError, match="2 axes"):
            Pool(kind, 3, axes=2)(draw(1, 1, 4))
    with pytest.raises(ArgumentError, match="axes is 4"):
        AdaptivePool("max", (1, 1, 1, 1))
    with pytest.raises(ArgumentError, match="kind is 'lp'"):
        AdaptivePool("lp", 1)
    with pytest.raises(ShapeError, match="1 axes"):
        AdaptivePool("max", 2)(draw(1, 1, 3, 3))
    with pytest.raises(ShapeError, match="at least one sample"):
        AdaptivePool("average", 2)(torch.zeros(1, 1, 0))
