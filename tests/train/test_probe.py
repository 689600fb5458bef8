"""A linear probe finds what is linear in the features, and chooses its penalty inside the training examples."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sigconv.errors import ArgumentError, ShapeError, SplitError
from sigconv.train import linear_probe


def sample(count=150, classes=3, seed=0):
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    x = draw.normal(size=(count, 4, 5)) * 3 + 100
    x[:, 0, 0] += 12 * labels
    return x, labels


# known


def test_a_feature_that_tells_the_classes_apart_is_found():
    probe = linear_probe(*sample())
    assert probe.score(*sample(seed=1)) > 0.8
    assert np.abs(probe.weight[0]).argmax() == 0


def test_labels_that_have_nothing_to_do_with_the_features_stay_near_chance():
    x, labels = sample(400, 2)
    shuffled = np.random.default_rng(5).permutation(labels)
    probe = linear_probe(x[:200], shuffled[:200])
    assert abs(probe.score(x[200:], shuffled[200:]) - 0.5) < 0.1
    assert probe.strength <= 0.01


# law


def test_the_seed_decides_everything():
    one, same = linear_probe(*sample(), seed=3), linear_probe(*sample(), seed=3)
    assert np.array_equal(one.weight, same.weight)
    assert one.inner == same.inner


def test_units_of_the_features_do_not_matter():
    x, labels = sample()
    scaled = x * np.logspace(-3, 3, 20).reshape(4, 5) - 7
    np.testing.assert_allclose(
        linear_probe(scaled, labels).probabilities(scaled), linear_probe(x, labels).probabilities(x), atol=1e-4
    )


def test_with_groups_what_only_a_group_shows_counts_for_nothing():
    # each group has a mark of its own and one label: known groups are recognised, new ones are not
    draw = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    labels = draw.permutation(20)[groups] % 2
    x = np.eye(20)[groups] + 0.1 * draw.normal(size=(200, 20))
    alone, grouped = linear_probe(x, labels), linear_probe(x, labels, groups=groups)
    assert max(alone.inner.values()) > 0.95
    assert max(grouped.inner.values()) < 0.7


def test_constant_features_and_tensors_are_taken():
    x, labels = sample()
    x[:, 1, 1] = 4.0
    probe = linear_probe(torch.from_numpy(x).float(), labels)
    assert np.isfinite(probe.probabilities(x)).all()
    assert probe.scale[6] == 1


# same as


@pytest.mark.parametrize("classes", [2, 3])
def test_the_probabilities_are_scikit_learn_s(classes):
    x, labels = sample(classes=classes)
    probe = linear_probe(x, labels, strengths=[0.1])
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=10_000)).fit(
        x.reshape(len(x), -1), labels
    )
    np.testing.assert_allclose(probe.probabilities(x), peer.predict_proba(x.reshape(len(x), -1)), atol=1e-12)
    assert np.array_equal(probe.predict(x), peer.predict(x.reshape(len(x), -1)))
    assert (probe.strength, probe.inner) == (0.1, {})


# errors


def test_what_does_not_fit_is_refused():
    x, labels = sample(30)
    with pytest.raises(ShapeError, match=r"labels has shape \(29,\)"):
        linear_probe(x, labels[1:])
    with pytest.raises(ShapeError, match="groups has shape"):
        linear_probe(x, labels, groups=[1, 2])
    with pytest.raises(ShapeError, match=r"features have shape \(5,\)"):
        linear_probe(np.ones(5), np.ones(5))
    with pytest.raises(ArgumentError, match="not finite"):
        linear_probe(x * np.nan, labels)
    with pytest.raises(ArgumentError, match="strengths"):
        linear_probe(x, labels, strengths=[0.0])
    with pytest.raises(ArgumentError, match="folds is 1"):
        linear_probe(x, labels, folds=1)
    with pytest.raises(ShapeError, match="trained on 20"):
        linear_probe(x, labels).predict(x[:, :3])


def test_what_cannot_be_split_is_refused():
    x, labels = sample(30)
    with pytest.raises(SplitError, match="one class alone"):
        linear_probe(x, 0 * labels)
    with pytest.raises(SplitError, match="one group alone"):
        linear_probe(x, labels, groups=["a"] * 30)
    with pytest.raises(SplitError, match="one example alone"):
        linear_probe(x[:4], [0, 0, 0, 1])
    with pytest.raises(SplitError, match="training part shows one class"):
        linear_probe(x, labels > 0, groups=labels > 0)


def test_labels_that_are_floats_are_refused():
    x, y = np.eye(6), np.arange(6) % 2 + 0.5
    with pytest.raises(ArgumentError, match="labels are floats"):
        linear_probe(x, y)
