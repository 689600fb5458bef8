"""Splits: a group is on one side, the draw is the seed's, the shares are what was asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from sigconv.errors import ArgumentError, ShapeError, SplitError
from sigconv.windows import by_part, group_folds, holdout

many_groups = st.lists(st.sampled_from("abcdefgh"), min_size=8, max_size=60).filter(lambda x: len(set(x)) > 2)


def sides(split, groups):
    return [{groups[i] for i in side} for side in (split.train, split.test)]


# known ---------------------------------------------------------------------------------------------------------------


def test_a_fifth_of_ten_speakers_is_two():
    groups = [f"s{i % 10}" for i in range(100)]
    train, test = sides(holdout(groups, 0.2, seed=1), groups)
    assert (len(train), len(test)) == (8, 2)


def test_a_predefined_split_leaves_other_parts_aside():
    split = by_part(["train", "val", "test", ""], ["a", "b", "c", "d"])
    assert (split.train.tolist(), split.test.tolist()) == ([0], [2])
    assert by_part(["train", "val"], ["a", "b"], test="val").test.tolist() == [1]


def test_classes_keep_their_shares_where_groups_allow():
    groups = [f"s{i // 10:02d}" for i in range(200)]
    labels = ["ill" if int(g[1:]) % 4 == 0 else "well" for g in groups]
    for split in (holdout(groups, 0.2, 3, labels), *group_folds(groups, 5, 3, labels)):
        shares = [np.mean([labels[i] == "ill" for i in side]) for side in (split.train, split.test)]
        np.testing.assert_allclose(shares, 0.25, atol=0.02)


def test_no_fold_is_empty_however_unequal_the_groups():
    groups = list("abddddeefg")
    for seed in range(20):
        assert all(len(fold.test) for fold in group_folds(groups, 6, seed, [g in "abc" for g in groups]))


@pytest.mark.parametrize(("share", "tested"), [(0.2, 12), (0.4, 24), (0.33, 20), (0.75, 45), (0.9, 54)])
def test_a_share_of_groups_alike_in_classes_is_held_out_as_asked(share, tested):
    groups, labels = [f"g{i}" for i in range(60)], [i % 2 for i in range(60)]
    split = holdout(groups, share, 0, labels)
    assert len(split.test) == tested
    assert abs(sum(labels[i] for i in split.test) - tested / 2) <= 1


# law -----------------------------------------------------------------------------------------------------------------


@given(many_groups, st.floats(0.05, 0.95), st.integers(0, 99), st.booleans())
def test_a_holdout_shares_no_group_and_loses_no_window(groups, fraction, seed, labelled):
    labels = [g in "abc" for g in groups] if labelled else None
    split = holdout(groups, fraction, seed, labels)
    train, test = sides(split, groups)
    assert not train & test
    assert sorted([*split.train, *split.test]) == list(range(len(groups)))
    again = holdout(groups, fraction, seed, labels)
    assert again.test.tolist() == split.test.tolist()


@given(many_groups, st.integers(0, 99), st.data())
def test_every_group_is_tested_once(groups, seed, data):
    k = data.draw(st.integers(2, len(set(groups))))
    folds = group_folds(groups, k, seed, data.draw(st.sampled_from([None, [g in "ab" for g in groups]])))
    assert len(folds) == k
    assert sorted(i for fold in folds for i in fold.test) == list(range(len(groups)))
    for fold in folds:
        train, test = sides(fold, groups)
        assert not train & test


# same as -------------------------------------------------------------------------------------------------------------


def test_draws_are_those_of_scikit_learn():
    groups = np.array([f"s{i % 7}" for i in range(70)])
    labels = np.arange(70) % 3
    _, test = next(GroupShuffleSplit(1, test_size=2, random_state=5).split(groups, groups=groups))
    assert holdout(list(groups), 0.3, 5).test.tolist() == test.tolist()
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=5).split(groups, labels, groups)
    for ours, (_, test) in zip(group_folds(list(groups), 4, 5, list(labels)), folds, strict=True):
        assert ours.test.tolist() == test.tolist()


# errors --------------------------------------------------------------------------------------------------------------


def test_a_split_that_shares_a_group_is_refused():
    with pytest.raises(SplitError, match="'test' has theo in both training and test"):
        by_part(["train", "test"], ["theo", "theo"])
    with pytest.raises(SplitError, match="no window is in part 'test'; the parts are train"):
        by_part(["train", ""], ["a", "b"])
    with pytest.raises(SplitError, match="the parts are not defined"):
        by_part(["", ""], ["a", "b"])


def test_what_cannot_be_divided_says_so():
    for draw in (lambda: holdout(["a", "a"], 0.5, 0), lambda: group_folds(["a", "a"], 2, 0)):
        with pytest.raises(SplitError, match=r"one group only \(a\)"):
            draw()
    for wrong in (0, 1, -1, "x", float("nan")):
        with pytest.raises(ArgumentError, match="fraction is"):
            holdout(["a", "b"], wrong, 0)
    for wrong in (1, 3):
        with pytest.raises(ArgumentError, match=f"k is {wrong}; there are 2 groups"):
            group_folds(["a", "b"], wrong, 0)
    with pytest.raises(ShapeError, match="labels has 1 for 2"):
        group_folds(["a", "b"], 2, 0, ["x"])
    with pytest.raises(ShapeError, match="parts has 1 for 2"):
        by_part(["train"], ["a", "b"])
