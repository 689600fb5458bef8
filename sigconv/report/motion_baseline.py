"""The classifier that a network for motion has to beat: a line through means and spreads."""

from typing import Any

import numpy as np

from sigconv.windows import Loaded


def linear_on_spreads(train: Loaded, test: Loaded) -> "np.ndarray[Any, Any]":
    """Class probabilities of logistic regression on the mean and the standard deviation of every channel over time.

    train, test : (N, channel, time), of which train shows every class;  returns (N, class) float64, rows sum to one

    Same as: sklearn.linear_model.LogisticRegression behind a StandardScaler.

    >>> flat, wide = np.zeros((4, 2, 9), np.float32), np.ones((4, 2, 9), np.float32)
    >>> both = Loaded(np.concatenate([flat, wide]), np.repeat([0, 1], 4), ("a",) * 8, ("flat", "wide"))
    >>> linear_on_spreads(both, both).argmax(1).tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    model.fit(_described(train.data), train.labels)
    return np.asarray(model.predict_proba(_described(test.data)), np.float64)


def _described(x: Any) -> Any:
    return np.concatenate([x.mean(-1), x.std(-1)], 1)
