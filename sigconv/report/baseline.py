"""The classifier that a network has to beat: CSP and linear discriminant analysis, from MNE and scikit-learn."""

from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, MissingExtra
from sigconv.windows import Loaded


def csp_lda(train: Loaded, test: Loaded, components: int = 6) -> "np.ndarray[Any, Any]":
    """Class probabilities of log-power common spatial patterns followed by LDA.

    Parameters
    ----------
    train, test : band-passed EEG windows, (window, channel, time) in volts
    components : patterns, 1 … channels

    Returns
    -------
    (window, class) float64, rows sum to one

    Source: mne.decoding.CSP, sklearn.discriminant_analysis.LinearDiscriminantAnalysis.
    """
    try:
        import mne
    except ImportError as error:
        raise MissingExtra("mne", "eeg") from error
    from mne.decoding import CSP
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline

    channels = train.shape[0]
    if not 1 <= components <= channels:
        raise ArgumentError(f"baseline.components is {components}; allowed: 1 to {channels}, the number of channels")
    model = make_pipeline(CSP(components, log=True, norm_trace=False), LinearDiscriminantAnalysis())
    scale = 1.0 / max(float(np.std(train.data)), 1e-30)
    with mne.use_log_level("error"):
        model.fit(train.data.astype(np.float64) * scale, train.labels)
        result: np.ndarray[Any, Any] = model.predict_proba(test.data.astype(np.float64) * scale)
    return result
