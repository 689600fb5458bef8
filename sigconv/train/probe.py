"""How much a linear read-out finds in features: logistic regression on top of a network that stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError, SplitError

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


@dataclass(frozen=True, eq=False)
class Probe:
    """A trained linear read-out: score[k] = bias[k] + sum over i of weight[k, i] (x[i] - mean[i]) / scale[i].

    Parameters
    ----------
    mean, scale : (features,) of the training examples; a feature that never changes has scale 1
    weight, bias : (classes, features), (classes,)
    classes : (classes,), the labels
    strength : the C that was chosen, the inverse of the penalty
    inner : for each C tried its mean accuracy on the inner held-out parts; empty if one C alone was given

    >>> import numpy as np
    >>> one = np.ones(1)
    >>> Probe(0 * one, one, np.array([[-1.0], [1.0]]), np.zeros(2), np.array([3, 7]), 1.0, {}).predict([[2.0], [-1.0]])
    array([7, 3])
    """

    mean: Any
    scale: Any
    weight: Any
    bias: Any
    classes: Any
    strength: float
    inner: dict[float, float]

    def probabilities(self, features: Any) -> Any:
        """(N, classes) float64 that sum to one in every row.  features : (N, …) as for training."""
        x = flat(features)
        if x.shape[1] != len(self.mean):
            raise ShapeError(
                f"features have {x.shape[1]} numbers an example; this probe was trained on {len(self.mean)}"
            )
        scores = (x - self.mean) / self.scale @ self.weight.T + self.bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def predict(self, features: Any) -> Any:
        """(N,) labels of the largest probability."""
        return self.classes[self.probabilities(features).argmax(axis=1)]

    def score(self, features: Any, labels: Any) -> float:
        """The share of right labels, 0 … 1.  labels : (N,)."""
        return float((self.predict(features) == np.asarray(labels)).mean())


def linear_probe(
    features: Any,
    labels: Any,
    *,
    groups: Sequence[Any] | None = None,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = 5,
    seed: int = 0,
) -> Probe:
    """Train a standardised logistic regression on features, its penalty chosen within the training examples.

    Parameters
    ----------
    features : (N, …) tensor or array, as `nets.features` gives them, of training examples
    labels : (N,) int or str, two classes or more
    groups : (N,) the subject, recording … of each example; an inner fold then shares no group with its training part
    strengths : the values of C > 0 to choose from (a small C is a strong penalty); of equals the smallest wins
    folds : int >= 2, inner folds; at most as many as there are groups, or examples of the rarest class
    seed : int >= 0, of the inner folds without groups

    Returns
    -------
    Probe

    Raises
    ------
    ShapeError : not as many labels or groups as examples
    SplitError : one class alone; one group alone, or too few examples, to choose among several strengths
    ArgumentError : features that are not finite, labels that are floats, no strengths or one that is not above 0,
        folds below 2

    Source: Alain & Bengio (2017), Understanding intermediate layers using linear classifier probes.
    Same as: sklearn.linear_model.LogisticRegression behind a StandardScaler.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(60, 5))
    >>> linear_probe(x, (x[:, 1] > 0).astype(int)).score(x, x[:, 1] > 0) > 0.9
    True
    """
    x, y = flat(features), np.asarray(labels)
    for name, given in (("labels", y), ("groups", groups)):
        if given is not None and np.shape(given) != (len(x),):
            raise ShapeError(f"{name} has shape {np.shape(given)}; there is one for each of {len(x)} examples")
    _refuse_values(x, y)
    if len(np.unique(y)) < 2:
        raise SplitError("labels show one class alone; a probe tells two or more apart")
    tried = sorted(float(strength) for strength in strengths)
    if not tried or not all(0 < strength < np.inf for strength in tried):
        raise ArgumentError(f"strengths is {tuple(strengths)}; allowed: one or more numbers above 0")
    inner: dict[float, float] = {}
    if len(tried) > 1:
        splits = _splits(y, groups, folds, seed)
        inner = {strength: _inner(x, y, splits, strength) for strength in tried}
    best = max(tried, key=lambda strength: inner.get(strength, 0.0))
    scaler, model = _fitted(x, y, best)
    weight, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps the scores of the second class alone
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return Probe(scaler.mean_, scaler.scale_, weight, bias, model.classes_, best, inner)


def flat(features: Any) -> Any:
    """Features as a (N, numbers) float64 array.

    Raises
    ------
    ShapeError : not a row of numbers for each of one example or more

    >>> flat(np.ones((2, 3, 4), np.float32)).shape
    (2, 12)
    """
    array = features.detach().cpu().numpy() if isinstance(features, torch.Tensor) else np.asarray(features)
    if array.ndim < 2 or not array.size:
        raise ShapeError(
            f"features have shape {array.shape}; expected (N, …), one example or more, a number or more each"
        )
    return array.reshape(len(array), -1).astype(np.float64)


def _refuse_values(features: Any, labels: Any) -> None:
    if labels.dtype.kind == "f":
        raise ArgumentError("labels are floats; they are whole numbers or words, one for each class")
    if not np.isfinite(features).all():
        raise ArgumentError("features hold a number that is not finite; a probe needs finite features")


def _splits(labels: Any, groups: Sequence[Any] | None, folds: int, seed: int) -> list[tuple[Any, Any]]:
    """Inner (training, held-out) indices."""
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    if not isinstance(folds, int) or folds < 2:
        raise ArgumentError(f"folds is {folds!r}; allowed: whole numbers from 2")
    if groups is not None:
        count = len(set(groups))
        if count < 2:
            raise SplitError(
                "groups name one group alone; choosing among strengths by groups needs two: give one strength"
            )
        splits = list(GroupKFold(min(folds, count)).split(labels, labels, np.asarray(groups)))
    else:
        rarest = int(np.unique(labels, return_counts=True)[1].min())
        if rarest < 2:
            raise SplitError("a class has one example alone; choosing among strengths needs two: give one strength")
        splits = list(StratifiedKFold(min(folds, rarest), shuffle=True, random_state=seed).split(labels, labels))
    for train, _ in splits:
        if len(np.unique(labels[train])) < 2:
            raise SplitError(
                "an inner training part shows one class alone; give groups that mix the classes, or one strength"
            )
    return splits


def _inner(x: Any, y: Any, splits: list[tuple[Any, Any]], strength: float) -> float:
    """The mean accuracy on the inner held-out parts, the standardisation learnt anew for each."""
    right = []
    for train, held_out in splits:
        scaler, model = _fitted(x[train], y[train], strength)
        right.append(float((model.predict(scaler.transform(x[held_out])) == y[held_out]).mean()))
    return float(np.mean(right))


def _fitted(x: Any, y: Any, strength: float) -> tuple[Any, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    # sharing out a small problem gains little, and costs tenfold on a busy machine
    with threadpool_limits(1 if x.size < 2_000_000 else None):
        scaler = StandardScaler().fit(x)
        return scaler, LogisticRegression(C=strength, max_iter=10_000).fit(scaler.transform(x), y)
