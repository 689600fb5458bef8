"""The convolution layer is the core's correlation, and torch's layer where torch has one."""

import copy
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sigconv.core.convolve import correlate
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.conv import Conv

RULES = ["zeros", ("constant", 1.5), "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric"]
TORCH = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
GRIDS = {1: (11,), 2: (7, 8), 3: (5, 4, 6)}


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def conv(*args, **options):
    torch.manual_seed(0)
    return Conv(*args, **options).double()


def by_core(layer, x, mode, boundary):
    """The layer's outputs as sums of the core's correlations."""
    weight, bias = layer.dense_weight().detach().numpy(), layer.bias.detach().numpy()
    per = layer.inputs // layer.groups
    first = [o // (layer.outputs // layer.groups) * per for o in range(layer.outputs)]
    options = {"boundary": boundary, "stride": layer.stride, "dilation": layer.dilation}
    return np.stack(
        [
            [
                bias[o] + sum(correlate(each[first[o] + c].numpy(), weight[o, c], mode, **options) for c in range(per))
                for o in range(layer.outputs)
            ]
            for each in x
        ]
    )


# known


def test_a_layer_of_ones_adds_what_it_covers():
    layer = conv(1, 1, 3, axes=1, bias=False)
    nn.init.ones_(layer.weight)
    x = torch.tensor([[[1.0, 2, 3, 4]]]).double()
    assert layer(x).tolist() == [[[3, 6, 9, 7]]]
    layer = conv(1, 1, 2, axes=1, bias=False, boundary="wrap")  # an even kernel has its longer side in front
    nn.init.ones_(layer.weight)
    assert layer(x).tolist() == [[[5, 3, 5, 7]]]


def test_a_table_connects_only_what_it_names():
    layer = conv(3, 2, 1, axes=1, table=((0, 2), (1,)), bias=False)
    layer.weight.data = torch.tensor([[1.0], [10], [100]]).double()
    assert layer(torch.tensor([[[1.0], [2], [3]]]).double()).ravel().tolist() == [31, 200]
    assert layer.dense_weight()[..., 0].tolist() == [[1, 0, 10], [0, 100, 0]]
    assert sum(p.numel() for p in layer.parameters()) == 3


def test_a_layer_of_1989_has_a_bias_for_each_unit():
    # H1 of LeNet-1989: 12 maps of 8×8 units from 16×16, 5×5 weights each, a bias per unit: 1 068 numbers
    layer = conv(1, 12, 5, axes=2, stride=2, padding=((2, 1), (2, 1)), bias=(8, 8), boundary=("constant", -1))
    assert sum(p.numel() for p in layer.parameters()) == 1068
    x = draw(2, 1, 16, 16)
    wanted = conv(1, 12, 5, axes=2, stride=2, padding=((2, 1), (2, 1)), bias=False, boundary=("constant", -1))(x)
    torch.testing.assert_close(layer(x), wanted + layer.bias)


def test_dropped_weights_are_zero_and_the_others_scaled_while_training():
    layer = conv(1, 1, 1000, axes=1, drop=0.25, bias=False, padding="valid")
    nn.init.ones_(layer.weight)
    eye = torch.eye(1000).double()[:, None]
    seen = layer.train()(eye).ravel()
    assert set(seen.tolist()) == {0.0, 1 / 0.75}
    assert 180 < (seen == 0).sum() < 320
    assert layer.eval()(eye).ravel().tolist() == [1.0] * 1000


# law


@pytest.mark.parametrize("boundary", RULES)
def test_one_axis_is_two_axes_of_which_one_is_single(boundary):
    line, plane = conv(2, 3, 4, axes=1, boundary=boundary), conv(2, 3, (1, 4), axes=2, boundary=boundary)
    plane.load_state_dict({"weight": line.weight[:, :, None], "bias": line.bias})
    x = draw(2, 2, 9)
    torch.testing.assert_close(plane(x[:, :, None])[:, :, 0], line(x))


def test_a_shifted_input_gives_shifted_outputs_on_a_ring():
    layer = conv(2, 3, (3, 4), axes=2, boundary="wrap")
    x = draw(1, 2, 6, 7)
    torch.testing.assert_close(layer(x.roll((2, 3), (2, 3))), layer(x).roll((2, 3), (2, 3)))


@pytest.mark.parametrize(("axes", "stride"), itertools.product((1, 2, 3), (2, 3)))
def test_same_with_a_stride_keeps_every_so_manieth_output(axes, stride):
    one, some = conv(2, 3, 4, axes=axes), conv(2, 3, 4, axes=axes, stride=stride)
    x = draw(1, 2, *GRIDS[axes])
    torch.testing.assert_close(some(x), one(x)[(..., *(slice(None, None, stride),) * axes)])


@pytest.mark.parametrize("boundary", ["zeros", "edge", "wrap"])
def test_mixed_precision_reaches_the_kernel(boundary):
    layer, x = conv(2, 3, axes=2, boundary=boundary).float(), draw(1, 2, 6, 7).float().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    y.sum().backward()
    assert (y.dtype, x.grad.dtype, layer.weight.grad.dtype) == (torch.bfloat16, torch.float32, torch.float32)
    torch.testing.assert_close(y.float(), layer(x), rtol=0.05, atol=0.05)


def test_a_copied_layer_computes_the_same():
    for layer in (conv(2, 3, axes=2, boundary="edge"), conv(2, 2, axes=2, table=((0,), (1,)))):
        x = draw(1, 2, 6, 7)
        assert torch.equal(copy.deepcopy(layer)(x), layer(x))


# same as torch and the core


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_weights_names_and_outputs_are_torchs(axes):
    torch.manual_seed(0)
    theirs = TORCH[axes](4, 6, 3, stride=2, padding=2, dilation=2, groups=2)
    torch.manual_seed(0)
    ours = Conv(4, 6, 3, axes=axes, stride=2, dilation=2, groups=2)
    assert all(torch.equal(ours.state_dict()[key], value) for key, value in theirs.state_dict().items())
    x = draw(2, 4, *GRIDS[axes]).float()
    assert torch.equal(ours(x), theirs(x))
    assert "6, kernel=(3" in repr(ours)


@pytest.mark.parametrize(("axes", "boundary"), itertools.product((1, 2, 3), RULES))
def test_every_boundary_is_the_cores(axes, boundary):
    layer = conv(2, 2, (4, 3, 2)[:axes], axes=axes, boundary=boundary)
    x = draw(1, 2, *GRIDS[axes])
    np.testing.assert_allclose(layer(x).detach(), by_core(layer, x, "same", boundary), atol=1e-12)
    for part in itertools.islice(itertools.product((1, 2), repeat=axes), 3):  # padding longer than the grid
        small = x[(..., *(slice(n) for n in part))]
        np.testing.assert_allclose(layer(small).detach(), by_core(layer, small, "same", boundary), atol=1e-12)


@settings(max_examples=60)
@given(data=st.data())
def test_any_geometry_is_the_cores(data):
    axes = data.draw(st.integers(1, 3))
    each = st.lists(st.integers(1, 3), min_size=axes, max_size=axes).map(tuple)
    groups, mode = data.draw(st.integers(1, 2)), data.draw(st.sampled_from(["full", "same", "causal", "valid"]))
    boundary = data.draw(st.sampled_from(RULES))
    layer = conv(
        2 * groups,
        groups,
        data.draw(each),
        axes=axes,
        stride=data.draw(each),
        dilation=data.draw(each),
        groups=groups,
        padding=mode,
        boundary=boundary,
    )
    least = 7 if mode == "valid" else 1
    x = draw(1, 2 * groups, *data.draw(st.lists(st.integers(least, 8), min_size=axes, max_size=axes)))
    np.testing.assert_allclose(layer(x).detach(), by_core(layer, x, mode, boundary), atol=1e-12)


@pytest.mark.parametrize(("axes", "boundary"), [(1, "reflect"), (2, "odd_reflect"), (2, "edge"), (3, "wrap")])
def test_gradients_are_those_of_differences(axes, boundary):
    layer = conv(1, 1, (6, 2, 3)[:axes], axes=axes, boundary=boundary, padding="full")
    x = draw(1, 1, *(3, 4, 2)[:axes]).requires_grad_()
    names = list(layer.state_dict())

    def run(x, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, (x, *layer.parameters()), fast_mode=True)
    assert torch.autograd.gradgradcheck(run, (x, *layer.parameters()), fast_mode=True)


# errors


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"groups": 3}, "groups is 3"),
        ({"kernel": 0}, "kernel is 0"),
        ({"kernel": (3, 3, 3)}, "kernel is"),
        ({"stride": 1.5}, "stride is"),
        ({"dilation": -1}, "dilation is -1"),
        ({"padding": "some"}, "padding is 'some'"),
        ({"padding": -1}, "padding is -1"),
        ({"padding": ((1, 2),)}, "padding is"),
        ({"boundary": "mirrored"}, "boundary is 'mirrored'"),
        ({"boundary": ("constant", 1j)}, "real"),
        ({"bias": (3,)}, "bias is"),
        ({"table": ((0,),)}, "table has 1 rows"),
        ({"table": ((0,), (4,))}, "channels 0 to 3"),
        ({"table": ((0,), ())}, "one or more"),
        ({"table": ((0,), (1, 1))}, "each once"),
        ({"table": ((0,), (1,)), "groups": 2}, "groups is 2 beside a table"),
        ({"drop": 1.0}, "drop is 1.0"),
        ({"axes": 4}, "axes is 4"),
    ],
)
def test_arguments_outside_their_range_are_named(options, says):
    with pytest.raises(ArgumentError, match=says):
        Conv(4, 2, **{"axes": 2, **options})


def test_inputs_that_do_not_fit_are_named():
    layer = conv(4, 2, 5, axes=2, padding="valid", dilation=2)
    with pytest.raises(ShapeError, match=r"\(N, 4, n1, n2\): a batch, 4 channels, 2 axes"):
        layer(draw(1, 3, 9, 9))
    with pytest.raises(ShapeError, match="2 axes"):
        layer(draw(1, 4, 9))
    with pytest.raises(ShapeError, match=r"grid of \(9, 8\); this layer needs at least \(9, 9\)"):
        layer(draw(1, 4, 9, 8))
    with pytest.raises(ShapeError, match="at least"):
        conv(1, 1, axes=1, boundary="wrap")(draw(1, 1, 0))
    with pytest.raises(ShapeError, match=r"biases are for a grid of \(8, 8\)"):
        conv(4, 2, axes=2, bias=(8, 8))(draw(1, 4, 9, 8))
