"""Probabilities of windows, in memory or read, seen from one side or from all."""

import numpy as np
import pytest
import torch

from sigconv import nets
from sigconv.errors import ArgumentError
from sigconv.train import probabilities
from tests.train.tasks import clips, map_net, power, power_net, squares

# known


def test_mirrored_probabilities_are_the_mean_over_all_flips_turned_back():
    net, x = map_net(text="C4k3RC3k3").eval(), squares().batch(range(4))
    with torch.inference_mode():
        each = [
            torch.softmax(net(torch.from_numpy(x).flip(axes)).double(), 1).flip(axes) for axes in ([], [2], [3], [2, 3])
        ]
    expected = torch.stack(each).mean(0)
    np.testing.assert_allclose(probabilities(net, x, mirror=(0, 1)), expected, atol=1e-6)


# law


def test_windows_give_what_their_numbers_give_for_any_batch_or_reader():
    net = nets.build(nets.parse("C4k5RGF"), nets.InputSpec(2, (32,)), classes=2, seed=0)
    windows = clips()
    expected = probabilities(net, windows.load().data)
    assert expected.shape == (24, 2)
    assert expected.dtype == np.float64
    np.testing.assert_allclose(expected.sum(1), 1, atol=1e-12)
    for given in (windows, windows.load()):
        np.testing.assert_allclose(probabilities(net, given, batch=5), expected, atol=1e-6)
    np.testing.assert_array_equal(probabilities(net, windows, batch=5, workers=2), probabilities(net, windows, batch=5))


def test_what_is_mirrored_does_not_care_which_side_it_is_shown_from():
    net, x = power_net(text="C4k5RGF"), power().data
    seen = probabilities(net, x, mirror=(0,))
    np.testing.assert_allclose(probabilities(net, x[:, :, ::-1].copy(), mirror=(0,)), seen, atol=1e-6)


def test_maps_come_with_their_grid():
    said = probabilities(map_net(), squares(), batch=4)
    assert said.shape == (27, 2, 12, 12)
    assert said.dtype == np.float32


# errors


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(ArgumentError, match=r"mirror is \(1,\); the windows have grid axes 0 to 0"):
        probabilities(power_net(), power(), mirror=(1,))
