"""Rates, settings, and the order of windows: laws on numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sigconv.errors import ArgumentError
from sigconv.train import Settings
from sigconv.train.order import epoch_order, pieces_of, steps_of
from sigconv.train.schedule import rate_factor

SCHEDULES = ["cosine", "constant", "one_cycle"]

# known


def test_rates_by_hand():
    assert [rate_factor(s, 4, "cosine") for s in (0, 2)] == [1.0, pytest.approx(0.5)]
    assert [rate_factor(s, 10, "constant", 0.2) for s in range(3)] == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1]
    assert rate_factor(0, 100, "one_cycle") == pytest.approx(1 / 25)
    assert rate_factor(30, 100, "one_cycle") == 1.0


# law


@given(st.integers(1, 300), st.sampled_from(SCHEDULES), st.floats(0, 0.9))
def test_a_rate_rises_once_falls_once_and_never_leaves_0_to_1(steps, schedule, warmup):
    factors = [rate_factor(step, steps, schedule, warmup) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
    rising = np.diff(factors) > 0
    assert not (np.diff(rising.astype(int)) > 0).any()


@given(st.integers(1, 200), st.integers(2, 40), st.integers(1, 4))
def test_every_window_comes_once_an_epoch_in_steps_of_nearly_equal_size(count, batch, accumulate):
    settings = Settings(batch=batch, accumulate=accumulate)
    steps = steps_of(count, settings)
    pieces = pieces_of(epoch_order(count, settings, 0, 3), steps, settings)
    sizes = [sum(map(len, step)) for step in pieces]
    assert sorted(int(i) for step in pieces for piece in step for i in piece) == list(range(count))
    assert max(sizes) - min(sizes) <= 1
    # a batch of two takes a third one rather than leave it alone
    assert all(min(2, count) <= len(piece) <= max(3, batch) for step in pieces for piece in step)


@given(st.integers(1, 50), st.integers(1, 7), st.integers(2, 9))
def test_steps_of_ones_own_go_through_all_windows_before_one_comes_again(count, steps, batch):
    settings = Settings(batch=batch, steps=steps)
    row = np.concatenate([epoch_order(count, settings, 1, epoch) for epoch in range(12)])
    for first in range(0, len(row) - count + 1, count):
        assert sorted(row[first : first + count]) == list(range(count))


def test_balanced_sampling_shows_every_class_equally_often():
    shows = np.zeros((1000, 4), bool)
    shows[:, 0] = True
    shows[:20, 1] = True
    shows[7, 2] = True  # and nothing shows the last class
    order = epoch_order(1000, Settings(batch=100, steps=30, sampling="balanced"), 0, 0, shows)
    assert len(order) == 3000
    assert (order == 7).mean() == pytest.approx(1 / 3 + 1 / 60, abs=0.03)
    assert (order < 20).mean() == pytest.approx(2 / 3 + 20 / 3000, abs=0.03)


# same as


def test_one_cycle_is_torch_s():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1.0, total_steps=1001, cycle_momentum=False)
    for step in range(1000):
        assert rate_factor(step, 1000, "one_cycle") == pytest.approx(optimiser.param_groups[0]["lr"], abs=0.006)
        optimiser.step()
        theirs.step()


# errors


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"epochs": 0}, "epochs is 0; allowed: 1 or more"),
        ({"epochs": 1.5}, "epochs is 1.5; it is a whole number"),
        ({"batch": 1}, "batch is 1; allowed: 2 or more"),
        ({"rate": float("nan")}, "rate is nan; allowed: above 0"),
        ({"rate": "fast"}, "rate is 'fast'; it is one number, above 0"),
        ({"momentum": 1.0}, "momentum is 1.0; allowed: from 0 up to, but not, 1"),
        ({"average": -0.1}, "average is -0.1"),
        ({"workers": -1}, "workers is -1; allowed: 0 or more"),
        ({"patience": True}, "patience is True"),
        ({"optimiser": "adam"}, r"optimiser is 'adam' \(did you mean 'adamw'\?\); allowed: adamw, sgd"),
        ({"loss": "dice"}, "loss is 'dice'"),
        ({"precision": "float16"}, r"precision is 'float16' \(did you mean 'bfloat16'\?\)"),
    ],
)
def test_a_setting_outside_its_range_is_named_with_the_range(given, told):
    with pytest.raises(ArgumentError, match=told):
        Settings(**given)


def test_a_step_outside_the_training_is_refused():
    with pytest.raises(ArgumentError, match="step is 4; a training of 4 steps has 0 to 3"):
        rate_factor(4, 4, "cosine")
