"""K: layers in a net: what `measure` says of them is what the module does, in one, two and three dimensions."""

from math import prod

import numpy as np
import pytest
import torch
from scipy import ndimage

from sigconv.errors import ArgumentError
from sigconv.nets import InputSpec, build, inflate, parse

GRIDS = [(17,), (13, 14), (11, 12, 13)]
TEXTS = ["K:contrast", "K:sobel", "K:prewitt", "K:laplacian", "K:gaussian", "K:gaussian1.1", "K:log", "K:log1.1"]


def built(text, grid, channels=2):
    return build(parse(text), InputSpec(channels, grid), seed=0).double()


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def reach(network, grid):
    """How many samples along each axis one output, in the middle, depends on."""
    x = draw(1, 2, *grid).requires_grad_()
    y = network(x)
    middle = (0, slice(None), *(n // 2 for n in grid))
    y[middle].square().sum().backward()
    seen = torch.nonzero(x.grad[0].abs().sum(0))
    return tuple((seen.amax(0) - seen.amin(0) + 1).tolist())


# law


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("text", TEXTS)
def test_measure_says_what_the_module_does(text, grid):
    grid = tuple(n + 8 for n in grid) if "1.1" in text and len(grid) < 3 else grid
    network = built(text, grid)
    (row,) = network.rows
    assert network(draw(3, 2, *grid)).shape == (3, row.channels, *row.grid)
    assert list(network.parameters()) == []
    assert row.parameters == 0
    kernels = getattr(network.layer(0), "kernels", None)
    kernel = network.layer(0).kernel if kernels is None else kernels
    assert tuple(axis.size for axis in row.field) == tuple(kernel.shape[2:])
    assert row.multiply_adds == row.channels * prod(kernel.shape[2:]) * prod(grid)
    assert reach(network, grid) == tuple(min(n, axis.size) for n, axis in zip(grid, row.field, strict=True))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("text", TEXTS)
def test_each_channel_is_answered_for_itself_one_behind_the_other(text, grid):
    x = draw(1, 3, *grid)
    together = built(text, grid, 3)(x)
    alone = [built(text, grid, 1)(x[:, i : i + 1]) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone, dim=1))


# same as


@pytest.mark.parametrize("grid", GRIDS)
def test_kernels_answer_as_scipy_s_filters_do(grid):
    x = draw(1, 1, *grid)
    picture = x[0, 0].numpy()
    for text, theirs in (("K:sobel", ndimage.sobel), ("K:prewitt", ndimage.prewitt)):
        wanted = [theirs(picture, axis, mode="nearest") for axis in range(len(grid))]
        np.testing.assert_allclose(built(text, grid, 1)(x)[0], wanted, atol=1e-12)
    wanted = ndimage.laplace(picture, mode="nearest")
    np.testing.assert_allclose(built("K:laplacian", grid, 1)(x)[0, 0], wanted, atol=1e-12)
    wanted = ndimage.gaussian_filter(picture, 2, mode="nearest")
    np.testing.assert_allclose(built("K:gaussian2", grid, 1)(x)[0, 0], wanted, atol=1e-6)


# errors


@pytest.mark.parametrize("text", ["K:sobel C4 F", "K:gaussian2 C4 F"])
def test_flat_kernels_are_not_inflated(text):
    with pytest.raises(ArgumentError, match="K1"):
        inflate(build(parse(text), InputSpec(1, (12, 12)), seed=0), 4)
