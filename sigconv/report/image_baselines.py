"""The classifiers that a network for images has to beat: neighbours, or a line through colours and slopes."""

from typing import Any

import numpy as np

from sigconv.core.edges import sobel
from sigconv.errors import ArgumentError
from sigconv.report.logistic import logistic
from sigconv.windows import Loaded

_BINS, _TURNS, _CELLS = 8, 9, 4  # of a colour's histogram; of a slope's direction; cells along y and x

Array = np.ndarray[Any, Any]


def nearest_neighbour(train: Loaded, test: Loaded) -> Array:
    """Class probabilities, 0 or 1, by the most similar training image, pixel by pixel.

    train, test : (N, channels, y, x);  returns (N, class) float64

    Same as: sklearn.neighbors.KNeighborsClassifier(1).
    """
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(1, algorithm="brute").fit(_flat(train.data), train.labels)
    return np.asarray(np.eye(len(train.classes))[model.predict(_flat(test.data))])


def linear_on_slopes(train: Loaded, test: Loaded) -> Array:
    """Class probabilities of logistic regression on histograms of the colours and of the slopes' directions.

    train, test : (N, 1 or 3 channels, y, x) from -1 to 1, of which train shows every class;  returns (N, class)
    float64, rows sum to one

    Raises
    ------
    ArgumentError : images of fewer than 4 pixels along an axis

    Source: Dalal & Triggs (2005), Histograms of oriented gradients for human detection, CVPR (without overlap).
    """
    shown, asked = slopes_and_colours(train.data), slopes_and_colours(test.data)
    return logistic(shown, train.labels, asked, len(train.classes), strength=0.01)


def slopes_and_colours(x: Array, together: int = 1024) -> Array:
    """Histograms of each image: 8 bins of each colour, and in 4 x 4 cells the slopes by direction, of length one.

    x : (N, channels, y, x) from -1 to 1;  returns (N, 8 channels + 144) float32

    >>> slopes_and_colours(np.zeros((2, 1, 8, 8), np.float32)).shape
    (2, 152)
    """
    if min(x.shape[-2:]) < _CELLS:
        raise ArgumentError(f"images have {x.shape[-2]} x {x.shape[-1]} pixels; the baseline needs {_CELLS} a side")
    return np.concatenate([_described(x[i : i + together]) for i in range(0, len(x), together)])


def _described(x: Array) -> Array:
    levels = np.clip(((x + 1) / 2 * _BINS).astype(np.int64), 0, _BINS - 1)
    colours = np.stack([(levels == one).mean((2, 3)) for one in range(_BINS)], -1)
    down, right = (sobel(x, axis, axes=(2, 3), boundary="edge") for axis in (2, 3))
    strength = np.hypot(down, right)
    steepest = strength.argmax(1)[:, None]  # of the colours, at each pixel
    down, right, strength = (np.take_along_axis(one, steepest, 1)[:, 0] for one in (down, right, strength))
    turn = (np.arctan2(down, right) / np.pi % 1 * _TURNS).astype(np.int64) % _TURNS
    slopes = np.stack([_in_cells(np.where(turn == one, strength, 0)) for one in range(_TURNS)], -1)
    slopes = np.sqrt(slopes.reshape(len(x), -1))
    length = np.linalg.norm(slopes, axis=1, keepdims=True) + 1e-6
    return np.concatenate([colours.reshape(len(x), -1), slopes / length], 1).astype(np.float32)


def _in_cells(strength: Array) -> Array:
    """(N, y, x) summed over each of 4 x 4 cells of nearly the same size."""
    first = [np.arange(_CELLS) * n // _CELLS for n in strength.shape[1:]]
    return np.asarray(np.add.reduceat(np.add.reduceat(strength, first[0], 1), first[1], 2))


def _flat(x: Array) -> Array:
    return x.reshape(len(x), -1)
