"""What lies outside a tensor is what core.boundary says, forwards and backwards."""

import itertools

import pytest
import torch

from sigconv.core.boundary import extend, rule_of
from sigconv.errors import ShapeError
from sigconv.nets.layers.outside import extended, plain

RULES = ["zeros", ("constant", 1.5), "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric"]
PADDINGS = [(1, 1), (0, 2), (3, 0), (9, 14)]


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


# known


def test_the_gradient_of_a_sample_counts_how_often_it_shows():
    x = torch.tensor([[[1.0, 2.0, 3.0]]], requires_grad=True)
    y = extended(x, ((2, 1),), rule_of("edge"))
    y.backward(torch.tensor([[[1.0, 10, 100, 1000, 10000, 100000]]]))
    assert y.tolist() == [[[1, 1, 1, 2, 3, 3]]]
    assert x.grad.tolist() == [[[111, 1000, 110000]]]


# same as the core


@pytest.mark.parametrize(("rule", "pair", "axes"), itertools.product(RULES, PADDINGS, (1, 2, 3)))
def test_values_and_gradients_are_those_of_the_core(rule, pair, axes):
    x = draw(2, 3, *(5, 4, 1)[:axes]).requires_grad_()
    padding, told = (pair,) * axes, rule_of(rule)
    wanted = x
    for axis in range(axes):
        wanted = extend(wanted, *pair, rule, axis + 2)
    g = draw(*wanted.shape)
    (theirs,) = torch.autograd.grad(wanted, x, g)
    for run in (extended, plain):
        y = run(x, padding, told)
        torch.testing.assert_close(y, wanted)
        (ours,) = torch.autograd.grad(y, x, g.clone())
        torch.testing.assert_close(ours, theirs)
    assert torch.equal(extended(x.detach(), padding, told), extended(x, padding, told))


# law


def test_gradients_of_each_example_at_once():
    x, told = draw(3, 1, 2, 5), rule_of("reflect")

    def energy(each):
        return extended(each, ((2, 2),), told).square().sum()

    each = torch.func.vmap(torch.func.grad(energy))(x)
    torch.testing.assert_close(each, torch.stack([torch.func.grad(energy)(row) for row in x]))


@pytest.mark.parametrize("rule", ["zeros", "wrap", "edge"])
def test_channels_behind_the_grid_stay_there(rule):
    x = draw(2, 3, 5, 6).to(memory_format=torch.channels_last)
    assert extended(x, ((1, 2), (3, 1)), rule_of(rule)).is_contiguous(memory_format=torch.channels_last)


def test_half_precision_stays_half():
    x = draw(1, 2, 6).to(torch.bfloat16)
    for rule, pair in itertools.product(RULES, ((1, 2), (7, 0))):
        assert extended(x, (pair,), rule_of(rule)).dtype == torch.bfloat16


# errors


@pytest.mark.parametrize("pair", [(1, 1), (9, 9)])
def test_an_empty_axis_shows_nothing(pair):
    with pytest.raises(ShapeError, match="sample"):
        extended(torch.zeros(1, 1, 0), (pair,), rule_of("wrap"))
