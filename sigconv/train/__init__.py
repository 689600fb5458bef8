"""From windows to a trained module: one loop, one sample at a time, or layer by layer without labels; and the file."""

from typing import TYPE_CHECKING, Any

from sigconv.train.augment import Augment, compose
from sigconv.train.curvature import curvature, newton_rates
from sigconv.train.curve import Epoch
from sigconv.train.draws import generator
from sigconv.train.fit import Fitted, fit
from sigconv.train.freeze import Frozen, freeze, unfreeze
from sigconv.train.labelled_cells import LabelledCells
from sigconv.train.neocognitron import Neocognitron
from sigconv.train.online import OnlineFit, Pass, fit_online, one_hot, uniform_weights
from sigconv.train.outputs import probabilities
from sigconv.train.probe import Probe, linear_probe
from sigconv.train.settings import Settings
from sigconv.train.sliding import Sliding, most_likely, predict_whole
from sigconv.train.start import common_spatial_patterns, start_from_patterns
from sigconv.train.state import load_model, save_model
from sigconv.train.stop import Stopped
from sigconv.train.unlabelled import Competition, LearntLayer, learn_without_labels

if TYPE_CHECKING:
    from sigconv.train.sklearn import SigconvClassifier

__all__ = [
    "Augment",
    "Competition",
    "Epoch",
    "Fitted",
    "Frozen",
    "LabelledCells",
    "LearntLayer",
    "Neocognitron",
    "OnlineFit",
    "Pass",
    "Probe",
    "Settings",
    "SigconvClassifier",
    "Sliding",
    "Stopped",
    "common_spatial_patterns",
    "compose",
    "curvature",
    "fit",
    "fit_online",
    "freeze",
    "generator",
    "learn_without_labels",
    "linear_probe",
    "load_model",
    "most_likely",
    "newton_rates",
    "one_hot",
    "predict_whole",
    "probabilities",
    "save_model",
    "start_from_patterns",
    "unfreeze",
    "uniform_weights",
]


def __getattr__(name: str) -> Any:
    """SigconvClassifier, which brings scikit-learn, is loaded when it is first asked for."""
    if name == "SigconvClassifier":
        from sigconv.train.sklearn import SigconvClassifier

        return SigconvClassifier
    raise AttributeError(f"module 'sigconv.train' has no attribute {name!r}")
