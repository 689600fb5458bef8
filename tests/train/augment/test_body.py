"""Augmentation of bodies: turned about the vertical, seen in a mirror, faster or slower."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.train.augment import Flip, Heading, Sides, Tempo

NONE = torch.tensor([0])


class Fixed:
    """A generator that draws what it is told."""

    def __init__(self, *values):
        self.values = np.array(values)

    def random(self, count):
        assert count == len(self.values)
        return self.values


def body(joints=2, frames=7, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(1, 3 * joints, frames)).astype(np.float32))


# known


def test_a_quarter_turn_makes_left_of_ahead_and_leaves_the_height():
    x = torch.tensor([[[1.0], [0.0], [5.0]]])
    turned, _ = Heading(90)(x, NONE, [Fixed(1.0)])
    np.testing.assert_allclose(turned[0, :, 0], [0, 1, 5], atol=1e-6)


def test_a_mirror_exchanges_sides_and_the_classes_that_tell_them():
    left = torch.tensor([[[1.0], [2.0], [3.0], [10.0], [20.0], [30.0]]])
    seen, label = Sides((1, 0), (1, 0))(left, torch.tensor([1]), [Fixed(0.2)])
    assert seen[0, :, 0].tolist() == [10, -20, 30, 1, -2, 3]
    assert label.tolist() == [0]
    as_it_was, kept = Sides((1, 0), (1, 0))(left, torch.tensor([1]), [Fixed(0.7)])
    assert as_it_was.equal(left)
    assert kept.tolist() == [1]


def test_at_twice_the_tempo_a_slope_is_twice_as_steep_and_the_ends_stand_still():
    x = torch.stack([torch.arange(9.0), torch.ones(9)])[None]
    fast, _ = Tempo(2, 0, fs=10, speeds=(1,))(x, NONE, [Fixed(1.0, 0.5)])
    assert fast[0, 0].tolist() == [0, 0, 0, 2, 4, 6, 8, 8, 8]
    assert fast[0, 1].tolist() == [2] * 9


def test_a_flipped_clip_that_went_left_goes_right():
    x = torch.arange(4.0).view(1, 1, 1, 1, 4)
    seen, label = Flip((-1,), share=1.0, classes=(1, 0))(x, NONE, [np.random.default_rng(0)])
    assert seen.ravel().tolist() == [3, 2, 1, 0]
    assert label.tolist() == [1]


def test_a_flipped_label_map_has_its_sides_exchanged_and_what_counts_for_nothing_stays():
    x, sides = torch.zeros(1, 1, 1, 4), torch.tensor([[[1, 0, -1, 2]]])
    _, seen = Flip((-1,), share=1.0, classes=(0, 2, 1))(x, sides, [np.random.default_rng(0)])
    assert seen.tolist() == [[[1, -1, 0, 2]]]


# law


def test_two_mirrors_are_none():
    x, both = body(), Sides((1, 0), (0,))
    once, _ = both(x, NONE, [Fixed(0.0)])
    assert both(once, NONE, [Fixed(0.0)])[0].equal(x)
    assert not once.equal(x)


def test_distances_between_joints_do_not_know_the_heading():
    x = body()
    turned, _ = Heading(180)(x, NONE, [Fixed(0.3)])
    apart = [(one[0, :3] - one[0, 3:]).norm(dim=0) for one in (x, turned)]
    np.testing.assert_allclose(*apart, rtol=1e-5)


# errors


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Heading(181), "most is 181; allowed: from 0 to 180"),
        (lambda: Tempo(0.5, 0, 10), "most is 0.5; allowed: from 1 to 4"),
        (lambda: Tempo(1.5, -1, 10), "shift is -1; allowed: 0 or more"),
        (lambda: Sides((1, 1), (0,)), r"joints is \(1, 1\); each has the number of its counterpart"),
        (lambda: Heading(10)(torch.zeros(1, 4, 5), NONE, [Fixed(0.5)]), r"x has shape \(1, 4, 5\); joints are"),
        (lambda: Sides((0,), (0,))(torch.zeros(1, 6, 5), NONE, [Fixed(0.5)]), "x has 2 joints; this mirror knows 1"),
    ],
)
def test_what_cannot_be_is_refused(make, told):
    with pytest.raises(ArgumentError, match=told):
        make()
