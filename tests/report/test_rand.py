"""The Rand score of connectomics, against numbers done by hand and the formula of pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigconv.errors import ArgumentError, ShapeError
from sigconv.report.rand import Rand, rand, regions

# known


def test_a_region_cut_in_three_and_one_is_split_and_not_merged():
    found = rand(np.ones(4, int), np.array([1, 1, 1, 2]))
    assert found == Rand(split=(9 + 1) / 16, merge=1.0)
    assert found.score == 2 * 0.625 / 1.625


def test_two_regions_in_one_are_merged_and_not_split():
    assert rand(np.array([1, 1, 1, 2]), np.ones(4, int)) == Rand(split=1.0, merge=(9 + 1) / 16)


def test_borders_of_the_truth_do_not_count():
    truth = np.array([1, 1, 0, 2, 2])
    assert rand(truth, np.array([5, 5, 9, 7, 7])) == rand(truth, np.array([5, 5, 5, 7, 7])) == Rand(1.0, 1.0)


def test_thin_borders_lie_halfway_and_regions_touch_by_their_faces():
    inside = np.array([[1, 0, 0, 0, 1], [1, 0, 0, 0, 1]], bool)
    thinned = regions(inside)
    assert thinned[:, [0, 1]].tolist() == [[1, 1], [1, 1]]
    assert thinned[:, [3, 4]].tolist() == [[2, 2], [2, 2]]
    assert regions(np.eye(2, dtype=bool), thin=False).tolist() == [[1, 0], [0, 2]]
    assert not regions(np.zeros((2, 2), bool)).any()


# law

LABELS = arrays(np.uint8, (6, 5), elements=st.integers(0, 3))


@given(LABELS)
def test_a_division_agrees_with_itself_under_other_numbers(labels):
    if labels.any():
        assert rand(labels, np.array([0, 9, 4, 7])[labels]) == Rand(1.0, 1.0)


@given(LABELS, LABELS)
def test_split_of_one_way_is_merge_of_the_other(one, other):
    a, b = rand(one + 1, other + 1), rand(other + 1, one + 1)
    assert (a.split, a.merge) == (b.merge, b.split)
    assert 0 < a.score <= 1


# same as


@given(LABELS, LABELS)
def test_it_is_the_share_of_pairs_that_are_together(truth, said):
    """Every pair of samples, a sample with itself among them; adapted_rand_error leaves these out."""
    inside = truth > 0
    if not inside.any():
        return
    belong, are = (labels[inside][:, None] == labels[inside][None] for labels in (truth, said))
    found = rand(truth, said)
    assert found.split == pytest.approx((belong & are).sum() / belong.sum())
    assert found.merge == pytest.approx((belong & are).sum() / are.sum())


# errors


def test_a_truth_without_a_region_and_two_shapes_are_refused():
    with pytest.raises(ArgumentError, match="no region"):
        rand(np.zeros(4, int), np.ones(4, int))
    with pytest.raises(ShapeError, match="one grid"):
        rand(np.ones(4, int), np.ones(5, int))
