import numpy as np
import pytest
import torch
from scipy import ndimage

from sigconv.core import edges, kernels
from sigconv.core.convolve import correlate
from sigconv.errors import ArgumentError, ShapeError

PICTURE = np.zeros((6, 6))
PICTURE[:3] = 10.0  # bright above, dark below


def test_the_lectures_kernels_find_the_edge_of_a_small_picture(xp):
    across = correlate(xp.array(PICTURE), kernels.horizontal(), "valid")
    assert across.tolist() == [[0] * 4, [30] * 4, [30] * 4, [0] * 4]
    assert not np.any(np.asarray(correlate(xp.array(PICTURE), kernels.vertical(), "valid")))
    assert correlate(xp.array(PICTURE.T), kernels.vertical(), "valid").tolist() == np.asarray(across).T.tolist()


@pytest.mark.parametrize("shape", [(20,), (7, 9), (5, 6, 7)])
def test_edges_are_ndimages(xp, shape):
    x = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(np.asarray(edges.laplacian(xp.array(x))), ndimage.laplace(x), atol=1e-12)
    for axis in range(len(shape)):
        np.testing.assert_allclose(np.asarray(edges.sobel(xp.array(x), axis)), ndimage.sobel(x, axis), atol=1e-12)
        np.testing.assert_allclose(np.asarray(edges.prewitt(xp.array(x), axis)), ndimage.prewitt(x, axis), atol=1e-12)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_kernels_are_what_the_edges_correlate_with(ndim):
    x = np.random.default_rng(1).normal(size=(6,) * ndim)
    for axis in range(ndim):
        for name in ("sobel", "prewitt"):
            kernel = getattr(kernels, name)(ndim, axis)
            y = correlate(x, kernel, "same", boundary="symmetric")
            np.testing.assert_allclose(y, getattr(edges, name)(x, axis), atol=1e-12)
    y = correlate(x, kernels.laplacian(ndim), "same", boundary="symmetric")
    np.testing.assert_allclose(y, edges.laplacian(x), atol=1e-12)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_bells_sum_to_one_and_their_laplacians_to_nothing(ndim):
    assert kernels.gaussian(1.2, ndim).sum() == pytest.approx(1)
    log = kernels.laplacian_of_gaussian(2.0, ndim)
    assert log.sum() == pytest.approx(0, abs=1e-12)
    curved = sum(r**2 for r in np.meshgrid(*[np.arange(-8, 9.0)] * ndim, indexing="ij"))
    assert (log * curved).sum() == pytest.approx(2 * ndim, rel=0.02)


def test_gradients_pass_and_channels_can_be_left_alone():
    x = torch.randn(2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: edges.sobel(v, 1, axes=(1, 2)), x)
    assert torch.equal(edges.laplacian(x, axes=(1, 2))[0], edges.laplacian(x[0]))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="axis is 2"):
        edges.sobel(PICTURE, 2)
    with pytest.raises(ArgumentError, match="sigma is 0"):
        kernels.gaussian(0)
    with pytest.raises(ArgumentError, match="sigma is -1"):
        kernels.laplacian_of_gaussian(-1)
    with pytest.raises(ArgumentError, match="ndim is 0"):
        kernels.laplacian(0)


@pytest.mark.parametrize("boundary", ["reflect", "edge", "wrap", "zeros"])
def test_every_boundary_is_ndimages(xp, boundary):
    x = np.random.default_rng(2).normal(size=(20, 33)).astype(np.float32)
    mode = {"reflect": "mirror", "edge": "nearest", "wrap": "wrap", "zeros": "constant"}[boundary]
    for name in ("sobel", "prewitt"):
        y = getattr(edges, name)(xp.array(x), 0, boundary=boundary)
        assert y.dtype == xp.array(x).dtype
        np.testing.assert_allclose(np.asarray(y), getattr(ndimage, name)(x, 0, mode=mode), atol=1e-5)
    y = edges.laplacian(xp.array(x), boundary=boundary)
    np.testing.assert_allclose(np.asarray(y), ndimage.laplace(x, mode=mode), atol=1e-5)


def test_nothing_in_nothing_out(xp):
    for f in (edges.sobel, edges.prewitt, edges.laplacian):
        assert f(xp.array(np.zeros((0, 4)))).shape == (0, 4)


def test_second_gradients_pass():
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    for f in (edges.sobel, edges.prewitt, edges.laplacian):
        assert torch.autograd.gradcheck(f, x)
        assert torch.autograd.gradgradcheck(f, x)


@pytest.mark.parametrize("boundary", ["symmetric", "reflect", "edge", "wrap", "zeros", "odd_reflect", ("constant", 2)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("axes", [None, 0, (2, 0), (1,), ()])
def test_the_laplacian_of_a_few_samples_has_the_bits_of_one_pass_an_axis(boundary, kind, axes):
    x = np.random.default_rng(4).normal(size=(5, 1, 7)).astype(kind)
    many = np.broadcast_to(x[..., None], (*x.shape, 400))
    over = tuple(range(3)) if axes is None else axes
    y = edges.laplacian(x, axes=axes, boundary=boundary)
    assert y.dtype == x.dtype
    assert np.array_equal(y, edges.laplacian(many, axes=over, boundary=boundary)[..., 0])
