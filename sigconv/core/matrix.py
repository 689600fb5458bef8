"""A convolution as a sparse matrix: y.ravel() = M @ x.ravel(). Its transpose is the transposed convolution.

In one dimension M is a Toeplitz matrix, in two a doubly blocked one; a boundary adds entries near the corners.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from array_api_compat import is_torch_array

from sigconv.core.boundary import BoundaryLike, rule_of, seen_at
from sigconv.core.convolve import per_axis
from sigconv.core.geometry import Mode, length_after, padding_for
from sigconv.core.namespace import inexact
from sigconv.errors import ArgumentError, ShapeError


def convolution_matrix(
    kernel: Any,
    shape: int | Sequence[int],
    mode: Mode = "full",
    *,
    boundary: BoundaryLike = "zeros",
    origin: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
) -> Any:
    """The matrix M with M @ x.ravel() == convolve(x, kernel, mode, ...).ravel().

    Parameters
    ----------
    kernel : array of 1, 2, 3 or more axes
    shape : the shape of x, one length for each axis of the kernel
    mode, boundary, origin, stride, dilation : as in `convolve`; the boundary's constant, if any, is 0

    Returns
    -------
    scipy.sparse.csr_array, (outputs, inputs)

    Raises
    ------
    ArgumentError : a constant other than 0, which no matrix can add; a torch kernel
    ShapeError : shape and kernel do not fit

    Source: Gray (2006), Toeplitz and Circulant Matrices.  Same as: scipy.linalg.convolution_matrix in one dimension.

    >>> convolution_matrix([1, 2], 3).toarray()
    array([[1., 0., 0.], [2., 1., 0.], [0., 2., 1.], [0., 0., 2.]])
    """
    from scipy import sparse

    if is_torch_array(kernel):
        raise ArgumentError("kernel is a torch tensor; a sparse matrix takes a NumPy array")
    taps = inexact(kernel, "kernel")[1]
    if rule_of(boundary)[1]:
        raise ArgumentError(f"boundary is {boundary!r}; a matrix can only continue x with zeros or with x itself")
    if not taps.ndim or 0 in taps.shape:
        raise ShapeError(f"kernel has shape {taps.shape}; it has at least one axis and one tap")
    sizes = per_axis("shape", shape, taps.ndim)
    origins, strides, dilations = (
        per_axis(name, given, taps.ndim)
        for name, given in (("origin", origin), ("stride", stride), ("dilation", dilation))
    )
    lines = [
        _lines(n, k, s, d, padding_for(mode, k, d, o), boundary)
        for n, k, s, d, o in zip(sizes, taps.shape, strides, dilations, origins, strict=True)
    ]
    total: Any = None
    for tap in product(*map(range, taps.shape)):
        moved = reduce(sparse.kron, [line[t] for line, t in zip(lines, tap, strict=True)])
        total = taps[tap] * moved if total is None else total + taps[tap] * moved
    return sparse.csr_array(total)


def _lines(n: int, k: int, stride: int, dilation: int, padding: tuple[int, int], boundary: BoundaryLike) -> list[Any]:
    """For every tap of one axis, the matrix that picks the sample under it for each output."""
    from scipy import sparse

    length = length_after(n, k, stride, dilation, padding)
    picks = []
    for tap in range(k):
        first = (k - 1 - tap) * dilation - padding[0]
        entries: list[tuple[float, int, int]] = []
        for row in range(length):
            seen = seen_at(first + row * stride, n, boundary)
            if seen is not None:
                places = ((seen.sign, seen.at), (seen.first, 0), (seen.last, n - 1))
                entries += [(float(value), row, column) for value, column in places if value]
        values, rows, columns = zip(*entries, strict=True) if entries else ((), (), ())
        where = (np.array(rows, int), np.array(columns, int))
        picks.append(sparse.csr_array((np.array(values, float), where), shape=(length, n)))
    return picks
