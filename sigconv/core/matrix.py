"""A convolution as a sparse matrix: y.ravel() = M @ x.ravel(). Its transpose is the transposed convolution.

In one dimension M is a Toeplitz matrix, in two a doubly blocked one; a boundary adds entries near the corners.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import is_torch_array

from sigconv.core.boundary import ODD, Boundary, BoundaryLike, rule_of, shown
from sigconv.core.convolve import per_axis
from sigconv.core.geometry import Mode, length_after, padding_for
from sigconv.core.memory import affordable
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
        _line(n, k, s, d, padding_for(mode, k, d, o), rule_of(boundary)[0])
        for n, k, s, d, o in zip(sizes, taps.shape, strides, dilations, origins, strict=True)
    ]
    affordable(f"shape {sizes} and kernel {taps.shape} take the matrix", 8 * prod(len(line.rows) for line in lines))
    length, rows, columns, tap, values = _together(lines, sizes, taps.shape)
    shape_of = (length, prod(sizes))
    index = np.int32 if max(*shape_of, values.size) < 2**31 else np.int64
    where = (rows.astype(index), columns.astype(index))
    return sparse.csr_array(sparse.coo_array((values * taps.ravel()[tap], where), shape=shape_of))


class _Line(NamedTuple):
    """What one axis contributes: output `rows` takes `values` times sample `columns` for tap `taps`."""

    length: int
    rows: Any
    columns: Any
    taps: Any
    values: Any


def _together(lines: "list[_Line]", sizes: Sequence[int], taps: Sequence[int]) -> "_Line":
    """All axes as one: the entries of those before, times those of one more."""
    none = np.zeros(1, np.int64)
    whole = _Line(1, none, none, none, np.ones(1))
    for line, n, k in zip(lines, sizes, taps, strict=True):
        whole = _Line(
            whole.length * line.length,
            np.add.outer(whole.rows * line.length, line.rows).ravel(),
            np.add.outer(whole.columns * n, line.columns).ravel(),
            np.add.outer(whole.taps * k, line.taps).ravel(),
            np.multiply.outer(whole.values, line.values).ravel(),
        )
    return whole


def _line(n: int, k: int, stride: int, dilation: int, padding: tuple[int, int], rule: Boundary) -> _Line:
    """Every sample that every tap of every output of one axis sees, as core.boundary.seen_at says."""
    length = length_after(n, k, stride, dilation, padding)
    affordable(f"shape {n} and kernel {k} take the matrix", 8 * length * k)
    row, tap = (part.ravel() for part in np.indices((length, k)))
    turns, back, index = shown(row * stride + (k - 1 - tap) * dilation - padding[0], n, rule)
    inside = index >= 0
    parts = [(row[inside], index[inside], tap[inside], np.where(back, -1.0 if rule in ODD else 1.0, 1.0)[inside])]
    if rule in ODD:
        for column, lift in ((0, -2 * turns), (n - 1, 2 * turns + 2 * back)):
            lifted = lift != 0
            parts.append((row[lifted], np.full(int(lifted.sum()), column), tap[lifted], lift[lifted].astype(float)))
    return _Line(length, *(np.concatenate(each) for each in zip(*parts, strict=True)))
