"""Logistic regression on what is described of windows: the line through features that stands beside a network."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def logistic(train: Array, labels: Array, test: Array, classes: int, *, strength: float = 1.0) -> Array:
    """Class probabilities of logistic regression on features, each brought to zero mean and unit variance.

    Parameters
    ----------
    train, test : (window, feature) numbers; what is brought to zero and one is that of train
    labels : (window) int, of train, from 0 up to, but not, `classes`; two that differ or more
    strength : > 0, the inverse of the penalty of squared weights

    Returns
    -------
    (window, class) float64, rows sum to one; 0 for a class that train does not show

    Same as: sklearn.linear_model.LogisticRegression(C=strength) behind a StandardScaler.

    >>> logistic(np.array([[0.0], [1.0]]), np.array([0, 2]), np.array([[0.9]]), 3).argmax(1).tolist()
    [2]
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000)).fit(train, labels)
    said = np.zeros((len(test), classes))
    said[:, model.classes_] = model.predict_proba(test)
    return said
