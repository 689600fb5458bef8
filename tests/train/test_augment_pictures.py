"""Augmentation of pictures: what each technique moves, and that a window depends on its own draws alone."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.train.augment.bent import Bent
from sigconv.train.augment.covered import Covered
from sigconv.train.augment.mirrored import Mirrored
from sigconv.train.augment.moved import Moved

EVERY = [Mirrored(), Moved(2), Covered(3), Bent(turn=20, stretch=0.1, slant=0.1, shift=2, outside=-1)]


def draws(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def pictures(count, height=9, width=7):
    x = torch.randn(count, 2, height, width, generator=torch.Generator().manual_seed(0))
    return x, torch.arange(count)


def test_moving_shows_another_part_and_mirrors_at_the_edge():
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    seen = {tuple(Moved(1)(x, torch.zeros(1), draws(seed))[0][0, 0, 1].tolist()) for seed in range(60)}
    assert seen == {
        tuple(float(4 * row + column) for column in columns)
        for row in (0, 1, 2)
        for columns in ((1, 0, 1, 2), (0, 1, 2, 3), (1, 2, 3, 2))
    }


def test_label_maps_move_and_turn_over_with_their_picture():
    x, _ = pictures(20)
    y = (x[:, 0] > 0).long()
    for technique in (Mirrored(), Moved(2)):
        moved, told = technique(x, y, draws(*range(20)))
        assert torch.equal(told, (moved[:, 0] > 0).long())
        assert not torch.equal(told, y)


def test_a_covered_square_is_zero_and_the_rest_is_as_it_was():
    x = torch.ones(50, 1, 9, 7)
    hidden = (Covered(3)(x, torch.zeros(50), draws(*range(50)))[0] == 0).sum((1, 2, 3))
    assert hidden.max() == 9
    assert hidden.min() >= 2


def test_bending_by_nothing_changes_nothing():
    x, y = pictures(3)
    torch.testing.assert_close(Bent()(x, y, draws(0, 1, 2))[0], x, rtol=0, atol=1e-5)


def test_bending_moves_by_pixels_and_shows_what_lies_outside():
    x = torch.zeros(40, 1, 21, 11)
    x[:, :, 10, 5] = 1
    seen = Bent(shift=3, outside=-1)(x, torch.zeros(40), draws(*range(40)))[0]
    places = torch.stack([(one[0] == one[0].max()).nonzero()[0] for one in seen]) - torch.tensor([10, 5])
    assert places.abs().amax(0).tolist() == [3, 3]
    assert (seen.amin((1, 2, 3)) == -1).float().mean() > 0.8
    assert (seen.amax((1, 2, 3)) <= 1).all()


@pytest.mark.parametrize("technique", EVERY, ids=lambda t: type(t).__name__)
def test_a_window_depends_on_its_own_draws_alone_and_the_given_ones_stay(technique):
    x, y = pictures(6)
    kept = x.clone()
    whole, _ = technique(x, y, draws(*range(6)))
    alone, _ = technique(x[4:5], y[4:5], draws(4))
    torch.testing.assert_close(whole[4:5], alone, rtol=0, atol=0)
    assert torch.equal(x, kept)
    assert whole.shape == x.shape


@pytest.mark.parametrize("technique", EVERY, ids=lambda t: type(t).__name__)
def test_every_window_takes_as_many_numbers(technique):
    x, y = pictures(8)
    generators = draws(*range(8))
    technique(x, y, generators)
    left = [one.random() for one in generators]
    counts = {1: 0, 2: 0, 6: 0}
    for count in counts:
        counts[count] = sum(left[i] == pytest.approx(np.random.default_rng(i).random(count + 1)[-1]) for i in range(8))
    assert isinstance(technique, Moved) or 8 in counts.values()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Moved(-1), "most is -1"),
        (lambda: Covered(0), "side is 0"),
        (lambda: Bent(turn=181), r"turn is 181.*0 to 180"),
        (lambda: Moved(7)(*pictures(1), draws(0)), "9 x 7"),
        (lambda: Bent()(pictures(1)[0], torch.zeros(1, 9, 7), draws(0)), "label maps"),
    ],
)
def test_numbers_out_of_range_are_named(make, told):
    with pytest.raises(ArgumentError, match=told):
        make()
