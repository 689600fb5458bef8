"""Reports: metrics, the baseline beside the network, pictures and one HTML page."""

from sigconv.report.metrics import Outcome, accuracy_by_group, accuracy_by_seed, confusion, interval, kappa, log_loss
from sigconv.report.page import Section, facts, page, png

__all__ = [
    "Outcome",
    "Section",
    "accuracy_by_group",
    "accuracy_by_seed",
    "confusion",
    "facts",
    "interval",
    "kappa",
    "log_loss",
    "page",
    "png",
]
