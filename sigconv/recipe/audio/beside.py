"""What stands beside the network in an audio recipe: cepstral coefficients and a support vector machine."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.filters.mel_scale import mfcc
from sigconv.recipe.audio.tables import AudioRecipe
from sigconv.recipe.audio.trip import clips
from sigconv.recipe.domain import Baseline
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.progress import Progress
from sigconv.signal import Signal
from sigconv.windows import Loaded, Split, Windows

_COEFFICIENTS, _FRAMES = 20, 20


def baselines(
    recipe: AudioRecipe, gathered: Gathered, windows: Windows | Loaded, progress: Progress
) -> Mapping[str, Baseline]:
    """An SVM on the MFCCs of the clips that the network is shown, without their emphasis."""
    found = []
    with progress.stage("MFCC of every clip", len(windows)) as tick:
        for each in clips(recipe, gathered):
            found.append(features(replace(each, emphasis=0.0, level=0.0).sound()))
            tick()
    x, labels, count = np.stack(found), np.asarray(windows.labels), len(windows.classes)

    def said(split: Split, _place: Path) -> Any:
        return svm(x[split.train], labels[split.train], x[split.test], count)

    return {"MFCC+SVM": said}


def features(sound: Signal) -> Any:
    """(400) 20 MFCCs at 20 moments, evenly from the first to the last frame of the sound.

    sound : (1, time) Signal without the silence around it

    >>> features(Signal.from_array(np.ones(800), fs=8000)).shape
    (400,)
    """
    coefficients = mfcc(sound, window="32 ms", coefficients=_COEFFICIENTS).data[0]
    frames = np.arange(coefficients.shape[1])
    moments = np.linspace(0, len(frames) - 1, _FRAMES)
    return np.concatenate([np.interp(moments, frames, row) for row in coefficients])


def svm(train: Any, labels: Any, test: Any, classes: int) -> "np.ndarray[Any, Any]":
    """(window, class) 1 for the class that a support vector machine says, 0 for the others.

    train, test : (window, feature) float arrays, brought to zero mean and unit variance by those of train
    labels : (window) int64, below `classes`, of train

    Source: sklearn.svm.SVC(C=10) with radial basis functions.

    >>> svm(np.array([[0.0], [0.1], [1.0], [1.1]]), np.array([0, 0, 1, 1]), np.array([[0.9]]), 2)
    array([[0., 1.]])
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=10)).fit(train, labels)
    said: np.ndarray[Any, Any] = np.eye(classes)[machine.predict(test)]
    return said
