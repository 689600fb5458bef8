"""The backward passes of a convolutional network by hand: short NumPy functions to read, not to train with.

Shapes: x (channels, *grid), weight (outputs, channels, *kernel), one example, 1, 2, 3 or more axes. `g` is the gradient
of the loss with respect to a layer's output and has its shape; each function here gives the gradient with respect to
what its name says. A layer correlates:

    y[o, i] = bias[o] + sum over c, k of weight[o, c, k] x[c, s i + k]                  s the stride
    gx[c, j] = sum over o, k of weight[o, c, k] g[o, (j - k) / s]       the kernel flipped, zeros between the g's
    gw[o, c, k] = sum over i of g[o, i] x[c, s i + k]                   each position adds what it saw

Source: LeCun et al. (1998), doi:10.1109/5.726791; Dumoulin & Visin (2016), arXiv:1603.07285, chapter 4.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sigconv.core.geometry import at_least, length_after
from sigconv.core.matrix import convolution_matrix
from sigconv.errors import ShapeError

Array = np.ndarray[Any, np.dtype[Any]]
Window = tuple[Any, ...]


def conv(x: Array, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0) -> Array:
    """A convolutional layer by its definition, window by window, zeros outside.

    x : (channels, *grid);  weight : (outputs, channels, *kernel);  bias : (outputs,);  stride >= 1;  padding >= 0

    Returns
    -------
    (outputs, *grid after)

    Raises
    ------
    ShapeError : weight does not fit x, or covers more than there is

    Same as: torch.nn.functional.conv1d, conv2d, conv3d of one example.

    >>> conv(np.array([[1.0, 2, 4, 8]]), np.array([[[-1.0, 1]]]))
    array([[1., 2., 4.]])
    """
    if weight.ndim != x.ndim + 1 or weight.shape[1] != len(x):
        raise ShapeError(f"weight has shape {weight.shape} beside x {x.shape}; it is (outputs, {len(x)}, *kernel)")
    x = _zeros_outside(x, padding)
    y = np.zeros((len(weight), *_grid(x, weight.shape[2:], stride)), np.result_type(x, weight))
    for place, window in _windows(y.shape[1:], weight.shape[2:], stride):
        y[place] = (weight * x[window]).reshape(len(weight), -1).sum(1)
    return y if bias is None else y + bias.reshape(-1, *(1,) * (y.ndim - 1))


def conv_input(g: Array, weight: Array, grid: tuple[int, ...], stride: int = 1, padding: int = 0) -> Array:
    """The gradient with respect to a layer's input: the full convolution of g with the flipped kernel.

    With a stride, the windows were `stride` samples apart: put as many places between the g's, with zeros in them.

    g : (outputs, *grid after);  weight : (outputs, channels, *kernel);  grid : of the input;  stride, padding : as in
    the layer

    Returns
    -------
    (channels, *grid)

    Same as: torch.nn.grad.conv2d_input; torch.nn.functional.conv_transpose2d.

    >>> conv_input(np.array([[1.0, 1, 1]]), np.array([[[-1.0, 1]]]), (4,))
    array([[-1., 0., 0., 1.]])
    """
    kernel = weight.shape[2:]
    apart = np.zeros((len(g), *(stride * (n - 1) + 1 for n in g.shape[1:])), g.dtype)
    apart[(slice(None), *(slice(None, None, stride),) * len(kernel))] = g
    flipped = np.flip(weight, tuple(range(2, weight.ndim))).swapaxes(0, 1)
    full = conv(np.pad(apart, [(0, 0), *((k - 1, k - 1) for k in kernel)]), flipped)
    # samples behind the last window were seen by none; padding is no part of the input
    missed = [(0, max(0, n + 2 * padding - m)) for n, m in zip(grid, full.shape[1:], strict=True)]
    full = np.pad(full, [(0, 0), *missed])
    return full[(slice(None), *(slice(padding, padding + n) for n in grid))]


def conv_weight(g: Array, x: Array, kernel: tuple[int, ...], stride: int = 1, padding: int = 0) -> Array:
    """The gradient with respect to a layer's weights: every position adds its g times the window that it saw.

    g : (outputs, *grid after);  x : (channels, *grid);  kernel : its sizes.  Returns (outputs, channels, *kernel).

    Same as: torch.nn.grad.conv2d_weight.

    >>> conv_weight(np.array([[1.0, 0, 2]]), np.array([[1.0, 2, 4, 8]]), (2,))
    array([[[ 9., 18.]]])
    """
    x = _zeros_outside(x, padding)
    gw = np.zeros((len(g), len(x), *kernel), np.result_type(g, x))
    for place, window in _windows(g.shape[1:], kernel, stride):
        gw += np.multiply.outer(g[place], x[window])
    return gw


def conv_bias(g: Array) -> Array:
    """The gradient with respect to the biases: each was added at every position.

    g : (outputs, *grid).  Returns (outputs,).

    >>> conv_bias(np.ones((2, 3, 3)))
    array([9., 9.])
    """
    return np.asarray(g.reshape(len(g), -1).sum(1))


def max_pool(x: Array, size: int, stride: int | None = None) -> tuple[Array, Array]:
    """The largest number of each window, and where it stood.

    x : (channels, *grid);  size >= 1, of the window;  stride : None is size

    Returns
    -------
    y : (channels, *grid after);  winners : likewise, the place of each in its channel, raveled; the first of equals

    Same as: torch.nn.functional.max_pool2d with return_indices=True.

    >>> max_pool(np.array([[1.0, 4, 3, 2]]), 2)
    (array([[4., 3.]]), array([[1, 2]]))
    """
    step, sizes = stride or size, (size,) * (x.ndim - 1)
    grid = _grid(x, sizes, step)
    y, winners = np.zeros((len(x), *grid), x.dtype), np.zeros((len(x), *grid), int)
    places = np.arange(x[0].size).reshape(x.shape[1:])
    for place, window in _windows(grid, sizes, step):
        seen = x[window].reshape(len(x), -1)
        y[place] = seen.max(1)
        winners[place] = places[window[1:]].ravel()[seen.argmax(1)]
    return y, winners


def max_pool_input(g: Array, winners: Array, grid: tuple[int, ...]) -> Array:
    """The gradient with respect to the input of max_pool: the winner takes it, the others had no part.

    g, winners : (channels, *grid after);  grid : of the input.  Returns (channels, *grid).

    >>> max_pool_input(np.array([[10.0, 20]]), np.array([[1, 2]]), (4,))
    array([[ 0., 10., 20., 0.]])
    """
    gx = np.zeros((len(g), int(np.prod(grid))), g.dtype)
    for channel in range(len(g)):  # where windows overlap, one number may have won in several
        np.add.at(gx[channel], winners[channel].ravel(), g[channel].ravel())
    return gx.reshape(len(g), *grid)


def average_pool(x: Array, size: int, stride: int | None = None) -> Array:
    """The average of each window.

    x : (channels, *grid);  size >= 1;  stride : None is size.  Returns (channels, *grid after).

    >>> average_pool(np.array([[1.0, 4, 3, 2]]), 2)
    array([[2.5, 2.5]])
    """
    step, sizes = stride or size, (size,) * (x.ndim - 1)
    y = np.zeros((len(x), *_grid(x, sizes, step)), np.result_type(x, float))
    for place, window in _windows(y.shape[1:], sizes, step):
        y[place] = x[window].reshape(len(x), -1).mean(1)
    return y


def average_pool_input(g: Array, grid: tuple[int, ...], size: int, stride: int | None = None) -> Array:
    """The gradient with respect to the input of average_pool: all of a window share it equally.

    g : (channels, *grid after);  grid : of the input.  Returns (channels, *grid).

    >>> average_pool_input(np.array([[10.0, 20]]), (4,), 2)
    array([[ 5., 5., 10., 10.]])
    """
    gx, sizes = np.zeros((len(g), *grid), g.dtype), (size,) * len(grid)
    for place, window in _windows(g.shape[1:], sizes, stride or size):
        gx[window] += (g[place] / size ** len(grid)).reshape(-1, *(1,) * len(grid))
    return gx


def conv_matrix(weight: Array, grid: tuple[int, ...], stride: int = 1) -> Any:
    """A convolutional layer without padding as a sparse matrix W.

        y.ravel() = W @ x.ravel()          forward
        gx.ravel() = W.T @ g.ravel()       backward; as a layer of its own, the transposed convolution

    weight : (outputs, channels, *kernel);  grid : of the input

    Returns
    -------
    scipy.sparse array, (outputs * places, channels * samples)

    Source: Dumoulin & Visin (2016), section 4.1.

    >>> conv_matrix(np.array([[[-1.0, 1]]]), (3,)).toarray()
    array([[-1., 1., 0.], [ 0., -1., 1.]])
    """
    from scipy import sparse

    blocks = [
        [convolution_matrix(np.flip(kernel), grid, "valid", stride=stride) for kernel in kernels] for kernels in weight
    ]
    return sparse.block_array(blocks, format="csr")


def full(x: Array, weight: Array, bias: Array) -> Array:
    """A fully connected layer: y = W x + b.

    x : (inputs,);  weight : (outputs, inputs);  bias : (outputs,)

    >>> full(np.array([1.0, 2]), np.array([[3.0, 4]]), np.array([0.5]))
    array([11.5])
    """
    return np.asarray(weight @ x + bias)


def full_gradients(g: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The gradients with respect to input, weights and biases of a fully connected layer: Wᵀ g, g xᵀ, g.

    g : (outputs,);  x : (inputs,);  weight : (outputs, inputs)

    >>> full_gradients(np.array([2.0]), np.array([1.0, 2]), np.array([[3.0, 4]]))
    (array([6., 8.]), array([[2., 4.]]), array([2.]))
    """
    return weight.T @ g, np.outer(g, x), g


def tanh_input(g: Array, y: Array) -> Array:
    """The gradient with respect to the input of y = tanh(x): g (1 - y²).

    g, y : of one shape

    >>> tanh_input(np.array([2.0]), np.array([0.5]))
    array([1.5])
    """
    return np.asarray(g * (1 - y * y))


def _zeros_outside(x: Array, padding: int) -> Array:
    amount = at_least("padding", padding, 0)
    return np.pad(x, [(0, 0), *((amount, amount),) * (x.ndim - 1)])


def _grid(x: Array, kernel: tuple[int, ...], stride: int) -> tuple[int, ...]:
    return tuple(length_after(n, k, stride) for n, k in zip(x.shape[1:], kernel, strict=True))


def _windows(places: tuple[int, ...], kernel: tuple[int, ...], stride: int) -> Iterator[tuple[Window, Window]]:
    """Every place of an output, and what it sees of the input, both behind all channels."""
    for place in np.ndindex(*places):
        seen = (slice(stride * i, stride * i + k) for i, k in zip(place, kernel, strict=True))
        yield (slice(None), *place), (slice(None), *seen)
