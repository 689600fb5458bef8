"""Supervoxels: an image or a volume cut where it changes, into pieces that are near and alike."""

from typing import Any

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ShapeError
from sigconv.report.explain.players import Groups
from sigconv.signal import Signal

_LEARNT_FROM = 50_000


def supervoxels(signal: Signal, count: int = 64, *, compactness: float = 1.0, seed: int = 0) -> Groups:
    """k-means of places and values: of each place its position (mm, so slices may be thick) beside its values.

    Parameters
    ----------
    signal : (channel, *grid), 2 or 3 grid axes
    count : pieces, 2 … places; some may come out empty and are left out
    compactness : > 0; how much nearness counts beside likeness
    seed : >= 0, of the first centres

    Returns
    -------
    Groups over all channels together, named by where their middle lies

    Raises
    ------
    ShapeError : another number of grid axes, or values that are not finite
    ArgumentError : a number outside what is allowed

    Source: the idea of Achanta et al. (2012), SLIC; pieces are not forced to hang together.
    Same as: sklearn.cluster.KMeans on (position, value).

    >>> picture = np.zeros((1, 8, 8)) + np.repeat([0, 1], 4)
    >>> from sigconv.signal import Axis
    >>> x = Signal(picture, (Axis("channel", 1), Axis("y", 8, "mm"), Axis("x", 8, "mm")))
    >>> supervoxels(x, 2, compactness=0.1).names
    ('y 3.5 mm, x 1.5 mm', 'y 3.5 mm, x 5.5 mm')
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    grid = signal.axes[1:]
    if len(grid) not in (2, 3):
        raise ShapeError(f"signal has {len(grid)} grid axes; supervoxels are cut from images and volumes, 2 or 3")
    values = np.asarray(signal.data, dtype=np.float32)
    if not np.isfinite(values).all():
        raise ShapeError("signal holds NaN or infinity; supervoxels need finite values")
    places = int(np.prod(values.shape[1:]))
    if not (2 <= at_least("count", count, 2) <= places and compactness > 0):
        raise ArgumentError(
            f"count is {count} and compactness {compactness}; allowed: 2 to {places} places, and a number above 0"
        )
    at = np.stack(np.meshgrid(*[_millimetres(axis) for axis in grid], indexing="ij"))
    # a piece's width is the unit of position, the spread of the values theirs
    width = float(np.prod([max(np.ptp(axis), 1e-9) for axis in at]) / count) ** (1 / len(grid))
    scale = float(values.std()) or 1.0
    points = np.concatenate(
        [at.reshape(len(grid), -1) * (compactness / width), values.reshape(len(values), -1) / scale]
    )
    points = points.T.astype(np.float32)
    some = np.random.default_rng(seed).permutation(places)[:_LEARNT_FROM]
    with threadpool_limits(1):
        numbers = KMeans(count, n_init=1, random_state=seed, max_iter=20).fit(points[some]).predict(points)
    return _named(numbers.reshape(1, *values.shape[1:]), at, grid)


def _millimetres(axis: Any) -> Any:
    return np.array([axis.at(i) for i in range(axis.size)], dtype=np.float64)


def _named(numbers: Any, at: Any, grid: Any) -> Groups:
    """Pieces in the order of their middles."""
    counts = np.bincount(numbers.ravel())
    middles = np.stack([np.bincount(numbers.ravel(), one.ravel()) for one in at]) / np.maximum(counts, 1)
    order = [i for i in np.lexsort(np.round(middles[::-1], 6)) if counts[i]]
    new = np.zeros(len(counts), dtype=np.int64)
    new[order] = np.arange(len(order))
    names = [
        ", ".join(f"{axis.name} {m:.4g} {axis.unit}".rstrip() for axis, m in zip(grid, middles[:, i], strict=True))
        for i in order
    ]
    return Groups(tuple(names), new[numbers])
