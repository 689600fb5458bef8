"""Known kernels as a layer answer as SciPy's filters do."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.fixed import NAMES, FixedKernel


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


# known


def test_an_edge_answers_across_and_not_along_it():
    x = torch.zeros(1, 1, 5, 6)
    x[..., 3:] = 1
    y = FixedKernel("sobel", axes=2)(x)
    assert y[0, 0].abs().max() == 0
    assert y[0, 1, 2].tolist() == [0, 0, 4, 4, 0, 0]


# law


def test_outputs_are_ordered_by_channel_and_then_by_kernel():
    layer, x = FixedKernel("prewitt", axes=2).double(), draw(2, 3, 6, 7)
    y = layer(x)
    assert y.shape == (2, 6, 6, 7)
    torch.testing.assert_close(y[:, 2:4], layer(x[:, 1:2]))
    assert not list(layer.parameters())


# same as SciPy


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_derivatives_are_scipys(axes):
    x = draw(1, 1, *(7, 6, 5)[:axes])
    picture = x[0, 0].numpy()
    for name, theirs in (("sobel", ndimage.sobel), ("prewitt", ndimage.prewitt)):
        y = FixedKernel(name, axes=axes).double()(x)[0]
        wanted = [theirs(picture, axis, mode="nearest") for axis in range(axes)]
        np.testing.assert_allclose(y, wanted, atol=1e-12)
    y = FixedKernel("laplacian", axes=axes, boundary="symmetric").double()(x)[0, 0]
    np.testing.assert_allclose(y, ndimage.laplace(picture, mode="reflect"), atol=1e-12)
    bell = FixedKernel("gaussian", axes=axes, sigma=1.5, boundary="wrap")
    np.testing.assert_allclose(bell(x.float())[0, 0], ndimage.gaussian_filter(picture, 1.5, mode="wrap"), atol=1e-6)


def test_own_kernels_are_taken_as_they_stand():
    own = np.arange(8.0).reshape(2, 4)
    x = draw(1, 2, 9)
    y = FixedKernel(own, axes=1, boundary="zeros").double()(x)
    wanted = [np.correlate(line, kernel, "same") for line in x[0].numpy() for kernel in own]
    np.testing.assert_allclose(y[0], wanted, atol=1e-12)


# errors


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("sobell", {"axes": 2}, "did you mean 'sobel'"),
        ("sobel", {"axes": 2, "sigma": 1.0}, "takes none"),
        ("gaussian", {"axes": 2}, "takes a sigma"),
        ("vertical", {"axes": 1}, "lies in 2 axes"),
        (np.ones(3), {"axes": 1}, r"\(kernels, \*size\)"),
        (np.ones((1, 3)), {"axes": 1, "sigma": 1.0}, "of your own"),
    ],
)
def test_arguments_that_do_not_fit_are_named(name, options, says):
    with pytest.raises(ArgumentError, match=says):
        FixedKernel(name, **options)


def test_inputs_that_do_not_fit_are_named():
    layer = FixedKernel("laplacian", axes=2)
    with pytest.raises(ShapeError, match="2 axes"):
        layer(torch.zeros(1, 1, 5))
    with pytest.raises(ShapeError, match="at least"):
        layer(torch.zeros(1, 1, 5, 0))
    assert all(FixedKernel(name, axes=2, sigma=1.0 if "gauss" in name else None).padding for name in NAMES)
