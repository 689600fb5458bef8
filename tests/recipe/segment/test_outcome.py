"""Outcomes of held-out recordings come to means over recordings, and to intervals over groups."""

import math

import numpy as np
import pytest

from sigconv.recipe.segment.outcome import Outcome, summarised


def outcome(index, group, right, wrong):
    """A recording with so many samples of the background right, and so many of the second class taken for it."""
    return Outcome(index, f"r{index}", group, "fold", 0, np.array([[right, 0], [wrong, 0]]), {"Rand F": float("nan")})


def test_a_recording_without_a_class_does_not_count_for_it_and_groups_count_alike():
    told = summarised([outcome(0, "a", 9, 1), outcome(1, "a", 5, 5), outcome(2, "b", 8, 0)], ["ground", "cell"])
    assert told["error"]["mean"] == pytest.approx((0.1 + 0.5 + 0.0) / 3)
    assert told["error"]["by_group"] == {"a": pytest.approx(0.3), "b": 0.0}
    assert told["dice cell"]["mean"] == told["mean dice"]["mean"] == 0.0
    assert math.isnan(told["dice cell"]["by_group"]["b"])
    assert math.isnan(told["Rand F"]["mean"])
