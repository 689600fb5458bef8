"""Training: a short loop, exact random draws, models on disk."""

from sigconv.train.draws import generator
from sigconv.train.fit import Epoch, Fitted, Settings, fit, probabilities
from sigconv.train.freeze import Learning, freeze, unfreeze
from sigconv.train.probe import Probe, linear_probe
from sigconv.train.start import common_spatial_patterns, start_from_patterns
from sigconv.train.state import load_model, save_model

__all__ = [
    "Epoch",
    "Fitted",
    "Learning",
    "Probe",
    "Settings",
    "common_spatial_patterns",
    "fit",
    "freeze",
    "generator",
    "linear_probe",
    "load_model",
    "probabilities",
    "save_model",
    "start_from_patterns",
    "unfreeze",
]
