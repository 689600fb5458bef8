"""Alignment between recordings: whiten each by its own covariance, so that a network meets them all alike."""

from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, SamplingError
from sigconv.filters.lazy import Filtered, pieces
from sigconv.signal import Signal, Source


def covariance(source: Source) -> "np.ndarray[Any, Any]":
    """The channels' second moments over the whole source, read piece by piece.

    Returns
    -------
    (channel, channel) float64 array, in the square of the source's unit

    Raises
    ------
    SamplingError : the source has no sample, or one that is not finite
    """
    channels, time = (axis.size for axis in source.axes)
    total = np.zeros((channels, channels))
    for start, stop in pieces(source):
        x = np.asarray(source.read(start, stop).data, dtype=np.float64)
        total += x @ x.T
    if time == 0 or not np.all(np.isfinite(total)):
        raise SamplingError(f"{source.notes.get('path', 'the recording')} has {time} samples, not all finite; cut them")
    return total / time


def whitening(moments: "np.ndarray[Any, Any]", shrinkage: float) -> "np.ndarray[Any, Any]":
    """The symmetric inverse square root of a shrunk covariance.

    Parameters
    ----------
    moments : (channel, channel) covariance
    shrinkage : 0 < shrinkage <= 1, the part replaced by its mean eigenvalue times the identity

    Returns
    -------
    (channel, channel) float64 array W with W C W = 1

    >>> whitening(np.diag([4.0, 4.0]), 0.01).round(3).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    if not 0 < shrinkage <= 1:
        raise ArgumentError(f"shrinkage is {shrinkage}; allowed: above 0 and at most 1")
    level = np.trace(moments) / len(moments)
    if not level > 0:
        raise SamplingError("every channel is flat: there is nothing to align; check the file and the channels")
    values, vectors = np.linalg.eigh((1 - shrinkage) * moments + shrinkage * level * np.eye(len(moments)))
    whole: np.ndarray[Any, Any] = (vectors / np.sqrt(values)) @ vectors.T
    return whole


def whitened(source: Source, matrix: "np.ndarray[Any, Any]") -> Filtered:
    """The source with its channels mixed by `matrix`, lazily.

    With the whitening of the source's own covariance this is Euclidean alignment. It uses neither events nor labels,
    so a new recording is aligned in the same way when a model predicts on it.

    Parameters
    ----------
    source : (channel, time) recording, usually behind a band-pass
    matrix : (channel, channel) float array

    Source: He & Wu (2020), IEEE Trans. Biomed. Eng. 67(2), with the whole recording in place of the trials.
    """

    def mix(piece: Signal) -> Signal:
        return piece.with_data(matrix @ piece.data)

    return Filtered(source, mix)
