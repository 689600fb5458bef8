"""Modules of these layers leave Python: torch.export and torch.compile give the same numbers."""

import itertools

import pytest
import torch
from torch import nn

from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.fixed import FixedKernel
from sigconv.nets.layers.full import Centres, Full
from sigconv.nets.layers.pool import AdaptivePool, Pool
from sigconv.nets.layers.transposed import ConvTranspose

RULES = ["zeros", ("constant", 1.5), "edge", "reflect", "symmetric", "wrap", "odd_reflect"]
GRID = (7, 8, 6)

LAYERS = {
    "table and unit biases": lambda: Conv(4, 2, axes=2, table=((0, 2), (1, 2, 3)), bias=(7, 8), drop=0.5),
    "causal": lambda: Conv(4, 2, (3, 4), axes=2, padding="causal", stride=2),
    "transposed": lambda: ConvTranspose(4, 2, 3, axes=2, padding=((0, 1), (1, 0)), drop=0.1),
    "max": lambda: Pool("max", 3, axes=2, stride=2, padding=1, round_up=True),
    "norm": lambda: Pool(("lp", 3), 3, axes=2, stride=2, padding=1, round_up=True),
    "adaptive": lambda: AdaptivePool("average", (3, 2)),
    "full": lambda: Full(4 * 7 * 8, 3, drop=0.5),
    "centres": lambda: nn.Sequential(Full(4 * 7 * 8, 3), nn.Tanh(), Centres([[1, -1, 1], [1, 1, 1]])),
    "fixed": lambda: FixedKernel("sobel", axes=2),
}


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


# law


@pytest.mark.parametrize(("axes", "boundary"), itertools.product((1, 2, 3), RULES))
def test_an_exported_convolution_is_the_convolution(axes, boundary):
    layer = Conv(2, 3, (3, 4, 2)[:axes], axes=axes, boundary=boundary).eval()
    x = draw(2, 2, *GRID[:axes])
    exported = torch.export.export(layer, (x,)).module()
    torch.testing.assert_close(exported(x), layer(x))


@pytest.mark.parametrize("name", LAYERS)
def test_an_exported_layer_is_the_layer(name):
    layer, x = LAYERS[name]().eval(), draw(2, 4, *GRID[:2])
    exported = torch.export.export(layer, (x,)).module()
    torch.testing.assert_close(exported(x), layer(x))


def test_a_batch_of_any_size_passes_an_exported_net():
    net = nn.Sequential(Conv(1, 2, axes=1, boundary="edge"), Pool("max", 2, axes=1), Full(10, 3)).eval()
    batch = torch.export.Dim("batch")
    exported = torch.export.export(net, (draw(2, 1, 10),), dynamic_shapes=({0: batch},)).module()
    x = draw(5, 1, 10)
    torch.testing.assert_close(exported(x), net(x))


@pytest.mark.parametrize("boundary", ["zeros", "edge", "reflect", "wrap"])
def test_a_compiled_convolution_is_one_graph(boundary):
    torch._dynamo.reset()
    layer = Conv(2, 3, axes=2, boundary=boundary, table=((0,), (1,), (0, 1)), bias=(7, 8))
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    x = draw(2, 2, 7, 8)
    torch.testing.assert_close(compiled(x), layer(x))
