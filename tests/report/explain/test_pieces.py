from itertools import combinations
from math import factorial

import captum.attr
import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, MissingExtra, SamplingError, ShapeError
from sigconv.report.explain import Groups, ask, bands, blocks, joints, left_out, occlusion, shapley, supervoxels
from sigconv.signal import Axis, Signal
from tests.report.explain.signals import network_of, signal_of


def exact(score, players):
    """Shapley values by enumeration of all coalitions: Shapley (1953)."""
    worth = {}
    for size in range(players + 1):
        for there in combinations(range(players), size):
            present = torch.zeros(1, players)
            present[0, list(there)] = 1
            worth[there] = float(score(present))
    values = np.zeros(players)
    for one in range(players):
        for there, value in worth.items():
            if one not in there:
                weight = factorial(len(there)) * factorial(players - len(there) - 1) / factorial(players)
                values[one] += weight * (worth[tuple(sorted((*there, one)))] - value)
    return values


def moving(text="C8R:tanhC8RF"):
    return ask(network_of(text, (40,)), signal_of((40,)), 1)


# known


def test_of_a_linear_net_a_piece_is_worth_its_weights_times_its_numbers(grid):
    network, x = network_of("F", grid), signal_of(grid)
    product = network.layer("F1").weight[1].detach().numpy().reshape(x.shape) * x.data
    pieces = blocks(x, {x.axes[-1].name: 5}, channels="each")
    for found in (shapley(ask(network, x, 1), pieces, samples=2), left_out(ask(network, x, 1), pieces)):
        wanted = [product[pieces.numbers == i].sum() for i in range(len(pieces.names))]
        np.testing.assert_allclose([part.value for part in found.parts], wanted, atol=1e-4)
        np.testing.assert_allclose(found.attribution.data[pieces.numbers == 3].sum(), wanted[3], atol=1e-4)
    assert max(part.spread for part in shapley(ask(network, x, 1), pieces, samples=3).parts) < 1e-4


def test_occlusion_of_a_linear_net_is_the_sum_under_the_window():
    network, x = network_of("F", (40,)), signal_of((40,))
    product = (network.layer("F1").weight[1].detach().numpy() * x.data.ravel()).reshape(x.shape)
    found = occlusion(ask(network, x, 1), {"time": 0.08}, {"time": 0.08})
    wanted = product.sum(0).reshape(5, 8).sum(1)
    np.testing.assert_allclose(found.attribution.data[0, ::8], wanted, rtol=1e-4, atol=1e-5)
    each = occlusion(ask(network, x, 1), {"time": 0.01}, {"time": 0.01}, channels="each")
    np.testing.assert_allclose(each.attribution.data, product, rtol=1e-3, atol=1e-5)


def test_blocks_say_where_they_are_in_units():
    assert blocks(signal_of((12, 20)), {"freq": 2, "time": 2}).names[3] == "300 to 600 Hz · 0.1 to 0.2 s"
    assert blocks(signal_of((6, 8, 10)), {"z": 2}).names == ("z 0 to 9 mm", "z 9 to 18 mm")
    assert blocks(signal_of((40,)), {}).names == ("all of it",)


def test_a_rhythm_is_found_in_its_band():
    time = np.arange(320) / 160
    data = np.stack([np.sin(2 * np.pi * 10 * time), np.sin(2 * np.pi * 20 * time)])
    cut = bands(Signal.from_array(data, fs=160, channels=["O1", "C3"]))
    power = (cut.parts[:, :, 40:-40] ** 2).mean(2)
    assert cut.bands == ("below 4 Hz", "4 to 8 Hz", "8 to 13 Hz", "13 to 30 Hz", "above 30 Hz")
    assert power.argmax(0).tolist() == [2, 3]
    np.testing.assert_allclose(cut.parts.sum(0), data, atol=1e-12)


def test_supervoxels_part_what_differs():
    volume = np.zeros((1, 6, 8, 10), np.float32)
    volume[0, :, 2:6, 3:7] = 1000
    axes = (Axis("channel", 1), Axis("z", 6, "mm", 3.0), Axis("y", 8, "mm"), Axis("x", 10, "mm"))
    found = supervoxels(Signal(volume, axes, "HU"), 8, compactness=0.3)
    assert len(found.names) <= 8
    inside = set(found.numbers[volume > 0])
    assert inside.isdisjoint(found.numbers[volume == 0])
    assert found.names[0].startswith("z ")


def test_joints_are_three_channels_each():
    x = Signal.from_array(
        np.zeros((6, 4)), fs=2, channels=[f"{name}.{axis}" for name in ("hip", "knee") for axis in "xyz"]
    )
    assert joints(x).numbers[:, 0].tolist() == [0, 0, 0, 1, 1, 1]


# law


def test_shapley_values_come_near_the_exact_ones_within_their_errors():
    question = moving()
    pieces = blocks(question.signal, {"time": 3}, channels="each")
    x = question.x
    with torch.no_grad():
        wanted = exact(lambda present: question.score(pieces.without(present, x, torch.zeros_like(x))), 6)
    found = shapley(question, pieces, samples=100)
    values, spread = np.array([[part.value, part.spread] for part in found.parts]).T
    assert (np.abs(values - wanted) < 4 * spread + 1e-5).all()
    assert spread.max() < 0.15 * np.abs(wanted).max()


def test_shapley_values_of_a_game_of_two_are_exact_once_both_orders_came():
    question = moving("C8RF")
    pieces = blocks(question.signal, {"time": 2})
    x = question.x
    with torch.no_grad():
        wanted = exact(lambda present: question.score(pieces.without(present, x, torch.zeros_like(x))), 2)
    seeds = [shapley(question, pieces, samples=2, seed=seed) for seed in range(8)]
    values = [[part.value for part in found.parts] for found in seeds]
    assert any(np.allclose(one, wanted, atol=1e-5) for one in values)


@pytest.mark.parametrize("make", [lambda x: blocks(x, {"time": 4}, channels="each"), lambda x: bands(x, (10, 25))])
@pytest.mark.parametrize("baseline", [0.0, 1.5, "mean"])
def test_shapley_values_add_up_to_the_score_in_any_number_of_orders(make, baseline):
    question = moving()
    found = shapley(question, make(question.signal), samples=2, baseline=baseline)
    assert abs(found.error) < 1e-5 * max(1, abs(found.score))
    np.testing.assert_allclose(found.attribution.data.sum(), found.total, atol=1e-9)
    assert "error" in found.completeness


def test_the_same_seed_gives_the_same_and_leaves_torch_s_generator():
    question = moving()
    pieces = blocks(question.signal, {"time": 5})
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    first, again = (shapley(question, pieces, samples=3, seed=1) for _ in range(2))
    assert torch.equal(torch.rand(1), wanted)
    assert first.parts == again.parts
    assert first.parts != shapley(question, pieces, samples=3, seed=2).parts


def test_how_many_inputs_go_together_changes_nothing_and_keeps_the_limit():
    question, seen, ticks = moving(), [], []
    pieces = blocks(question.signal, {"time": 10})
    question.network.register_forward_pre_hook(lambda _module, given: seen.append(len(given[0])))
    one = shapley(question, pieces, samples=3, limit=12_000)
    assert max(seen) <= 4
    many = shapley(question, pieces, samples=3, tick=lambda: ticks.append(1))
    assert max(seen) > 8
    assert len(ticks) == 3
    np.testing.assert_allclose([p.value for p in one.parts], [p.value for p in many.parts], atol=1e-5)
    occlusion(question, {"time": 0.05}, limit=12_000, tick=lambda: ticks.append(1))
    assert len(ticks) > 6


def test_no_group_is_lost():
    x = signal_of((12, 20))
    for counts in ({"time": 7}, {"freq": 5, "time": 3}, {"freq": 12, "time": 20}):
        found = blocks(x, counts, channels="each")
        assert np.array_equal(np.unique(found.numbers), np.arange(len(found.names)))
        assert found.numbers.shape == x.shape


# same as


def test_occlusion_equals_captum_s(grid):
    network, x = network_of("C4RPC8RF", grid).eval(), signal_of(grid)
    last = x.axes[-1]
    found = occlusion(ask(network, x, 2), {last.name: 4 * last.step}, {last.name: 2 * last.step})
    shape = (2, *grid[:-1], 4)
    strides = (2, *grid[:-1], 2)
    theirs = captum.attr.Occlusion(network)
    wanted = theirs.attribute(torch.from_numpy(x.data)[None], shape, strides, target=2).numpy()[0]
    np.testing.assert_allclose(found.attribution.data, wanted, rtol=1e-4, atol=1e-6)


def test_left_out_equals_captum_s(grid):
    network, x = network_of("C4RPC8RF", grid).eval(), signal_of(grid)
    pieces = blocks(x, {x.axes[-1].name: 5})
    mask = torch.from_numpy(np.broadcast_to(pieces.numbers, x.shape).copy())[None]
    theirs = captum.attr.FeatureAblation(network)
    wanted = theirs.attribute(torch.from_numpy(x.data)[None], target=2, feature_mask=mask).numpy()[0]
    found = left_out(ask(network, x, 2), pieces)
    np.testing.assert_allclose(
        [part.value for part in found.parts], [wanted[mask[0] == i][0] for i in range(5)], atol=1e-5
    )


# errors


def test_wrong_pieces_say_what_would_do():
    question = moving()
    x = question.signal
    with pytest.raises(ArgumentError, match=r"counts names 'tiem' \(did you mean 'time'\?\)"):
        blocks(x, {"tiem": 2})
    with pytest.raises(ArgumentError, match="is 41; the axis has 40 samples"):
        blocks(x, {"time": 41})
    with pytest.raises(ArgumentError, match="channels is 'every'; allowed: together, each"):
        blocks(x, {"time": 4}, channels="every")
    with pytest.raises(ShapeError, match="each of 0 to 1"):
        Groups(("a", "b"), np.zeros((1, 4), int))
    with pytest.raises(ShapeError, match="cut this signal itself"):
        shapley(question, blocks(signal_of((12, 20)), {"time": 2}))
    with pytest.raises(ArgumentError, match="samples"):
        shapley(question, blocks(x, {"time": 2}), samples=1)
    with pytest.raises(ShapeError, match=r"NAME\.x"):
        joints(x)
    with pytest.raises(ShapeError, match="2 or 3"):
        supervoxels(x)
    with pytest.raises(ArgumentError, match="count"):
        supervoxels(signal_of((12, 20)), 10_000)


def test_wrong_bands_say_what_would_do():
    x = signal_of((40,))
    with pytest.raises(SamplingError, match="50 Hz"):
        bands(x, (4, 60))
    with pytest.raises(ArgumentError, match="rise"):
        bands(x, (13, 8))
    with pytest.raises(ShapeError, match="time alone"):
        bands(signal_of((12, 20)))
    with pytest.raises(ShapeError, match="changes in time"):
        shapley(moving(), bands(x, (10,)), baseline=signal_of((40,), seed=1))


def test_wrong_windows_say_what_would_do():
    with pytest.raises(SamplingError, match=r"size is 2 s along time; allowed: one sample, 0\.01, to all 40, 0\.4 s"):
        occlusion(moving(), {"time": 2})
    with pytest.raises(SamplingError, match=r"step is 0\.2 s along time; allowed: at most the window's size, 0\.1 s"):
        occlusion(moving(), {"time": 0.1}, {"time": 0.2})
    with pytest.raises(ArgumentError, match="size names 'x'; axes: time"):
        occlusion(moving(), {"x": 2})
    with pytest.raises(ArgumentError, match="channels"):
        occlusion(moving(), {"time": 0.1}, channels="all")


def test_without_captum_it_says_what_to_install(monkeypatch):
    import builtins

    real = builtins.__import__

    def absent(name, *rest):
        if name.startswith("captum"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"captum is not installed; .*sigconv\[explain\]"):
        left_out(moving(), blocks(signal_of((40,)), {"time": 2}))
