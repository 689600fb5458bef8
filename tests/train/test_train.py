import json

import numpy as np
import pytest
import torch

from sigconv import nets
from sigconv.errors import ArgumentError, FormatError, ShapeError, SplitError
from sigconv.train import Settings, common_spatial_patterns, fit, generator, load_model, probabilities, save_model
from sigconv.windows import Loaded

SPEC = nets.InputSpec(channels=4, grid=(64,))


def power_task(seed=0, count=60):
    """Two classes that differ in the power of one hidden source, mixed into four channels."""
    draw = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(4, 4))
    labels = np.arange(count) % 2
    sources = draw.normal(size=(count, 4, 64))
    sources[:, 0] *= np.where(labels == 0, 2.0, 0.5)[:, None]
    data = np.einsum("cs,nst->nct", mixing, sources).astype(np.float32)
    return Loaded(data, labels, ("g",) * count, ("strong", "weak"))


def net(seed=0, text="C2k1b0R:squareGR:logBF"):
    return nets.build(nets.parse(text), SPEC, classes=2, seed=seed)


def test_spatial_patterns_find_the_source_whose_power_differs():
    task = power_task()
    mixing = np.random.default_rng(99).normal(size=(4, 4))
    filters = common_spatial_patterns(task.data, task.labels, 2)
    through = np.abs(filters @ mixing)
    assert through[0].argmax() == 0
    assert through[0, 0] > 5 * np.delete(through[0], 0).max()
    power = np.einsum("kc,nct->nkt", filters, task.data.astype(float)).var(2)
    assert power[task.labels == 0, 0].mean() > 4 * power[task.labels == 1, 0].mean()


def test_spatial_patterns_for_two_classes_are_the_ends_of_one_spectrum():
    from scipy.linalg import eigh

    task = power_task()
    each = np.einsum("nct,ndt->ncd", task.data.astype(float), task.data.astype(float)) / 64
    a, b = each[task.labels == 0].mean(0), each[task.labels == 1].mean(0)
    vectors = eigh(a, a + b)[1]
    ours = common_spatial_patterns(task.data, task.labels, 2, shrinkage=0)
    for filt, vector in zip(ours, (vectors[:, -1], vectors[:, 0]), strict=True):
        assert abs(np.corrcoef(filt, vector)[0, 1]) == pytest.approx(1, abs=1e-9)


def test_training_learns_what_it_never_saw():
    fitted = fit(net(), power_task(0), Settings(epochs=20, rate=0.03, conv_rate=1e-3, start="csp"))
    test = power_task(1)
    accuracy = (probabilities(fitted.module, test.data).argmax(1) == test.labels).mean()
    assert accuracy > 0.95
    assert fitted.history[-1].loss < fitted.history[0].loss


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    def weights(seed):
        torch.rand(seed + 1)
        module = fit(net(seed, "C4k5RGD.5F"), power_task(), Settings(epochs=2), seed=seed).module
        return torch.cat([p.flatten() for p in module.parameters()])

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_training_leaves_torch_s_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(net(0, "C4k5RGD.5F"), power_task(), Settings(epochs=1))
    assert torch.equal(torch.rand(3), expected)


def test_what_is_held_out_decides_nothing():
    alone = fit(net(), power_task(), Settings(epochs=3)).module.state_dict()
    watched = fit(net(), power_task(), Settings(epochs=3), held_out=power_task(1)).module.state_dict()
    assert all(torch.equal(alone[key], watched[key]) for key in alone)


def test_draws_depend_on_seed_purpose_and_counters():
    first = generator(0, "shuffle", 1).integers(1 << 60)
    assert first == generator(0, "shuffle", 1).integers(1 << 60)
    others = [generator(1, "shuffle", 1), generator(0, "dropout", 1), generator(0, "shuffle", 2)]
    assert first not in [other.integers(1 << 60) for other in others]


def test_what_fit_refuses():
    task = power_task()
    one = Loaded(task.data, np.zeros_like(task.labels), task.groups, task.classes)
    with pytest.raises(SplitError, match="shows weak"):
        fit(net(), one, Settings(epochs=1))
    with pytest.raises(ShapeError, match="kernel 1 over all 4"):
        fit(net(0, "C4k5RGF"), task, Settings(epochs=1, start="csp"))
    with pytest.raises(ArgumentError, match="epochs is 0"):
        Settings(epochs=0)
    broken = Loaded(task.data * np.float32(np.nan), task.labels, task.groups, task.classes)
    with pytest.raises(ArgumentError, match="loss became nan in epoch 1"):
        fit(net(), broken, Settings(epochs=1))


def test_a_model_comes_back_as_it_was_saved(tmp_path):
    module = net()
    save_model(tmp_path, module.state_dict(), {"net": "x"})
    tensors, facts = load_model(tmp_path)
    assert facts["net"] == "x"
    assert all(torch.equal(tensors[key], value) for key, value in module.state_dict().items())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.json", "model.safetensors"]


def test_every_flipped_bit_and_cut_of_the_weights_is_noticed(tmp_path):
    save_model(tmp_path, net().state_dict(), {})
    path = tmp_path / "model.safetensors"
    whole = path.read_bytes()
    draw = np.random.default_rng(0)
    for _ in range(50):
        at, bit = int(draw.integers(len(whole))), int(draw.integers(8))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
        with pytest.raises(FormatError, match="damaged"):
            load_model(tmp_path)
        path.write_bytes(whole[:at])
        with pytest.raises(FormatError, match="damaged"):
            load_model(tmp_path)


def test_a_newer_or_unreadable_description_is_refused(tmp_path):
    save_model(tmp_path, net().state_dict(), {})
    facts = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(facts | {"version": 99}))
    with pytest.raises(FormatError, match="version 99"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text("[]")
    with pytest.raises(FormatError, match="not a model description"):
        load_model(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"holds no model\.json"):
        load_model(tmp_path / "nowhere")


def test_labels_and_scores_that_are_not_those_of_the_classes_are_refused():
    windows = power_task(count=20)
    data, labels, groups, classes = windows.data, np.asarray(windows.labels), windows.groups, windows.classes
    with pytest.raises(ArgumentError, match="whole numbers from 0 to 1"):
        fit(net(), Loaded(data, labels + 5, groups, classes), Settings(epochs=1))
    with pytest.raises(ShapeError, match=r"labels have shape \(20, 1\); fit takes one for each"):
        fit(net(), Loaded(data, labels[:, None], groups, classes), Settings(epochs=1))
    with pytest.raises(ShapeError, match=r"module gives \(5,\) a window; the windows have 2 classes"):
        fit(nets.build(nets.parse("C2k1GF5"), SPEC), windows, Settings(epochs=1))
    with pytest.raises(ArgumentError, match="the windows hold NaN or infinity"):
        fit(net(), Loaded(np.full_like(data, np.nan), labels, groups, classes), Settings(epochs=1))
    with pytest.raises(ArgumentError, match="rate is 0; allowed: above 0"):
        Settings(rate=0)
