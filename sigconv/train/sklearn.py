"""A network as a scikit-learn classifier, for its pipelines, searches and cross-validation."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from sigconv import nets
from sigconv.errors import ShapeError, SplitError, one_of
from sigconv.train.fit import fit
from sigconv.train.outputs import probabilities
from sigconv.train.settings import Settings
from sigconv.windows import Loaded

_ITS_OWN = ("net", "standardise", "random_state")


class SigconvClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network in the notation, trained by `train.fit`, with scikit-learn's verbs.

    It stands wherever scikit-learn takes a classifier: cross_val_score(groups=…), GridSearchCV, Pipeline, and
    MOABB's pipelines, whose epochs are (trials, channels, time).

    Parameters
    ----------
    net : a network's text, or a Net as of `nets.named`; a bare F gives the classes
    epochs … workers : as in `train.Settings`
    standardise : "channels" subtracts each channel's mean over the training examples and divides by its standard
        deviation (so volts do as well as microvolts); "none" leaves X as it is
    random_state : int, None or numpy.random.RandomState, of the first weights and the order of the examples

    Attributes
    ----------
    classes_ : (classes,), the labels;  module_ : the trained Network;  history_ : its epochs
    n_features_in_ : X.shape[1];  shape_ : (channels, *grid);  mean_, scale_ : (channels,)

    Raises
    ------
    ShapeError : X that is not (n, channels, *grid) with one to three grid axes, or of another grid than in training;
        (n, time) is one channel
    SplitError : one class alone;  NotationError, ArgumentError : a net or setting that is none

    >>> X = np.random.default_rng(0).normal(size=(40, 2, 16))
    >>> y = np.array(["rest", "move"] * 20)
    >>> X[y == "move", 0] *= 3
    >>> model = SigconvClassifier("C4k5R:squareGF", epochs=20, batch=8, rate=0.05, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.8, model.predict_proba(X).shape, list(map(str, model.classes_))
    (True, (40, 2), ['move', 'rest'])
    """

    def __init__(
        self,
        net: Any = "CBRPCBRPCBRGF",
        *,
        epochs: int = 60,
        batch: int = 16,
        rate: float = 1e-3,
        conv_rate: float | None = None,
        weight_decay: float = 0.01,
        optimiser: str = "adamw",
        momentum: float = 0.9,
        schedule: str = "cosine",
        warmup: float = 0.0,
        clip: float = 0.0,
        accumulate: int = 1,
        loss: str = "cross_entropy",
        label_smoothing: float = 0.0,
        class_weights: str = "none",
        average: float = 0.0,
        sampling: str = "once",
        steps: int = 0,
        precision: str = "float32",
        start: str = "random",
        standardise: str = "channels",
        random_state: Any = None,
    ) -> None:
        # scikit-learn's rule: kept as given, looked at in fit
        self.net = net
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.conv_rate = conv_rate
        self.weight_decay = weight_decay
        self.optimiser = optimiser
        self.momentum = momentum
        self.schedule = schedule
        self.warmup = warmup
        self.clip = clip
        self.accumulate = accumulate
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.class_weights = class_weights
        self.average = average
        self.sampling = sampling
        self.steps = steps
        self.precision = precision
        self.start = start
        self.standardise = standardise
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "SigconvClassifier":
        """Train on X (n, channels, *grid), or (n, time) for one channel, and y (n,) labels of any kind."""
        told = {name: value for name, value in self.get_params(deep=False).items() if name not in _ITS_OWN}
        settings = Settings(**told)
        one_of("standardise", self.standardise, ("channels", "none"))
        X, y = validate_data(self, X, y, **_HOW)
        check_classification_targets(y)
        x = _examples(X)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise SplitError(f"y shows 1 class alone, {self.classes_[0]!r}; a classifier tells two or more apart")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.shape_ = x.shape[1:]
        self._learn_scale(x)
        net = _net_of(self.net)
        spec = nets.InputSpec(self.shape_[0], self.shape_[1:])
        self.module_ = nets.build(net, spec, classes=len(self.classes_), seed=seed)
        names = tuple(str(name) for name in self.classes_)
        windows = Loaded(self._scaled(x), labels.astype(np.int64), ("",) * len(x), names)
        self.history_ = fit(self.module_, windows, settings, seed=seed).history
        return self

    def predict_proba(self, X: Any) -> "np.ndarray[Any, Any]":
        """(n, classes) float64 that sum to one, in the order of `classes_`."""
        check_is_fitted(self, "module_")
        x = _examples(validate_data(self, X, reset=False, **_HOW))
        if x.shape[1:] != self.shape_:
            raise ShapeError(f"X has shape {x.shape}; this classifier was trained on (n, {_listed(self.shape_)})")
        said: np.ndarray[Any, Any] = probabilities(self.module_, self._scaled(x))
        return said

    def predict(self, X: Any) -> "np.ndarray[Any, Any]":
        """(n,) labels of the largest probability."""
        most = self.predict_proba(X).argmax(axis=1)
        chosen: np.ndarray[Any, Any] = self.classes_[most]
        return chosen

    def _learn_scale(self, x: Any) -> None:
        self.mean_, self.scale_ = np.zeros(x.shape[1]), np.ones(x.shape[1])
        if self.standardise == "channels":
            others = (0, *range(2, x.ndim))
            self.mean_ = x.mean(others, dtype=np.float64)
            spread = x.std(others, dtype=np.float64)
            rounding = 10 * np.finfo(np.float64).eps * np.abs(self.mean_)  # all that a constant channel has
            self.scale_ = np.where(spread > rounding, spread, 1.0)

    def _scaled(self, x: Any) -> Any:
        shape = (1, -1, *(1,) * (x.ndim - 2))
        return ((x - self.mean_.reshape(shape)) / self.scale_.reshape(shape)).astype(np.float32)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect: arrays of three dimensions, too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


_HOW = {"allow_nd": True, "dtype": np.float64, "ensure_min_samples": 1}


def _examples(X: Any) -> Any:
    """(n, channels, *grid); a matrix is one channel."""
    if X.ndim == 2:
        return X[:, None]
    if not 3 <= X.ndim <= 5:
        raise ShapeError(f"X has shape {X.shape}; expected (n, channels, *grid) with one to three grid axes")
    return X


def _net_of(given: Any) -> nets.Net:
    if isinstance(given, nets.Net):
        return given
    return nets.parse(given)


def _listed(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))
