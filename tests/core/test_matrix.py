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


BOUNDARIES = ["zeros", "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric"]
every_boundary = pytest.mark.parametrize("boundary", BOUNDARIES)
every_mode = pytest.mark.parametrize("mode", ["full", "same", "valid", "causal"])


@every_boundary
@every_mode
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


@every_boundary
@every_mode
@pytest.mark.parametrize(("shape", "taps"), [((9,), (4,)), ((2,), (9,)), ((5, 6), (3, 2)), ((3, 4, 3), (2, 3, 2))])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_its_transpose_is_the_backward_pass(shape, taps, mode, boundary, stride, dilation):
    if mode == "valid" and any((k - 1) * dilation >= n for n, k in zip(shape, taps, strict=True)):
        return
    h = rng.normal(size=taps)
    how = {"boundary": boundary, "stride": stride, "dilation": dilation}
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    y = convolve(x, torch.from_numpy(h), mode, **how)
    g = torch.randn_like(y)
    y.backward(g)
    m = convolution_matrix(h, shape, mode, **how)
    assert m.shape == (y.numel(), x.numel())
    np.testing.assert_allclose(m @ x.detach().ravel(), y.detach().ravel(), atol=1e-12)
    np.testing.assert_allclose(m.T @ g.ravel(), x.grad.ravel(), atol=1e-12)


def test_a_complex_kernel_keeps_its_numbers():
    assert convolution_matrix([1j, 2], 2).toarray().tolist() == [[1j, 0], [2, 1j], [0, 2]]


def test_no_entry_is_stored_twice():
    m = convolution_matrix(np.ones((5, 3)), (3, 4), "same", boundary="edge")
    assert m.has_canonical_format
    assert m.nnz == (m.toarray() != 0).sum()
