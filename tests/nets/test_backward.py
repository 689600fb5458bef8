"""The backward passes by hand are autograd's."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional

from sigconv.errors import ShapeError
from sigconv.nets import backward

CONV = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
TRANSPOSED = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}
MAX = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
GRID = (8, 7, 6)


def draw(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def wanting(*arrays):
    return [torch.from_numpy(array).requires_grad_() for array in arrays]


# known


def test_a_kernel_of_two_by_hand():
    x, weight = np.array([[1.0, 2, 4, 8]]), np.array([[[3.0, 5]]])
    assert backward.conv(x, weight, np.array([1.0])).tolist() == [[14, 27, 53]]
    g = np.array([[1.0, 10, 100]])
    assert backward.conv_input(g, weight, (4,)).tolist() == [[3, 35, 350, 500]]
    assert backward.conv_weight(g, x, (2,)).tolist() == [[[421, 842]]]
    assert backward.conv_bias(g).tolist() == [111]


def test_a_number_that_won_twice_takes_both_gradients():
    y, winners = backward.max_pool(np.array([[1.0, 9, 2, 3]]), 2, stride=1)
    assert y.tolist() == [[9, 9, 3]]
    assert backward.max_pool_input(np.array([[1.0, 10, 100]]), winners, (4,)).tolist() == [[0, 11, 0, 100]]


# law


@pytest.mark.parametrize(("axes", "stride"), itertools.product((1, 2, 3), (1, 2)))
def test_the_matrix_is_the_layer_and_its_transpose_the_gradient(axes, stride):
    x, weight = draw(2, *GRID[:axes]), draw(3, 2, *(3, 2, 2)[:axes])
    matrix = backward.conv_matrix(weight, x.shape[1:], stride)
    y = backward.conv(x, weight, stride=stride)
    np.testing.assert_allclose(matrix @ x.ravel(), y.ravel(), atol=1e-12)
    g = draw(*y.shape, seed=2)
    wanted = backward.conv_input(g, weight, x.shape[1:], stride)
    np.testing.assert_allclose(matrix.T @ g.ravel(), wanted.ravel(), atol=1e-12)


# same as torch


@pytest.mark.parametrize(("axes", "stride", "padding"), itertools.product((1, 2, 3), (1, 2, 3), (0, 2)))
def test_a_convolution_and_its_three_gradients_are_torchs(axes, stride, padding):
    arrays = draw(2, *GRID[:axes]), draw(3, 2, *(3, 2, 4)[:axes]), draw(3)
    x, weight, bias = wanting(*arrays)
    y = CONV[axes](x[None], weight, bias, stride, padding)[0]
    np.testing.assert_allclose(backward.conv(*arrays, stride, padding), y.detach(), atol=1e-12)
    g = draw(*y.shape, seed=2)
    y.backward(torch.from_numpy(g))
    np.testing.assert_allclose(backward.conv_input(g, arrays[1], GRID[:axes], stride, padding), x.grad, atol=1e-12)
    np.testing.assert_allclose(
        backward.conv_weight(g, arrays[0], arrays[1].shape[2:], stride, padding), weight.grad, atol=1e-12
    )
    np.testing.assert_allclose(backward.conv_bias(g), bias.grad, atol=1e-12)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_transposed_matrix_is_torchs_transposed_convolution(axes):
    weight, grid = draw(3, 2, *(3,) * axes), (9, 7, 5)[:axes]
    g = draw(3, *((n - 3) // 2 + 1 for n in grid))
    matrix = backward.conv_matrix(weight, grid, stride=2)
    theirs = TRANSPOSED[axes](torch.from_numpy(g)[None], torch.from_numpy(weight), stride=2)[0]
    np.testing.assert_allclose((matrix.T @ g.ravel()).reshape(2, *grid), theirs, atol=1e-12)


@pytest.mark.parametrize(("axes", "size", "stride"), itertools.product((1, 2, 3), (2, 3), (None, 1, 2)))
def test_pooling_and_its_gradients_are_torchs(axes, size, stride):
    array, grid = draw(2, *GRID[:axes]), GRID[:axes]
    for kind in ("max", "average"):
        (x,) = wanting(array)
        y = (MAX if kind == "max" else AVERAGE)[axes](x, size, stride)
        g = draw(*y.shape, seed=2)
        y.backward(torch.from_numpy(g))
        if kind == "max":
            ours, winners = backward.max_pool(array, size, stride)
            gx = backward.max_pool_input(g, winners, grid)
        else:
            ours, gx = backward.average_pool(array, size, stride), backward.average_pool_input(g, grid, size, stride)
        np.testing.assert_allclose(ours, y.detach(), atol=1e-12)
        np.testing.assert_allclose(gx, x.grad, atol=1e-12)


def test_a_small_net_by_hand_is_torchs():
    # convolution, tanh, pooling, fully connected: the whole chain from the loss back to the first weights
    image, weight, bias, last, shift = draw(1, 8, 8), draw(2, 1, 3, 3), draw(2), draw(4, 18), draw(4)
    h = np.tanh(backward.conv(image, weight, bias))
    pooled, winners = backward.max_pool(h, 2)
    y = backward.full(pooled.ravel(), last, shift)
    g, g_last, g_shift = backward.full_gradients(2 * y, pooled.ravel(), last)
    g = backward.max_pool_input(g.reshape(pooled.shape), winners, h.shape[1:])
    g = backward.tanh_input(g, h)
    by_hand = backward.conv_weight(g, image, (3, 3)), backward.conv_bias(g), g_last, g_shift
    learnt = wanting(weight, bias, last, shift)
    hidden = torch.tanh(functional.conv2d(torch.from_numpy(image)[None], learnt[0], learnt[1]))
    functional.linear(functional.max_pool2d(hidden, 2).flatten(), learnt[2], learnt[3]).square().sum().backward()
    for ours, theirs in zip(by_hand, learnt, strict=True):
        np.testing.assert_allclose(ours, theirs.grad, atol=1e-11)


# errors


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match=r"it is \(outputs, 2, \*kernel\)"):
        backward.conv(draw(2, 8), draw(3, 1, 3))
    with pytest.raises(ShapeError, match="fewer than"):
        backward.conv(draw(1, 2), draw(3, 1, 3))
    with pytest.raises(ShapeError, match="fewer than"):
        backward.max_pool(draw(1, 2), 3)
