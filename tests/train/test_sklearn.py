import inspect
from dataclasses import fields

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from sigconv import nets, train
from sigconv.errors import ArgumentError, NotationError, ShapeError, SplitError
from sigconv.train.sklearn import SigconvClassifier


def examples(count=40, grid=(12,), scale=1.0, seed=0):
    """Two channels of noise; of the second class the first channel is three times as loud."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(count, 2, *grid))
    y = np.array(["rest", "move"] * (count // 2))
    X[y == "move", 0] *= 3
    return scale * X, y


def quick(**changes):
    return SigconvClassifier(**{"net": "C4k3R:squareGF", "epochs": 8, "rate": 0.1, "random_state": 0, **changes})


# known


@pytest.mark.parametrize("grid", [(12,), (6, 8), (4, 4, 6)])
def test_it_learns_in_one_two_and_three_dimensions(grid):
    X, y = examples(grid=grid)
    model = quick(epochs=15).fit(X, y)
    fresh = examples(grid=grid, seed=1)
    assert model.score(*fresh) > 0.85
    assert model.classes_.tolist() == ["move", "rest"]
    assert model.n_features_in_ == 2
    assert set(model.predict(X)) == {"move", "rest"}
    np.testing.assert_allclose(model.predict_proba(X).sum(1), 1)


def test_volts_do_as_well_as_microvolts():
    X, y = examples(scale=1e-6)
    assert quick(epochs=15).fit(X, y).score(X, y) > 0.85
    told = quick(epochs=15).fit(X * 1e6 + 5, y)
    np.testing.assert_allclose(told.predict_proba(X * 1e6 + 5), quick(epochs=15).fit(X, y).predict_proba(X), atol=1e-3)


@pytest.mark.parametrize("labels", [[3, 7], [True, False], ["a", "b"], [-1.0, 1.0]])
def test_labels_of_any_kind_come_back(labels):
    X, y = examples()
    kinds = np.where(y == "rest", labels[0], labels[1])
    model = quick(epochs=1).fit(X, kinds)
    assert model.classes_.dtype == kinds.dtype
    assert set(model.predict(X)) <= set(kinds)


# law


def test_its_settings_are_those_of_the_loop():
    mine = inspect.signature(SigconvClassifier).parameters
    theirs = {field.name: field.default for field in fields(train.Settings)}
    left_out = {"patience", "workers"}  # no validation part, and nothing is read from files
    assert {name: p.default for name, p in mine.items() if name in theirs} == {
        name: value for name, value in theirs.items() if name not in left_out
    }


def test_a_clone_with_the_same_seed_says_the_same():
    X, y = examples()
    first = quick(epochs=2)
    again = clone(first)
    assert again.get_params() == first.get_params()
    np.testing.assert_array_equal(first.fit(X, y).predict_proba(X), again.fit(X, y).predict_proba(X))
    other = quick(epochs=2, random_state=1).fit(X, y)
    assert not np.array_equal(other.predict_proba(X), first.predict_proba(X))


def test_torch_s_generator_stays():
    X, y = examples()
    torch.manual_seed(0)
    wanted = torch.rand(1)
    torch.manual_seed(0)
    quick(epochs=1).fit(X, y)
    assert torch.equal(torch.rand(1), wanted)


def test_it_is_fit_by_the_loop_itself():
    X, y = examples()
    model = quick(epochs=3, standardise="none").fit(X, y)
    labels = np.unique(y, return_inverse=True)[1]
    windows = train_windows(X, labels)
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    module = nets.build(nets.parse("C4k3R:squareGF"), nets.InputSpec(2, (12,)), classes=2, seed=seed)
    train.fit(module, windows, train.Settings(epochs=3, rate=0.1), seed=seed)
    np.testing.assert_array_equal(model.predict_proba(X), train.probabilities(module, windows.data))


def train_windows(X, labels):
    from sigconv.windows import Loaded

    return Loaded(X.astype(np.float32), labels.astype(np.int64), ("",) * len(X), ("move", "rest"))


# same as


def test_it_works_in_cross_validation_by_groups():
    X, y = examples(48)
    groups = np.repeat(["S1", "S2", "S3"], 16)
    scores = cross_val_score(quick(), X, y, groups=groups, cv=LeaveOneGroupOut())
    assert len(scores) == 3
    assert scores.mean() > 0.8


def test_it_works_in_a_pipeline_and_a_search():
    X, y = examples()
    line = make_pipeline(FunctionTransformer(np.abs), quick(epochs=4))
    search = GridSearchCV(line, {"sigconvclassifier__net": ["F", "C4RGF"], "sigconvclassifier__rate": [0.05]}, cv=2)
    assert search.fit(X, y).best_params_["sigconvclassifier__rate"] == 0.05
    assert search.best_estimator_.predict(X).shape == (40,)


NOT_HERE = {  # skipped by scikit-learn itself unless SCIPY_ARRAY_API is set, or pandas installed
    "check_array_api_input",
    "check_classifier_data_not_an_array",
}
CHECKS = [
    (estimator, check)
    for estimator, check in estimator_checks_generator(SigconvClassifier("F16RF", epochs=8, rate=0.05))
    if check.func.__name__ not in NOT_HERE
]


@pytest.mark.parametrize(
    ("estimator", "check"), CHECKS, ids=lambda given: given.func.__name__ if hasattr(given, "func") else ""
)
def test_scikit_learn_s_own_checks(estimator, check):
    """Every one that applies to an estimator of matrices, which are examples of one channel; none is let off."""
    assert check(estimator) is None


# errors


def test_wrong_x_says_what_is_expected():
    X, y = examples()
    with pytest.raises(ShapeError, match=r"X has shape \(40, 2, 1, 1, 1, 12\); expected \(n, channels, \*grid\)"):
        quick().fit(X[:, :, None, None, None], y)
    model = quick(epochs=1).fit(X, y)
    with pytest.raises(ShapeError, match=r"X has shape \(40, 2, 9\); this classifier was trained on \(n, 2, 12\)"):
        model.predict(X[:, :, :9])
    with pytest.raises(ValueError, match="X has 1 features, but SigconvClassifier is expecting 2"):
        model.predict(X[:, :1])
    with pytest.raises(ValueError, match="NaN"):
        quick().fit(np.where(X > 2, np.nan, X), y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick().fit(X, y[:-1])


def test_wrong_settings_say_what_is_allowed():
    X, y = examples()
    with pytest.raises(ArgumentError, match="epochs is 0; allowed: 1 or more"):
        quick(epochs=0).fit(X, y)
    with pytest.raises(ArgumentError, match="standardise is 'all'; allowed: channels, none"):
        quick(standardise="all").fit(X, y)
    with pytest.raises(NotationError, match="'Q' is not a layer"):
        quick(net="CQF").fit(X, y)
    with pytest.raises(ShapeError, match="P4 at column 2: its grid is 1"):
        quick(net="(CP)9F").fit(X, y)
    with pytest.raises(SplitError, match="1 class alone"):
        quick().fit(X, ["rest"] * len(X))
    with pytest.raises(NotFittedError):
        quick().predict(X)
