"""Convolutions in twice the working precision, to judge rounding: products without error, sums compensated.

Source: Ogita, Rump & Oishi (2005), Accurate sum and dot product, algorithm Dot2.
"""

from typing import Any

import numpy as np

EPS = {np.dtype(np.float64): 2.0**-52, np.dtype(np.float32): 2.0**-23}


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """a * b rounded, and the error of that, exactly; float64, far from overflow and underflow.

    >>> two_product(1 + 2.0**-30, 1 + 2.0**-30) == (1 + 2.0**-29, 2.0**-60)
    True
    """
    product = a * b
    (ah, al), (bh, bl) = _halves(a), _halves(b)
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


def _halves(value: Any) -> tuple[Any, Any]:
    scaled = 134217729.0 * value
    high = scaled - (scaled - value)
    return high, value - high


def convolved(x: Any, h: Any) -> tuple[Any, Any, Any]:
    """The "valid" convolution of every row of x with h: its high part, its low part, and sum |x| |h| beside it.

    >>> convolved(np.array([[1e17, 1.0, -1e17]]), np.array([1.0, 1.0, 1.0]))[:2]
    (array([[0.]]), array([[1.]]))
    """
    x, h = np.asarray(x, np.float64), np.asarray(h, np.float64)
    n = x.shape[-1] - len(h) + 1
    high, low, size = (np.zeros((*x.shape[:-1], n)) for _ in range(3))
    for k, tap in enumerate(h):
        first = len(h) - 1 - k
        product, error = two_product(x[..., first : first + n], tap)
        total = high + product
        back = total - high
        low += (high - (total - back)) + (product - back) + error
        high = total
        size += np.abs(product)
    return high, low, size


def errors(y: Any, x: Any, h: Any) -> tuple[Any, Any]:
    """How far y is from the "valid" convolution of x with h, and sum |x| |h|, both for every sample.

    >>> errors(np.array([[3.5]]), np.array([[1.0, 2.0]]), np.array([1.0, 1.0]))
    (array([[0.5]]), array([[3.]]))
    """
    high, low, size = convolved(x, h)
    return np.abs((np.asarray(y, np.float64) - high) - low), size
