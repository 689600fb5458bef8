"""Parting: regions that grow from where a network is sure, and stay apart by a line where they meet."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LEAST = 40  # samples of a region's core; smaller ones are specks


def parted(inside: Array, sure: float, edge: float) -> Array:
    """Where regions are, from the probability of being inside one: a watershed from the parts above `sure`.

    A border that the network only suspects parts two cores all the same; its samples above `edge` stay inside, but for
    a line of one sample.

    Parameters
    ----------
    inside : (*grid) float, probability of each sample to lie in a region
    sure : what the core of a region has at least, 0 … 1
    edge : what any sample of a region has at least, 0 … 1

    Returns
    -------
    (*grid) bool

    Source: Beucher & Lantuéjoul (1979), watersheds from markers.  Same as: scipy.ndimage.watershed_ift for the basins.

    >>> parted(np.repeat([[0.99, 0.7, 0.99]], 60, 0), sure=0.9, edge=0.5)[0].tolist()
    [True, False, True]
    """
    from scipy.ndimage import label, watershed_ift

    cores, _ = label(inside >= sure)
    cores[(np.bincount(cores.ravel()) < LEAST)[cores]] = 0
    kept: Array = inside >= edge
    if not cores.any():
        return kept
    basins = watershed_ift(np.round(255 * (1 - inside)).astype(np.uint8), cores.astype(np.int32))
    for axis in range(inside.ndim):
        low, high = (tuple(ends if a == axis else slice(None) for a in range(inside.ndim)) for ends in _NEIGHBOURS)
        meet = basins[low] != basins[high]
        # of two neighbours the one that is less surely inside becomes the line
        kept[low] &= ~(meet & (inside[low] <= inside[high]))
        kept[high] &= ~(meet & (inside[low] > inside[high]))
    return kept


_NEIGHBOURS = (slice(None, -1), slice(1, None))
