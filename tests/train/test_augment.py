"""Augmentation does what its units say, moves label maps with their windows, and treats each window on its own."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from sigconv.errors import ArgumentError, SigconvError
from sigconv.train import augment as by

ONE = torch.tensor([0])


def draws(*numbers):
    return [np.random.default_rng(n) for n in numbers]


class Fixed:
    """A generator that draws what it is told."""

    def __init__(self, *values):
        self.values = np.array(values)

    def random(self, count):
        assert count == len(self.values)
        return self.values


# known


def test_a_quarter_turn_is_numpy_s_and_the_label_map_turns_with_it():
    x = torch.arange(25.0).view(1, 1, 5, 5)
    turned, labels = by.Affine(degrees=90)(x, x[0].long(), [Fixed(0, 0.5, 0.5, 0.5, 1.0)])
    np.testing.assert_allclose(turned[0, 0], np.rot90(x[0, 0]), atol=1e-4)
    np.testing.assert_array_equal(labels[0], np.rot90(x[0, 0]))


def test_scale_and_shift_are_scipy_s_in_three_dimensions_with_a_spacing():
    draw = np.random.default_rng(0)
    x = ndimage.gaussian_filter(draw.normal(size=(9, 10, 11)), 1).astype(np.float32)
    move = by.Affine(scale=(1.0, 1.21), shift=2.0, spacing=(2.0, 1.0, 0.5), boundary="edge")
    ours = move(torch.from_numpy(x)[None, None], ONE, [Fixed(0, 0.5, 1.0, 0.0, 0.75, 0.5, 0.5, 0.5)])[0][0, 0]
    middle, moved = (np.array(x.shape) - 1) / 2, np.array([2.0, -2.0, 1.0]) / (2.0, 1.0, 0.5)
    matrix = np.eye(3) / 1.1
    expected = ndimage.affine_transform(x, matrix, middle - matrix @ (middle + moved), order=1, mode="nearest")
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_stretch_has_a_factor_of_its_own_for_each_axis_before_the_turn():
    x = torch.from_numpy(ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(11, 13)), 1))[None, None].float()
    move = by.Affine(degrees=90, stretch=(0.5, 2.0), boundary="edge")
    ours = move(x, ONE, [Fixed(0, 0.5, 0.5, 0.5, 0.75, 1.0, 0.5)])[0][0, 0]
    angle, factors = np.deg2rad(45), np.array([2.0, 1.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix, middle = np.linalg.inv(turn @ np.diag(factors)), (np.array([11, 13]) - 1) / 2
    expected = ndimage.affine_transform(x[0, 0].numpy(), matrix, middle - matrix @ middle, order=1, mode="nearest")
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_what_comes_from_outside_is_the_fill_and_no_label():
    x, y = torch.ones(1, 1, 4), torch.ones(1, 4, dtype=torch.int64)
    moved, labels = by.RandomCrop(2, fill=-1000.0)(x, y, [Fixed(0.99)])
    assert moved.tolist() == [[[-1000, -1000, 1, 1]]]
    assert labels.tolist() == [[-1, -1, 1, 1]]
    moved, labels = by.Affine(shift=2, fill=-1000.0)(x, y, [Fixed(0, 0.5, 1.0)])
    np.testing.assert_allclose(moved, [[[-1000, -1000, 1, 1]]], atol=1e-3)
    assert labels.tolist() == [[-1, -1, 1, 1]]


@pytest.mark.parametrize(
    ("boundary", "expected"), [("edge", [0, 0, 0, 1]), ("wrap", [2, 3, 0, 1]), ("reflect", [2, 1, 0, 1])]
)
def test_shifts_take_from_outside_what_they_are_told(boundary, expected):
    x = torch.arange(4.0).view(1, 1, 4)
    assert by.TimeShift(0.2, 10, boundary)(x, ONE, [Fixed(0.99)])[0].flatten().tolist() == expected


def test_levels_have_units():
    x = torch.rand(1, 2, 50)
    assert torch.allclose(by.Gain(20.0)(x, ONE, [Fixed(1.0)])[0], 10 * x)
    brighter = by.Intensity(brightness=50.0)(x, ONE, [Fixed(1.0, 0, 0)])[0]
    assert torch.allclose(brighter, x + 50)
    steeper = by.Intensity(contrast=(1.0, 2.0))(x, ONE, [Fixed(0, 1.0, 0)])[0]
    assert torch.allclose(steeper.std(), 2 * x.std())
    assert torch.allclose(steeper.mean(), x.mean())
    bent = by.Intensity(gamma=(1.0, 2.0))(x, ONE, [Fixed(0, 0, 1.0)])[0]
    assert torch.allclose(bent, x.min() + (x - x.min()) ** 2 / (x.max() - x.min()), atol=1e-6)


def test_noise_is_as_loud_as_it_is_told():
    x = torch.full((200, 1, 500), 3.0)
    y = torch.zeros(200, dtype=torch.int64)
    noise = by.Noise(20.0)(x, y, draws(*range(200)))[0] - x
    assert noise.std(-1).max() < 22
    assert noise.std(-1).mean() == pytest.approx(10, rel=0.15)
    ratio = by.NoiseRatio((20.0, 20.0))(x, y, draws(*range(200)))[0] - x
    assert ratio.square().mean() == pytest.approx(9 / 100, rel=0.02)


def test_masks_hide_what_they_say():
    x = torch.ones(300, 3, 8, 20)
    y = torch.zeros(300, dtype=torch.int64)
    hidden = by.Mask(0, most=3)(x, y, draws(*range(300)))[0] == 0
    assert sorted({int(n) for n in hidden[:, 0, :, 0].sum(1)}) == [0, 1, 2, 3]
    assert torch.equal(hidden, hidden[:, :1, :, :1].expand_as(hidden))
    box = by.Cutout((2, 6))(x, y, draws(*range(300)))[0] == 0
    assert box[:, 0].sum((1, 2)).max() == 12
    assert box.any(3).any(2).all()
    channels = (by.ChannelDrop(0.9)(x, y, draws(*range(300)))[0] == 0).all(3).all(2)
    assert channels.sum(1).max() == 2
    assert channels.float().mean() == pytest.approx(0.9 - 0.9**3 / 3, abs=0.05)


# law

EVERY = [
    by.TimeShift(0.05, 100),
    by.TimeShift(0.05, 100, "reflect", axis=0),
    by.RandomCrop(3),
    by.RandomCrop(2, "wrap"),
    by.Gain(6.0),
    by.Noise(0.3),
    by.NoiseRatio((5.0, 20.0)),
    by.Flip((0, -1)),
    by.Intensity(0.1, (0.7, 1.3), (0.5, 2.0)),
    by.Mask(-1, 4, 2),
    by.Cutout(3),
    by.ChannelDrop(0.4),
    by.Affine(30.0, (0.8, 1.2), 2.0),
    by.Affine(20.0, share=0.5, boundary="reflect", stretch=(0.9, 1.1)),
    by.compose(by.Flip((0,)), by.Gain(3.0), by.Noise(0.1)),
]


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("technique", EVERY, ids=lambda t: type(t).__name__)
def test_a_window_does_not_depend_on_the_others_in_its_batch(technique, axes):
    draw = torch.Generator().manual_seed(0)
    grid = (13, 11, 9)[:axes]
    x = torch.randn(7, 3, *grid, generator=draw)
    y = torch.randint(0, 4, (7, *grid), generator=draw)
    given = x.clone(), y.clone()
    whole, labels = technique(x, y, draws(*range(7)))
    assert torch.equal(x, given[0])
    assert torch.equal(y, given[1])
    assert whole.shape == x.shape
    assert whole.dtype == torch.float32
    assert labels.dtype == torch.int64
    for some in ([3], [6, 2], [0, 1, 2, 3, 5]):
        part, its = technique(x[some], y[some], draws(*some))
        assert torch.equal(part, whole[some])
        assert torch.equal(its, labels[some])
    alone, classes = technique(x, torch.arange(7), draws(*range(7)))
    assert torch.equal(alone, whole)
    assert classes.tolist() == list(range(7))


@pytest.mark.parametrize("technique", EVERY, ids=lambda t: type(t).__name__)
def test_what_is_drawn_next_does_not_depend_on_what_was_drawn(technique):
    x = torch.randn(40, 3, 13, 11)
    generators = draws(*range(40))
    technique(x, torch.zeros(40, dtype=torch.int64), generators)
    steps = {g.bit_generator.state["state"]["state"] for g in generators}
    again = draws(*range(40))
    technique(x * 0 + 1, torch.zeros(40, dtype=torch.int64), again)
    assert {g.bit_generator.state["state"]["state"] for g in again} == steps


# errors


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: by.TimeShift(0.001, 100), "0.001 s is less than one sample at 100 Hz"),
        (lambda: by.Gain(-3.0), "decibels is -3.0; allowed: from 0 to 200"),
        (lambda: by.Gain("loud"), "decibels is 'loud'"),
        (lambda: by.Noise(float("nan")), "most is nan"),
        (lambda: by.NoiseRatio((30.0, 10.0)), "low is -200 or more, and at most high"),
        (lambda: by.Flip(()), "axes is empty"),
        (lambda: by.Flip((3,))(torch.ones(1, 1, 4), ONE, draws(0)), "axis is 3; these windows have grid axes 0 to 0"),
        (lambda: by.Mask(0, 0), "most is 0; it is a whole number, 1 or more"),
        (lambda: by.Cutout((2, 2))(torch.ones(1, 1, 4), ONE, draws(0)), "these windows have 1 grid axes"),
        (lambda: by.RandomCrop(-1), "padding is -1"),
        (lambda: by.Affine(degrees=200), "degrees is 200; allowed: from 0 to 180"),
        (lambda: by.Affine(scale=(0.0, 1.0)), "all of them are above 0"),
        (lambda: by.Affine(stretch=(0.0, 1.0)), "all of them are above 0"),
        (lambda: by.Affine(boundary="wrap"), "boundary is 'wrap'"),
        (lambda: by.ChannelDrop(1.5), "share is 1.5; allowed: from 0 to 1"),
        (lambda: by.Intensity(), "give one of them"),
    ],
)
def test_parameters_outside_their_range_are_refused(make, message):
    with pytest.raises(SigconvError, match=message) as told:
        make()
    assert isinstance(told.value, ValueError | ArgumentError)
