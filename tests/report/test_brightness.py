"""Thresholds of brightness, by hand and by the definition of variance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv.errors import ArgumentError, ShapeError
from sigconv.report.brightness import Thresholds, learnt, otsu

# known


def test_two_heaps_are_divided_in_the_middle_between_them():
    assert otsu(np.array([0.0] * 5 + [1.0] * 3)) == pytest.approx(0.5, abs=0.01)


def test_each_range_has_the_class_that_most_samples_have():
    found = learnt(
        [np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.5, 1.0])], [np.array([2, 2, 1, 0]), np.array([1, 0])], 3
    )
    assert found(np.array([-9.0, 0.0, 0.2, 0.3, 0.5, 0.9, 9.0])).tolist() == [2, 2, 2, 1, 1, 0, 0]


# law


@given(st.lists(st.integers(0, 255), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_no_other_threshold_divides_with_more_variance(values):
    x = np.array(values, float)

    def between(threshold):
        low, high = x[x < threshold], x[x >= threshold]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    # numbers in 256 bins: the threshold lies between two different numbers, and none does better
    best = max(between(t) for t in np.unique(x)[1:])
    assert between(otsu(x)) >= 0.95 * best


def test_brightness_that_tells_all_is_never_wrong():
    labels = np.random.default_rng(0).integers(0, 3, (8, 8))
    assert np.array_equal(learnt([labels * 10.0], [labels], 3)(labels * 10.0), labels)
    assert Thresholds(np.array([1.0]), np.array([0, 1]))(np.array([[1.0]])).shape == (1, 1)


# errors


def test_one_brightness_and_two_shapes_are_refused():
    with pytest.raises(ArgumentError, match="every number is about 3"):
        otsu(np.full(5, 3.0))
    with pytest.raises(ShapeError, match="one grid"):
        learnt([np.zeros(3)], [np.zeros(4)], 2)
    with pytest.raises(ShapeError, match="empty"):
        learnt([], [], 2)
