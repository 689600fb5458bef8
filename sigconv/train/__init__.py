"""Training: a short loop, exact random draws, models on disk; one sample at a time as in 1989."""

from sigconv.train.curvature import curvature, newton_rates
from sigconv.train.draws import generator
from sigconv.train.fit import Epoch, Fitted, Settings, fit, probabilities
from sigconv.train.online import Learned, Pass, fit_online, one_hot, uniform_weights
from sigconv.train.start import common_spatial_patterns, start_from_patterns
from sigconv.train.state import load_model, save_model

__all__ = [
    "Epoch",
    "Fitted",
    "Learned",
    "Pass",
    "Settings",
    "common_spatial_patterns",
    "curvature",
    "fit",
    "fit_online",
    "generator",
    "load_model",
    "newton_rates",
    "one_hot",
    "probabilities",
    "save_model",
    "start_from_patterns",
    "uniform_weights",
]
