"""Augmentation of sounds and spectrograms: what each technique does to a tone, an impulse, a level."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.train.augment import Colour, ColourLevels, NoiseFloor, Speed, Voice
from sigconv.train.draws import generator

FS = 8000
BANDS = tuple(float(f) for f in np.geomspace(100, 3200, 16))

WAVES = [Speed(1.25, 0.05, FS), Colour(6, 5)]
LEVELS = [Voice(1.2, 1.2, 0.02, BANDS, 0.01, -60), ColourLevels(6, 4), NoiseFloor(-60, 80)]


class Fixed:
    """A generator whose numbers are chosen: every one is `share`."""

    def __init__(self, share):
        self.share = share

    def random(self, count):
        return np.full(count, self.share)


def draws(count, epoch=0):
    return [generator(0, "augment", epoch, i) for i in range(count)]


def tone(hertz, n=4096):
    return torch.sin(2 * torch.pi * hertz * torch.arange(n) / FS)[None, None]


def pitch(x):
    return float(np.abs(np.fft.rfft(x[0, 0].numpy())).argmax() * FS / x.shape[-1])


# known


@pytest.mark.parametrize(("share", "heard"), [(1.0, 500), (0.5, 400), (0.0, 320)])
def test_a_speed_of_five_quarters_makes_400_hz_into_500(share, heard):
    x, _ = Speed(1.25, 0, FS)(tone(400), torch.zeros(1), [Fixed(share)])
    assert pitch(x) == pytest.approx(heard, abs=4)


def test_a_shift_moves_an_impulse_by_seconds():
    x = torch.zeros(1, 1, 101)
    x[0, 0, 50] = 1
    moved, _ = Speed(1, 0.001, FS)(x, torch.zeros(1), [Fixed(1.0)])
    assert moved[0, 0].argmax() == 58


def test_a_shorter_vocal_tract_moves_a_band_up_by_its_factor():
    x = torch.full((1, 1, 16, 9), -60.0)
    x[0, 0, 8] = 0
    louder = Voice(BANDS[1] / BANDS[0], 1, 0, BANDS, 0.01, -60)(x, torch.zeros(1), [Fixed(1.0)])[0]
    assert louder[0, 0, :, 4].argmax() == 9


def test_a_floor_of_noise_hides_what_is_below_it():
    x = torch.tensor([-60.0, -50.0, -30.0]).reshape(1, 1, 3, 1)
    assert NoiseFloor(-60, 20)(x, torch.zeros(1), [Fixed(1.0)])[0].flatten().tolist() == [-40, -40, -30]


def test_a_colour_is_one_gain_for_each_frequency():
    x = tone(1000) + tone(3000)
    new = np.abs(np.fft.rfft(Colour(6, 5)(x, torch.zeros(1), draws(1))[0][0, 0].numpy()))
    assert sorted(np.argsort(new)[-2:] * FS / 4096) == [1000, 3000]


# law


@pytest.mark.parametrize("step", [*WAVES, *LEVELS], ids=lambda step: type(step).__name__)
class TestEvery:
    @staticmethod
    def batch(step, count):
        shape = (count, 1, 4000) if step in WAVES else (count, 2, 16, 30)
        return torch.from_numpy(np.random.default_rng(1).normal(size=shape).astype(np.float32))

    def test_shape_type_and_labels_stay_and_the_given_batch_is_left_alone(self, step):
        x, y = self.batch(step, 3), torch.arange(3)
        before = x.clone()
        new, same = step(x, y, draws(3))
        assert new.shape == x.shape
        assert new.dtype == x.dtype
        assert same is y
        assert x.equal(before)
        assert not new.equal(x)

    def test_a_window_is_changed_alike_alone_and_among_others(self, step):
        x = self.batch(step, 4)
        together = step(x, torch.arange(4), draws(4))[0]
        alone = step(x[2:3], torch.arange(1), draws(4)[2:3])[0]
        assert torch.allclose(together[2:3], alone, atol=1e-5)

    def test_as_many_numbers_are_drawn_whatever_the_window(self, step):
        left = []
        for x in (self.batch(step, 1), torch.zeros_like(self.batch(step, 1))):
            (draw,) = draws(1)
            step(x, torch.zeros(1), [draw])
            left.append(draw.integers(1 << 60))
        assert left[0] == left[1]


# errors


@pytest.mark.parametrize(
    "make",
    [
        lambda: Speed(0.8, 0, FS),
        lambda: Speed(1.2, -1, FS),
        lambda: Speed(float("nan"), 0, FS),
        lambda: Colour(6, 1),
        lambda: ColourLevels(-6, 4),
        lambda: NoiseFloor(-60, -1),
        lambda: NoiseFloor(float("nan"), 1),
        lambda: Voice(0.5, 1, 0, BANDS, 0.01, -60),
        lambda: Voice(1, 1, 0, BANDS, 0, -60),
        lambda: Voice(1, 1, 0, (200.0, 100.0), 0.01, -60),
    ],
)
def test_a_value_outside_its_range_is_refused_with_what_is_allowed(make):
    with pytest.raises(ArgumentError, match="allowed"):
        make()
