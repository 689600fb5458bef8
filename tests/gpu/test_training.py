"""Training on a CUDA device learns what it learns on the CPU, goes on from a checkpoint, and brings the module back."""

import numpy as np
import pytest
import torch

from sigconv.train import Settings, fit, probabilities
from sigconv.train import augment as by
from tests.train.tasks import clips, map_net, power, power_net, squares

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


def test_a_few_steps_are_those_of_the_cpu():
    settings = Settings(epochs=2, batch=20, average=0.9, clip=1.0)
    one, other = (fit(power_net(), power(), settings, device=device).module for device in ("cpu", "cuda"))
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert b.device.type == "cpu"
        np.testing.assert_allclose(a.detach(), b.detach(), atol=1e-4)
    said = [probabilities(one, power(), device=device) for device in ("cpu", "cuda")]
    np.testing.assert_allclose(*said, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_maps_are_learnt_with_augmentation_and_workers(precision):
    settings = Settings(epochs=8, batch=6, rate=0.02, loss="dice_ce", precision=precision, workers=2)
    turn = by.compose(by.Affine(10.0, (0.9, 1.1)), by.Noise(0.05), by.Flip((0, 1)))
    assert fit(map_net(), squares(), settings, augment=turn, device="cuda").history[-1].score > 0.7


def test_what_was_stopped_goes_on(tmp_path):
    class EnoughError(Exception):
        """Raised in the place of a crash."""

    def stop(row):
        if row.epoch == 2:
            raise EnoughError

    settings = Settings(epochs=4, batch=6, rate=0.01, average=0.9)
    with pytest.raises(EnoughError):
        fit(map_net(), squares(), settings, device="cuda", checkpoints=tmp_path, every=1e-9, progress=stop)
    resumed = fit(map_net(), squares(), settings, device="cuda", checkpoints=tmp_path).module
    whole = fit(map_net(), squares(), settings, device="cuda").module
    for a, b in zip(resumed.parameters(), whole.parameters(), strict=True):
        np.testing.assert_allclose(a.detach(), b.detach(), atol=1e-4)


def test_clips_from_workers_arrive():
    net = torch.nn.Sequential(torch.nn.Conv1d(2, 2, 5), torch.nn.AdaptiveAvgPool1d(1), torch.nn.Flatten())
    assert len(fit(net, clips(), Settings(epochs=2, workers=2), device="cuda").history) == 2
