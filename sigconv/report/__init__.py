"""Reports: metrics, the baseline beside the network, pictures and one HTML page."""

from sigconv.report.metrics import Outcome, accuracy_by_group, accuracy_by_seed, confusion, interval, kappa, log_loss
from sigconv.report.overlap import confusion_counts, dice, sample_error
from sigconv.report.page import Section, facts, page, png
from sigconv.report.rand import Rand, rand, regions

__all__ = [
    "Outcome",
    "Rand",
    "Section",
    "accuracy_by_group",
    "accuracy_by_seed",
    "confusion",
    "confusion_counts",
    "dice",
    "facts",
    "interval",
    "kappa",
    "log_loss",
    "page",
    "png",
    "rand",
    "regions",
    "sample_error",
]
