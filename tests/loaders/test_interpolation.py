"""Lower rates on the grid of the highest: analytic truth, and pieces that equal the whole."""

from fractions import Fraction

import numpy as np
import pytest

from sigconv.loaders.eeg.interpolation import raised


def whole(x, low, high, first, last):
    pieces = [piece for _, piece in raised(lambda a, b: x[:, a:b], low, high, x.shape[1], first, last)]
    return np.concatenate(pieces, axis=1)


# known ---------------------------------------------------------------------------------------------------------------


def test_samples_of_the_file_pass_unchanged_and_a_constant_stays_one():
    x = np.random.default_rng(0).normal(size=(2, 300))
    np.testing.assert_array_equal(whole(x, 25, 100, 0, 1200)[:, ::4], x)
    np.testing.assert_allclose(whole(np.full((1, 50), 3.0), 7, 19, 0, 130), 3.0, rtol=1e-14)


def test_a_straight_line_stays_one_up_to_its_ends():
    line = np.arange(200.0)[None]
    np.testing.assert_allclose(whole(line, 3, 8, 0, 533)[0], np.arange(533) * 3 / 8, atol=5e-5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7, 0.9])
@pytest.mark.parametrize(("low", "high"), [(100, 256), (128, 1000), (999, 1000), (1, 2)])
def test_a_sine_below_half_the_lower_rate_is_the_sine(share, low, high):
    total, f = 3000, share * low / 2
    x = np.sin(2 * np.pi * f * np.arange(total) / low + 0.3)[None]
    n = total * high // low
    at = slice(40 * high // low, n - 40 * high // low)
    truth = np.sin(2 * np.pi * f * np.arange(n) / high + 0.3)
    np.testing.assert_allclose(whole(x, low, high, 0, n)[0, at], truth[at], atol=2e-5)


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high"), [(100, 256), (13, 5000), (9973, 10007)])
def test_a_piece_equals_the_slice_of_the_whole_bit_for_bit(low, high):
    x = np.random.default_rng(1).normal(size=(3, 400))
    n = int(400 * Fraction(high, low))
    every = whole(x, low, high, 0, n)
    for first, last in ((0, 1), (n - 1, n), (7, n // 2), (n // 3, n // 3 + 5)):
        np.testing.assert_array_equal(whole(x, low, high, first, last), every[:, first:last])


@pytest.mark.parametrize("total", [1, 2, 3, 40])
def test_a_short_signal_is_continued_at_both_ends(total):
    x = np.arange(float(total))[None] + 5
    every = whole(x, 1, 10, 0, 10 * total)
    assert np.isfinite(every).all()
    np.testing.assert_allclose(every[0, ::10], x[0])
