"""Contrast, noise and mirroring of windows."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.train.augment import compose
from sigconv.train.augment.contrast import Contrast
from sigconv.train.augment.flipped import Flipped
from sigconv.train.augment.noisy import Noisy


def draws(count=1, seed=0):
    return [np.random.default_rng([seed, i]) for i in range(count)]


# known


def test_an_offset_is_one_number_for_a_window_and_within_its_bound():
    x = torch.randn(8, 1, 4, 4, 4)
    moved = Contrast(offset=0.5)(x, torch.zeros(8), draws(8))[0] - x
    each = moved.flatten(1)
    assert torch.allclose(each, each[:, :1].expand_as(each), atol=1e-5)
    assert 0.2 < each.abs().max() <= 0.5


def test_a_gain_keeps_the_mean_and_scales_the_spread():
    x = torch.randn(8, 1, 8, 8)
    seen = Contrast(gain=0.3)(x, torch.zeros(8), draws(8))[0]
    assert torch.allclose(seen.mean((1, 2, 3)), x.mean((1, 2, 3)), atol=1e-5)
    ratio = seen.std((1, 2, 3)) / x.std((1, 2, 3))
    assert np.exp(-0.3) <= ratio.min() < 0.95
    assert 1.05 < ratio.max() <= np.exp(0.3)


def test_a_gamma_keeps_lowest_and_highest_level_and_their_order():
    x = torch.randn(4, 1, 50)
    seen = Contrast(gamma=1)(x, torch.zeros(4), draws(4))[0]
    assert torch.allclose(seen.amin(2), x.amin(2), atol=1e-5)
    assert torch.allclose(seen.amax(2), x.amax(2), atol=1e-5)
    assert seen.argsort(2).equal(x.argsort(2))


def test_noise_is_as_strong_as_its_bound_allows():
    spread = [float(Noisy(0.2)(torch.zeros(1, 1, 2000), torch.zeros(1), draws(seed=s))[0].std()) for s in range(30)]
    assert min(spread) < 0.05
    assert 0.15 < max(spread) < 0.21


def test_a_flip_turns_window_and_labels_along_the_same_axes():
    x = torch.arange(2 * 24.0).reshape(2, 1, 2, 3, 4)
    seen, labels = Flipped((0, 2))(x, x[:, 0].long(), draws(2, seed=1))
    assert seen[:, 0].long().equal(labels)
    assert seen.sort(dim=-1)[0].flatten(1).sort()[0].equal(x.flatten(1))


# law


@pytest.mark.parametrize("step", [Contrast(0.3, 0.2, 0.4), Noisy(0.3), Flipped((0, 1))])
def test_what_happens_to_a_window_does_not_depend_on_the_others(step):
    x, y = torch.randn(3, 2, 5, 6), torch.randint(0, 2, (3, 5, 6))
    together, alone = step(x, y, draws(3)), step(x[2:], y[2:], draws(3)[2:])
    assert together[0][2:].equal(alone[0])
    assert together[1][2:].equal(alone[1])


@pytest.mark.parametrize("step", [Contrast(), Noisy(0.0), Flipped(())])
def test_bounds_of_zero_change_nothing(step):
    x = torch.randn(2, 1, 5, 6)
    assert torch.allclose(compose(step)(x, torch.zeros(2), draws(2))[0], x, atol=1e-6)


def test_a_flat_window_stays_finite():
    assert Contrast(0.3, 0.2, 0.4)(torch.ones(1, 1, 4), torch.zeros(1), draws())[0].isfinite().all()


# errors


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Contrast(gain=3), "gain is 3"),
        (lambda: Contrast(offset=-1), "offset is -1"),
        (lambda: Noisy(-1), "most is -1"),
        (lambda: Flipped((0, 0)), "each once"),
        (lambda: Flipped((2,))(torch.zeros(1, 1, 3, 3), torch.zeros(1), draws()), "grid axes 0 to 1"),
    ],
)
def test_a_wrong_value_is_named(make, said):
    with pytest.raises(ArgumentError, match=said):
        make()
