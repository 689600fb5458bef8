"""The loop: the same weights for the same seed, whoever reads and whatever happens on the way."""

import numpy as np
import pytest
import torch

from sigconv import nets
from sigconv.errors import ArgumentError, ShapeError
from sigconv.train import Settings, fit, probabilities
from sigconv.windows import Loaded
from tests.train.tasks import clips, map_net, power, power_net, squares


def clip_net():
    return nets.build(nets.parse("C4k5BRGD.5F"), nets.InputSpec(2, (32,)), classes=2, seed=0)


def numbers(module):
    return torch.cat([value.flatten().double() for value in module.state_dict().values()])


# known


def test_a_map_is_learnt_with_dice():
    fitted = fit(map_net(), squares(), Settings(epochs=6, batch=6, rate=0.02, loss="dice_ce"))
    assert fitted.history[-1].score > 0.85
    assert fitted.history[-1].loss < fitted.history[0].loss


def test_every_window_is_met_once_an_epoch_in_batches_of_nearly_equal_size():
    met = []

    def watch(x, y, draws):
        met.append(y.tolist())
        return x, y

    task = power(count=33)
    named = Loaded(task.data, np.arange(33), task.groups, tuple(map(str, range(33))))
    net = nets.build(nets.parse("GF"), nets.InputSpec(4, (64,)), classes=33, seed=0)
    fit(net, named, Settings(epochs=2, batch=16), augment=watch)
    assert [len(batch) for batch in met] == [11] * 6
    for epoch in (met[:3], met[3:]):
        assert sorted(label for batch in epoch for label in batch) == list(range(33))
    assert met[:3] != met[3:]


# law


def test_the_weights_do_not_depend_on_who_reads():
    windows = clips()
    settings = {"epochs": 2, "batch": 5}
    alone = numbers(fit(clip_net(), windows, Settings(**settings)).module)
    assert torch.equal(numbers(fit(clip_net(), windows.load(), Settings(**settings)).module), alone)
    for workers in (1, 4):
        fitted = fit(clip_net(), windows, Settings(**settings, workers=workers))
        assert torch.equal(numbers(fitted.module), alone)


def test_batches_that_are_accumulated_are_one_batch():
    one = fit(power_net(text="C4k5RGF"), power(), Settings(epochs=2, batch=20))
    two = fit(power_net(text="C4k5RGF"), power(), Settings(epochs=2, batch=5, accumulate=4))
    np.testing.assert_allclose(numbers(two.module), numbers(one.module), atol=1e-5)


def test_the_best_epoch_on_validation_is_kept_and_patience_ends():
    task, other = power(count=20), power(5, count=20)
    settings = Settings(epochs=30, batch=4, rate=0.3, patience=3)
    fitted = fit(power_net(), task, settings, validation=other)
    scores = [(row.validation_score, -row.validation_loss) for row in fitted.history]
    assert fitted.best_epoch == 1 + scores.index(max(scores))
    assert len(fitted.history) == fitted.best_epoch + 3 < 30
    said = probabilities(fitted.module, other).argmax(1)
    assert (said == other.labels).mean() == pytest.approx(max(scores)[0])


@pytest.mark.parametrize("settings", [Settings(epochs=2), Settings(epochs=1, start="csp")])
def test_windows_without_a_class_change_nothing(settings):
    task = power()
    more = Loaded(
        np.concatenate([task.data, task.data[:5] * 9]),
        np.concatenate([task.labels, np.full(5, -1)]),
        ("g",) * 65,
        task.classes,
    )
    alone, with_more = (fit(power_net(), each, settings).module for each in (task, more))
    assert torch.equal(numbers(alone), numbers(with_more))


@pytest.mark.parametrize(("count", "settings"), [(5, Settings(batch=2)), (9, Settings(batch=4, accumulate=8))])
def test_no_batch_is_one_window_of_which_a_norm_learns_nothing(count, settings):
    task = Loaded(power().data[:count, :, 0], power().labels[:count], ("g",) * count, power().classes)
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2))
    fitted = fit(net, task, settings)
    assert np.isfinite(fitted.history[-1].loss)


# errors


def test_what_does_not_go_together_is_refused():
    task = power()
    with pytest.raises(ArgumentError, match="patience is 3; it needs windows for validation"):
        fit(power_net(), task, Settings(patience=3))
    with pytest.raises(ArgumentError, match="'dice_ce', which is for label maps"):
        fit(power_net(), task, Settings(loss="dice_ce"))
    with pytest.raises(ArgumentError, match="in memory"):
        fit(clip_net(), clips(), Settings(start="csp"))
    with pytest.raises(ShapeError, match=r"held_out has 60 windows of shape \(4, 64\)"):
        fit(clip_net(), clips(), Settings(), held_out=task)
    with pytest.raises(ShapeError, match=r"needs a label map of \(12, 12\)"):
        fit(map_net(text="C2k3GF"), squares(), Settings())
    with pytest.raises(ArgumentError, match="every is 0"):
        fit(power_net(), task, Settings(), every=0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_absent_is_told_of():
    with pytest.raises(ArgumentError, match=r"device is 'cuda', but .*use 'cpu' or 'auto'"):
        fit(power_net(), power(), Settings(), device="cuda")
