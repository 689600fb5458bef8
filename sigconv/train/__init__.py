"""Training: a short loop, exact random draws, models on disk."""

from sigconv.train.draws import generator
from sigconv.train.fit import Epoch, Fitted, Settings, fit, probabilities
from sigconv.train.labelled_cells import LabelledCells
from sigconv.train.neocognitron import Neocognitron
from sigconv.train.start import common_spatial_patterns, start_from_patterns
from sigconv.train.state import load_model, save_model
from sigconv.train.unlabelled import Learning, Learnt, learn_without_labels

__all__ = [
    "Epoch",
    "Fitted",
    "LabelledCells",
    "Learning",
    "Learnt",
    "Neocognitron",
    "Settings",
    "common_spatial_patterns",
    "fit",
    "generator",
    "learn_without_labels",
    "load_model",
    "probabilities",
    "save_model",
    "start_from_patterns",
]
