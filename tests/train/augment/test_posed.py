"""Volumes and their label maps are turned, stretched and shifted together, and each by its own draws."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.train.augment.posed import Posed


def draws(count=1, seed=0):
    return [np.random.default_rng([seed, i]) for i in range(count)]


def ball(size=24, radius=7.0, at=(0.0, 0.0, 0.0)):
    places = np.meshgrid(*[np.arange(size) - (size - 1) / 2] * 3, indexing="ij")
    far = sum((place - c) ** 2 for place, c in zip(places, at, strict=True)) ** 0.5
    return torch.from_numpy(np.clip(radius + 0.5 - far, 0, 1).astype(np.float32))[None, None]


# known


def test_bounds_of_zero_leave_a_volume_as_it_is():
    x, y = torch.randn(2, 1, 4, 5, 6), torch.randint(0, 3, (2, 4, 5, 6))
    seen, labels = Posed()(x, y, draws(2))
    assert torch.allclose(seen, x, atol=1e-5)
    assert labels.equal(y)


def test_a_turn_leaves_a_ball_in_the_middle_alone_and_moves_one_beside_it():
    middle, beside = ball(), ball(at=(0, 0, 6), radius=4)
    assert (Posed(turn=60)(middle, torch.zeros(1), draws())[0] - middle).abs().mean() < 0.01
    assert (Posed(turn=60)(beside, torch.zeros(1), draws())[0] - beside).abs().mean() > 0.01


def test_a_shift_is_counted_in_voxels_and_keeps_within_its_bound():
    x, moved = ball(), []
    for seed in range(20):
        seen, _ = Posed(shift=3)(x, torch.zeros(1), draws(seed=seed))
        mass = seen[0, 0] / seen.sum()
        centre = [float((mass.sum(axes) * torch.arange(24)).sum()) - 11.5 for axes in ((1, 2), (0, 2), (0, 1))]
        moved.append(centre)
    assert 2 < np.abs(moved).max() <= 3.05
    assert np.abs(np.mean(moved, axis=0)).max() < 1.2


def test_a_factor_of_size_scales_volume_by_its_cube():
    x = ball()
    factors = [Posed(size=0.2)(x, torch.zeros(1), draws(seed=seed))[0].sum() / x.sum() for seed in range(20)]
    assert np.exp(-0.62) < min(factors) < 0.8
    assert 1.25 < max(factors) < np.exp(0.62)


# law


def test_a_label_map_goes_where_its_volume_goes():
    x = torch.cat([ball(at=(0, 3, 4)), ball(at=(2, -3, 1))])
    x = (x > 0.5).float()
    y = 2 * x[:, 0].long()
    seen, labels = Posed(30, 0.1, 0.15, 3)(x, y, draws(2))
    assert labels.unique().tolist() == [0, 2]
    assert ((seen[:, 0] > 0.5) == (labels == 2)).all()


def test_what_happens_to_a_volume_does_not_depend_on_the_others():
    x, y = torch.randn(3, 1, 6, 7, 8), torch.randint(0, 3, (3, 6, 7, 8))
    pose = Posed(20, 0.1, 0.1, 2)
    together = pose(x, y, draws(3))
    alone = pose(x[1:2], y[1:2], draws(3)[1:2])
    assert together[0][1:2].equal(alone[0])
    assert together[1][1:2].equal(alone[1])


def test_what_is_given_stays_as_it_was():
    x, y = torch.randn(1, 1, 4, 4, 4), torch.randint(0, 2, (1, 4, 4, 4))
    kept = x.clone(), y.clone()
    Posed(90, 0.1, 0.1, 2)(x, y, draws())
    assert x.equal(kept[0])
    assert y.equal(kept[1])


# errors


@pytest.mark.parametrize("bound", [{"turn": 181}, {"size": -0.1}, {"stretch": 2}, {"shift": float("nan")}])
def test_a_bound_outside_its_range_is_named(bound):
    with pytest.raises(ArgumentError, match=next(iter(bound))):
        Posed(**bound)


def test_windows_that_are_no_volumes_are_refused():
    with pytest.raises(ArgumentError, match=r"\(N, channel, z, y, x\)"):
        Posed(10)(torch.zeros(1, 1, 4, 4), torch.zeros(1), draws())
