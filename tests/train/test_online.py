"""Training one sample at a time."""

import numpy as np
import pytest
import torch

from sigconv.core.native.threads import set_threads, threads
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.connections import Averaged, Convolved, Full, Pointwise
from sigconv.train import curvature, fit_online, generator, newton_rates, one_hot, uniform_weights
from tests.bench.digits import lenet_1989, usps
from tests.bench.digits_modern import LeNet, wrong

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
    drawn = uniform_weights(lenet_1989(), seed=0)
    most = {name: float(abs(w).max()) for name, w in drawn.items() if name.endswith("weight")}
    assert most == pytest.approx(
        {"H1.weight": 2.4 / 25, "H2.weight": 2.4 / 200, "H3.weight": 2.4 / 192, "O.weight": 0.08}, rel=0.03
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


def test_the_weights_of_the_net_of_1989_load_by_name_and_answer_alike():
    x = np.random.default_rng(0).uniform(-1, 1, (30, 1, 16, 16)).astype(np.float32)
    targets = one_hot(np.arange(30) % 10, 10)
    learned = fit_online(lenet_1989(), x, targets, passes=2, rate=0.05)
    module = LeNet(uniform_weights(lenet_1989(), 1))
    named = {f"weights.{name.replace('.', '_')}": torch.from_numpy(w) for name, w in learned.weights.items()}
    module.load_state_dict(named, strict=True)
    np.testing.assert_allclose(learned.scores(x), module(torch.from_numpy(x)).detach().numpy(), atol=2e-6)


@pytest.mark.data
def test_two_passes_read_most_digits(real_data):
    digits = usps(real_data)
    (x, labels), (x_test, labels_test) = digits["train"], digits["test"]
    assert (x.shape, x_test.shape) == ((7291, 1, 16, 16), (2007, 1, 16, 16))
    learned = fit_online(lenet_1989(), x, one_hot(labels, 10), passes=2, rate=0.02)
    assert wrong(learned.scores(x_test), labels_test) < 12


# errors


def test_a_net_that_blows_up_is_stopped_at_the_sample():
    x, targets = bumps()
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
