import numpy as np
import pytest
import torch
from scipy import linalg

from sigconv.core.convolve import convolve
from sigconv.core.matrix import convolution_matrix
from sigconv.errors import ArgumentError

rng = np.random.default_rng(0)


def test_one_dimension_is_the_toeplitz_matrix():
    for mode in ("full", "same", "valid"):
        ours = convolution_matrix([1, 2, 3], 6, mode).toarray()
        np.testing.assert_array_equal(ours, linalg.convolution_matrix([1, 2, 3], 6, mode))


@pytest.mark.parametrize("boundary", ["zeros", "edge", "reflect", "wrap", "odd_reflect", "odd_symmetric"])
@pytest.mark.parametrize("mode", ["full", "same", "valid", "causal"])
@pytest.mark.parametrize(("shape", "taps"), [((7,), (4,)), ((5, 6), (3, 2)), ((3, 4, 3), (2, 3, 2))])
def test_the_matrix_convolves(shape, taps, mode, boundary):
    x, h = rng.normal(size=shape), rng.normal(size=taps)
    for stride in (1, 2):
        expected = convolve(x, h, mode, boundary=boundary, stride=stride)
        m = convolution_matrix(h, shape, mode, boundary=boundary, stride=stride)
        np.testing.assert_allclose(m @ x.ravel(), expected.ravel(), atol=1e-12)


def test_its_transpose_is_the_transposed_convolution():
    h, y = rng.normal(size=(3, 2)), rng.normal(size=(2, 3))
    m = convolution_matrix(h[::-1, ::-1], (5, 6), "valid", stride=2)
    theirs = torch.nn.functional.conv_transpose2d(torch.from_numpy(y)[None], torch.from_numpy(h)[None, None], stride=2)
    np.testing.assert_allclose((m.T @ y.ravel()).reshape(5, 6), theirs[0], atol=1e-12)


def test_a_constant_outside_is_no_matrix():
    with pytest.raises(ArgumentError, match="constant"):
        convolution_matrix([1], 3, boundary=("constant", 1))
