"""The Neocognitron as a classifier: cells that learnt without labels, then a read-out that learns with them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from sigconv.errors import ArgumentError, ShapeError, one_of
from sigconv.nets.builder import Network
from sigconv.train.labelled_cells import LabelledCells
from sigconv.train.unlabelled import Competition, LearntLayer, learn_without_labels, outputs

Array = np.ndarray[Any, Any]
READOUTS = ("ridge", "logistic", "cells")


class Neocognitron:
    """Contrast, S- and C-cell layers that learn layer by layer without labels, and a read-out of their last answers.

    Parameters
    ----------
    layers : Network without joins, or torch.nn.Sequential, with one SCell layer or more, changed by `fit`. If it ends
        in a torch.nn.Linear (F), the read-out learns its numbers, so that `layers` as a whole gives the scores of the
        classes
    readout : "ridge" or "logistic" (linear, by scikit-learn), or "cells" (Fukushima's labelled S-cells, for layers
        without a Linear at the end)
    penalty : > 0, of a linear read-out's squared weights, in units of the mean variance of what it reads
    learning : how the S-cells learn, see Competition
    seed : int >= 0; the same seed and data give the same net

    Attributes
    ----------
    classes_ : the labels in order;  learnt_ : one LearntLayer per S-cell layer;  readout_ : the fitted read-out

    Raises
    ------
    ArgumentError : an unknown read-out, a penalty of 0 or less, "cells" with a Linear at the end

    Sources: Fukushima (1980), Biological Cybernetics 36:193-202; Fukushima (2003), Neurocomputing 51:161-180.

    >>> from sigconv import nets
    >>> x = np.zeros((8, 1, 8), np.float32)
    >>> x[::2, 0, 2:4], x[1::2, 0, 2:7] = (1, 2), 1
    >>> net = Neocognitron(nets.build(nets.parse("V4Zs2"), nets.InputSpec(1, (8,)), seed=0))
    >>> net.fit(x, ["ramp", "step"] * 4).score(x, ["ramp", "step"] * 4)
    1.0
    """

    def __init__(
        self,
        layers: nn.Sequential | Network,
        *,
        readout: str = "ridge",
        penalty: float = 0.01,
        learning: Competition | None = None,
        seed: int = 0,
    ) -> None:
        self.readout = one_of("readout", readout, READOUTS)
        if not penalty > 0:
            raise ArgumentError(f"penalty is {penalty}; allowed: above 0")
        layers = layers.chain() if isinstance(layers, Network) else layers
        last = layers[-1] if len(layers) else None
        self.layers = layers
        self.linear = last if isinstance(last, nn.Linear) else None
        if self.linear is not None and readout == "cells":
            raise ArgumentError("readout is 'cells', but the layers end in a Linear; leave that out, or use 'ridge'")
        self.penalty, self.learning, self.seed = penalty, learning or Competition(), seed

    def fit(self, x: Any, y: Any, *, progress: Callable[[LearntLayer], None] = lambda _row: None) -> "Neocognitron":
        """Learn the layers from x alone, then the read-out from x and y.

        x : (N, channels, *grid) finite float array, about 1;  y : (N,) labels;  progress : called with each finished
        layer

        Raises
        ------
        ShapeError : x and y of different lengths, x that the layers do not take, a Linear of the wrong size
        ArgumentError : one class only; and as learn_without_labels
        """
        labels = np.asarray(y)
        if labels.shape != (len(x),):
            raise ShapeError(f"y has shape {labels.shape}, but x holds {len(x)} examples; y has one label for each")
        classes = np.unique(labels)
        if len(classes) < 2:
            raise ArgumentError(f"y holds {len(classes)} class; a read-out needs two or more")
        self.learnt_ = learn_without_labels(self.layers, x, self.learning, seed=self.seed, progress=progress)
        seen = self.features(x)
        self._check_linear(seen.shape[1], len(classes))
        variance = float(seen.var(0).mean()) or 1.0
        self.readout_: Any = self._fresh(len(seen), variance)
        # in float32 a small penalty on answers that depend on one another loses all digits
        self.readout_.fit(seen.astype(np.float64) if self.readout == "ridge" else seen, labels)
        self.classes_ = classes
        if self.linear is not None:
            self._hand_over(self.linear)
        return self

    def features(self, x: Any) -> Array:
        """The answers of the last cells, (N, numbers) float32.  x : (N, channels, *grid).

        Raises
        ------
        ShapeError : x that the layers do not take
        ArgumentError : NaN or infinity
        ResourceError : more than 4 GiB of answers
        """
        if np.ndim(x) < 3 or not len(x):
            raise ShapeError(f"x has shape {np.shape(x)}; needed: (N, channels, *grid), one example or more")
        cells = self.layers if self.linear is None else nn.Sequential(*list(self.layers)[:-1])
        self.layers.eval()
        return outputs(cells, x, self.learning.batch).numpy()

    def predict(self, x: Any) -> Array:
        """(N,) labels.  x : (N, channels, *grid); raises as `features`, and ArgumentError before `fit`."""
        if not hasattr(self, "readout_"):
            raise ArgumentError("this Neocognitron has learnt nothing yet; call fit(x, y) first")
        found: Array = self.readout_.predict(self.features(x))
        return found

    def score(self, x: Any, y: Any) -> float:
        """The share of right labels, 0 to 1.  x : (N, channels, *grid);  y : (N,) labels."""
        return float(np.mean(self.predict(x) == np.asarray(y)))

    def _fresh(self, count: int, variance: float) -> Any:
        from sklearn.linear_model import LogisticRegression, RidgeClassifier

        match self.readout:
            case "ridge":
                return RidgeClassifier(alpha=self.penalty * count * variance)
            case "logistic":
                return LogisticRegression(C=1 / (self.penalty * count * variance), max_iter=2000, tol=1e-3)
            case _:
                return LabelledCells()

    def _check_linear(self, inputs: int, classes: int) -> None:
        if self.linear is not None and (self.linear.in_features, self.linear.out_features) != (inputs, classes):
            raise ShapeError(
                f"the last Linear takes {self.linear.in_features} numbers and gives {self.linear.out_features}; "
                f"the cells give {inputs} numbers, and y holds {classes} classes"
            )

    def _hand_over(self, linear: nn.Linear) -> None:
        """The read-out's numbers into the last layer."""
        weight, bias = np.atleast_2d(self.readout_.coef_), np.atleast_1d(self.readout_.intercept_)
        if len(weight) == 1:  # two classes have one row in scikit-learn, positive for the second
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(np.asarray(weight)))
            linear.bias.copy_(torch.from_numpy(np.asarray(bias)))
