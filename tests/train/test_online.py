"""Training one sample at a time."""

import numpy as np
import pytest
import torch

from sigconv import nets
from sigconv.core.native.threads import set_threads, threads
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.connections import Averaged, Convolved, Full, Pointwise
from sigconv.train import curvature, fit_online, freeze, generator, newton_rates, one_hot, uniform_weights
from tests.bench.usps import usps

DIGITS = nets.InputSpec(1, (16, 16))
LENET = nets.connected(nets.named.lenet1989(), DIGITS, classes=10)

SMALL = [Convolved((1, 6), 2, (3,)), Pointwise((2, 4), "tanh"), Averaged((2, 4), (2,)), Full((2, 2), 2)]


def bumps(count=40, seed=0):
    """Rising or falling six samples: a task a small net learns."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    slopes = np.where(labels, 1, -1)[:, None] * np.linspace(-1, 1, 6)
    return (slopes + 0.1 * draw.normal(size=slopes.shape))[:, None], one_hot(labels, 2)


# known


def test_a_line_is_found():
    learned = fit_online([Full((1,), 1)], [[-1.0], [0.0], [1.0]], [[-1.0], [1.0], [3.0]], passes=200, rate=0.1)
    np.testing.assert_allclose(learned.weights["0.weight"], [[2]], atol=1e-4)
    np.testing.assert_allclose(learned.weights["0.bias"], [1], atol=1e-4)


def test_weights_start_within_2_4_over_the_fan_in():
    drawn = uniform_weights(LENET, seed=0)
    most = {name: float(abs(w).max()) for name, w in drawn.items() if name.endswith("weight")}
    assert most == pytest.approx(
        {"C1.weight": 2.4 / 25, "C2.weight": 2.4 / 200, "F1.weight": 2.4 / 192, "F2.weight": 0.08}, rel=0.03
    )
    assert not any(drawn[name].any() for name in drawn if name.endswith("bias"))


def test_one_hot_targets():
    assert one_hot([2, 0], 3, low=0, high=1).tolist() == [[0, 0, 1], [1, 0, 0]]


# law


def test_a_small_net_learns_and_its_curve_says_so():
    x, targets = bumps()
    rows = []
    learned = fit_online(SMALL, x, targets, passes=15, rate=0.1, held_out=bumps(20, seed=1), progress=rows.append)
    assert learned.history == tuple(rows)
    assert [row.number for row in rows] == list(range(1, 16))
    assert rows[-1].loss < 0.1 * rows[0].loss
    assert rows[-1].error == rows[-1].held_out_error == 0
    assert rows[-1].held_out_loss < 0.1
    assert np.array_equal(learned.scores(x[:3]).argmax(1), targets[:3].argmax(1))


@pytest.mark.parametrize("count", [1, 2])
def test_a_seed_gives_the_same_bits_on_any_number_of_threads(count):
    x, targets = bumps()
    wanted = fit_online(SMALL, x, targets, passes=2, rate=0.1, seed=3)
    before = threads()
    set_threads(count)
    try:
        again = fit_online(SMALL, x, targets, passes=2, rate=0.1, seed=3)
    finally:
        set_threads(before)
    assert [row.loss for row in again.history] == [row.loss for row in wanted.history]
    for name, w in wanted.weights.items():
        assert np.array_equal(again.weights[name], w)
    other = fit_online(SMALL, x, targets, passes=2, rate=0.1, seed=4)
    assert not np.array_equal(other.weights["0.weight"], wanted.weights["0.weight"])


def test_the_order_is_that_of_the_draws_or_that_of_x():
    x, targets = bumps()
    start = uniform_weights({str(i): layer for i, layer in enumerate(SMALL)}, 5)
    order = generator(7, "online order", 0).permutation(len(x))
    shuffled = fit_online(SMALL, x, targets, passes=1, rate=0.1, seed=7, start=start)
    in_order = fit_online(SMALL, x[order], targets[order], passes=1, rate=0.1, shuffle=False, start=start)
    for name, w in shuffled.weights.items():
        assert np.array_equal(in_order.weights[name], w)


def test_a_rate_may_fall_from_pass_to_pass():
    x, targets = bumps()
    first = fit_online(SMALL, x, targets, passes=1, rate=0.1)
    both = fit_online(SMALL, x, targets, passes=2, rate=lambda number, _: (0.1, 1e-30)[number])
    for name, w in first.weights.items():
        assert np.array_equal(both.weights[name], w)


def test_a_rate_may_follow_from_the_weights():
    x, targets = bumps()
    seen = []

    def rate(number, weights):
        seen.append(weights)
        return newton_rates(curvature(dict(zip("0123", SMALL, strict=True)), weights, x), rate=0.02, least=0.05)

    learned = fit_online(SMALL, x, targets, passes=10, rate=rate)
    assert learned.history[-1].loss < 0.1 * learned.history[0].loss
    assert len(seen) == 10
    assert np.array_equal(seen[0]["3.weight"], uniform_weights(learned.net.layers, 0)["3.weight"].astype("f"))


def test_samples_may_be_drawn_anew_for_every_pass():
    x, targets = bumps()
    twice = fit_online(SMALL, lambda number: x * (1 + number), targets, passes=2, rate=0.1, shuffle=False)
    joined = np.concatenate([x, 2 * x]), np.concatenate([targets, targets])
    once = fit_online(SMALL, *joined, passes=1, rate=0.1, shuffle=False)
    for name, w in once.weights.items():
        assert np.array_equal(twice.weights[name], w)


# same as torch


def test_a_built_network_holds_the_learnt_weights():
    x = np.random.default_rng(0).uniform(-1, 1, (30, 1, 16, 16)).astype(np.float32)
    targets = one_hot(np.arange(30) % 10, 10)
    network = nets.build(nets.named.lenet1989(), DIGITS, classes=10, seed=0)
    fitted = fit_online(network, x, targets, passes=2, rate=0.05, start=uniform_weights(network, seed=0))
    by_layers = fit_online(LENET, x, targets, passes=2, rate=0.05)
    assert np.array_equal(fitted.scores(x), by_layers.scores(x))
    with torch.inference_mode():
        np.testing.assert_allclose(network(torch.from_numpy(x)).numpy(), fitted.scores(x), atol=1e-5)


@pytest.mark.parametrize("text", ["C4k3R:tanhAF2", "C3k3s2b*:-1 R:stanh C4k3t2b*:-1 R:stanh F2 R:stanh"])
def test_a_network_starts_from_its_own_weights_and_learns_as_torch_does(text):
    x, targets = bumps(6)
    network, peer = (nets.build(nets.parse(text), nets.InputSpec(1, (6,)), seed=3) for _ in range(2))
    fit_online(network, x, targets, passes=1, rate=0.1, shuffle=False)
    steps = torch.optim.SGD(peer.parameters(), 0.1)
    for one, wanted in zip(torch.from_numpy(x).float(), torch.from_numpy(targets), strict=True):
        steps.zero_grad()
        (peer(one[None])[0] - wanted).square().mean().backward()
        steps.step()
    for ours, theirs in zip(network.parameters(), peer.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_frozen_layers_of_a_network_stay():
    x, targets = bumps(6)
    network = nets.build(nets.parse("C4k3R:tanhF2"), nets.InputSpec(1, (6,)), seed=3)
    before = {name: w.clone() for name, w in network.state_dict().items()}
    freeze(network, "C1")
    fit_online(network, x, targets, passes=2, rate=0.1)
    changed = {name: not torch.equal(w, before[name]) for name, w in network.state_dict().items()}
    assert {name for name, other in changed.items() if other} == {"layers.F1.weight", "layers.F1.bias"}


@pytest.mark.data
def test_two_passes_read_most_digits(real_data):
    digits = usps(real_data)
    (x, labels), (x_test, labels_test) = digits["train"], digits["test"]
    assert (x.shape, x_test.shape) == ((7291, 1, 16, 16), (2007, 1, 16, 16))
    learned = fit_online(LENET, x, one_hot(labels, 10), passes=2, rate=0.02)
    assert (learned.scores(x_test).argmax(1) != labels_test).mean() < 0.12


# errors


def test_a_net_that_blows_up_is_stopped_at_the_sample_and_a_network_is_as_before():
    x, targets = bumps()
    network = nets.build(nets.parse("F2"), nets.InputSpec(1, (6,)), seed=0)
    before = network.layers.F1.weight.detach().clone()
    with pytest.raises(ArgumentError, match="lower rate"):
        fit_online(network, x * 1e6, targets, rate=1.0)
    assert torch.equal(network.layers.F1.weight, before)
    with pytest.raises(ArgumentError, match=r"error of sample \d+ became (inf|nan) in pass 1, step \d+; lower rate"):
        fit_online([Full((1, 6), 2)], x * 1e6, targets, rate=1.0)


@pytest.mark.parametrize(
    ("error", "message", "given"),
    [
        (ArgumentError, "passes is 0", {"passes": 0}),
        (ArgumentError, "rate is 0", {"rate": 0}),
        (ArgumentError, "rate of 0.weight is -1", {"rate": {"0.weight": -1}}),
        (ArgumentError, "rate is nan", {"rate": float("nan")}),
        (ArgumentError, "'9.weight' is no part", {"rate": {"9.weight": 1}}),
        (ShapeError, "0.weight has shape", {"start": {"0.weight": np.zeros(2)}}),
        (ArgumentError, "dtype is 'float16'", {"dtype": "float16"}),
    ],
)
def test_what_does_not_fit_is_named(error, message, given):
    with pytest.raises(error, match=message):
        fit_online(SMALL, *bumps(), **given)


def test_data_that_do_not_fit_are_named():
    x, targets = bumps()
    with pytest.raises(ShapeError, match=r"samples has shape \(40, 6\); this net takes \(N, 1, 6\)"):
        fit_online(SMALL, x[:, 0], targets)
    with pytest.raises(ShapeError, match="40 samples and 39 targets"):
        fit_online(SMALL, x, targets[1:])
    with pytest.raises(ShapeError, match="at least one sample"):
        fit_online(SMALL, x[:0], targets[:0])
    with pytest.raises(ArgumentError, match="whole numbers from 0 to 1"):
        one_hot([0, 2], 2)
