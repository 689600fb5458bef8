"""Dice and the share of wrong samples, against numbers done by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigconv.errors import ArgumentError, ShapeError
from sigconv.report.overlap import confusion_counts, dice, sample_error

# known


def test_two_squares_that_share_a_corner():
    truth, said = np.zeros((4, 4), int), np.zeros((4, 4), int)
    truth[:2, :2] = said[1:3, 1:3] = 1
    counts = confusion_counts(truth, said, 3)
    assert counts.tolist() == [[9, 3, 0], [3, 1, 0], [0, 0, 0]]
    assert dice(counts)[:2] == [2 * 9 / 24, 2 * 1 / 8]
    assert math.isnan(dice(counts)[2])
    assert sample_error(counts) == 6 / 16


# law


@given(arrays(np.uint8, (5, 4), elements=st.integers(0, 2)))
def test_a_map_agrees_with_itself(labels):
    counts = confusion_counts(labels, labels, 3)
    assert sample_error(counts) == 0
    assert all(value == 1 or math.isnan(value) for value in dice(counts))


# same as


@given(arrays(np.uint8, (40,), elements=st.integers(0, 2)), arrays(np.uint8, (40,), elements=st.integers(0, 2)))
def test_dice_is_the_f1_score(truth, said):
    from sklearn.metrics import f1_score

    wanted = f1_score(truth, said, average=None, labels=[0, 1, 2], zero_division=np.nan)
    np.testing.assert_allclose(dice(confusion_counts(truth, said, 3)), wanted)


# errors


def test_maps_of_two_shapes_and_labels_that_are_no_class_are_refused():
    with pytest.raises(ShapeError, match=r"\(3,\) and said \(4,\)"):
        confusion_counts(np.zeros(3, int), np.zeros(4, int), 2)
    with pytest.raises(ArgumentError, match="said has labels 0 to 7; allowed: 0 to 1"):
        confusion_counts(np.zeros(2, int), np.array([0, 7]), 2)
